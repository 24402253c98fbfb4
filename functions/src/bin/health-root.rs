use functions::health::root;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&root::ROUTE)
}

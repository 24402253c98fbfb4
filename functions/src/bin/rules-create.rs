use functions::rules::create;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&create::ROUTE)
}

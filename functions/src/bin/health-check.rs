use functions::health::check;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&check::ROUTE)
}

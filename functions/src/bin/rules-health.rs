use functions::rules::health;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&health::ROUTE)
}

use functions::health::ready;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&ready::ROUTE)
}

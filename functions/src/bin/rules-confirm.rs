use functions::rules::confirm;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&confirm::ROUTE)
}

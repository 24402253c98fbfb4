use functions::webhooks::gmail;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&gmail::ROUTE)
}

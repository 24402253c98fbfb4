use functions::webhooks::hubspot;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&hubspot::ROUTE)
}

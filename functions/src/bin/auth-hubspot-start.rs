use functions::auth::hubspot_start;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&hubspot_start::ROUTE)
}

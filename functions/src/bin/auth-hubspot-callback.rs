use functions::auth::hubspot_callback;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&hubspot_callback::ROUTE)
}

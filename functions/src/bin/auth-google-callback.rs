use functions::auth::google_callback;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&google_callback::ROUTE)
}

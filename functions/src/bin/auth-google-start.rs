use functions::auth::google_start;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&google_start::ROUTE)
}

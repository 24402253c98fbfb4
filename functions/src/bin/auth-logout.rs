use functions::auth::logout;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&logout::ROUTE)
}

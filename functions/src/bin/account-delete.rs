use functions::account::delete;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&delete::ROUTE)
}

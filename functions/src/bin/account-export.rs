use functions::account::export;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&export::ROUTE)
}

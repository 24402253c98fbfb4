use functions::account::receipt;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&receipt::ROUTE)
}

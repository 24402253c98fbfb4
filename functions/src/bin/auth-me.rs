use functions::auth::me;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&me::ROUTE)
}

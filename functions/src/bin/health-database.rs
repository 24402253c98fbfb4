use functions::health::database;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&database::ROUTE)
}

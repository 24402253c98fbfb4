use functions::ingest::gmail;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&gmail::ROUTE)
}

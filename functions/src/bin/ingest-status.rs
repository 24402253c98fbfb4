use functions::ingest::status;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&status::ROUTE)
}

use functions::ingest::start;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&start::ROUTE)
}

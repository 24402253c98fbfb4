use functions::knowledge::search;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&search::ROUTE)
}

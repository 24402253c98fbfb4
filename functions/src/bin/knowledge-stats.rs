use functions::knowledge::stats;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&stats::ROUTE)
}

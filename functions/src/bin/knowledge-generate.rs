use functions::knowledge::generate;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&generate::ROUTE)
}

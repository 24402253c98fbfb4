use functions::rules::test;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&test::ROUTE)
}

use functions::rules::get;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&get::ROUTE)
}

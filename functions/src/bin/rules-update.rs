use functions::rules::update;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&update::ROUTE)
}

use functions::conversations::messages;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&messages::ROUTE)
}

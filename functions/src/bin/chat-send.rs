use functions::chat::send;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&send::ROUTE)
}

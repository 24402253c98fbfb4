use functions::docs::openapi;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&openapi::ROUTE)
}

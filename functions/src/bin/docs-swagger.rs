use functions::docs::swagger;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&swagger::ROUTE)
}

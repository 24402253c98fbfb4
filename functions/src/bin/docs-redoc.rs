use functions::docs::redoc;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&redoc::ROUTE)
}

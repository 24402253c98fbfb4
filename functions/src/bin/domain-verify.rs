use functions::domain::verify;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&verify::ROUTE)
}

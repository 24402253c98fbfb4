use functions::auth::refresh;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&refresh::ROUTE)
}

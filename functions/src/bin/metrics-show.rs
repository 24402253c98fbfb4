use functions::metrics::show;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&show::ROUTE)
}

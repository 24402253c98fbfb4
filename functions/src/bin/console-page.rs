use functions::console::page;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&page::ROUTE)
}

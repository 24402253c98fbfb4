use functions::sessions::list;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&list::ROUTE)
}

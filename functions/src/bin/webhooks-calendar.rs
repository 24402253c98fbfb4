use functions::webhooks::calendar;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&calendar::ROUTE)
}

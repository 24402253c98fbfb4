use functions::approvals::decide;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&decide::ROUTE)
}

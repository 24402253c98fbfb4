use functions::preflight::answer;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&answer::ROUTE)
}

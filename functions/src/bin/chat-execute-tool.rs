use functions::chat::execute_tool;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&execute_tool::ROUTE)
}

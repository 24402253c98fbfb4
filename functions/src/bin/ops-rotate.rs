use functions::ops::rotate;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_command(&rotate::COMMAND)
}

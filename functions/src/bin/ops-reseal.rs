use functions::ops::reseal;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_command(&reseal::COMMAND)
}

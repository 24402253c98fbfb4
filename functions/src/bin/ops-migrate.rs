use functions::ops::migrate;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_command(&migrate::COMMAND)
}

use functions::workers::run_task;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_queue(&run_task::CONSUMER)
}

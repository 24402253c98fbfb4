use functions::schedules::sweep;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_schedule(&sweep::SCHEDULE)
}

use functions::schedules::reconcile;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_schedule(&reconcile::SCHEDULE)
}

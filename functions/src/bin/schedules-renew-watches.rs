use functions::schedules::renew_watches;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_schedule(&renew_watches::SCHEDULE)
}

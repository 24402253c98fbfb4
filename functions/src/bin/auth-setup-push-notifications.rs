use functions::auth::setup_push_notifications;
use shared::edge;

fn main() -> Result<(), edge::Fatal> {
    edge::serve_http(&setup_push_notifications::ROUTE)
}

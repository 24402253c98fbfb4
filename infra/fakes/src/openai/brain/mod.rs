//! The stand-in.

use super::Shared;
use super::script::Reply;
use super::turn::Turn;

pub async fn reply(_shared: &Shared, _turn: &Turn) -> Reply {
    Reply::text("I found nothing about that in your mail, calendar or CRM.")
}

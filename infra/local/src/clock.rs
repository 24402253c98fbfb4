//! What time it is; the product takes time as an argument, and this program is where it comes from.

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "this program is the world around the functions, which has a clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

//! What a page of another site can make somebody's browser do: nothing that changes anything, nothing that is read.

mod looking;
mod matrix;
mod odd_requests;
mod statuses;

use http::Method;

use super::api::walk::{Operation, Walk};
use super::support::*;

/// Every operation that may change something, as the description has them.
fn changing(walk: &Walk<'_>) -> Vec<Operation> {
    walk.operations(|operation| operation.method != Method::GET)
}

/// Two advisors, one with everything; nothing is due to be done by itself.
async fn settled(app: &TestApp) -> Walk<'_> {
    let walk = Walk::start(app).await;
    app.work().await;
    app.forget_messages().await;
    walk
}

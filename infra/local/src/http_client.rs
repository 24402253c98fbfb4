//! This program's own way out: short calls to servers on this machine.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};

use crate::{Problem, Result};

/// A client that follows no redirect and keeps no cookie.
pub fn client() -> Result<Client> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .no_proxy()
        .build()
        .map_err(|e| Problem(format!("Could not make an HTTP client: {e}.")))
}

/// Sends a request. The error names the address.
#[expect(clippy::disallowed_methods, reason = "the one door out of this program")]
pub async fn send(request: RequestBuilder) -> Result<Response> {
    request.send().await.map_err(|e| {
        let address = e.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        if e.is_connect() {
            Problem(format!("Nothing answers at {address}: start the stack with `cargo dev`."))
        } else {
            Problem(format!("{address} did not answer: {}.", e.without_url()))
        }
    })
}

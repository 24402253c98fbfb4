//! Signing in, connecting, and who is signed in.

pub mod google_callback;
pub mod google_start;
pub mod hubspot_callback;
pub mod hubspot_start;
pub mod logout;
pub mod me;
pub mod refresh;
pub mod setup_push_notifications;

use shared::App;

/// Where the browser goes when a sign-in is over: a page of the frontend, or our own console when there is none.
fn landing(app: &App, page: &str, error: Option<&str>) -> String {
    let query = error.map(|error| format!("?error={}", plain(error))).unwrap_or_default();
    match &app.config.frontend_url {
        Some(frontend) => format!("{frontend}{page}{query}"),
        None => format!("{}/console{query}", app.config.public_url),
    }
}

/// An OAuth error code is letters, digits and underscores; anything else does not get into an address.
fn plain(error: &str) -> String {
    let code: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    if code.is_empty() { "unexpected_error".into() } else { code }
}

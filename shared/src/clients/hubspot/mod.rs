//! HubSpot's CRM, as one advisor's token sees it: <https://developers.hubspot.com/docs/api-reference/overview>.

mod associations;
mod directory;
mod object;
mod read;
mod write;

use reqwest::Method;

use super::http::{Call, Client};

pub use read::{Batch, Links, Page, Window};
pub use write::{contact_of, note_html, note_of, note_text};

/// The one place that names the version; HubSpot supports one for 18 months.
pub const API_VERSION: &str = "2026-09";

/// Records HubSpot gives or takes at once.
pub const PAGE: usize = 100;

/// One portal.
pub struct HubSpot<'a> {
    pub http: &'a Client,
    pub base: &'a str,
    pub token: &'a str,
}

impl HubSpot<'_> {
    /// A request with the token; `path` begins with a slash and carries [`API_VERSION`].
    pub(super) fn request(&self, method: Method, path: &str) -> Call {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(self.token)
    }
}

#[cfg(test)]
mod tests;

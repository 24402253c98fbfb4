//! HTTP to the providers, one file each. Everything leaves through [`http`]; only AWS is spoken to by its own SDK.

pub mod aws;
pub mod calendar;
pub mod circuit;
pub mod cloudformation;
pub mod gmail;
pub mod google_oauth;
pub mod http;
pub mod hubspot;
pub mod hubspot_oauth;
pub mod openai;
pub mod queue;
pub mod rotation;
pub mod secrets;

use url::Url;

/// A configured address with a query. The address was checked when it was read.
fn with_query(base: &str, query: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(base).unwrap_or_else(|_| unreachable!("Config checks every address"));
    url.query_pairs_mut().extend_pairs(query);
    url
}

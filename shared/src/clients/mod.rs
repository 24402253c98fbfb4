//! HTTP to the providers, one file each. Everything leaves through [`http`].

pub mod gmail;
pub mod google_oauth;
pub mod http;
pub mod hubspot;
pub mod hubspot_oauth;
pub mod openai;

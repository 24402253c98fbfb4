//! What can be searched: how text becomes documents and chunks, and how they are found again.

pub mod chunk;
pub mod mail_text;

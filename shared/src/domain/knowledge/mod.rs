//! What can be searched: how records become documents and chunks, how those get their vectors, and how they are found.

pub mod chunk;
pub mod documents;
pub mod embed;
pub mod mail_text;
pub mod retrieve;

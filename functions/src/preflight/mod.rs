//! What a browser asks before it calls from another origin.

pub mod answer;

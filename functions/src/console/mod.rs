//! A page of our own, for when there is no other frontend: who is signed in, how far the reading is, and a question box.

pub mod page;

//! The advisor's calendar: when events take place, said in words, and what happened to them.
//!
//! A series is kept as one record with those of its dates that differ, and its dates are worked out for the window that is
//! asked about ([`agenda`]). The other way, letting Google expand series, needs a window that is fixed with the sync token:
//! dates that come into it later are no change and would never be heard of, and a daily meeting would be a thousand
//! documents that say the same.

pub mod agenda;
pub mod changes;
pub mod recurrence;
pub mod words;

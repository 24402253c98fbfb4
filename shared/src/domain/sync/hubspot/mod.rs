//! One portal: companies, contacts, deals and notes, read whole in pages and then by what was modified since; and read
//! again by their ids when a webhook names them.
//!
//! ```text
//! Directory → for each type: Whole → Missing, or Changed ⟲ → for each type: Archived → done until the next time
//! ```
//! The search HubSpot offers for what was modified lags behind and stops at 10,000 results, so each reading begins a
//! little before the last one ended, and moves on by the time of what it saw. Once a day everything is listed again: that
//! finds what no search tells of, and what is not listed any more is asked for by its id. Nothing is deleted because it was
//! not seen, only because HubSpot says that it is gone.

mod cursor;
mod events;
mod keep;
mod old;
mod portal;
mod remove;
mod reread;
mod step;
mod window;

pub use events::handle;
pub use reread::{Reread, read_written, reread};
pub use step::step;

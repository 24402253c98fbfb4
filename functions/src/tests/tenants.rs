//! Two advisors of one firm: one portal, the same threads, the same ids at the providers. Each has a word of their own in every
//! column that can hold one, and numbers of their own; neither ever meets those of the other.

mod apart;
mod ids;
mod limits;
pub mod plant;

use serde_json::{Value, json};

use super::support::*;
use plant::{Planted, plant};

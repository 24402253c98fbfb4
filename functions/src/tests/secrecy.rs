//! What must not get out, planted everywhere and looked for in everything that gets out.

mod canaries;
mod echoes;
mod keys;
mod logs;
mod rows;
mod walk;

use serde_json::{Value, json};

use super::support::*;

//! What is fuzzed, and what has to hold whatever comes in.
//!
//! Each target takes any bytes and panics when a promise is broken. `infra/fuzz` runs them under libFuzzer, and a test replays
//! the corpus that is kept there with every `cargo t`; nothing of this is in a build that is deployed.

mod answer;
mod channel;
mod hubspot;
mod mail;
mod pubsub;
mod recurrence;
mod rules;
mod sse;

#[cfg(test)]
mod corpus;

#[cfg(test)]
pub(crate) use answer::{has_no_address, is_well_formed};

use std::borrow::Cow;

/// Takes any bytes, and panics when a promise is broken.
pub type Target = fn(&[u8]);

/// Name and body of every target. Each has a file of its name in `infra/fuzz/fuzz_targets`, which libFuzzer starts.
pub const TARGETS: &[(&str, Target)] = &[
    ("answer", answer::run),
    ("channel", channel::run),
    ("hubspot", hubspot::run),
    ("mail", mail::run),
    ("pubsub", pubsub::run),
    ("recurrence", recurrence::run),
    ("rules", rules::run),
    ("sse", sse::run),
];

/// The target of this name.
///
/// # Panics
/// When there is none.
pub fn target(name: &str) -> Target {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.map_or_else(|| panic!("there is no target {name}"), |(_, body)| *body)
}

/// An input, cut where a byte stands that no text holds.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    const BETWEEN: u8 = 0xff;

    /// The next byte; 0 when there is none left.
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    /// Up to the next cut.
    fn bytes(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == Self::BETWEEN);
        let part = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.map_or(&[], |end| &self.0[end + 1..]);
        part
    }

    fn text(&mut self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// The same, when it is not empty.
    fn some_text(&mut self) -> Option<String> {
        Some(self.text().into_owned()).filter(|text| !text.is_empty())
    }
}

//! What an answer is to be read with when something is out of order: said by the turn itself, before the model says anything.

use jiff::tz::TimeZone;

use super::answer::Piece;
use super::event::Notice;
use crate::domain::sync::stale::{self, Stale};
use crate::model::document::Kind;

/// `kinds` is where the question looks; empty for everywhere.
pub fn all(by_words_only: bool, stale: &[Stale], kinds: &[Kind], zone: &TimeZone) -> Vec<Notice> {
    let is_looked_at = |s: &&Stale| kinds.is_empty() || kinds.iter().any(|kind| stale::source_of(*kind) == s.source);
    let words = by_words_only.then(|| Notice {
        kind: "words_only",
        text: "The search by meaning is out of order at the moment: only the words of the question were searched for."
            .into(),
    });
    let old = stale.iter().filter(is_looked_at).map(|s| Notice { kind: "stale", text: s.sentence(zone) });
    words.into_iter().chain(old).collect()
}

/// As the answer begins.
pub fn pieces(notices: &[Notice]) -> Vec<Piece> {
    let said = notices.iter().flat_map(|notice| {
        [Piece::Paragraph, Piece::Emphasis(true), Piece::Text(notice.text.clone()), Piece::Emphasis(false)]
    });
    said.collect()
}

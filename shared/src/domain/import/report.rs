//! What was read, and what became of it.

use std::collections::BTreeMap;
use std::fmt;

/// Of one kind of row: each that was read is in one of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    pub read: u64,
    pub brought: u64,
    /// There already, from an earlier move or from the provider itself.
    pub known: u64,
    /// By why.
    pub left: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    pub kinds: BTreeMap<&'static str, Count>,
    /// What was brought otherwise than it was, by why.
    pub changed: BTreeMap<&'static str, u64>,
}

impl Report {
    fn of(&mut self, kind: &'static str) -> &mut Count {
        self.kinds.entry(kind).or_default()
    }

    pub(super) fn brought(&mut self, kind: &'static str, rows: u64) {
        let count = self.of(kind);
        count.read += rows;
        count.brought += rows;
    }

    pub(super) fn known(&mut self, kind: &'static str, rows: u64) {
        let count = self.of(kind);
        count.read += rows;
        count.known += rows;
    }

    pub(super) fn left(&mut self, kind: &'static str, rows: u64, why: &'static str) {
        let count = self.of(kind);
        if rows > 0 {
            count.read += rows;
            *count.left.entry(why).or_default() += rows;
        }
    }

    pub(super) fn changed(&mut self, why: &'static str) {
        *self.changed.entry(why).or_default() += 1;
    }

    /// How far it is, in one line.
    pub fn progress(&self) -> String {
        let kinds = self.kinds.iter().map(|(kind, count)| format!("{} {kind}", count.read));
        kinds.collect::<Vec<_>>().join(", ")
    }
}

/// For people: numbers and reasons, and nobody's name.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14} {:>9} {:>9} {:>9} {:>9}", "", "read", "brought", "there", "left")?;
        for (kind, Count { read, brought, known, left }) in &self.kinds {
            let all: u64 = left.values().sum();
            writeln!(f, "{kind:<14} {read:>9} {brought:>9} {known:>9} {all:>9}")?;
            for (why, rows) in left {
                writeln!(f, "{:<14} {rows:>9} left: {why}", "")?;
            }
        }
        for (why, rows) in &self.changed {
            writeln!(f, "{rows:>9} × {why}")?;
        }
        Ok(())
    }
}

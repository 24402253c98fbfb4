//! Questions about the demo practice with known answers, for measuring an assistant that has read it.
//!
//! They are put as the first advisor. Half of them share no content word with the place that answers them.

/// One question and what a right answer holds.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub question: &'static str,
    pub expect: Expect,
}

#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// The one right answer: all of `names` appear in it, and it cites `source`.
    Names { names: &'static [&'static str], source: Source },
    /// Nothing in the book answers it, and the answer says so.
    Nothing,
    /// Several people fit: the answer asks back and tells these apart.
    Ambiguous(&'static [&'static str]),
}

/// Where a fact is written.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The name that [`super::mail_id`] makes a Gmail id of.
    Mail(&'static str),
    /// The name that [`super::note_id`] makes a HubSpot id of.
    Note(&'static str),
}

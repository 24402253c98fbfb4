//! Stands between the model's words and every client: citations become links to sources, and nothing else is a link.
//!
//! The model may have read mail that tells it to leak what it knows. An address with data in it, as a link or as a
//! picture that loads by itself, is how that is done, so no address leaves here that is not a source's own. What comes
//! out is a closed set of [`Piece`]s which the encoders can only render as what they are.
//!
//! * `[3]`, `[1][2]`, `[1, 2]`, `【3】` → [`Piece::Cite`]; numbers without a source vanish.
//! * Links and pictures of all kinds (inline, by reference, in angle brackets, HTML) leave their label; a link to a
//!   source's address is its label and a citation.
//! * Bare addresses (any scheme, `//host`, `www.`, a domain with a path; percent-encoded, in look-alike letters or with
//!   invisible ones) become "[link removed]". A domain or e-mail address alone stays: it is text, and clients that
//!   link it can only link it as it stands. One of three labels or more stays only if it stands so in a source or in the
//!   question: whoever owns `evil.example` is told by `what-Greg-owns.evil.example` what Greg owns.
//! * A quotation of four words or more that is not word for word in a source loses its quotation marks.
//!
//! Text is held back only while something is open, 2,000 characters at most; what is longer is plain text. How the
//! model's words are cut into deltas makes no difference to what comes out.

mod blocks;
mod brackets;
mod citations;
mod inline;
mod intake;
mod links;
mod markdown;
mod out;
mod quotes;

pub use markdown::Markdown;

use serde_json::Value;

use citations::Evidence;
use intake::Intake;
use out::Out;

/// Characters that are held back for one open construct at most.
const HOLD: usize = 2_000;

/// A source the answer may cite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The number the model knows it by.
    pub n: usize,
    /// Where it can be looked at. Empty when there is no such place.
    pub url: String,
    pub title: String,
    /// The span that was shown to the model: what may be quoted.
    pub text: String,
}

/// A part of an answer that is safe to show.
///
/// In sequence they are well-formed: `Strong` and `Emphasis` are switched on and off in turn and nested, and off before
/// a block begins or ends; an `Item` stands in a list; lists nest inside items. Addresses occur in `Cite` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Plain text without line breaks.
    Text(String),
    Strong(bool),
    Emphasis(bool),
    Code(String),
    Cite {
        n: usize,
        url: String,
        title: String,
    },
    /// A new line in the same block.
    Break,
    /// A paragraph begins; whatever was before it, ends.
    Paragraph,
    ListStart {
        ordered: bool,
    },
    /// An item begins; the one before it in the same list ends.
    Item,
    ListEnd,
    /// A block of its own, with its line breaks.
    CodeBlock(String),
}

/// One answer as it comes in.
pub struct Answer {
    intake: Intake,
    pending: Vec<char>,
    scan: Scan,
}

impl Answer {
    pub fn new(sources: Vec<Cited>) -> Self {
        let mut evidence = Evidence::default();
        evidence.add(sources);
        let scan =
            Scan { out: Out::default(), evidence, mode: Mode::LineStart { indent: 0 }, code: String::new(), depth: 0 };
        Self { intake: Intake::default(), pending: Vec::new(), scan }
    }

    /// Sources that tools brought. They count for what comes after.
    pub fn add_sources(&mut self, sources: Vec<Cited>) {
        self.scan.evidence.add(sources);
    }

    /// Text in which hosts and mailboxes stand that may be said again.
    pub fn know(&mut self, text: &str) {
        self.scan.evidence.know(text);
    }

    /// What can be shown now that the model said `delta`.
    pub fn push(&mut self, delta: &str) -> Vec<Piece> {
        self.intake.push(delta, &mut self.pending);
        let taken = self.scan.run(&self.pending, false);
        self.pending.drain(..taken);
        self.scan.out.take()
    }

    /// What is held back, when the model turns to something else. A later `push` begins a new paragraph.
    pub fn pause(&mut self) -> Vec<Piece> {
        self.intake.finish(&mut self.pending);
        let pending = std::mem::take(&mut self.pending);
        self.scan.run(&pending, true);
        self.scan.end();
        self.scan.out.take()
    }

    /// The rest, when the model has ended.
    pub fn finish(&mut self) -> Vec<Piece> {
        self.pause()
    }

    /// Puts words of ours at the end, which pass no filter: nothing of the model's may be in them but as code.
    pub fn append(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut shown = self.pause();
        self.scan.out.add(pieces);
        shown.extend(self.scan.out.take());
        shown
    }

    /// The numbers cited so far, in the order of their first use.
    pub fn cited(&self) -> Vec<usize> {
        self.scan.evidence.used()
    }

    /// All that came out so far, as Markdown with `[[n]](url)` for citations.
    pub fn plain(&self) -> &str {
        self.scan.out.plain()
    }
}

/// What a model said in one piece and without sources, as Markdown that has passed the same filter.
pub fn plain(said: &str) -> String {
    let mut answer = Answer::new(Vec::new());
    answer.push(said);
    answer.finish();
    answer.plain().to_owned()
}

/// Data of the model's making, such as the arguments of a call, for clients to show: every address in a text is replaced.
pub fn harmless(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let (mut intake, mut read) = (Intake::default(), Vec::new());
            intake.push(text, &mut read);
            intake.finish(&mut read);
            // As it was, where there is nothing to replace.
            match links::neutral(&read) {
                told if told.contains(links::REMOVED) => Value::String(told),
                _ => value.clone(),
            }
        }
        Value::Array(values) => values.iter().map(harmless).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), harmless(value))).collect(),
        other => other.clone(),
    }
}

/// Reads the model's Markdown from the front. Every step takes only what no later text can change.
struct Scan {
    out: Out,
    evidence: Evidence,
    mode: Mode,
    /// Lines of the code block that is open.
    code: String,
    /// Constructs around the one being read.
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mode {
    /// Before the first word of a line, after so many spaces.
    LineStart {
        indent: usize,
    },
    Inline,
    /// In an address that is dropped up to the next space.
    Address,
    /// In a reference definition.
    DropLine,
    /// In a code block that so many of these marks will close.
    Fence {
        mark: char,
        length: usize,
    },
}

/// Where a construct that began ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Found {
    At(usize),
    /// There is no end, or too far away.
    Nowhere,
    /// Only more text can tell.
    Undecided,
}

impl Scan {
    /// How much of `text` is done with. `end` says that nothing comes after it.
    fn run(&mut self, text: &[char], end: bool) -> usize {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let step = match self.mode {
                Mode::LineStart { indent } => self.line_start(rest, end, indent),
                Mode::Inline => self.inline(rest, end),
                Mode::Address => self.drop_address(rest),
                Mode::DropLine => self.drop_line(rest),
                Mode::Fence { mark, length } => self.fenced(rest, end, mark, length),
            };
            let Some(taken) = step else { break };
            at += taken;
        }
        at
    }

    /// All of a label or a quotation, which is inside a line.
    fn run_inside(&mut self, text: &[char]) {
        const DEEPEST: usize = 12;
        let flat: Vec<char> = text.iter().map(|c| if *c == '\n' { ' ' } else { *c }).collect();
        if self.depth >= DEEPEST {
            self.out.text(&links::neutral(
                &flat.into_iter().filter(|c| c.is_alphanumeric() || *c == ' ').collect::<Vec<_>>(),
            ));
            return;
        }
        self.depth += 1;
        self.mode = Mode::Inline;
        self.run(&flat, true);
        self.mode = Mode::Inline;
        self.depth -= 1;
    }

    fn drop_address(&mut self, text: &[char]) -> Option<usize> {
        let length = text.iter().position(|c| c.is_whitespace());
        if length.is_some() {
            self.mode = Mode::Inline;
        }
        Some(length.unwrap_or(text.len()))
    }

    fn drop_line(&mut self, text: &[char]) -> Option<usize> {
        let length = text.iter().position(|c| *c == '\n');
        if length.is_some() {
            self.mode = Mode::LineStart { indent: 0 };
        }
        Some(length.map_or(text.len(), |length| length + 1))
    }

    fn end(&mut self) {
        self.end_fence();
        self.out.end();
        self.mode = Mode::LineStart { indent: 0 };
    }
}

/// The first of `text` that `is_end`, in the part that may be held back.
fn find(text: &[char], end: bool, mut is_end: impl FnMut(usize, char) -> bool) -> Found {
    let window = &text[..text.len().min(HOLD)];
    match window.iter().enumerate().find(|(at, c)| is_end(*at, **c)) {
        Some((at, _)) => Found::At(at),
        None if end || text.len() >= HOLD => Found::Nowhere,
        None => Found::Undecided,
    }
}

/// Like [`find`], but not beyond the paragraph, item or other block that `text` begins in.
fn find_in_block(text: &[char], end: bool, mut is_end: impl FnMut(usize, char) -> bool) -> Found {
    let mut over = false;
    let begins_block =
        |c: char| c.is_ascii_digit() || matches!(c, '\n' | '-' | '*' | '+' | '•' | '#' | '>' | '|' | '`');
    let found = find(text, end, |at, c| {
        over = at > 0 && text[at - 1] == '\n' && begins_block(c);
        over || is_end(at, c)
    });
    if over { Found::Nowhere } else { found }
}

#[cfg(test)]
mod tests;

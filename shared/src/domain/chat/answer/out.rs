//! Puts pieces in order: blocks open when their first word comes, marks close before their block does, and parts that
//! are no address do not become one by coming together.

use super::{Markdown, Piece, links};

/// Characters of a word that count for what follows it: more than a scheme and a host have.
const TAIL: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mark {
    Strong,
    Emphasis,
}

/// What to open before the next word.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Start {
    Paragraph,
    Heading,
    Break,
}

/// How far the last line is away.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gap {
    /// Nothing to go on from: the start, or after a block of its own.
    Block,
    Line,
    Blank,
}

pub struct Out {
    pieces: Vec<Piece>,
    markdown: Markdown,
    plain: String,
    marks: Vec<Mark>,
    /// Indentation and kind of the lists around, outermost first.
    lists: Vec<(usize, bool)>,
    start: Option<Start>,
    gap: Gap,
    heading: bool,
    space: bool,
    /// Something was left out just now: the space before it must not come to stand before a full stop.
    vanished: bool,
    previous: Option<char>,
    /// The end of the word that was shown last, if nothing parts it from what comes.
    tail: Vec<char>,
}

impl Default for Out {
    fn default() -> Self {
        Self {
            pieces: Vec::new(),
            markdown: Markdown::default(),
            plain: String::new(),
            marks: Vec::new(),
            lists: Vec::new(),
            start: Some(Start::Paragraph),
            gap: Gap::Block,
            heading: false,
            space: false,
            vanished: false,
            previous: None,
            tail: Vec::new(),
        }
    }
}

impl Out {
    pub fn take(&mut self) -> Vec<Piece> {
        std::mem::take(&mut self.pieces)
    }

    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// The character before, for what depends on it. `None` at the start of a line.
    pub fn previous(&self) -> Option<char> {
        if self.space && self.previous.is_some() { Some(' ') } else { self.previous }
    }

    pub fn text(&mut self, text: &str) {
        let Some(first) = text.chars().next() else { return };
        if self.vanished && matches!(first, '.' | ',' | ';' | ':' | '!' | '?' | ')') {
            self.space = false;
        }
        self.open();
        self.keep_apart(text);
        self.emit(Piece::Text(text.to_owned()));
        self.previous = text.chars().next_back();
    }

    pub fn characters(&mut self, text: &[char]) {
        self.text(&text.iter().collect::<String>());
    }

    pub fn space(&mut self) {
        self.space = true;
    }

    pub fn vanish(&mut self) {
        self.vanished = true;
    }

    /// Code or a citation.
    pub fn inline(&mut self, piece: Piece) {
        self.open();
        match &piece {
            Piece::Code(code) => self.keep_apart(code),
            _ => self.tail.clear(),
        }
        self.emit(piece);
        self.previous = Some('x');
    }

    pub fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }

    pub fn is_heading(&self) -> bool {
        self.heading || self.start == Some(Start::Heading)
    }

    pub fn is_in_list(&self) -> bool {
        !self.lists.is_empty()
    }

    pub fn mark(&mut self, mark: Mark) {
        self.open();
        self.marks.push(mark);
        self.emit(piece_of(mark, true));
    }

    /// Ends a mark, and those inside it.
    pub fn unmark(&mut self, mark: Mark) {
        while self.has(mark) {
            if let Some(inner) = self.marks.pop() {
                self.emit(piece_of(inner, false));
            }
        }
    }

    pub fn line_break(&mut self) {
        if self.previous.is_some() {
            self.start = Some(Start::Break);
            self.space = false;
            self.previous = None;
        }
    }

    /// A line has ended.
    pub fn end_line(&mut self) {
        self.space = false;
        self.gap = if self.gap == Gap::Blank { Gap::Blank } else { Gap::Line };
        self.end_heading();
    }

    pub fn blank_line(&mut self) {
        if self.gap == Gap::Line {
            self.gap = Gap::Blank;
        }
    }

    /// Something that is drawn between two blocks, or an empty one.
    pub fn rule(&mut self) {
        self.end_heading();
        self.gap = Gap::Block;
    }

    /// A line of text begins.
    pub fn text_line(&mut self, indent: usize) {
        const CONTINUES: usize = 2;
        let inside = !self.lists.is_empty() && indent >= CONTINUES;
        self.start = match self.gap {
            Gap::Line if self.start.is_none() => Some(Start::Break),
            Gap::Blank if inside => Some(Start::Break),
            Gap::Line => self.start,
            Gap::Blank | Gap::Block => Some(Start::Paragraph),
        };
        self.gap = Gap::Line;
        self.previous = None;
        self.space = false;
    }

    pub fn heading(&mut self) {
        self.start = Some(Start::Heading);
        self.gap = Gap::Line;
        self.previous = None;
        self.space = false;
    }

    /// An item begins at this indentation: in the list that is open there, in a new one, or in one inside the last item.
    pub fn item(&mut self, indent: usize, ordered: bool) {
        const NESTED: usize = 2;
        const DEEPEST: usize = 6;
        self.end_heading();
        self.close_marks();
        while self.lists.last().is_some_and(|(outer, _)| indent < *outer && self.lists.len() > 1) {
            self.end_list();
        }
        let deeper = self.lists.last().is_none_or(|(outer, _)| indent >= outer + NESTED && self.lists.len() < DEEPEST);
        let other = self.lists.last().is_some_and(|(_, kind)| *kind != ordered);
        if !deeper && other {
            self.end_list();
        }
        if deeper || other {
            self.emit(Piece::ListStart { ordered });
            self.lists.push((indent, ordered));
        }
        self.emit(Piece::Item);
        self.start = None;
        self.gap = Gap::Line;
        self.previous = None;
        self.space = false;
    }

    pub fn code_block(&mut self, code: String) {
        self.close_blocks();
        self.emit(Piece::CodeBlock(code));
        self.gap = Gap::Block;
        self.previous = None;
    }

    pub fn end(&mut self) {
        self.close_blocks();
        self.gap = Gap::Block;
        self.start = Some(Start::Paragraph);
        self.previous = None;
    }

    /// Whole blocks as they are. What comes after begins another.
    pub fn add(&mut self, pieces: Vec<Piece>) {
        pieces.into_iter().for_each(|piece| self.emit(piece));
        self.end();
    }

    /// Puts a space before `text` if it makes an address together with what was shown: markup between the two may have
    /// vanished, as in `https:/<b>/example.com`.
    fn keep_apart(&mut self, text: &str) {
        // What opens a bracket is part of no address.
        if self.tail.iter().all(|c| matches!(c, '(' | '"' | '“' | '„' | '«')) {
            self.tail.clear();
        }
        let shown = self.tail.len();
        self.tail.extend(text.chars());
        if self.has_address_across(shown) {
            self.emit(Piece::Text(" ".to_owned()));
            self.tail.drain(..shown);
        }
        let word = self.tail.iter().rposition(|c| c.is_whitespace()).map_or(0, |at| at + 1);
        let start = word.max(self.tail.len().saturating_sub(TAIL));
        self.tail.drain(..start);
    }

    /// Whether one of the addresses in the tail begins before this place and ends after it, or is one only by what comes after
    /// it: not only the first counts.
    fn has_address_across(&self, place: usize) -> bool {
        let mut from = 0;
        while let Some((start, end)) = links::find(&self.tail[from..]) {
            if from + start >= place {
                return false;
            }
            let shown = &self.tail[from + start..place];
            from += end;
            if from > place || links::find(shown).is_none_or(|(start, _)| start > 0) {
                return true;
            }
        }
        false
    }

    /// Everything a word needs before it.
    fn open(&mut self) {
        if self.start.is_some() || self.previous.is_none() || self.space {
            self.tail.clear();
        }
        match self.start.take() {
            Some(Start::Break) => {
                self.emit(Piece::Break);
            }
            Some(start) => {
                self.close_blocks();
                self.emit(Piece::Paragraph);
                if start == Start::Heading {
                    self.heading = true;
                    self.marks.push(Mark::Strong);
                    self.emit(Piece::Strong(true));
                }
            }
            None if self.space && self.previous.is_some() => self.emit(Piece::Text(" ".to_owned())),
            None => {}
        }
        self.space = false;
        self.vanished = false;
    }

    fn close_blocks(&mut self) {
        self.heading = false;
        self.close_marks();
        while !self.lists.is_empty() {
            self.end_list();
        }
        self.space = false;
    }

    fn end_heading(&mut self) {
        if self.is_heading() {
            self.heading = false;
            self.start = None;
            self.close_marks();
            self.gap = Gap::Block;
        }
    }

    fn end_list(&mut self) {
        self.lists.pop();
        self.emit(Piece::ListEnd);
    }

    fn close_marks(&mut self) {
        while let Some(mark) = self.marks.pop() {
            self.emit(piece_of(mark, false));
        }
    }

    fn emit(&mut self, piece: Piece) {
        self.plain.push_str(&self.markdown.render(&piece));
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(text)) => last.push_str(&text),
            (_, piece) => self.pieces.push(piece),
        }
    }
}

fn piece_of(mark: Mark, on: bool) -> Piece {
    match mark {
        Mark::Strong => Piece::Strong(on),
        Mark::Emphasis => Piece::Emphasis(on),
    }
}

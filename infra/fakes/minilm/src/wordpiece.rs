//! BERT's uncased tokenizer: clean, lower-case, strip accents, split at spaces, punctuation and CJK, then word pieces.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What the model was trained to read, with the two markers.
pub const MAX_TOKENS: usize = 256;

/// A longer word is one unknown token.
const MAX_WORD: usize = 100;

pub struct WordPiece {
    pieces: HashMap<String, u32>,
    unknown: u32,
    start: u32,
    end: u32,
}

impl WordPiece {
    /// Reads `vocab.txt`: one piece a line, its id is its line; pieces inside a word begin with `##`.
    ///
    /// `None` when one of BERT's marker tokens is missing.
    pub fn new(vocabulary: &str) -> Option<Self> {
        let pieces: HashMap<String, u32> = vocabulary.lines().map(|line| line.trim_end().to_owned()).zip(0..).collect();
        let id = |piece: &str| pieces.get(piece).copied();
        let (unknown, start, end) = (id("[UNK]")?, id("[CLS]")?, id("[SEP]")?);
        Some(Self { pieces, unknown, start, end })
    }

    /// The token ids of a text between the start and end markers; what is over [`MAX_TOKENS`] is cut off.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = vec![self.start];
        for word in words(text) {
            self.push_pieces(&word, &mut ids);
            if ids.len() >= MAX_TOKENS {
                break;
            }
        }
        ids.truncate(MAX_TOKENS - 1);
        ids.push(self.end);
        ids
    }

    /// Cuts a word into the longest pieces known, from the left; all or nothing.
    fn push_pieces(&self, word: &str, ids: &mut Vec<u32>) {
        let before = ids.len();
        let unknown = |ids: &mut Vec<u32>| {
            ids.truncate(before);
            ids.push(self.unknown);
        };
        if word.chars().count() > MAX_WORD {
            return unknown(ids);
        }

        let mut rest = word;
        let mut candidate = String::new();
        while !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                candidate.clear();
                if rest.len() < word.len() {
                    candidate.push_str("##");
                }
                candidate.push_str(&rest[..end]);
                self.pieces.get(&candidate).map(|id| (*id, end))
            });
            let Some((id, end)) = found else { return unknown(ids) };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

/// Lower-case words without accents; each punctuation mark and each CJK character is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut finish = |word: &mut String| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    for c in text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        if c.is_whitespace() {
            finish(&mut word);
        } else if c == '\0' || c == char::REPLACEMENT_CHARACTER || is_control(c) {
            // Dropped without a break, as BERT does.
        } else if is_punctuation(c) || is_cjk(c) {
            finish(&mut word);
            word.push(c);
            finish(&mut word);
        } else {
            word.push(c);
        }
    }
    finish(&mut word);
    words
}

/// Control and format characters, such as zero-width joiners.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{e000}'..='\u{f8ff}')
}

/// ASCII marks and symbols, and the general punctuation blocks.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}' | '\u{ff01}'..='\u{ff0f}'
            | '\u{ff1a}'..='\u{ff20}')
            && !matches!(c, '\u{2044}' | '\u{2052}')
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{2ceaf}' | '\u{2f800}'..='\u{2fa1f}')
}

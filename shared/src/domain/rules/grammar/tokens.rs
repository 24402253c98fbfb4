//! The words of a structured rule, and what each is compared with or set to.

use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, eof, not, opt, preceded, repeat, terminated};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, none_of, take_while};

use super::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Is,
    IsNot,
}

/// A word, or a word with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// Byte at which it begins.
    pub at: usize,
    pub word: &'a str,
    pub value: Option<(Op, String)>,
}

impl Token<'_> {
    pub fn is(&self, keyword: &str) -> bool {
        self.value.is_none() && self.word.eq_ignore_ascii_case(keyword)
    }
}

type Input<'a> = LocatingSlice<&'a str>;
type Parsed<T> = Result<T, ContextError>;

pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Problem> {
    let mut input = LocatingSlice::new(text);
    let all: Parsed<Vec<Token<'_>>> = repeat(0.., preceded(multispace0, token)).parse_next(&mut input);
    let end: Parsed<_> = (multispace0, eof).parse_next(&mut input);
    match (all, end) {
        (Ok(tokens), Ok(_)) => Ok(tokens),
        _ => {
            let at = text.len() - input.trim_start().len();
            Err(Problem::new(at, "a quotation mark is not closed, or stands where it should not."))
        }
    }
}

fn token<'a>(input: &mut Input<'a>) -> Parsed<Token<'a>> {
    let at = input.current_token_start();
    let word =
        take_while(1.., |c: char| !c.is_whitespace() && !matches!(c, '=' | '!' | '"' | '“' | '”')).parse_next(input)?;
    let op = opt(alt(("!=".value(Op::IsNot), '='.value(Op::Is)))).parse_next(input)?;
    let value = match op {
        Some(op) => Some((op, alt((quoted('"', '"'), quoted('“', '”'), quoted('\'', '\''), bare)).parse_next(input)?)),
        None => {
            not(any.verify(|c: &char| !c.is_whitespace())).parse_next(input)?;
            None
        }
    };
    Ok(Token { at, word, value })
}

/// Up to the closing mark; `\"`, `\\` and `\n` are what they are elsewhere.
fn quoted<'a>(open: char, close: char) -> impl Parser<Input<'a>, String, ContextError> {
    let escaped = preceded('\\', any).map(|c: char| if c == 'n' { '\n' } else { c });
    let inner = repeat(0.., alt((escaped, none_of([close, '\\']))));
    terminated(delimited(open, inner, close), not(any.verify(|c: &char| !c.is_whitespace())))
}

fn bare(input: &mut Input<'_>) -> Parsed<String> {
    take_while(0.., |c: char| !c.is_whitespace() && !matches!(c, '"' | '“' | '”'))
        .verify(|value: &str| !value.starts_with('\''))
        .map(str::to_owned)
        .parse_next(input)
}

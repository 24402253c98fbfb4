//! The words of a rule that have not been read yet.

use super::Problem;
use super::tokens::{Op, Token};

/// What has not been read yet.
pub(super) struct Left<'a> {
    pub tokens: Vec<Token<'a>>,
    pub at: usize,
    /// Byte after the last.
    pub end: usize,
}

impl<'a> Left<'a> {
    pub fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    pub fn any(&mut self, what: &str) -> Result<Token<'a>, Problem> {
        let token = self.peek().cloned().ok_or_else(|| Problem::new(self.end, format!("{what} is missing.")))?;
        self.at += 1;
        Ok(token)
    }

    /// Goes on if this keyword is next.
    pub fn skip(&mut self, keyword: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is(keyword));
        self.at += usize::from(is_next);
        is_next
    }

    pub fn keyword(&mut self, keyword: &str) -> Result<(), Problem> {
        let at = self.peek().map_or(self.end, |token| token.at);
        if self.skip(keyword) { Ok(()) } else { Err(Problem::new(at, format!("`{keyword}` is missing here."))) }
    }

    pub fn word(&mut self, what: &str) -> Result<Token<'a>, Problem> {
        let token = self.any(what)?;
        match token.value {
            None if !["when", "if", "then", "and"].iter().any(|keyword| token.is(keyword)) => Ok(token),
            _ => Err(Problem::new(token.at, format!("{what} is missing here."))),
        }
    }

    /// Parameters up to the next `and`.
    pub fn pairs(&mut self) -> Result<Vec<(&'a str, String, usize)>, Problem> {
        let mut pairs: Vec<(&str, String, usize)> = Vec::new();
        while let Some(token) = self.peek().cloned().filter(|token| !token.is("and")) {
            match token.value {
                Some((Op::Is, _)) if pairs.iter().any(|(key, ..)| *key == token.word) => {
                    return Err(Problem::new(token.at, format!("{} is given twice.", token.word)));
                }
                Some((Op::Is, value)) => pairs.push((token.word, value, token.at)),
                Some((Op::IsNot, _)) => return Err(Problem::new(token.at, "a parameter is given with `=`.")),
                None => {
                    let what = format!(
                        "`{}` is no parameter: those are key=value, and a value with spaces stands in quotation marks, \
                         as in title=\"Call Sara\".",
                        token.word
                    );
                    return Err(Problem::new(token.at, what));
                }
            }
            self.at += 1;
        }
        Ok(pairs)
    }
}

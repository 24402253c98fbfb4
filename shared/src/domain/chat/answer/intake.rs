//! Makes the model's text what it looks like: no invisible characters, no escapes, no character references.

use crate::domain::knowledge::mail_text::is_invisible;

/// Characters between `&` and `;` at most.
const LONGEST_REFERENCE: usize = 32;

#[derive(Default)]
pub struct Intake {
    /// From a `\` or `&` on whose end has not come yet.
    open: Vec<char>,
}

impl Intake {
    pub fn push(&mut self, delta: &str, pending: &mut Vec<char>) {
        for c in delta.chars().filter(|c| !is_invisible(*c) && *c != '\r') {
            self.take(c, pending);
        }
    }

    pub fn finish(&mut self, pending: &mut Vec<char>) {
        pending.append(&mut self.open);
    }

    fn take(&mut self, c: char, pending: &mut Vec<char>) {
        match self.open.first() {
            None if c == '\\' || c == '&' => self.open.push(c),
            None => pending.push(c),
            Some('\\') => {
                // An escape protects from being read as markup; here it would protect from being read at all.
                if c.is_ascii_punctuation() || c == '\n' {
                    self.open.clear();
                    pending.push(c);
                } else {
                    pending.append(&mut self.open);
                    self.take(c, pending);
                }
            }
            Some(_) if c == ';' => {
                let name: String = self.open.drain(..).skip(1).collect();
                match referenced(&name) {
                    Some(c) if c.is_whitespace() => pending.push(' '),
                    Some(c) if is_invisible(c) => {}
                    Some(c) => pending.push(c),
                    None => pending.extend(format!("&{name};").chars()),
                }
            }
            Some(_) if (c.is_ascii_alphanumeric() || c == '#') && self.open.len() < LONGEST_REFERENCE => {
                self.open.push(c)
            }
            Some(_) => {
                pending.append(&mut self.open);
                self.take(c, pending);
            }
        }
    }
}

/// The character of `#104`, `#x68` or `colon`: of the named ones those that addresses and markup are made of.
fn referenced(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    let c = match name {
        "amp" | "AMP" => '&',
        "lt" | "LT" => '<',
        "gt" | "GT" => '>',
        "quot" | "QUOT" => '"',
        "apos" => '\'',
        "nbsp" | "NewLine" | "Tab" | "ensp" | "emsp" | "thinsp" => ' ',
        "colon" => ':',
        "semi" => ';',
        "sol" => '/',
        "bsol" => '\\',
        "period" => '.',
        "comma" => ',',
        "quest" => '?',
        "excl" => '!',
        "num" => '#',
        "percnt" => '%',
        "equals" => '=',
        "commat" => '@',
        "lpar" => '(',
        "rpar" => ')',
        "lsqb" | "lbrack" => '[',
        "rsqb" | "rbrack" => ']',
        "lowbar" => '_',
        "ast" => '*',
        "grave" => '`',
        "hyphen" | "dash" => '-',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "zwj" | "zwnj" | "shy" | "ZeroWidthSpace" => '\u{200b}',
        _ => return None,
    };
    Some(c)
}

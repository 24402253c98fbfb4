//! Reads `.env`: one `NAME=value` a line.
//!
//! `#` begins a comment at the start of a line or after a space; a value may stand in single quotes (taken as it is) or
//! double quotes (`\n`, `\"` and `\\` are understood); `export ` before the name is allowed. Nothing is substituted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::{Problem, Result};

/// The variables of the file; none if it is not there.
pub fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|line| {
            Problem(format!("Line {line} of {} is not `NAME=value`: correct it or make it a comment.", path.display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(Problem(format!("Could not read {}: {error}.", path.display()))),
    }
}

/// The error is the number of the first line that makes no sense.
fn parse(text: &str) -> std::result::Result<BTreeMap<String, String>, usize> {
    let mut variables = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or(index + 1)?;
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return Err(index + 1);
        }
        variables.insert(name.to_owned(), unquote(value.trim()).ok_or(index + 1)?);
    }
    Ok(variables)
}

fn unquote(value: &str) -> Option<String> {
    match value.chars().next() {
        Some('\'') => value[1..].split_once('\'').map(|(inside, _)| inside.to_owned()),
        Some('"') => {
            let mut inside = String::new();
            let mut characters = value[1..].chars();
            loop {
                match characters.next()? {
                    '"' => return Some(inside),
                    '\\' => match characters.next()? {
                        'n' => inside.push('\n'),
                        other => inside.push(other),
                    },
                    other => inside.push(other),
                }
            }
        }
        _ => Some(value.split_once(" #").map_or(value, |(before, _)| before.trim_end()).to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_comments_and_quotes() {
        let text =
            "# local\nexport A=1\nB = two words # why\nC='as # is'\nD=\"line\\nbreak \\\"q\\\"\"\nE=\n\nF=a=b#c\n";

        let variables = parse(text).unwrap();

        let expected =
            [("A", "1"), ("B", "two words"), ("C", "as # is"), ("D", "line\nbreak \"q\""), ("E", ""), ("F", "a=b#c")];
        assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    #[test]
    fn the_line_that_makes_no_sense_is_named() {
        assert_eq!(parse("A=1\nnonsense\n"), Err(2));
        assert_eq!(parse("A='open\n"), Err(1));
        assert_eq!(parse("A B=1\n"), Err(1));
    }
}

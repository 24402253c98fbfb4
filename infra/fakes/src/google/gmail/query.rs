//! Gmail's search language: parsing a `q` into a tree.
//!
//! Source: support.google.com/mail/answer/7190, developers.google.com/workspace/gmail/api/guides/filtering.

/// What a message must be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Not(Box<Query>),
    /// An operator and its value, such as `from` and `jane`.
    Is(String, String),
    /// Consecutive words, lower case.
    Words(Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open(char),
    Close,
    Minus,
    Or,
    /// `name:`; its value is the next token.
    Operator(String),
    Word(String),
}

const OPERATORS: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "label",
    "in",
    "is",
    "has",
    "filename",
    "after",
    "before",
    "newer",
    "older",
    "newer_than",
    "older_than",
    "rfc822msgid",
    "category",
    "deliveredto",
    "list",
    "size",
    "larger",
    "smaller",
];

/// Lower-case runs of letters and digits: what Gmail matches by.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

pub(super) fn parse(text: &str) -> Query {
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(group(&mut rest, false));
        // A closing bracket without an opening one.
        rest = rest.split_first().map_or(rest, |(_, after)| after);
    }
    Query::All(all)
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(letter) = chars.next() {
        match letter {
            _ if letter.is_whitespace() => {}
            '(' | '{' => found.push(Token::Open(letter)),
            ')' | '}' => found.push(Token::Close),
            '-' => found.push(Token::Minus),
            '"' => {
                let phrase: String = chars.by_ref().take_while(|letter| *letter != '"').collect();
                found.push(Token::Word(phrase));
            }
            _ => {
                let mut word = String::from(letter);
                let mut operator = None;
                while let Some(next) =
                    chars.next_if(|next| !next.is_whitespace() && !matches!(next, '(' | ')' | '{' | '}' | '"'))
                {
                    if next == ':' && OPERATORS.contains(&word.to_lowercase().as_str()) {
                        operator = Some(word.to_lowercase());
                        break;
                    }
                    word.push(next);
                }
                found.push(match operator {
                    Some(name) => Token::Operator(name),
                    None if word == "OR" || word == "|" => Token::Or,
                    None if word == "AND" => continue,
                    None => Token::Word(word),
                });
            }
        }
    }
    found
}

/// Terms up to a closing bracket or the end; in braces any of them suffices.
fn group(rest: &mut &[Token], braces: bool) -> Query {
    let mut terms: Vec<Query> = Vec::new();
    let mut joined = false;
    while let Some(token) = rest.first() {
        match token {
            Token::Close => break,
            Token::Or => {
                *rest = &rest[1..];
                joined = true;
                continue;
            }
            _ => {}
        }
        let Some(term) = term(rest) else { break };
        match terms.last_mut() {
            Some(last) if joined => match last {
                Query::Any(alternatives) => alternatives.push(term),
                other => *other = Query::Any(vec![other.clone(), term]),
            },
            _ => terms.push(term),
        }
        joined = false;
    }
    if braces { Query::Any(terms) } else { Query::All(terms) }
}

fn term(rest: &mut &[Token]) -> Option<Query> {
    let (token, after) = rest.split_first()?;
    *rest = after;
    Some(match token {
        Token::Minus => Query::Not(Box::new(term(rest)?)),
        Token::Open(kind) => bracketed(rest, *kind),
        Token::Word(word) => Query::Words(words(word)),
        Token::Operator(name) => match rest.split_first() {
            Some((Token::Word(value), after)) => {
                *rest = after;
                Query::Is(name.clone(), value.clone())
            }
            // `subject:(one two)` gives the operator to each word.
            Some((Token::Open(kind), after)) => {
                *rest = after;
                distribute(name, bracketed(rest, *kind))
            }
            // `after:-1`: a value that starts like a negation.
            Some((Token::Minus, [Token::Word(value), after @ ..])) => {
                *rest = after;
                Query::Is(name.clone(), format!("-{value}"))
            }
            _ => Query::Words(vec![name.clone()]),
        },
        Token::Or | Token::Close => Query::All(Vec::new()),
    })
}

fn bracketed(rest: &mut &[Token], kind: char) -> Query {
    let inner = group(rest, kind == '{');
    if rest.first() == Some(&Token::Close) {
        *rest = &rest[1..];
    }
    inner
}

fn distribute(name: &str, query: Query) -> Query {
    match query {
        Query::All(terms) => Query::All(terms.into_iter().map(|term| distribute(name, term)).collect()),
        Query::Any(terms) => Query::Any(terms.into_iter().map(|term| distribute(name, term)).collect()),
        Query::Not(term) => Query::Not(Box::new(distribute(name, *term))),
        Query::Words(words) => Query::Is(name.to_owned(), words.join(" ")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(name: &str, value: &str) -> Query {
        Query::Is(name.to_owned(), value.to_owned())
    }

    #[test]
    fn reads_operators_phrases_negation_and_alternatives() {
        let query = parse("from:jane@x.com -in:spam \"two words\" (a OR b) subject:(c d)");
        let Query::All(groups) = query else { panic!() };
        let Query::All(terms) = &groups[0] else { panic!() };
        assert_eq!(terms[0], is("from", "jane@x.com"));
        assert_eq!(terms[1], Query::Not(Box::new(is("in", "spam"))));
        assert_eq!(terms[2], Query::Words(vec!["two".into(), "words".into()]));
        let either = Query::Any(vec![Query::Words(vec!["a".into()]), Query::Words(vec!["b".into()])]);
        assert_eq!(terms[3], Query::All(vec![either]));
        assert_eq!(terms[4], Query::All(vec![is("subject", "c"), is("subject", "d")]));
    }

    #[test]
    fn survives_any_brackets() {
        for text in [")", "((", "a OR", "-", "from:", "{a b", "OR OR", "\"open"] {
            parse(text);
        }
    }
}

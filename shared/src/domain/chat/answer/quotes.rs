//! Compares what stands in quotation marks with what the sources say.

/// Fewer words are a term or a name, not somebody's statement.
pub const WORDS: usize = 4;

/// The mark that closes what `open` opens.
pub fn closes(open: char, c: char) -> bool {
    match open {
        '“' => c == '”',
        '„' => c == '“' || c == '”',
        '«' => c == '»',
        _ => c == '"',
    }
}

pub fn is_open(c: char) -> bool {
    matches!(c, '"' | '“' | '„' | '«')
}

pub fn words(text: &[char]) -> usize {
    let text = normal(text);
    text.split(' ').filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// `text` without what may differ in a faithful quotation: white space, markup, the shape of quotation marks and
/// dashes, citation numbers.
pub fn normal(text: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = text.get(at) {
        at += 1;
        match c {
            '[' => match citation(&text[at..]) {
                Some(length) => at += length,
                None => out.push('['),
            },
            '*' | '_' | '`' => {}
            '“' | '”' | '„' | '«' | '»' => out.push('"'),
            '‘' | '’' | '‚' => out.push('\''),
            '–' | '—' | '‐' | '‑' => out.push('-'),
            '…' => out.push_str("..."),
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(*c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Length of `3]`, up to and with the bracket.
fn citation(text: &[char]) -> Option<usize> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit() || matches!(c, ',' | ' ')).count();
    (digits > 0 && text.get(digits) == Some(&']')).then_some(digits + 1)
}

/// Whether all parts of `quotation`, which dots of omission part, stand in `source` in their order. Both are
/// [`normal`].
pub fn found_in(quotation: &str, source: &str) -> bool {
    let mut rest = source;
    let mut found = false;
    for part in quotation.split("...").flat_map(|part| part.split("[.]")) {
        let part = part.trim_matches(|c: char| !c.is_alphanumeric());
        if part.is_empty() {
            continue;
        }
        match position(part, rest) {
            Some(end) => rest = &rest[end..],
            None => return false,
        }
        found = true;
    }
    found
}

/// Where `part` ends in `text`, at the borders of words; its first letter may be large or small.
fn position(part: &str, text: &str) -> Option<usize> {
    let first = part.chars().next()?;
    let tail = &part[first.len_utf8()..];
    let same = |c: char| c == first || c.to_lowercase().eq(first.to_lowercase());
    let border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());

    let mut before = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8() + tail.len();
        if border(before)
            && same(c)
            && text[at + c.len_utf8()..].starts_with(tail)
            && border(text[end..].chars().next())
        {
            return Some(end);
        }
        before = Some(c);
    }
    None
}

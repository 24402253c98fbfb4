//! Sentences of a passage, verbatim.

/// Paragraphs and lines first, then sentences. What quotes an earlier mail (`> …`) is left out.
pub fn split(lines: &[String]) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut paragraph = 0;
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            paragraph += 1;
        } else if !line.starts_with('>') {
            sentences.extend(of_line(line).into_iter().map(|text| Sentence { text: text.to_owned(), paragraph }));
        }
    }
    sentences
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub text: String,
    pub paragraph: usize,
}

/// A sentence ends at `.`, `!` or `?` before a space and a capital or an opening mark, except after short titles.
fn of_line(line: &str) -> Vec<&str> {
    const TITLES: [&str; 7] = ["Mr.", "Mrs.", "Ms.", "Dr.", "St.", "Jr.", "vs."];
    let mut sentences = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices(' ') {
        let (before, after) = (&line[from..at], line[at..].trim_start());
        let ended = before.trim_end_matches(['”', '"', ')', '’']).ends_with(['.', '!', '?', '…']);
        let opens = after.starts_with(|c: char| c.is_uppercase() || c.is_numeric() || "“\"(¿¡$".contains(c));
        let titled = TITLES.iter().any(|title| before.ends_with(title));
        if ended && opens && !titled {
            sentences.push(before.trim());
            from = at;
        }
    }
    sentences.push(line[from..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

//! Takes out of text what nobody can see.

/// Lines and words as a reader sees them: no control, zero-width, filler or direction characters, one space between
/// words, no space at the end of lines, at most one empty line in a row. Never longer than `raw`.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut empty = 0;
    for line in raw.replace("\r\n", "\n").split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line = self::line(line);
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        out.push_str(&line);
        empty = 0;
    }
    out
}

/// The same for text that is one line.
pub fn line(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let visible = raw.chars().filter(|c| !is_invisible(*c));
    for c in visible {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a part that calls itself plain is HTML: some senders put the same bytes in both.
pub fn looks_like_markup(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).collect::<String>().to_lowercase();
    ["<!doctype html", "<html", "<body", "<head", "<div", "<table", "<style"].iter().any(|tag| start.starts_with(tag))
}

/// Characters that take no room on the screen, or none that can be told from empty. Joiners and variation selectors
/// are among them: they carry hidden messages far more often than a mail depends on them.
pub fn is_invisible(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

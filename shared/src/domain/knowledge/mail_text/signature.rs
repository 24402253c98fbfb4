//! Finds where a sender's own words end and their signature begins.

/// What phones and webmail add by themselves.
const STAMPS: &[&str] = &[
    "sent from my",
    "sent from mail for",
    "sent from yahoo",
    "sent from outlook",
    "sent from proton",
    "sent from the all new",
    "sent via ",
    "sent with ",
    "get outlook for",
    "von meinem",
    "gesendet von",
    "gesendet mit",
    "diese nachricht wurde von meinem",
    "envoyé de mon",
    "envoyé depuis",
    "enviado desde",
    "enviado do meu",
    "enviado de mi",
    "inviato da",
    "verstuurd vanaf",
    "verzonden vanaf",
    "skickat från min",
];

/// Words that close a letter, without their punctuation.
const CLOSINGS: &[&str] = &[
    "best",
    "best regards",
    "best wishes",
    "all the best",
    "all best",
    "my best",
    "regards",
    "kind regards",
    "kindest regards",
    "warm regards",
    "warmest regards",
    "warmly",
    "with warm regards",
    "thanks",
    "many thanks",
    "thank you",
    "thanks again",
    "thanks so much",
    "thanks a lot",
    "thank you so much",
    "thanks and regards",
    "thanks & regards",
    "with thanks",
    "with gratitude",
    "gratefully",
    "cheers",
    "sincerely",
    "sincerely yours",
    "yours sincerely",
    "yours truly",
    "yours faithfully",
    "yours",
    "respectfully",
    "cordially",
    "take care",
    "talk soon",
    "speak soon",
    "see you soon",
    "love",
    "xoxo",
    "mit freundlichen grüßen",
    "freundliche grüße",
    "viele grüße",
    "beste grüße",
    "liebe grüße",
    "cordialement",
    "bien cordialement",
    "bien à vous",
    "saludos",
    "saludos cordiales",
    "un saludo",
    "atentamente",
    "atenciosamente",
    "abraços",
    "cordiali saluti",
    "met vriendelijke groet",
];

/// Splits before the signature: after `--`, a closing with a name under it, or what a phone adds. The first part is
/// never without words where `lines` have some: a mail that is nothing but a greeting is its sender's words.
pub fn split<'a, 'b>(lines: &'b [&'a str]) -> (&'b [&'a str], &'b [&'a str]) {
    let has_words = |at: &usize| lines[..*at].iter().any(|line| !line.is_empty());
    let stamp = stamp(lines).filter(has_words);
    let written = &lines[..stamp.unwrap_or(lines.len())];
    let at = delimiter(written).filter(has_words).or_else(|| closing(written).filter(has_words)).or(stamp);
    lines.split_at(at.unwrap_or(lines.len()))
}

/// The last line with words, if a program wrote it.
fn stamp(lines: &[&str]) -> Option<usize> {
    let last = lines.iter().rposition(|line| !line.is_empty())?;
    let lower = lines[last].to_lowercase();
    STAMPS.iter().any(|stamp| lower.starts_with(stamp)).then_some(last)
}

/// `-- ` on its own (RFC 3676 §4.3), unless too much follows for a signature.
fn delimiter(lines: &[&str]) -> Option<usize> {
    const LINES: usize = 15;
    let at = lines.iter().rposition(|line| matches!(*line, "--" | "—" | "__"))?;
    (lines.len() - at <= LINES).then_some(at)
}

/// "Best regards," and a short block under it. A postscript or a sentence under it says that the letter goes on.
fn closing(lines: &[&str]) -> Option<usize> {
    const LINES: usize = 10;
    const WIDTH: usize = 70;
    let at = lines.iter().rposition(|line| is_closing(line))?;
    let block: Vec<&str> = lines[at + 1..].iter().copied().filter(|line| !line.is_empty()).collect();
    let goes_on = |line: &str| {
        let lower = line.to_lowercase();
        let postscript = lower.starts_with("p.s") || lower.starts_with("ps:") || lower.starts_with("ps ");
        let sentence = line.ends_with(['.', '?', '!']) && line.split_whitespace().count() > 5;
        postscript || sentence || line.chars().count() > WIDTH
    };
    (block.len() <= LINES && !block.iter().any(|line| goes_on(line))).then_some(at)
}

fn is_closing(line: &str) -> bool {
    const LONGEST: usize = 40;
    if line.len() > LONGEST {
        return false;
    }
    let words = line.to_lowercase();
    CLOSINGS.contains(&words.trim_matches(|c: char| !c.is_alphanumeric()))
}

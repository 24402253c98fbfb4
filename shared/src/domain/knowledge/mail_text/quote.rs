//! Parts what a sender wrote from the mail they quote under or around it, in plain text.

use super::signature;

/// A message in two parts which together hold all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Split {
    pub body: String,
    pub quoted: String,
}

/// Verbs of "On Monday Ann wrote:", as mail programs write it.
const WROTE: &[&str] = &[
    "wrote",
    "schrieb",
    "a écrit",
    "escribió",
    "escreveu",
    "ha scritto",
    "schreef",
    "skrev",
    "napisał",
    "napisał(a)",
    "napsal",
    "napsal(a)",
    "пишет",
    "написал",
    "написала",
    "kirjoitti",
    "yazdı",
    "đã viết",
    "写道",
    "寫道",
    "さん:",
    "작성",
    "escribio",
    "a ecrit",
    "scrisse",
    "írta",
    "έγραψε",
];

/// Words of the line that mail programs draw above a quoted mail, between dashes.
const ORIGINAL: &[&str] = &[
    "original message",
    "original appointment",
    "ursprüngliche nachricht",
    "originalnachricht",
    "mensaje original",
    "message d'origine",
    "message original",
    "messaggio originale",
    "mensagem original",
    "oorspronkelijk bericht",
    "oprindelig meddelelse",
    "ursprungligt meddelande",
    "opprinnelig melding",
    "alkuperäinen viesti",
];

/// Words of the line above a forwarded mail.
const FORWARDED: &[&str] = &[
    "forwarded message",
    "begin forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten nachricht",
    "message transféré",
    "début du message réexpédié",
    "début du message transféré",
    "mensaje reenviado",
    "inicio del mensaje reenviado",
    "mensagem encaminhada",
    "início da mensagem encaminhada",
    "messaggio inoltrato",
    "inizio messaggio inoltrato",
    "doorgestuurd bericht",
    "vidarebefordrat meddelande",
    "videresendt",
];

const FORWARD_PREFIXES: &[&str] = &["fw:", "fwd:", "wg:", "tr:", "rv:", "enc:", "i:", "vs:", "vb:"];

/// Header names of a quoted mail, first the one it begins with.
const FROM: &[&str] = &["from", "von", "de", "da", "van", "från", "fra", "lähettäjä"];
const HEADERS: &[&str] = &[
    "sent",
    "date",
    "to",
    "cc",
    "subject",
    "reply-to",
    "gesendet",
    "datum",
    "an",
    "betreff",
    "envoyé",
    "à",
    "objet",
    "enviado",
    "enviado el",
    "fecha",
    "para",
    "asunto",
    "assunto",
    "data",
    "inviato",
    "a",
    "oggetto",
    "verzonden",
    "aan",
    "onderwerp",
    "skickat",
    "till",
    "ämne",
    "til",
    "emne",
    "sendt",
];

/// Whether a subject says that the mail is passed on.
pub fn is_forward(subject: &str) -> bool {
    let subject = subject.trim_start().to_lowercase();
    FORWARD_PREFIXES.iter().any(|prefix| subject.starts_with(prefix))
}

pub fn has_forward_marker(text: &str) -> bool {
    text.lines().any(is_forward_marker)
}

/// Parts cleaned plain text.
///
/// From "On … wrote:", a dashed "Original Message" or a block of headers on, all is quoted; where the quoted lines are
/// marked with `>`, only those are, so that answers between them stay. A forward's content stays in the body from its
/// marker on, quotes and all; so does a block of headers when the subject says that the mail is a forward. Of what is
/// left, the signature is parted last.
pub fn split(text: &str, forward: bool) -> Split {
    let lines: Vec<&str> = text.lines().collect();
    let mut own: Vec<&str> = Vec::new();
    let mut quoted: Vec<&str> = Vec::new();
    let mut forwarded: &[&str] = &[];
    let mut at = 0;

    while at < lines.len() {
        let rest = &lines[at..];
        if is_forward_marker(rest[0]) || (forward && begins_headers(rest)) {
            forwarded = rest;
            break;
        }
        if is_quoted(rest[0]) {
            quoted.push(rest[0]);
            at += 1;
        } else if let Some(length) = attribution(rest) {
            quoted.extend(&rest[..length]);
            at += length;
            if !next_words(&lines[at..]).is_some_and(is_quoted) {
                quoted.extend(&lines[at..]);
                break;
            }
        } else if is_separator(rest) {
            quoted.extend(rest);
            break;
        } else {
            own.push(rest[0]);
            at += 1;
        }
    }

    let (own, signature) = signature::split(&own);
    Split {
        body: join(&paragraphs(own), &paragraphs(forwarded)),
        quoted: join(&paragraphs(&quoted), &paragraphs(signature)),
    }
}

/// Two texts with an empty line between them, if there are two.
pub fn join(first: &str, second: &str) -> String {
    let both = [first, second].map(str::trim);
    both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Lines as text, with the gaps that were left closed.
fn paragraphs(lines: &[&str]) -> String {
    super::clean::text(&lines.join("\n"))
}

fn next_words<'a>(lines: &[&'a str]) -> Option<&'a str> {
    lines.iter().find(|line| !line.is_empty()).copied()
}

/// `> text`, but not `>50% of it`.
fn is_quoted(line: &str) -> bool {
    line.strip_prefix('>').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '='))
}

/// How many lines, if any, an "On … wrote:" takes at the start of `lines`: mail programs break it anywhere.
fn attribution(lines: &[&str]) -> Option<usize> {
    const LINES: usize = 4;
    const CHARACTERS: usize = 300;
    if lines[0].is_empty() {
        return None;
    }
    let mut joined = String::new();
    for (i, line) in lines.iter().take(LINES).take_while(|line| !line.is_empty()).enumerate() {
        joined.push_str(line);
        joined.push(' ');
        if joined.len() > CHARACTERS {
            return None;
        }
        if is_attribution(joined.trim_end()) {
            return Some(i + 1);
        }
    }
    None
}

fn is_attribution(text: &str) -> bool {
    let Some(inner) = text.strip_suffix([':', '：']).map(str::trim_end) else { return false };
    let dated = inner.contains(|c: char| c.is_ascii_digit());
    // Gmail in many languages is a date and an address, without a verb.
    let addressed = inner.ends_with('>') && inner.contains('@') && inner.starts_with(|c: char| c.is_ascii_digit());
    let inner = inner.to_lowercase();
    let verb = WROTE.iter().any(|verb| inner.ends_with(verb))
        || ["schrieb ", "schreef ", "skrev ", "пишет "].iter().any(|verb| inner.contains(verb));
    let opened = ["on ", "am ", "le ", "el ", "em ", "il ", "op ", "den ", "dne ", "w dniu ", "a "];
    dated && (addressed || (verb && (inner.contains('@') || opened.iter().any(|word| inner.starts_with(word)))))
        || (dated && verb && inner.starts_with(|c: char| c.is_ascii_digit() || !c.is_ascii()))
}

fn is_separator(lines: &[&str]) -> bool {
    let dashed = lines[0].starts_with("--") && lines[0].ends_with("--");
    let lower = lines[0].to_lowercase();
    (dashed && ORIGINAL.iter().any(|words| lower.contains(words)))
        || begins_headers(lines)
        || (is_rule(lines[0]) && begins_headers(&lines[1..]))
}

/// Outlook's line above a quoted mail.
fn is_rule(line: &str) -> bool {
    line.len() >= 10 && line.chars().all(|c| matches!(c, '_' | '-'))
}

/// A sender's header and two more within the next lines.
fn begins_headers(lines: &[&str]) -> bool {
    const NEAR: usize = 8;
    let Some(first) = lines.first() else { return false };
    let is_header = |line: &str, names: &[&str]| header_name(line).is_some_and(|name| names.contains(&name.as_str()));
    is_header(first, FROM) && lines.iter().skip(1).take(NEAR).filter(|line| is_header(line, HEADERS)).count() >= 2
}

/// `from` of `*From:* Ann`.
fn header_name(line: &str) -> Option<String> {
    let (name, _) = line.trim_start_matches(['*', ' ']).split_once(':')?;
    let name = name.trim_end_matches(['*', ' ']);
    (name.len() <= 14).then(|| name.to_lowercase())
}

fn is_forward_marker(line: &str) -> bool {
    let lower = line.trim_matches(['-', ' ', '*', ':', '_', '>', '=']).to_lowercase();
    let marked = line.starts_with("--") || line.trim_end().ends_with(':') || line.trim_end().ends_with("--");
    marked && FORWARDED.iter().any(|words| lower.strip_prefix(words).is_some_and(|rest| rest.len() < 25))
}

//! Reads an HTML mail as its reader sees it, and takes the quoted mails out by the marks mail programs put on them.

use html2text::render::TrivialDecorator;
use html2text::{Element, Handle};

use super::clean;
use super::css::{Look, Paint, Sheet, Subject};
use super::quote::{self, Split};

/// Wider than any paragraph: lines are ours to break.
const WIDTH: usize = 100_000;

/// Elements inside each other at most; what is deeper is left out. Real mails stay below 100.
const DEPTH: usize = 300;

/// Elements whose content is no text of the mail. Pictures are among them: their `alt` text is not seen when the
/// picture is, which makes it a place to hide things.
const UNSEEN: &[&str] = &[
    "head", "title", "script", "style", "template", "noframes", "noembed", "iframe", "object", "embed", "audio",
    "video", "canvas", "img", "svg", "math", "textarea", "select", "datalist",
];

/// Classes and ids that mail programs give to quoted mail.
const QUOTES: &[&str] = &[
    "gmail_attr",
    "moz-cite-prefix",
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
    "mail-editor-reference-message-container",
    "olk_src_body_section",
    "oriquote",
];

/// Ids of Outlook's separators: everything after them, at their level, is quoted.
const SEPARATORS: &[&str] = &["divrplyfwdmsg", "appendonsend", "x_divrplyfwdmsg"];

/// The visible text of `markup`, apart from what is marked as quoted. In a forward nothing is cut.
pub fn shown(markup: &str, forward: bool) -> Split {
    if forward {
        return Split { body: render(markup, |_| {}), quoted: String::new() };
    }
    Split {
        body: render(markup, |document| keep(document, Part::Own)),
        quoted: render(markup, |document| keep(document, Part::Quoted)),
    }
}

/// `text` with the character references of a Gmail snippet resolved.
pub fn unescape(text: &str) -> String {
    let named = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    named.replace("&nbsp;", " ").replace("&amp;", "&")
}

fn render(markup: &str, prune: impl Fn(&Handle)) -> String {
    let config = html2text::config::with_decorator(TrivialDecorator::new()).raw_mode(true).allow_width_overflow();
    let Ok(dom) = config.parse_html(markup.as_bytes()) else { return String::new() };
    hide(&dom.document);
    prune(&dom.document);
    let text = config.dom_to_render_tree(&dom).and_then(|tree| config.render_to_string(tree, WIDTH));
    clean::text(&text.unwrap_or_default())
}

/// What an element hands down to the text inside it.
#[derive(Debug, Clone, Copy)]
struct Shown {
    invisible: bool,
    tiny: bool,
    colour: Paint,
    background: Paint,
}

impl Shown {
    /// `None` when nothing inside can be seen.
    fn inside(self, look: &Look) -> Option<Self> {
        if look.gone == Some(true) {
            return None;
        }
        Some(Self {
            invisible: look.invisible.unwrap_or(self.invisible),
            tiny: look.tiny.unwrap_or(self.tiny),
            colour: look.colour.unwrap_or(self.colour),
            background: look.background.unwrap_or(self.background),
        })
    }

    fn is_readable(self) -> bool {
        !self.invisible && !self.tiny && !self.colour.vanishes_on(self.background)
    }
}

/// Removes every text and element that cannot be seen. Own work and not html2text's, which knows `display` and
/// `height` only, and cannot show again what an outer rule or a layout table's `font-size: 0` hides.
fn hide(document: &Handle) {
    let sheet = sheet(document);
    let page = Shown { invisible: false, tiny: false, colour: Paint::BLACK, background: Paint::WHITE };
    let mut path: Vec<Subject> = Vec::new();
    let mut open = vec![(document.clone(), None::<Subject>, page, 0_usize)];

    while let Some((node, subject, shown, depth)) = open.pop() {
        path.truncate(depth.saturating_sub(1));
        path.extend(subject);
        let mut kept = Vec::new();
        for child in node.children.borrow().iter() {
            let Some(subject) = subject_of(child) else {
                if shown.is_readable() {
                    kept.push(child.clone());
                }
                continue;
            };
            if UNSEEN.contains(&subject.tag.as_str()) || depth >= DEPTH {
                continue;
            }
            path.truncate(depth);
            path.push(subject.clone());
            if let Some(inner) = shown.inside(&look(child, &path, &sheet)) {
                kept.push(child.clone());
                open.push((child.clone(), Some(subject), inner, depth + 1));
            }
        }
        *node.children.borrow_mut() = kept;
    }
}

/// All style elements of the document together.
fn sheet(document: &Handle) -> Sheet {
    let mut sheet = Sheet::default();
    let mut open = vec![document.clone()];
    while let Some(node) = open.pop() {
        open.extend(node.children.borrow().iter().rev().cloned());
        if node.element_name().as_deref() == Some("style") {
            let markup = source(&node);
            let css = markup.split_once('>').map_or("", |(_, css)| css);
            sheet.add(css.trim_end_matches("</style>"));
        }
    }
    sheet
}

fn source(node: &Handle) -> String {
    let mut bytes = Vec::new();
    match node.serialize(&mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}

fn subject_of(node: &Handle) -> Option<Subject> {
    let tag = node.element_name()?.to_lowercase();
    let classes = attribute(node, "class").unwrap_or_default().to_lowercase();
    Some(Subject {
        tag,
        id: attribute(node, "id").unwrap_or_default().to_lowercase(),
        classes: classes.split_whitespace().map(str::to_owned).collect(),
    })
}

fn attribute(node: &Handle, name: &str) -> Option<String> {
    let Element { attrs, .. } = &node.data else { return None };
    attrs.borrow().iter().find(|attr| &*attr.name.local == name).map(|attr| attr.value.to_string())
}

/// The style sheets' and the element's own word; the old attributes count where those are silent.
fn look(node: &Handle, path: &[Subject], sheet: &Sheet) -> Look {
    let mut look = sheet.look(path, &attribute(node, "style").unwrap_or_default());
    if attribute(node, "hidden").is_some() && look.gone.is_none() {
        look.gone = Some(true);
    }
    if look.colour.is_none() {
        look.colour = attribute(node, "color").and_then(|value| Paint::read(&value.to_lowercase()));
    }
    if look.background.is_none() {
        let picture = attribute(node, "background").map(|_| Paint::Unknown);
        look.background = picture.or_else(|| attribute(node, "bgcolor").and_then(|v| Paint::read(&v.to_lowercase())));
    }
    look
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Own,
    Quoted,
}

/// Leaves one part of the document. Elements around it stay.
fn keep(node: &Handle, part: Part) {
    let mut kept = Vec::new();
    let mut rest_is_quoted = false;
    for child in node.children.borrow().iter() {
        let subject = subject_of(child);
        let named = |names: &[&str]| {
            subject.as_ref().is_some_and(|subject| {
                names.contains(&subject.id.as_str())
                    || subject.classes.iter().any(|class| names.contains(&class.as_str()))
            })
        };
        rest_is_quoted |= named(SEPARATORS);
        let blockquote = subject.as_ref().is_some_and(|subject| subject.tag == "blockquote")
            && (named(&["gmail_quote"]) || attribute(child, "type").as_deref() == Some("cite"));

        let whole = if rest_is_quoted {
            Some(Part::Quoted)
        } else if (named(&["gmail_quote"]) || blockquote) && begins_forward(child) {
            Some(Part::Own)
        } else if blockquote || named(QUOTES) {
            Some(Part::Quoted)
        } else if subject.is_none() {
            Some(Part::Own)
        } else {
            None
        };
        match whole {
            Some(whole) if whole == part => kept.push(child.clone()),
            Some(_) => {}
            None => {
                keep(child, part);
                kept.push(child.clone());
            }
        }
    }
    *node.children.borrow_mut() = kept;
}

/// Whether the element opens with "Forwarded message" or its like: then it is what the sender wants read.
fn begins_forward(node: &Handle) -> bool {
    const ENOUGH: usize = 600;
    let start: String = source(node).chars().take(ENOUGH).collect();
    let texts = start.split('<').filter_map(|piece| piece.split_once('>')).map(|(_, text)| text.trim());
    quote::has_forward_marker(&texts.collect::<Vec<_>>().join("\n"))
}

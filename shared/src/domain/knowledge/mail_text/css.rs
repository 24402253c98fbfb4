//! As much CSS as it takes to tell whether a reader could see a text: what hides, and which colour is on which.
//!
//! Selectors of tags, classes, ids and descendants are understood, as webmail supports them; a rule with anything else
//! (attributes, states, media conditions) does not apply.

mod colour;
mod selector;

pub use colour::Paint;
pub use selector::Subject;

use selector::Selector;

/// What the declarations for one element say; `None` where they are silent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Not drawn, and nothing inside it either: `display: none`, opacity 0, off the screen, cut to nothing.
    pub gone: Option<bool>,
    /// `visibility`: inherited, and an inner element may be visible again.
    pub invisible: Option<bool>,
    /// Letters too small to read. Inherited; layout tables set 0 and give the real size inside.
    pub tiny: Option<bool>,
    pub colour: Option<Paint>,
    pub background: Option<Paint>,
}

impl Look {
    fn overlay(&mut self, other: &Self) {
        self.gone = other.gone.or(self.gone);
        self.invisible = other.invisible.or(self.invisible);
        self.tiny = other.tiny.or(self.tiny);
        self.colour = other.colour.or(self.colour);
        self.background = other.background.or(self.background);
    }
}

/// The rules of a document's style elements.
#[derive(Debug, Default)]
pub struct Sheet {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    selector: Selector,
    block: Block,
}

/// Declarations, apart by importance.
#[derive(Debug, Clone, Default)]
struct Block {
    normal: Look,
    important: Look,
}

impl Sheet {
    pub fn add(&mut self, source: &str) {
        // A mail needs a few hundred rules; more would only cost time.
        const MOST: usize = 1_500;
        let source = without_comments(source);
        let mut rest = source.as_str();
        while let Some((prelude, after)) = rest.split_once('{') {
            let prelude = prelude.rsplit(['}', ';']).next().unwrap_or_default().trim().to_lowercase();
            if prelude.starts_with("@media") && !prelude.contains(['(', '!']) {
                let applies = !prelude.contains("print") && !prelude.contains("not");
                rest = if applies { after } else { &after[end_of_block(after)..] };
                continue;
            }
            let end = end_of_block(after);
            let block = Block::read(after[..end].trim_end_matches('}'));
            if !prelude.starts_with('@') {
                let selectors = prelude.split(',').filter_map(Selector::read);
                self.rules.extend(selectors.map(|selector| Rule { selector, block: block.clone() }));
            }
            if self.rules.len() > MOST {
                return;
            }
            rest = &after[end..];
        }
    }

    /// What this sheet and the element's own `style` attribute say about the last of `path`, the elements from the
    /// root down to it.
    pub fn look(&self, path: &[Subject], style: &str) -> Look {
        let mut matching: Vec<&Rule> = self.rules.iter().filter(|rule| rule.selector.matches(path)).collect();
        matching.sort_by_key(|rule| rule.selector.specificity());
        let own = Block::read(style);

        let mut look = Look::default();
        matching.iter().for_each(|rule| look.overlay(&rule.block.normal));
        look.overlay(&own.normal);
        matching.iter().for_each(|rule| look.overlay(&rule.block.important));
        look.overlay(&own.important);
        look
    }
}

fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace("<!--", "").replace("-->", "")
}

/// Byte length of the block that begins after a `{`, with its closing brace.
fn end_of_block(text: &str) -> usize {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

impl Block {
    fn read(declarations: &str) -> Self {
        let mut block = Self::default();
        let mut boxes = [Measures::default(), Measures::default()];
        for declaration in declarations.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let (name, value) = (name.trim().to_lowercase(), value.trim().to_lowercase());
            let (value, important) = match value.rsplit_once('!') {
                Some((value, "important")) => (value.trim().to_owned(), true),
                _ => (value, false),
            };
            let look = if important { &mut block.important } else { &mut block.normal };
            declare(look, &name, &value);
            boxes[0].declare(&name, &value);
            if important {
                boxes[1].declare(&name, &value);
            }
        }
        for (look, measures) in [(&mut block.normal, &boxes[0]), (&mut block.important, &boxes[1])] {
            if measures.hide() {
                look.gone = Some(true);
            }
        }
        block
    }
}

fn declare(look: &mut Look, name: &str, value: &str) {
    match name {
        "display" => look.gone = Some(value == "none"),
        "visibility" => look.invisible = Some(matches!(value, "hidden" | "collapse")),
        "font-size" => look.tiny = tiny(value).or(look.tiny),
        // The shorthand has weights and styles before the size, as in `bold 0/0 a`.
        "font" => {
            let size = |part: &&str| {
                *part == "0"
                    || (part.starts_with(|c: char| c.is_ascii_digit())
                        && length(part).is_some()
                        && part.ends_with(['x', 't', 'm', '%']))
            };
            look.tiny = value.split([' ', '/']).find(size).and_then(tiny).or(look.tiny);
        }
        "color" | "-webkit-text-fill-color" => look.colour = Paint::read(value).or(look.colour),
        "background" | "background-color" | "background-image" => {
            look.background = Paint::read_background(value).or(look.background);
        }
        _ => {}
    }
}

/// What the declarations of one block say about place and size.
#[derive(Debug, Default)]
struct Measures {
    clipped: bool,
    empty: bool,
    positioned: bool,
    /// Hidden whatever the rest says.
    hidden: bool,
    /// Hidden if the element is positioned.
    away: bool,
}

impl Measures {
    /// A length at which nothing of a mail is on the screen any more.
    const FAR: f32 = -900.0;

    fn declare(&mut self, name: &str, value: &str) {
        let far = || length(value).is_some_and(|length| length <= Self::FAR);
        match name {
            "overflow" | "overflow-x" | "overflow-y" => self.clipped |= matches!(value, "hidden" | "clip"),
            "height" | "max-height" | "width" | "max-width" => {
                self.empty |= length(value).is_some_and(|length| length <= 1.0) && !value.ends_with('%');
            }
            "position" => self.positioned = matches!(value, "absolute" | "fixed"),
            "left" | "top" | "right" | "bottom" => self.away |= far(),
            "text-indent" | "margin-left" | "margin-top" | "margin" => self.hidden |= far(),
            "clip" => self.away |= clips_all(value),
            "clip-path" => self.hidden |= matches!(value, "inset(50%)" | "inset(100%)" | "circle(0)" | "circle(0px)"),
            "opacity" => self.hidden |= length(value).is_some_and(|opacity| opacity < 0.05),
            "filter" => {
                self.hidden |=
                    matches!(value.replace(' ', "").as_str(), "opacity(0)" | "opacity(0%)" | "alpha(opacity=0)")
            }
            "transform" => self.hidden |= value.contains("scale(0)") || value.contains("-9999"),
            _ => {}
        }
    }

    fn hide(&self) -> bool {
        self.hidden || (self.clipped && self.empty) || (self.positioned && self.away)
    }
}

/// `rect(0 0 0 0)` and its like, where top meets bottom.
fn clips_all(value: &str) -> bool {
    let Some(sides) = value.strip_prefix("rect(").and_then(|value| value.strip_suffix(')')) else { return false };
    let sides: Vec<f32> = sides.split([',', ' ']).filter_map(length).collect();
    matches!(sides[..], [top, _, bottom, _] if bottom <= top)
}

/// Whether letters of this size cannot be read; `None` for what is no size and for shares of the outer size.
fn tiny(value: &str) -> Option<bool> {
    const KEYWORDS: &[&str] = &["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large"];
    if KEYWORDS.contains(&value) {
        return Some(false);
    }
    let number = length(value)?;
    if value.ends_with("rem") {
        Some(number < 0.2)
    } else if value.ends_with("em") {
        (number < 0.2).then_some(true)
    } else if value.ends_with('%') {
        (number < 20.0).then_some(true)
    } else {
        Some(number < 2.5)
    }
}

/// The number a value begins with.
fn length(value: &str) -> Option<f32> {
    let value = value.trim();
    let end = value.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '+' | '.')).unwrap_or(value.len());
    value[..end].parse().ok()
}

//! What is filled into written text: dates relative to the mail, slots, and alternatives.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::dice::Dice;

/// Fills `{+5}` (the weekday and date five days on, never a weekend), `{-40 %B}` (the same with a format, any day),
/// `{slot}` and `{one|other}`. The date is that of the mail or note.
pub fn fill(text: &str, on: Date, slots: &[(&str, String)], dice: &mut Dice) -> String {
    let mut filled = text.to_owned();

    // The first closing brace belongs to an innermost pair, so that alternatives may hold slots.
    while let Some(end) = filled.find('}') {
        let Some(start) = filled[..end].rfind('{') else { break };
        let value = one(&filled[start + 1..end], on, slots, dice);
        filled.replace_range(start..=end, &value);
    }

    filled
}

fn one(inside: &str, on: Date, slots: &[(&str, String)], dice: &mut Dice) -> String {
    if inside.contains('|') {
        let choices: Vec<&str> = inside.split('|').collect();
        return (*dice.pick(&choices)).to_owned();
    }
    if inside.starts_with(['+', '-']) {
        return match inside.split_once(' ') {
            Some((days, format)) => days_on(on, days).strftime(format).to_string(),
            None => working_day(days_on(on, inside)).strftime("%A, %B %-d").to_string(),
        };
    }

    let slot = slots.iter().find(|(name, _)| *name == inside);
    slot.map_or_else(|| panic!("no slot named {inside:?}"), |(_, value)| value.clone())
}

fn days_on(on: Date, days: &str) -> Date {
    let days: i32 = days.parse().unwrap_or_else(|_| panic!("{days:?} is not a number of days"));
    on.saturating_add(days.days())
}

/// The day itself, or the Monday after a weekend.
pub fn working_day(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => day.saturating_add(2.days()),
        Weekday::Sunday => day.saturating_add(1.day()),
        _ => day,
    }
}

/// Plain text as HTML paragraphs; lines that start with `- ` become a list.
pub fn html(text: &str) -> String {
    text.split("\n\n").map(paragraph).collect::<Vec<_>>().join("\n")
}

fn paragraph(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escape).collect();
    let mut html = String::new();

    for run in lines.chunk_by(|one, next| one.starts_with("- ") == next.starts_with("- ")) {
        if run[0].starts_with("- ") {
            let items: String = run.iter().map(|line| format!("<li>{}</li>", &line[2..])).collect();
            html.push_str(&format!("<ul>{items}</ul>"));
        } else {
            html.push_str(&format!("<p>{}</p>", run.join("<br>")));
        }
    }

    html
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Lower-case words joined by hyphens, for domains and keys.
pub fn slug(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join("-")
}

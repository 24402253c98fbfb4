//! The figures as a table for people.

use std::fmt::Write;
use std::path::Path;

use jiff::tz::TimeZone;

use super::figure::{Figure, short};
use crate::clock::now;
use crate::{Problem, Result};

/// Writes the table of one run, with its date and machine.
pub fn write(path: &Path, figures: &[Figure]) -> Result<()> {
    let date = now().to_zoned(TimeZone::UTC).date();
    std::fs::write(path, text(&date.to_string(), figures))
        .map_err(|e| Problem(format!("Could not write {}: {e}.", path.display())))
}

fn text(date: &str, figures: &[Figure]) -> String {
    let machine = figures.first().map(|figure| figure.machine.as_str()).unwrap_or_default();
    let mut text = format!(
        "# Figures\n\nWritten by `cargo dev bench --table` on {date}, on {machine}. [performance.md](performance.md) says what they mean.\n"
    );
    let mut bench = "";
    for figure in figures {
        let (of, name) = figure.name.split_once('.').unwrap_or(("", &figure.name));
        if of != bench {
            bench = of;
            let _to_a_string = write!(
                text,
                "\n## {of}\n\n| figure | value | baseline | ratio | p50 / p95 (n) | target |\n|---|---:|---|---:|---|---|\n"
            );
        }
        let _to_a_string = writeln!(text, "{}", row(name, figure));
    }
    text
}

fn row(name: &str, figure: &Figure) -> String {
    let baseline = match (figure.baseline, &figure.against) {
        (Some(value), Some(what)) => format!("{what}: {}", short(value)),
        _ => String::new(),
    };
    let ratio = figure.ratio.map(short).unwrap_or_default();
    let spread = match (figure.p50, figure.p95) {
        (Some(p50), Some(p95)) => format!("{} / {} ({})", short(p50), short(p95), figure.n),
        _ => String::new(),
    };
    let target = match (&figure.target, figure.met) {
        (Some(target), Some(met)) => format!("{target}: {}", if met { "met" } else { "**not met**" }),
        _ => String::new(),
    };
    let note = figure.note.as_ref().map(|note| format!("<br>{note}")).unwrap_or_default();
    format!("| {name}{note} | {} {} | {baseline} | {ratio} | {spread} | {target} |", short(figure.value), figure.unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_for_each_bench_says_what_was_met() {
        let figures = [
            Figure::one("warm.me", "ms", 1.5).against("raw", 1.0).ratio_at_most(1.5),
            Figure::one("tasks.claims", "/s", 900.0).at_least(1000.0).note("with fsync"),
        ];

        let text = text("2026-11-26", &figures);

        assert!(text.contains("## warm") && text.contains("## tasks"), "{text}");
        assert!(text.contains("| me | 1.50 ms | raw: 1 | 1.50 |  | ratio <= 1.5: met |"), "{text}");
        assert!(text.contains("| claims<br>with fsync | 900 /s |  |  |  | >= 1000: **not met** |"), "{text}");
    }
}

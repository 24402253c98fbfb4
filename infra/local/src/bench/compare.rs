//! Figures beside those of an earlier run.

use std::path::Path;

use super::figure::{Figure, short};
use crate::terminal::complain;
use crate::{Problem, Result};

/// What an earlier run printed: one figure a line.
pub fn read(path: &Path) -> Result<Vec<Figure>> {
    let unreadable = |e: String| Problem(format!("Could not read {}: {e}.", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    text.lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).map_err(|e| unreadable(format!("{e} in {line}"))))
        .collect()
}

/// Says how each has changed, the largest changes first.
pub fn tell(earlier: &[Figure], now: &[Figure]) {
    let mut changes: Vec<(f64, String)> = now.iter().filter_map(|figure| change(earlier, figure)).collect();
    changes.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    complain("Compared with the earlier run:");
    for (_, line) in changes {
        complain(line);
    }
}

fn change(earlier: &[Figure], now: &Figure) -> Option<(f64, String)> {
    let before = earlier.iter().find(|before| before.name == now.name && before.unit == now.unit)?;
    let percent = (before.value != 0.0).then(|| (now.value / before.value - 1.0) * 100.0)?;
    let line = format!(
        "  {:<44} {:>10} -> {:>10} {:<8} {percent:+.0} %",
        now.name,
        short(before.value),
        short(now.value),
        now.unit
    );
    Some((percent, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_compared_with_that_of_its_name() {
        let (before, now) = (Figure::one("a.b", "ms", 4.0), Figure::one("a.b", "ms", 5.0));

        let (percent, line) = change(&[Figure::one("a.c", "ms", 1.0), before], &now).unwrap();

        assert!((percent - 25.0).abs() < 1e-9 && line.contains("+25 %"), "{line}");
        assert!(change(&[], &now).is_none());
    }

    #[test]
    fn what_a_run_prints_can_be_read_again() {
        let path = std::env::temp_dir().join(format!("bench-{}.jsonl", std::process::id()));
        let figure = Figure::one("a.b", "ms", 4.0).against("c", 2.0).at_most(5.0);
        std::fs::write(&path, format!("noise\n{}\n", serde_json::to_string(&figure).unwrap())).unwrap();

        let read = read(&path).unwrap();

        std::fs::remove_file(&path).unwrap();
        assert_eq!((read.len(), read[0].ratio, read[0].met), (1, Some(2.0), Some(true)));
    }
}

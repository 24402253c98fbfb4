//! The prices of `infra/docs/cost.md`: there is no second list.

use std::collections::BTreeMap;

use fakes::world::Home;

use crate::{Problem, Result};

/// Rows of its tables: what, how much of it, at which price.
pub struct Prices(BTreeMap<String, (f64, f64)>);

impl Prices {
    pub fn read(home: &Home) -> Result<Self> {
        let path = home.root.join("infra/docs/cost.md");
        let text =
            std::fs::read_to_string(&path).map_err(|e| Problem(format!("Could not read {}: {e}.", path.display())))?;
        Ok(Self::of(&text))
    }

    fn of(page: &str) -> Self {
        let rows = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let number = |at: usize| cells.get(at)?.parse::<f64>().ok();
            Some(((*cells.first()?).to_owned(), (number(1)?, number(2)?)))
        });
        Self(rows.collect())
    }

    /// The price of one, in dollars, of the row that begins so.
    pub fn of_one(&self, what: &str) -> Result<f64> {
        self.row(what).map(|(_, price)| price)
    }

    /// How much of it the page assumes.
    pub fn assumed(&self, what: &str) -> Result<f64> {
        self.row(what).map(|(quantity, _)| quantity)
    }

    fn row(&self, what: &str) -> Result<(f64, f64)> {
        let found = self.0.iter().find(|(row, _)| row.starts_with(what)).map(|(_, numbers)| *numbers);
        found.ok_or_else(|| Problem(format!("infra/docs/cost.md has no row that begins with `{what}`.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page's rows whose prices are used.
    const ROWS: [&str; 13] = [
        "the answer: GB-seconds",
        "invocations, in millions",
        "gateway: requests",
        "firewall: requests",
        "sent to the browser",
        "logs, GB (2 KB",
        "traces, in millions",
        "the worker's polls",
        "questions as vectors",
        "read by the model",
        "written by the model",
        "four more requests: GB-seconds",
        "the clock: GB-seconds",
    ];

    #[test]
    fn a_price_is_found_by_what_its_row_begins_with() {
        let prices = Prices::of("| what | quantity | price |\n|---|---:|---:|\n| disk: 20 GB | 20 | 0.115 | 2.30 |\n");

        assert_eq!((prices.of_one("disk").ok(), prices.assumed("disk").ok()), (Some(0.115), Some(20.0)));
        assert!(prices.of_one("what").is_err() && prices.of_one("tape").is_err());
    }

    #[test]
    fn the_page_has_what_is_asked_of_it() {
        let prices = Prices::read(&Home::find().unwrap()).unwrap();

        for what in ROWS {
            assert!(prices.of_one(what).is_ok(), "{what}");
        }
    }
}

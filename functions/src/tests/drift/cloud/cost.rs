//! The sums of `infra/docs/cost.md`.

use super::super::template::Template;
use super::super::text;
use super::each;

/// Each table: its rows, and what the last one says they come to.
fn tables(page: &str) -> Vec<(Vec<Vec<&str>>, f64)> {
    let (mut tables, mut rows) = (Vec::new(), Vec::new());
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0] == "**Total**" {
            tables.push((std::mem::take(&mut rows), number(cells[3].trim_matches('*'))));
        } else if cells[0] != "what" {
            rows.push(cells);
        }
    }
    tables
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is not a number"))
}

#[test]
fn the_page_of_costs_adds_up() {
    let page = text("infra/docs/cost.md");
    let tables = tables(&page);
    assert_eq!(tables.len(), 4);
    for (rows, total) in tables {
        let mut sum = 0.0;
        for row in rows {
            let [quantity, price, said] = [1, 2, 3].map(|column| number(row[column]));
            let places = row[3].split('.').nth(1).map_or(0, str::len);
            let half = 0.5 / 10_f64.powi(i32::try_from(places).unwrap());
            assert!((quantity * price - said).abs() <= half + 1e-9, "{row:?} is {}", quantity * price);
            sum += said;
        }
        assert!((sum - total).abs() < 1e-9, "the rows come to {sum} and not to {total}");
    }
}

/// What is charged for each piece is counted in the template.
#[test]
fn the_page_of_costs_counts_what_is_deployed() {
    let (all, page) = (Template::all(), text("infra/docs/cost.md"));
    let count = |kind| each(&all, kind).count();
    let rules = all["infra/aws/firewall.yaml"].0["Resources"]["Rules"]["Properties"]["Rules"].as_array().unwrap().len();
    // RDS makes the owner's secret, and the product's is made by hand.
    let secrets = count("AWS::SecretsManager::Secret") + 2;
    for (row, counted) in [
        ("| alarms | ", count("AWS::CloudWatch::Alarm")),
        ("| keys: database, alarms | ", count("AWS::KMS::Key")),
        ("| secrets: the product's, the owner's, the functions' | ", secrets),
        ("| its rules, each of Amazon's lists for one | ", rules),
    ] {
        let said = page.match_indices(row).count();
        let right = page.match_indices(&format!("{row}{counted} |")).count();
        assert_eq!((said, right), (2, 2), "infra/docs/cost.md: {row}{counted}");
    }
}

//! Deals as the passages show them, and answers about them.

use jiff::Zoned;
use jiff::civil::Date;

use super::super::words::words;
use super::clock::{period_in, when_in};
use super::parts::people_in;
use super::passage::Passage;

#[derive(Clone, Debug, Default, PartialEq)]
struct Deal {
    name: String,
    amount: Option<String>,
    stage: Option<String>,
    closes: Option<Date>,
    text: String,
    number: Option<u32>,
}

/// What the deals among the passages say to the question; none if there are none.
pub fn answer(question: &str, passages: &[Passage], now: &Zoned) -> Option<String> {
    let deals = all(passages, now);
    if deals.is_empty() {
        return None;
    }
    let said = words(question);
    let any = |wanted: &[&str]| said.iter().any(|word| wanted.contains(&word.as_str()));
    let names = people_in(question);
    let mut fitting: Vec<&Deal> = deals.iter().filter(|deal| names.iter().all(|name| deal.names(name))).collect();
    let period = period_in(question, now);
    if let Some(period) = &period {
        fitting.retain(|deal| deal.closes.is_some_and(|day| day >= period.from && day < period.until));
    }
    for (asked, kept) in [("open", "open"), ("won", "won"), ("lost", "lost")] {
        if any(&[asked]) {
            fitting.retain(|deal| deal.stage.as_deref().is_some_and(|stage| words(stage).contains(&kept.to_owned())));
        }
    }
    if fitting.is_empty() {
        let about = names.first().map(|name| format!(" of {name}")).unwrap_or_default();
        let when = period.map(|period| format!(" closing {}", period.said)).unwrap_or_default();
        return Some(format!("I found no deal{about}{when} in your CRM."));
    }
    fitting.sort_by(|a, b| (a.closes, &a.name).cmp(&(b.closes, &b.name)));
    let facts: &[Fact] = if any(&["worth", "amount", "value", "much", "large", "big", "size"]) {
        &[Fact::Amount]
    } else if any(&["stage", "stand", "stands", "status"]) {
        &[Fact::Stage]
    } else if said.first().is_some_and(|first| first == "when") {
        &[Fact::Closes]
    } else {
        &[Fact::Amount, Fact::Stage, Fact::Closes]
    };
    let lines: Vec<String> = fitting.iter().map(|deal| deal.said(facts)).collect();
    Some(match lines.as_slice() {
        [one] => one.clone(),
        several => several.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n"),
    })
}

#[derive(Clone, Copy)]
enum Fact {
    Amount,
    Stage,
    Closes,
}

fn all(passages: &[Passage], now: &Zoned) -> Vec<Deal> {
    let mut deals: Vec<Deal> = Vec::new();
    for passage in passages.iter().filter(|passage| passage.kind.contains("deal")) {
        let Some(name) = passage.field(&["title", "name", "dealname", "deal_name"]) else { continue };
        let said = |keys: &[&str], labels: &[&str]| {
            passage.field(keys).or_else(|| passage.labelled(labels)).map(|value| value.trim_end_matches('.').to_owned())
        };
        let closes =
            said(&["close_date", "closedate", "closes"], &["Expected to close", "Closed", "Closes", "Close date"]);
        let header = passage.header.iter().map(|(_, value)| value.as_str());
        let deal = Deal {
            name: name.to_owned(),
            amount: said(&["amount"], &["Amount"]),
            stage: said(&["stage", "stage_name", "dealstage"], &["Stage"]),
            closes: closes.and_then(|text| day(&text, now)),
            text: header.chain(passage.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n"),
            number: passage.number,
        };
        if !deals.iter().any(|known| known.name == deal.name) {
            deals.push(deal);
        }
    }
    deals
}

fn day(text: &str, now: &Zoned) -> Option<Date> {
    text.get(..10).and_then(|day| day.parse().ok()).or_else(|| when_in(text, now).day)
}

impl Deal {
    fn names(&self, name: &str) -> bool {
        let said = words(&self.text);
        words(name).iter().all(|part| said.contains(part))
    }

    fn said(&self, facts: &[Fact]) -> String {
        let fact = |fact: &Fact| match fact {
            Fact::Amount => self.amount.as_ref().map(|amount| format!("amount {amount}")),
            Fact::Stage => self.stage.as_ref().map(|stage| format!("stage {stage}")),
            Fact::Closes => self.closes.map(|day| format!("closing on {}", day.strftime("%-d %B %Y"))),
        };
        let known: Vec<String> = facts.iter().filter_map(fact).collect();
        let known = if known.is_empty() { "nothing more is known".to_owned() } else { known.join(", ") };
        let cited = self.number.map(|number| format!(" [{number}]")).unwrap_or_default();
        format!("{}: {known}{cited}.", self.name)
    }
}

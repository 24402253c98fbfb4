//! Faults by chance: for as long as there is weather, each request may meet one of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FaultKind;
use crate::practice::dice::Dice;

/// How likely something is to go wrong. The same seed rolls the same numbers; which request gets which depends on the order they
/// arrive in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Weather {
    pub seed: String,
    pub odds: Vec<Odds>,
}

/// The chance of one fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Odds {
    /// Any method when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path; the empty string matches every request.
    #[serde(default)]
    pub path: String,
    pub per_thousand: u32,
    #[serde(flatten)]
    pub kind: FaultKind,
}

/// Weather as it goes on, and what has struck so far.
#[derive(Default)]
pub(super) struct Sky {
    weather: Option<(Dice, Vec<Odds>)>,
    struck: BTreeMap<&'static str, u64>,
}

impl Sky {
    pub fn turn(&mut self, weather: Option<Weather>) {
        self.weather = weather.map(|weather| (Dice::new(&weather.seed), weather.odds));
    }

    /// What happens to this request. The odds are rolled one after the other; the first that strikes is it.
    pub fn strike(&mut self, method: &str, path: &str) -> Option<FaultKind> {
        let (dice, odds) = self.weather.as_mut()?;
        let meant = |odds: &&Odds| odds.method.as_deref().is_none_or(|m| m == method) && path.contains(&odds.path);
        let kind = odds.iter().filter(meant).find(|odds| dice.between(0, 1_000) < odds.per_thousand)?.kind.clone();
        *self.struck.entry(kind.name()).or_default() += 1;
        Some(kind)
    }

    pub fn struck(&self) -> BTreeMap<&'static str, u64> {
        self.struck.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_strikes_as_often_as_the_odds_say_and_only_where() {
        let late = Odds {
            method: Some("POST".into()),
            path: "/notes".into(),
            per_thousand: 100,
            kind: FaultKind::Late { delay_ms: 1 },
        };
        let mut sky = Sky::default();
        assert!(sky.strike("POST", "/notes").is_none(), "no weather yet");
        sky.turn(Some(Weather { seed: "7".into(), odds: vec![late] }));

        let hits = (0..10_000).filter(|_| sky.strike("POST", "/crm/notes").is_some()).count();

        assert!((800..1_200).contains(&hits), "{hits}");
        assert!((0..1_000).all(|_| sky.strike("GET", "/crm/notes").is_none() && sky.strike("POST", "/mail").is_none()));
        assert_eq!(sky.struck(), BTreeMap::from([("late", u64::try_from(hits).unwrap())]));
        sky.turn(None);
        assert!((0..1_000).all(|_| sky.strike("POST", "/notes").is_none()));
    }
}

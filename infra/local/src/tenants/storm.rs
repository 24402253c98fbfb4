//! Many clients at once. What the n-th request is follows from the seed and n.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fakes::practice::dice::Dice;
use futures::future::join_all;
use reqwest::Client;

use super::mix::{Kind, wanted};
use super::people::{canaries, contact, news};
use super::report::Report;
use super::visit::Visitor;
use super::world::World;
use crate::clock::now;

pub struct Storm<'a> {
    pub world: &'a World,
    pub http: &'a Client,
    pub visitors: &'a [Visitor],
    pub seed: u64,
    pub requests: usize,
}

impl Storm<'_> {
    pub async fn run(&self, clients: usize) -> Report {
        let next = AtomicUsize::new(0);
        let report = Mutex::new(Report::default());
        let client = async || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= self.requests {
                    return;
                }
                self.request(n, &report).await;
            }
        };
        join_all((0..clients).map(|_| client())).await;
        report.into_inner().unwrap_or_default()
    }

    async fn request(&self, n: usize, report: &Mutex<Report>) {
        let mut dice = Dice::new(&format!("{}/{n}", self.seed));
        let kind = Kind::drawn(&mut dice);
        let (one, other) = self.two(&mut dice);
        let told = |act: &dyn Fn(&mut Report)| {
            if let Ok(mut report) = report.lock() {
                act(&mut report);
            }
        };
        let asked = wanted(kind, one, other, &mut dice);
        let ask = one.ask(self.http, &self.world.api, asked.method, &asked.path, asked.body);
        let answer = match kind {
            Kind::Nobody => {
                match self.world.nobody.sees().await {
                    Ok(None) => told(&|report| report.happened(kind)),
                    Ok(Some(seen)) => told(&|report| report.leak(format!("request {n}: nobody sees {seen}"))),
                    Err(problem) => told(&|report| report.error(format!("request {n}: nobody: {problem}"))),
                }
                return;
            }
            Kind::Mail | Kind::Record => {
                self.happen(kind, one, &mut dice);
                told(&|report| report.happened(kind));
                return;
            }
            Kind::HangUp => {
                match tokio::time::timeout(Duration::from_millis(u64::from(dice.between(1, 80))), ask).await {
                    Ok(answer) => answer,
                    Err(_gone) => {
                        told(&|report| report.happened(kind));
                        return;
                    }
                }
            }
            _ => ask.await,
        };

        match answer {
            Ok(answer) => {
                let seen = canaries(&answer.text);
                let foreign: Vec<_> = seen.iter().filter(|canary| !one.who.may_see(**canary)).collect();
                let is_another = kind == Kind::Me && !answer.body.contains(&format!("\"{}\"", one.who.email()));
                told(&|report| {
                    report.answered(kind, answer.took, answer.status == 429, seen.len());
                    if !foreign.is_empty() || is_another {
                        report.leak(format!("request {n}: {} to {:?} shows {foreign:?}", asked.path, one.who));
                    }
                    if answer.status != 429 && !asked.expected.contains(&answer.status) {
                        report.error(format!(
                            "request {n}: {} answers {}: {:.300}",
                            asked.path, answer.status, answer.body
                        ));
                    }
                    if kind == Kind::Stream && !answer.body.contains("\"finish\"") {
                        report.error(format!("request {n}: {} does not end well: {:.600}", asked.path, answer.body));
                    }
                });
            }
            Err(problem) => told(&|report| report.error(format!("request {n}: {}: {problem}", asked.path))),
        }
    }

    fn two(&self, dice: &mut Dice) -> (&Visitor, &Visitor) {
        let many = u32::try_from(self.visitors.len()).unwrap_or(u32::MAX);
        let one = dice.between(0, many);
        let other = (one + dice.between(1, many)) % many;
        (&self.visitors[one as usize], &self.visitors[other as usize])
    }

    /// Something the providers call about.
    fn happen(&self, kind: Kind, one: &Visitor, dice: &mut Dice) {
        match kind {
            Kind::Mail => {
                if let Some(google) = &self.world.stand_ins.google {
                    google.deliver(&news(one.who, dice, now()));
                }
            }
            _ => {
                if let Some(hubspot) = &self.world.stand_ins.hubspot {
                    let record = contact(one.who, i64::from(dice.between(0, 20)), now());
                    let _refused = hubspot.put_object(one.who.portal(), "contacts", &record);
                }
            }
        }
    }
}

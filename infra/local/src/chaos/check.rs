//! Whether the promise was kept: a pure function of what was seen.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::model::action::State;

use super::look::{Place, Seen, Told};
use super::options::Options;
use super::plan::Order;

/// A task is not claimed more often without having got on.
const MOST_TRIES: i32 = 3;
/// Within which a lost task is picked up, nearly always.
const PICKED_UP: f64 = 360.0;
/// Starting processes takes its time however short the leases are.
const UNSCALED: f64 = 60.0;

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    pub acknowledged: usize,
    /// What the advisors are told of them.
    pub ended: BTreeMap<&'static str, usize>,
    /// Acknowledged, and nowhere to be found.
    pub lost: usize,
    /// Not ended: writes, readings, all of them.
    pub stuck: usize,
    /// There twice, or taken twice.
    pub duplicated: usize,
    /// Said to be done, and not there.
    pub done_without_effect: usize,
    /// Said to have failed, and there.
    pub failed_with_effect: usize,
    pub most_tries: i32,
    pub too_many_tries: usize,
    /// Changes of hands in which the fence did not rise as it must.
    pub fence_fell: usize,
    /// Workers that found that they had lost their task, and were refused.
    pub stale_workers_refused: usize,
    pub recovery: Recovery,
    pub poison: Poison,
    #[serde(skip)]
    pub violations: Vec<String>,
}

/// How long tasks that lost their worker waited for another one, in seconds.
#[derive(Debug, Default, Serialize)]
pub struct Recovery {
    pub tasks: usize,
    pub never: usize,
    pub p50: f64,
    pub p99: f64,
    pub most: f64,
}

/// Tasks that kill whoever does them.
#[derive(Debug, Default, Serialize)]
pub struct Poison {
    pub tasks: usize,
    pub failed: usize,
}

impl Verdict {
    pub fn holds(&self) -> bool {
        self.violations.is_empty()
    }

    fn blame(&mut self, what: String) {
        self.violations.push(what);
    }
}

pub fn check(seen: &Seen, options: &Options) -> Verdict {
    let mut verdict =
        Verdict { acknowledged: seen.acknowledged.len(), stale_workers_refused: seen.stale, ..Verdict::default() };
    for order in &seen.acknowledged {
        ended(&mut verdict, seen, order);
    }
    for order in seen.acknowledged.iter().chain(&seen.refused) {
        once(&mut verdict, seen, order);
    }
    for (task, state) in &seen.tasks {
        if state != "done" && state != "failed" {
            verdict.stuck += 1;
            verdict.blame(format!("task {task} is stuck: {state}"));
        }
    }
    hands(&mut verdict, seen);
    recovery(&mut verdict, seen, options);
    for task in &seen.poison {
        let failed = seen.tasks.get(task).is_some_and(|state| state == "failed");
        verdict.poison.tasks += 1;
        verdict.poison.failed += usize::from(failed);
        if !failed {
            verdict.blame(format!("task {task} kills its worker and has not failed"));
        }
    }
    verdict
}

fn ended(verdict: &mut Verdict, seen: &Seen, order: &Order) {
    let Some(told) = seen.told.get(&order.number).and_then(|told| told.first()) else {
        verdict.lost += 1;
        return verdict.blame(format!("{} was acknowledged and is lost", order.mark()));
    };
    *verdict.ended.entry(told.state.name()).or_default() += 1;
    let has_task = told.task.as_ref().is_some_and(|task| seen.tasks.contains_key(task));
    if !has_task {
        verdict.lost += 1;
        verdict.blame(format!("{} was acknowledged and has no task", order.mark()));
    } else if !told.state.is_over() && told.task.as_ref().is_some_and(|task| seen.tasks[task] == "done") {
        verdict.stuck += 1;
        verdict.blame(format!("{}: its task has ended and nobody was told what came of it", order.mark()));
    }
}

fn once(verdict: &mut Verdict, seen: &Seen, order: &Order) {
    let told: &[Told] = seen.told.get(&order.number).map_or(&[], Vec::as_slice);
    let counts: Vec<usize> = Place::of(order.kind)
        .iter()
        .map(|place| seen.effects.get(&(*place, order.number)).copied().unwrap_or_default())
        .collect();
    let what = format!("{} ({})", order.mark(), order.kind.name());
    if told.len() > 1 || counts.iter().any(|count| *count > 1) {
        verdict.duplicated += 1;
        verdict.blame(format!("{what} was taken {} times and is there {counts:?} times", told.len()));
    }
    match told.first().map(|told| (told.state, told.without_note)) {
        Some((State::Done, without_note)) => {
            let missing = counts.iter().filter(|count| **count == 0).count();
            if missing > usize::from(without_note) {
                verdict.done_without_effect += 1;
                verdict.blame(format!("{what} is said to be done and is there {counts:?} times"));
            }
        }
        Some((State::Failed, _)) if counts.iter().any(|count| *count > 0) => {
            verdict.failed_with_effect += 1;
            verdict.blame(format!("{what} is said to have failed and is there {counts:?} times"));
        }
        None if counts.iter().any(|count| *count > 0) => {
            verdict.blame(format!("{what} was never taken and is there {counts:?} times"));
        }
        _ => {}
    }
}

/// Every change of hands raises the fence by one, nothing else does, and it never falls.
fn hands(verdict: &mut Verdict, seen: &Seen) {
    for (task, lines) in &seen.journal {
        let mut fence = None;
        for line in lines {
            let claimed = line.was == "pending" && line.is == "in_progress";
            let rises = line.fence == line.fence_was + 1 || line.fence == line.fence_was && !claimed;
            if !rises || fence.is_some_and(|fence| fence != line.fence_was) {
                verdict.fence_fell += 1;
                verdict.blame(format!("task {task}: the fence went from {} to {}", line.fence_was, line.fence));
            }
            fence = Some(line.fence);
        }
        let tries = lines.iter().map(|line| line.attempt).max().unwrap_or_default();
        verdict.most_tries = verdict.most_tries.max(tries);
        if tries > MOST_TRIES {
            verdict.too_many_tries += 1;
            verdict.blame(format!("task {task} was tried {tries} times"));
        }
    }
}

fn recovery(verdict: &mut Verdict, seen: &Seen, options: &Options) {
    let mut times: Vec<f64> = seen.recovery.iter().flatten().copied().collect();
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        times.get((times.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
    };
    let rounded = |seconds: f64| (seconds * 10.0).round() / 10.0;
    verdict.recovery = Recovery {
        tasks: seen.recovery.len(),
        never: seen.recovery.len() - times.len(),
        p50: rounded(at(50)),
        p99: rounded(at(99)),
        most: rounded(at(100)),
    };
    if verdict.recovery.never > 0 {
        verdict.blame(format!("{} tasks lost their worker and were never picked up", verdict.recovery.never));
    }
    let most = PICKED_UP * options.scale + UNSCALED * (1.0 - options.scale).max(0.0);
    if verdict.recovery.p99 > most {
        verdict.blame(format!(
            "tasks that lost their worker waited {} s (p99); {most} s are promised",
            verdict.recovery.p99
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::Line;
    use super::super::plan::Kind;
    use super::*;
    use crate::clock::now;

    fn options() -> Options {
        Options { tasks: 1, seed: 1, minutes: 1, scale: 1.0, workers: 1, advisors: None, without: None }
    }

    fn order(kind: Kind) -> Order {
        Order { number: 3, advisor: 0, kind, at_the_door: false }
    }

    /// One order, told to be in a state, and there so many times.
    fn seen(kind: Kind, state: State, there: &[(Place, usize)]) -> Seen {
        let told = Told { state, task: Some("t".into()), without_note: false };
        Seen {
            acknowledged: vec![order(kind)],
            told: BTreeMap::from([(3, vec![told])]),
            effects: there.iter().map(|(place, times)| ((*place, 3), *times)).collect(),
            tasks: BTreeMap::from([("t".to_owned(), "done".to_owned())]),
            ..Seen::default()
        }
    }

    fn found(seen: &Seen) -> Verdict {
        check(seen, &options())
    }

    #[test]
    fn what_is_done_once_is_right() {
        let verdict = found(&seen(Kind::Note, State::Done, &[(Place::Notes, 1)]));

        assert!(verdict.holds(), "{:?}", verdict.violations);
        assert_eq!((verdict.acknowledged, verdict.ended["done"]), (1, 1));
    }

    #[test]
    fn twice_is_seen_and_so_is_not_at_all() {
        assert_eq!(found(&seen(Kind::Note, State::Done, &[(Place::Notes, 2)])).duplicated, 1);
        assert_eq!(found(&seen(Kind::Note, State::Done, &[])).done_without_effect, 1);
        assert_eq!(found(&seen(Kind::Mail, State::Failed, &[(Place::Sent, 1)])).failed_with_effect, 1);
        assert!(found(&seen(Kind::Mail, State::Unknown, &[(Place::Sent, 1)])).holds(), "that is said");
        assert!(found(&seen(Kind::Mail, State::Unknown, &[])).holds());
    }

    #[test]
    fn a_contact_may_lack_its_note_only_if_that_is_said() {
        let mut contact = seen(Kind::ContactWithNote, State::Done, &[(Place::Contacts, 1)]);
        assert_eq!(found(&contact).done_without_effect, 1);
        contact.told.get_mut(&3).unwrap()[0].without_note = true;
        assert!(found(&contact).holds());
    }

    #[test]
    fn what_is_lost_or_stuck_is_seen() {
        let mut lost = seen(Kind::Note, State::Done, &[]);
        lost.told.clear();
        assert_eq!(found(&lost).lost, 1);

        let mut stuck = seen(Kind::Note, State::Approved, &[]);
        stuck.tasks.insert("t".into(), "in_progress".into());
        assert_eq!(found(&stuck).stuck, 1);
        stuck.tasks.insert("t".into(), "done".into());
        assert_eq!(found(&stuck).stuck, 1, "nobody was told");
    }

    #[test]
    fn what_was_refused_may_have_happened_but_once() {
        let mut refused = seen(Kind::Event, State::Done, &[(Place::Events, 1)]);
        refused.refused = std::mem::take(&mut refused.acknowledged);
        assert!(found(&refused).holds());
        refused.effects.insert((Place::Events, 3), 2);
        assert_eq!(found(&refused).duplicated, 1);
    }

    #[test]
    fn a_fence_that_stands_still_or_falls_and_a_fourth_try_are_seen() {
        let line = |was: &str, is: &str, fence_was, fence, attempt| Line {
            at: now(),
            was: was.into(),
            is: is.into(),
            fence_was,
            fence,
            attempt,
        };
        let lines =
            |lines: Vec<Line>| found(&Seen { journal: BTreeMap::from([("t".to_owned(), lines)]), ..Seen::default() });

        let good = lines(vec![
            line("pending", "in_progress", 0, 1, 1),
            line("in_progress", "pending", 1, 2, 1),
            line("pending", "in_progress", 2, 3, 2),
            line("in_progress", "done", 3, 3, 2),
        ]);
        assert!(good.holds(), "{:?}", good.violations);
        assert_eq!(lines(vec![line("pending", "in_progress", 1, 1, 1)]).fence_fell, 1);
        assert_eq!(lines(vec![line("in_progress", "done", 2, 1, 1)]).fence_fell, 1);
        assert_eq!(lines(vec![line("pending", "in_progress", 3, 4, 4)]).too_many_tries, 1);
    }

    #[test]
    fn lost_tasks_have_to_be_picked_up_in_time() {
        let times = |recovery: Vec<Option<f64>>| found(&Seen { recovery, ..Seen::default() });

        assert!(times(vec![Some(100.0), Some(359.0)]).holds());
        assert!(!times(vec![Some(100.0), Some(361.0)]).holds());
        assert!(!times(vec![Some(100.0), None]).holds());
    }
}

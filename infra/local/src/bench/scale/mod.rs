//! Ten thousand advisors and a billion chunks: what the measured figures come to there, by simulation of a working day's busiest
//! hour, and how many advisors each part bears before it breaks. Deterministic; `infra/docs/scale.md` says what is done then.

mod assumed;
mod line;

use assumed::*;
use fakes::practice::dice::Dice;
use line::{Arrivals, most_at_once, percentile, spread, waits};

use super::cost::prices::Prices;
use super::{Bench, Figure};
use crate::Result;

const ADVISORS: f64 = 10_000.0;
const CHUNKS: f64 = 1e9;
const HOUR: f64 = 3600.0;
/// GB-seconds of a month of readings that find nothing, as measured on 26 November 2026.
const IDLE: f64 = 21_950.0;

/// What was measured, in this run or, where its bench was not in it, on 26 November 2026.
struct Measured {
    /// Seconds of a worker for a reading that finds nothing, its calls included.
    reading: f64,
    /// GB-seconds of a question, a mail, and a month of nothing.
    chat: f64,
    mail: f64,
    month: f64,
    /// Of a question, at a function.
    answer: f64,
    chunk_bytes: f64,
    chunks_a_mail: f64,
    /// Dollars.
    thousand_questions: f64,
    thousand_mails: f64,
}

impl Measured {
    fn of(bench: &Bench) -> Self {
        let known = |name: &str, otherwise: f64| bench.known(name).unwrap_or(otherwise);
        Self {
            reading: known("cost.idle.advisor", IDLE) / (READINGS * 730.0 / 24.0),
            chat: known("cost.chat.gb-seconds", 4.5),
            mail: known("cost.mail.gb-seconds", 0.032),
            month: known("cost.idle.advisor", IDLE),
            answer: 8.0 + known("cost.chat.ours", 842.0) / 1000.0,
            chunk_bytes: known("cost.chunk.bytes", 8_612.0),
            chunks_a_mail: known("cost.mail.chunks", 1.72),
            thousand_questions: known("cost.chat.dollars-per-thousand", 0.115),
            thousand_mails: known("cost.mail.dollars-per-thousand", 0.011),
        }
    }
}

pub fn run(bench: &Bench) -> Result<()> {
    let measured = Measured::of(bench);
    let busiest = HOURS.iter().copied().fold(0.0, f64::max) / 100.0;
    functions(bench, &measured, busiest);
    workers(bench, &measured, busiest);
    database(bench, &measured, busiest);
    first_reading(bench, &measured);
    models(bench, busiest);
    dollars(bench, &measured, &Prices::read(&bench.home)?)
}

/// Says what one part has to bear, against what it can, and how many advisors that is.
fn part(bench: &Bench, name: &str, unit: &str, borne: f64, bound: (&str, f64), note: &str) {
    let advisors = ADVISORS * bound.1 / borne;
    bench.say(
        Figure::one(format!("scale.{name}"), unit, borne)
            .against(bound.0, bound.1)
            .note(format!("{note}; breaks at {advisors:.0} advisors")),
    );
}

/// Events of one kind in an hour, at random and of times that spread.
fn hour(seed: &str, many: f64, middle: f64) -> impl Iterator<Item = (f64, f64)> {
    let mut dice = Dice::new(seed);
    let rate = many / HOUR;
    Arrivals::new(seed, HOUR, rate, move |_| rate).map(move |at| (at, spread(&mut dice, middle)))
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn functions(bench: &Bench, measured: &Measured, busiest: f64) {
    let questions = ADVISORS * QUESTIONS * busiest;
    let at_once = most_at_once(hour("chats", questions, measured.answer)) as f64;
    let note = format!("{:.1} questions a second in the busiest hour", questions / HOUR);
    part(bench, "chats", "at once", at_once, ("reserved for chat-send in production", CHATS), &note);
    let requests = questions * (1.0 + 2.0 * PAGES) + ADVISORS * (MAILS + CHANGES) * busiest;
    let most = most_in_a_second(Arrivals::new("requests", HOUR, requests / HOUR, move |_| requests / HOUR)) as f64;
    part(
        bench,
        "requests",
        "/s",
        most,
        ("the gateway's rate in production", GATEWAY_RATE),
        "pages, questions and webhooks, the fullest second",
    );
    let pages = most_at_once(hour("pages", requests, 0.05)) as f64;
    part(
        bench,
        "functions",
        "at once",
        at_once + pages + WORKERS as f64,
        ("Lambda's quota for an account", LAMBDA_AT_ONCE),
        "chats, pages, webhooks, workers",
    );
    part(
        bench,
        "connections",
        "",
        2.0 * (at_once + pages + WORKERS as f64),
        ("connections of db.m7g.large", CONNECTIONS),
        "if no proxy shared them; through it only what is in a transaction",
    );
}

fn most_in_a_second(arrivals: Arrivals) -> usize {
    let (mut most, mut many, mut second) = (0, 0, 0.0);
    for at in arrivals {
        if at.floor() > second {
            (second, many) = (at.floor(), 0);
        }
        many += 1;
        most = most.max(many);
    }
    most
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn workers(bench: &Bench, measured: &Measured, busiest: f64) {
    let told = ADVISORS * (MAILS * TASKS_A_MAIL + CHANGES) * busiest;
    let readings = ADVISORS * READINGS / 24.0;
    let work = |readings: f64| {
        let seed = format!("tasks {readings}");
        hour(&seed, told + readings, measured.reading).collect::<Vec<_>>()
    };
    let busy = |events: &[(f64, f64)]| events.iter().map(|(_, takes)| takes).sum::<f64>() / HOUR;
    let all = work(readings);
    let note = format!(
        "{:.0} tasks a second, of which {:.0} look whether anything happened",
        (told + readings) / HOUR,
        readings / HOUR
    );
    part(bench, "workers.busy", "at once", busy(&all), ("WORKER_MAX_CONCURRENT as deployed", WORKERS as f64), &note);
    // Where watches tell of changes, asking once an hour is enough.
    let few = work(readings / 12.0);
    for (name, events, places) in [("workers.wait", &all, WORKERS), ("workers.wait-hourly", &few, WORKERS)] {
        let waits = waits(events.iter().copied(), places);
        bench.say(
            Figure::one(format!("scale.{name}"), "s", percentile(&waits, 99.0))
                .against("the middle of all waits", percentile(&waits, 50.0))
                .note(format!(
                    "99 of 100 tasks of the busiest hour wait less, with {places} workers; {:.0} are busy on average",
                    busy(events)
                )),
        );
    }
    for (name, events) in [("workers.needed", &all), ("workers.needed-hourly", &few)] {
        let needed = least(2000, |places| percentile(&waits(events.iter().copied(), places), 99.0) <= 5.0);
        bench.say(
            Figure::one(format!("scale.{name}"), "", needed as f64)
                .against("WORKER_MAX_CONCURRENT as deployed", WORKERS as f64)
                .note("so that 99 of 100 tasks of the busiest hour begin within five seconds"),
        );
    }
    let commits = 2.0 * (told + readings) / HOUR + ADVISORS * QUESTIONS * busiest / HOUR * 6.0;
    part(
        bench,
        "database.commits",
        "/s",
        commits,
        ("operations gp3 has without paying for more", RDS_IOPS_FREE),
        "two for a task, six for a question",
    );
}

/// The least number that is enough, of those up to `most`: what is more than enough is enough.
fn least(most: usize, is_enough: impl Fn(usize) -> bool) -> usize {
    let (mut too_few, mut enough) = (0, most);
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        if is_enough(middle) { enough = middle } else { too_few = middle }
    }
    enough
}

fn database(bench: &Bench, measured: &Measured, busiest: f64) {
    let bytes = CHUNKS * measured.chunk_bytes;
    let note = format!("{:.0} B for each of a billion chunks", measured.chunk_bytes);
    part(bench, "database.disk", "TB", bytes / 1e12, ("the largest disk of RDS", RDS_DISK / 1e12), &note);
    let index = CHUNKS * INDEX_BYTES;
    bench.say(
        Figure::one("scale.database.hot", "GB", index / 1e9)
            .against("memory of db.m7g.large", 8.0)
            .note("the covering index of everybody who asks on one day; db.r7g.12xlarge has 384"),
    );
    let (own, searches) = (CHUNKS / ADVISORS, ADVISORS * QUESTIONS * busiest / HOUR);
    let cold = searches * (own * INDEX_BYTES / 8192.0 + CANDIDATES);
    part(
        bench,
        "database.reads-cold",
        "/s",
        cold,
        ("operations of gp3 at most", RDS_IOPS),
        "pages of 8 KB if nothing were in memory: the index of one advisor, and the candidates",
    );
    part(
        bench,
        "database.reads",
        "/s",
        searches * CANDIDATES,
        ("operations of gp3 at most", RDS_IOPS),
        "the index in memory, the candidates from the disk",
    );
    part(
        bench,
        "database.processor",
        "cores",
        searches * search_ms(own) / 1000.0,
        ("of db.r7g.12xlarge", 48.0),
        "searches in the busiest hour, at the target of an advisor of that size",
    );
}

/// The target of `cargo dev bench retrieval` for an advisor of that size, which it holds.
fn search_ms(chunks: f64) -> f64 {
    if chunks > 50_000.0 { 30.0 } else { 18.0 }
}

fn first_reading(bench: &Bench, measured: &Measured) {
    let hours = OLD_MAILS * GMAIL_GET / GMAIL_OURS / 60.0;
    let before = OLD_MAILS * GMAIL_GET_BEFORE / GMAIL_USER_BEFORE / 60.0;
    bench.say(
        Figure::one("scale.first-reading.advisor", "h", hours).against("a project made before May 2026", before).note(
            format!(
                "{OLD_MAILS} mails at {:.1} a second, of which a user's quota lets through {:.1}",
                GMAIL_OURS / GMAIL_GET / 60.0,
                GMAIL_USER / GMAIL_GET / 60.0
            ),
        ),
    );
    let units = ADVISORS * OLD_MAILS * GMAIL_GET;
    let (by_minute, by_day) = (units / GMAIL_PROJECT / 1440.0, units / GMAIL_DAY);
    let embedding = ADVISORS * OLD_MAILS * measured.chunks_a_mail * CHUNK_TOKENS / EMBEDDING_TPM / 1440.0;
    bench.say(
        Figure::one("scale.first-reading.fleet", "days", by_day.max(by_minute).max(embedding))
            .against("by the project's quota of a minute", by_minute)
            .note(format!(
                "{:.0} new advisors a day at Gmail's threshold of a day; embedding all of it takes {embedding:.0} days",
                GMAIL_DAY / (OLD_MAILS * GMAIL_GET)
            )),
    );
    let (busy, a_minute) = (OLD_MAILS * measured.mail / hours / HOUR, GMAIL_PROJECT / GMAIL_OURS);
    bench.say(
        Figure::one("scale.first-reading.worker", "", busy)
            .against("one worker", 1.0)
            .note(format!("how much of a worker one new advisor keeps busy; {a_minute:.0} at once are all that the project's minute lets through")),
    );
    let daily = ADVISORS * (MAILS * (GMAIL_GET + 2.0 * GMAIL_HISTORY) + READINGS / 3.0 * GMAIL_HISTORY);
    part(
        bench,
        "gmail.day",
        "units",
        daily,
        ("the project's threshold of a day", GMAIL_DAY),
        "what comes anew, with nobody's first reading",
    );
    let records = 5_000.0 / 100.0 * 6.0 / HUBSPOT_TEN_SECONDS * 10.0;
    bench.say(
        Figure::one("scale.first-reading.hubspot", "s", records)
            .against("the mailbox of the same advisor", hours * HOUR)
            .note("5,000 records of six kinds, a hundred a page, at 110 requests in ten seconds"),
    );
}

fn models(bench: &Bench, busiest: f64) {
    let tokens = ADVISORS * QUESTIONS * busiest / 60.0 * QUESTION_TOKENS;
    part(
        bench,
        "model.tokens",
        "/min",
        tokens,
        ("tokens a minute of the model at the highest tier", MODEL_TPM),
        "questions of the busiest hour",
    );
    let embedded = ADVISORS * MAILS * busiest / 60.0 * CHUNK_TOKENS;
    part(
        bench,
        "embedding.tokens",
        "/min",
        embedded,
        ("tokens a minute of embeddings at the highest tier", EMBEDDING_TPM),
        "mails of the busiest hour",
    );
}

fn dollars(bench: &Bench, measured: &Measured, prices: &Prices) -> Result<()> {
    const WORKDAYS: f64 = 21.0;
    let second = prices.of_one("the answer: GB-seconds")?;
    let tokens = QUESTION_TOKENS - WRITTEN_TOKENS;
    let model =
        (tokens * prices.of_one("read by the model")? + WRITTEN_TOKENS * prices.of_one("written by the model")?) / 1e6;
    let questions = QUESTIONS * WORKDAYS * measured.thousand_questions / 1000.0;
    let mails = MAILS * WORKDAYS * measured.thousand_mails / 1000.0;
    let nothing = measured.month * second;
    let words = QUESTIONS * WORKDAYS * model;
    let note = format!(
        "questions {questions:.2}, mails {mails:.2}, readings that find nothing {nothing:.2}; {:.0} GB-seconds; the database comes on top",
        QUESTIONS * WORKDAYS * measured.chat + MAILS * WORKDAYS * measured.mail + measured.month
    );
    bench.say(
        Figure::one("scale.dollars.advisor", "$/month", questions + mails + nothing)
            .against("the model's tokens for the same questions", words)
            .note(note),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_is_enough_is_found() {
        assert_eq!([1, 7, 100].map(|bound| least(100, |places| places >= bound)), [1, 7, 100]);
    }
}

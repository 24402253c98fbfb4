//! What goes wrong at the providers.

use std::collections::BTreeMap;

use fakes::server::{Control, FaultKind, Odds, Weather};

use super::options::Options;
use super::world::World;

/// Where each vendor's API begins: signing in and refreshing tokens have weather of their own.
const APIS: [&str; 3] = ["/gmail/v1/", "/calendar/v3/", "/crm/"];

pub fn begin(world: &World) {
    for (name, control) in providers(world) {
        let seed = format!("weather {name} {}", world.options.seed);
        control.turn(Some(Weather { seed, odds: odds(&world.options) }));
    }
}

pub fn end(world: &World) {
    for (_, control) in providers(world) {
        control.turn(None);
    }
}

/// How often each kind has struck, at all of them.
pub fn struck(world: &World) -> BTreeMap<&'static str, u64> {
    let mut all = BTreeMap::new();
    for (_, control) in providers(world) {
        for (kind, times) in control.struck() {
            *all.entry(kind).or_default() += times;
        }
    }
    all
}

/// Logs of a hundred thousand requests are for nobody.
pub fn forget_requests(world: &World) {
    for (_, control) in providers(world) {
        control.forget_requests();
    }
}

fn providers(world: &World) -> [(&'static str, &Control); 3] {
    [("google", world.google.control()), ("hubspot", world.hubspot.control()), ("openai", world.openai.control())]
}

/// In a thousand requests. Writes meet more than reads do: they are what is to happen once. What is slow holds a worker up for
/// a whole time-out, so there is little of it where time-outs are long.
fn odds(options: &Options) -> Vec<Odds> {
    let milliseconds = |seconds: u64| u64::try_from(options.scaled(seconds).as_millis()).unwrap_or(u64::MAX);
    let status = |status: u16, headers: &[(&str, &str)]| FaultKind::Status {
        status,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: None,
    };
    let (slow, late) = match (options.without, options.scale > 0.5) {
        // Few tasks have to be enough to see that a guard is missing.
        (Some(_), _) => (15, 250),
        (None, true) => (5, 10),
        (None, false) => (15, 60),
    };
    // A provider may still do what it was asked for until the quiet period ends, and not after: 5 s are ours, 60 its.
    let late =
        [(late, 30), (late, 60)].map(|(odds, seconds)| (odds, FaultKind::Late { delay_ms: milliseconds(seconds) }));
    let writes = [
        (40, status(500, &[])),
        (40, FaultKind::AppliedThenDropped),
        (20, FaultKind::HalfBody),
        (20, status(429, &[("retry-after", "1")])),
        (10, status(401, &[])),
        // The answer comes long after the lease has ended.
        (slow, FaultKind::Slow { delay_ms: milliseconds(100) }),
    ];
    let reads = [
        (10, status(503, &[])),
        (10, FaultKind::HalfBody),
        (10, status(429, &[("retry-after", "1")])),
        (5, status(401, &[])),
        // Long enough for a worker to be taken away between having looked and writing.
        (30, FaultKind::Slow { delay_ms: milliseconds(10) }),
    ];
    let odds = |method: Option<&str>, path: &str, (per_thousand, kind): (u32, FaultKind)| Odds {
        method: method.map(str::to_owned),
        path: path.to_owned(),
        per_thousand,
        kind,
    };
    // What no vendor knows for the same when it comes twice: nothing but our waiting and looking helps there.
    let notes = "/crm/objects/2026-09/notes";
    let mut all: Vec<Odds> = late.map(|one| odds(Some("POST"), notes, one)).into();
    for path in APIS {
        for method in ["POST", "PATCH"] {
            all.extend(writes.iter().cloned().map(|one| odds(Some(method), path, one)));
        }
        all.extend(reads.iter().cloned().map(|one| odds(Some("GET"), path, one)));
    }
    all.extend(["/token", "/oauth/", "/v1/embeddings"].map(|path| odds(Some("POST"), path, (20, status(500, &[])))));
    all
}

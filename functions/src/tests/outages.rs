//! Providers, queue and database that fail in every way networks and servers do: what is promised then, shown by experiments.
//!
//! `cargo dev outages` runs the same with more repetitions and prints what it measured.

mod database;
mod degraded;
mod figures;
mod limits;
mod patience;
mod repeats;
mod streams;
mod time_outs;

use std::collections::BTreeMap;

use super::support::*;

const NORA: (&str, &str) = ("Nora Ellison", "nora@ellison.example");

/// Some mail, a contact with a note, and an advisor's browser.
async fn practice(app: &TestApp) -> BTreeMap<String, String> {
    app.google.deliver(&mail(ADA, NORA, "Saturday", "Our son Tommy made the Little League team."));
    app.contact("501", "Greg", "Hall", "greg@hall.example");
    app.note("901", "501", "<p>Greg wants to sell AAPL before the house closing.</p>");
    let ada = app.ready_advisor(ADA).await;
    ada.cookies.into_inner().unwrap()
}

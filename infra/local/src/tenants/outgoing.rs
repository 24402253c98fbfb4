//! What went out to the providers: what is sent with one advisor's token is that advisor's, and no prompt mixes two.

use std::collections::BTreeMap;

use fakes::server::Received;

use super::people::{Canary, are_ones, canaries};
use super::report::Report;
use super::world::World;

pub fn examine(world: &World, advisors: usize, report: &mut Report) {
    let mut of_token: BTreeMap<String, Vec<Canary>> = BTreeMap::new();
    let google = world.stand_ins.google.iter().flat_map(|google| google.control().requests());
    let hubspot = world.stand_ins.hubspot.iter().flat_map(|hubspot| hubspot.control().requests());
    for request in google.chain(hubspot) {
        report.outgoing += 1;
        if let Some(token) = request.headers.get("authorization") {
            of_token.entry(token.clone()).or_default().extend(canaries(&text(&request)));
        }
    }
    for (token, mut seen) in of_token {
        seen.sort();
        seen.dedup();
        if !are_ones(&seen, advisors) {
            report.leak(format!(
                "with the token …{} went {seen:?}",
                token.get(token.len().saturating_sub(6)..).unwrap_or_default()
            ));
        }
    }
    for request in world.stand_ins.openai.iter().flat_map(|openai| openai.control().requests()) {
        report.outgoing += 1;
        let seen = canaries(&text(&request));
        report.prompted += usize::from(!seen.is_empty());
        if !are_ones(&seen, advisors) {
            report.leak(format!("to the model at {} went {seen:?}", request.uri));
        }
    }
}

fn text(request: &Received) -> String {
    format!("{} {}", request.uri, request.body)
}

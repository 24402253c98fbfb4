//! What is deployed, held to rules that no linter knows. Each rule names what breaks it; `planted.rs` breaks every one.

mod access;
mod cost;
mod count;
mod planted;
mod stacks;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::template::Template;
use super::text;

/// Every template, by its file.
type All = BTreeMap<String, Template>;
type Rule = fn(&All) -> Vec<String>;

const RULES: [(&str, Rule); 14] = [
    ("a stack within is given what it asks for", stacks::parameters),
    ("what is taken from a stack within is there", stacks::outputs),
    ("migrations run before new code", stacks::migrations_first),
    ("every function has an alias, a trace and a log", stacks::functions),
    ("what is called is the alias", stacks::aliases),
    ("every log ends", stacks::logs),
    ("every alarm names its entry in the runbook", stacks::alarms),
    ("the firewall counts everybody but the webhooks", stacks::firewall),
    ("policies name what they allow", access::policies),
    ("only known policies of Amazon's are used", access::managed),
    ("secrets are named and never shown", access::secrets),
    ("nothing can be reached that should not be", access::network),
    ("the database is kept, encrypted and private", access::database),
    ("CloudFormation's limit is far away", count::limit),
];

#[test]
fn what_is_deployed_keeps_every_rule() {
    let all = Template::all();
    for (name, rule) in RULES {
        assert_eq!(rule(&all), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_scanner_looks_at_every_template() {
    let settings: Value = serde_yaml_ng::from_str(&text(".checkov.yaml")).unwrap();
    let scanned: BTreeSet<&str> =
        settings["file"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();

    assert_eq!(scanned, Template::all().keys().map(String::as_str).collect());
}

/// Every resource of one type, with its file.
fn each<'a>(all: &'a All, kind: &'a str) -> impl Iterator<Item = (String, &'a Value)> {
    all.iter().flat_map(move |(file, template)| {
        template.resources(kind).map(move |(name, resource)| (format!("{file}: {name}"), &resource["Properties"]))
    })
}

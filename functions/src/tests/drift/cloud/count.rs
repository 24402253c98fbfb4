//! How many resources CloudFormation sees: SAM makes several of one function. `cargo dev check` asks SAM itself as well.

use serde_json::Value;

use super::super::template::{Function, Template};
use super::All;

/// CloudFormation's, for one stack.
const LIMIT: usize = 500;
/// Of one more function with one route: itself, role, version, alias, permission.
const ONE_MORE: usize = 5;
/// So many more have to fit.
const ROOM: usize = 15;

pub fn limit(all: &All) -> Vec<String> {
    let crowded = all.iter().filter(|(_, template)| resources(template) + ROOM * ONE_MORE > LIMIT);
    crowded.map(|(file, template)| format!("{file} has {} resources of {LIMIT}", resources(template))).collect()
}

/// After SAM's transform.
pub fn resources(template: &Template) -> usize {
    let functions = template.functions();
    let gradual = functions.iter().any(|function| !function.says("DeploymentPreference").is_null());
    // Functions that are replaced little by little share an application of CodeDeploy's and its role.
    let shared = if gradual { 2 } else { 0 };
    let all = template.0["Resources"].as_object().unwrap().values();
    let others = all.filter(|resource| resource["Type"] != "AWS::Serverless::Function").map(|resource| {
        // API, stage and deployment.
        if resource["Type"] == "AWS::Serverless::Api" { 3 } else { 1 }
    });
    others.sum::<usize>() + functions.iter().map(parts).sum::<usize>() + shared
}

fn parts(function: &Function<'_>) -> usize {
    let is_there = |property| usize::from(!function.says(property).is_null());
    // Function and role; version and alias.
    let own = 2 + 2 * is_there("AutoPublishAlias") + is_there("EventInvokeConfig") + is_there("DeploymentPreference");
    let events = function.properties["Events"].as_object().into_iter().flatten().map(|(_, event)| made(event));
    own + events.sum::<usize>()
}

/// A permission; and of a clock its rule.
fn made(event: &Value) -> usize {
    if event["Type"] == "Schedule" { 2 } else { 1 }
}

#[test]
fn it_counts_as_sam_does() {
    let all = Template::all();

    // What SAM 1.115 makes of it.
    assert_eq!(resources(&all["infra/aws/migrations.yaml"]), 12);
    assert_eq!(parts(&all["template.yaml"].named("schedules-sweep")), 7);
    assert_eq!(parts(&all["template.yaml"].named("sessions-delete")), 6);
    assert_eq!(parts(&all["template.yaml"].named("auth-me")), 6, "a group of CodeDeploy's besides");
}

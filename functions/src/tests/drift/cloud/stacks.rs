//! How the stacks fit together, and what each function and alarm has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::template::{Template, references};
use super::{All, each};

/// The stacks within, with the template of each.
fn nested(all: &All) -> Vec<(&str, &Value, &Template)> {
    let stacks = all["template.yaml"].resources("AWS::CloudFormation::Stack");
    stacks
        .map(|(name, stack)| {
            let properties = &stack["Properties"];
            (name, properties, &all[properties["TemplateURL"].as_str().unwrap()])
        })
        .collect()
}

fn names(section: &Value) -> BTreeSet<&str> {
    section.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

pub fn parameters(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    let stacks = nested(all);
    for (name, properties, template) in &stacks {
        let (given, asked) = (names(&properties["Parameters"]), &template.0["Parameters"]);
        for parameter in given.difference(&names(asked)) {
            broken.push(format!("{name} is given {parameter}, which it does not ask for"));
        }
        for (parameter, about) in asked.as_object().into_iter().flatten() {
            if !given.contains(parameter.as_str()) && about.get("Default").is_none() {
                broken.push(format!("{name} is not given {parameter}"));
            }
        }
    }
    let linked = stacks.iter().filter_map(|(_, properties, _)| properties["TemplateURL"].as_str());
    let linked: BTreeSet<&str> = linked.chain(["template.yaml"]).collect();
    broken.extend(
        all.keys().filter(|file| !linked.contains(file.as_str())).map(|file| format!("{file} is not deployed")),
    );
    broken
}

pub fn outputs(all: &All) -> Vec<String> {
    let mut used = BTreeSet::new();
    references(&all["template.yaml"].0, &mut used);
    let taken = used.iter().filter_map(|name| name.split_once(".Outputs."));
    let missing = taken.filter(|(stack, output)| {
        let template = nested(all).into_iter().find(|(name, _, _)| name == stack).map(|(_, _, template)| template);
        template.is_none_or(|template| template.0["Outputs"].get(output).is_none())
    });
    missing.map(|(stack, output)| format!("{stack} has no output {output}")).collect()
}

pub fn migrations_first(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    let parent = &all["template.yaml"];
    let variables = &parent.0["Globals"]["Function"]["Environment"]["Variables"];
    if variables["DATABASE_URL"] != json!({ "GetAtt": "Migrations.Outputs.DatabaseUrl" }) {
        broken.push("the functions do not wait for the stack that migrates".to_owned());
    }
    for function in parent.functions() {
        if function.properties["Environment"]["Variables"].get("DATABASE_URL").is_some() {
            broken.push(format!("{} does not wait for the stack that migrates", function.resource));
        }
    }
    let migrations = &all["infra/aws/migrations.yaml"];
    let schema = &migrations.0["Resources"]["Schema"]["Properties"];
    for (property, wanted) in [("ServiceToken", "OpsMigrateFunction.Alias"), ("Code", "OpsMigrateFunction.Version")] {
        if schema[property] != json!({ "Ref": wanted }) {
            broken.push(format!("Schema: {property} is not {wanted}"));
        }
    }
    let patience = schema["ServiceTimeout"].as_u64().unwrap_or(3600);
    if migrations.functions().iter().any(|function| function.timeout() >= patience) {
        broken.push("CloudFormation gives up before ops-migrate does".to_owned());
    }
    broken
}

pub fn functions(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    for function in all.values().flat_map(Template::functions) {
        let wanted = [
            ("AutoPublishAlias", json!("live")),
            ("Tracing", json!("Active")),
            ("LoggingConfig", json!({ "LogGroup": { "Ref": "Logs" } })),
            ("Architectures", json!([{ "Ref": "Architecture" }])),
            ("Runtime", json!("provided.al2023")),
        ];
        for (property, value) in wanted {
            if *function.says(property) != value {
                broken.push(format!("{}: {property} is {}", function.resource, function.says(property)));
            }
        }
        // A role of its own is what SAM makes where none is named.
        if !function.says("Role").is_null() {
            broken.push(format!("{} shares a role", function.resource));
        }
        if let Some(gradual) = function.properties.get("DeploymentPreference") {
            let alarms = json!([{ "GetAtt": "Alarms.Outputs.AReleaseFails" }]);
            if gradual["Type"] != json!({ "Ref": "Release" }) || gradual["Alarms"] != alarms {
                broken.push(format!("{}: no alarm takes its release back", function.resource));
            }
        }
    }
    let gradual = |binary| !all["template.yaml"].named(binary).says("DeploymentPreference").is_null();
    let waited_for = ["chat-send", "auth-me", "auth-google-callback", "webhooks-hubspot", "webhooks-gmail"];
    broken.extend(waited_for.iter().filter(|name| !gradual(name)).map(|name| format!("{name} is replaced at once")));
    broken
}

/// A function by its bare name is whatever was uploaded last.
pub fn aliases(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    for (file, template) in all {
        let mut used = BTreeSet::new();
        references(&template.0, &mut used);
        let functions: BTreeSet<&str> = template.functions().iter().map(|function| function.resource).collect();
        let bare = used.iter().filter(|name| functions.contains(name.split('.').next().unwrap()));
        let bare = bare.filter(|name| !name.ends_with(".Alias") && !name.ends_with(".Version"));
        broken.extend(bare.map(|name| format!("{file}: {name}")));
    }
    broken
}

pub fn logs(all: &All) -> Vec<String> {
    let endless = each(all, "AWS::Logs::LogGroup").filter(|(_, group)| !group["RetentionInDays"].is_u64());
    let mut broken: Vec<String> = endless.map(|(name, _)| format!("{name} is kept for ever")).collect();
    for (name, api) in each(all, "AWS::Serverless::Api") {
        let format = api["AccessLogSetting"]["Format"].as_str().unwrap_or_default();
        if serde_json::from_str::<Value>(format).is_err() {
            broken.push(format!("{name}: an access log is no JSON: {format}"));
        }
        // Ids and codes are in paths and queries, and whoever calls is a person.
        let told = ["context.path", "context.identity", "context.authorizer"];
        broken.extend(told.iter().filter(|word| format.contains(**word)).map(|word| format!("{name} logs {word}")));
        if api["TracingEnabled"] != true || api["MethodSettings"][0]["ThrottlingRateLimit"].is_null() {
            broken.push(format!("{name} has no trace or no limit"));
        }
    }
    broken
}

pub fn alarms(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, alarm) in each(all, "AWS::CloudWatch::Alarm") {
        let called = alarm["AlarmName"]["Sub"].as_str().and_then(|name| name.strip_prefix("${Name}-"));
        let Some(called) = called else {
            broken.push(format!("{name} is not called after its stack"));
            continue;
        };
        let entry = format!(" infra/docs/runbook.md#{called}");
        if !alarm["AlarmDescription"].as_str().unwrap_or_default().ends_with(&entry) {
            broken.push(format!("{name} does not end in{entry}"));
        }
        let bell = json!([{ "Ref": "Bell" }]);
        if alarm["AlarmActions"] != bell || alarm["OKActions"] != bell {
            broken.push(format!("{name} tells nobody"));
        }
        if alarm["TreatMissingData"].is_null() {
            broken.push(format!("{name} does not say what silence means"));
        }
    }
    broken
}

pub fn firewall(all: &All) -> Vec<String> {
    let mut broken = Vec::new();
    let acl = &all["infra/aws/firewall.yaml"].0["Resources"]["Rules"]["Properties"];
    let rules: Vec<&Value> = acl["Rules"].as_array().into_iter().flatten().collect();
    let of = |name: &str| rules.iter().copied().find(|rule| rule["Name"] == name).unwrap_or(&Value::Null);
    let (webhooks, rate) = (of("webhooks"), of("too-many"));
    let path = &webhooks["Statement"]["ByteMatchStatement"];
    if webhooks["Priority"] != 0 || webhooks["Action"] != json!({ "Allow": {} }) {
        broken.push("the webhooks are not let through first".to_owned());
    }
    if path["SearchString"] != "/api/webhooks/" || path["PositionalConstraint"] != "STARTS_WITH" {
        broken.push("more or less than the webhooks is let through".to_owned());
    }
    let counted = &rate["Statement"]["RateBasedStatement"];
    let limit = (&counted["Limit"], &counted["EvaluationWindowSec"], &counted["AggregateKeyType"]);
    if limit != (&json!(100), &json!(60), &json!("IP")) || rate["Action"].get("Block").is_none() {
        broken.push("the limit is not a hundred a minute for each address".to_owned());
    }
    broken
}

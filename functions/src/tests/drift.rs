//! The lists of what is deployed say the same: `routes.rs`, the binaries, `template.yaml`, the sample events, the README.

mod alarms;
mod chaos;
mod cloud;
mod description;
mod features;
mod pages;
mod source;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Value, json};
use shared::edge::Mode;
use shared::edge::headers::{CACHE, POLICY, PROTECTION};

use crate::routes::{COMMANDS, CONSUMERS, ROUTES, SCHEDULES};
use template::{Template, root};

/// How long a REST API waits for a buffered answer, and for the longest stream, in seconds.
const BUFFERED: u64 = 29;
const STREAMED: u64 = 900;

fn served() -> BTreeSet<String> {
    let routes = ROUTES.iter().map(|(binary, _)| *binary);
    let others = CONSUMERS.iter().map(|(binary, _)| *binary);
    let others = others.chain(SCHEDULES.iter().map(|(binary, _)| *binary)).chain(COMMANDS.iter().map(|(b, _)| *b));
    routes.chain(others).map(str::to_owned).collect()
}

/// The names of the files of one folder, without their extension.
fn files(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn every_function_is_everywhere_and_nothing_else_is() {
    let manifest: toml::Table = text("functions/Cargo.toml").parse().unwrap();
    let listed: Vec<_> = manifest["bin"].as_array().unwrap().iter().map(|bin| bin.as_table().unwrap()).collect();
    let binaries = listed.iter().map(|bin| bin["name"].as_str().unwrap().to_owned()).collect();
    let templates = Template::all();
    let deployed =
        templates.values().flat_map(Template::functions).map(|function| function.binary.to_owned()).collect();

    for (list, names) in [
        ("functions/Cargo.toml", binaries),
        ("functions/src/bin", files("functions/src/bin")),
        ("template.yaml and infra/aws", deployed),
        ("infra/events", files("infra/events")),
    ] {
        let differ: Vec<_> = names.symmetric_difference(&served()).cloned().collect();
        assert!(differ.is_empty(), "functions/src/routes.rs and {list} differ in {differ:?}");
    }
    for bin in listed {
        assert!(bin["test"] == false.into() && bin["doc"] == false.into(), "{}: test and doc are not off", bin["name"]);
    }
}

#[test]
fn a_function_has_one_name_in_all_its_spellings() {
    for (file, function) in Template::all()
        .iter()
        .flat_map(|(file, template)| template.functions().into_iter().map(move |function| (file, function)))
    {
        let resource: String = function.binary.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        assert_eq!(function.resource, resource + "Function");
        // A stack within is told whose it is.
        let stack = if file == "template.yaml" { "${AWS::StackName}" } else { "${Name}" };
        let name = format!("{stack}-{}", function.binary);
        assert_eq!(function.properties["FunctionName"], json!({ "Sub": name }), "{}", function.resource);
    }
}

/// A binary that answers to several routes starts with one of them, so they must have one handler.
#[test]
fn every_main_serves_what_its_name_says() {
    for binary in served() {
        let (area, verb) = binary.split_once('-').unwrap();
        let verb = verb.replace('-', "_");
        let serves = match area {
            "workers" => format!("edge::serve_queue(&{verb}::CONSUMER)"),
            "schedules" => format!("edge::serve_schedule(&{verb}::SCHEDULE)"),
            "ops" => format!("edge::serve_command(&{verb}::COMMAND)"),
            _ => format!("edge::serve_http(&{verb}::ROUTE)"),
        };
        let main = text(&format!("functions/src/bin/{binary}.rs"));
        assert!(
            main.contains(&format!("use functions::{area}::{verb};")) && main.contains(&serves),
            "{binary}:\n{main}"
        );

        let source = text(&format!("functions/src/{area}/{verb}.rs"));
        let handlers: BTreeSet<&str> = source
            .split("Box::pin(")
            .skip(1)
            .filter_map(|rest| rest.split_once("(app, call)").map(|(name, _)| name))
            .collect();
        assert!(handlers.len() <= 1, "{binary} would serve all of its routes with one of {handlers:?}");
    }
}

#[test]
fn the_gateway_has_every_route_and_streams_what_streams() {
    let template = Template::read();
    let deployed: BTreeSet<_> = template
        .functions()
        .iter()
        .flat_map(|function| function.events("Api").into_iter().map(|event| endpoint(function.binary, event)))
        .collect();
    // Preflights stand in the body of the API.
    let routes = ROUTES.iter().filter(|(binary, _)| *binary != "preflight-answer").map(|(binary, route)| {
        ((*binary).to_owned(), route.method.to_owned(), route.path.to_owned(), route.mode == Mode::Streaming)
    });

    assert_eq!(deployed, routes.collect::<BTreeSet<_>>());
}

/// `cargo lambda watch` says nothing about a key it does not know, and 404 to every call.
#[test]
fn cargo_lambda_watch_has_every_route() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let router = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"].as_table().unwrap();
    let served: BTreeSet<_> = router
        .iter()
        .flat_map(|(path, functions)| {
            functions.as_array().unwrap().iter().map(move |entry| {
                assert_eq!(entry.as_table().unwrap().len(), 2, "{path}: {entry}");
                let [function, method] = ["function", "method"].map(|key| entry[key].as_str().unwrap());
                (function, method, path.replace("{*proxy}", "{proxy+}"))
            })
        })
        .collect();
    let routes = ROUTES.iter().filter(|(binary, _)| *binary != "preflight-answer");

    assert_eq!(served, routes.map(|(binary, route)| (*binary, route.method, route.path.to_owned())).collect());
}

fn endpoint(binary: &str, event: &Value) -> (String, String, String, bool) {
    let [method, path] = ["Method", "Path"].map(|name| event[name].as_str().unwrap().to_owned());
    let streams = event.get("ResponseTransferMode").is_some_and(|mode| mode == "RESPONSE_STREAM");
    assert_eq!(event["RestApiId"], json!({ "Ref": "Api" }), "{binary}");
    (binary.to_owned(), method, path, streams)
}

/// REST looks for the resource first and for the method then: a path that exists never falls through to `/{proxy+}`.
#[test]
fn every_path_answers_preflights() {
    let template = Template::read();
    let api = &template.0["Resources"]["Api"]["Properties"];
    let paths = api["DefinitionBody"]["paths"].as_object().unwrap();

    assert_eq!(api["MergeDefinitions"], true);
    let answered: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    assert_eq!(answered, ROUTES.iter().map(|(_, route)| route.path).collect());
    for (path, methods) in paths {
        assert_eq!(methods.as_object().unwrap().keys().collect::<Vec<_>>(), ["options"], "{path}");
        let asked = &methods["options"]["x-amazon-apigateway-integration"];
        assert_eq!((&asked["type"], &asked["httpMethod"]), (&json!("aws_proxy"), &json!("POST")), "{path}");
        assert_eq!(asked["uri"]["Sub"][1]["Preflight"], json!({ "Ref": "PreflightAnswerFunction.Alias" }), "{path}");
    }
    let permission = &template.0["Resources"]["PreflightPermission"]["Properties"];
    assert_eq!(permission["FunctionName"], json!({ "Ref": "PreflightAnswerFunction.Alias" }));
    assert!(permission["SourceArn"]["Sub"].as_str().unwrap().ends_with(":${Api}/*/OPTIONS/*"));
}

/// What it says by itself protects a browser no less than what the functions say.
#[test]
fn the_gateways_own_answers_are_protected() {
    let template = Template::read();
    let responses = &template.0["Resources"]["Api"]["Properties"]["GatewayResponses"];
    let policy = POLICY.replace(" 'none'", "");
    let wanted = [("content-security-policy", policy.as_str()), ("cache-control", CACHE), ("vary", "Origin")];
    for kind in ["DEFAULT_4XX", "DEFAULT_5XX"] {
        let headers = responses[kind]["ResponseParameters"]["Headers"].as_object().unwrap();
        let sent: BTreeMap<String, &Value> =
            headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        for (name, value) in PROTECTION.into_iter().chain(wanted) {
            assert_eq!(sent.get(name), Some(&&json!(format!("'{value}'"))), "{kind}: {name}");
        }
        // One origin, and never any.
        let origin = &sent["access-control-allow-origin"]["Sub"][0];
        assert_eq!(origin, "'https://${Host}'", "{kind}");
    }
}

#[test]
fn the_gateway_waits_as_long_as_the_function_runs() {
    let template = Template::read();
    for function in template.functions() {
        for event in function.events("Api") {
            let (name, seconds) = (function.resource, function.timeout());
            if event.get("ResponseTransferMode").is_some() {
                assert_eq!(event["TimeoutInMillis"].as_u64(), Some(seconds * 1000), "{name}");
                assert!(seconds <= STREAMED, "{name} runs longer than a stream may take");
            } else {
                assert!(seconds <= BUFFERED, "{name} runs longer than the gateway waits");
            }
        }
    }
}

#[test]
fn what_a_worker_does_not_finish_comes_again_and_in_the_end_is_put_aside() {
    let template = Template::read();
    let mappings: Vec<_> = template.resources("AWS::Lambda::EventSourceMapping").collect();
    assert_eq!(mappings.len(), CONSUMERS.len());

    for (binary, consumer) in CONSUMERS {
        let worker = template.named(binary);
        let (name, mapping) = mappings
            .iter()
            .find(|(_, mapping)| {
                mapping["Properties"]["FunctionName"] == json!({ "Ref": format!("{}.Alias", worker.resource) })
            })
            .unwrap();
        let mapping = &mapping["Properties"];
        assert_eq!(mapping["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{name}");
        assert_eq!(mapping["BatchSize"], consumer.batch_size, "{name}");
        assert_eq!(mapping["ScalingConfig"]["MaximumConcurrency"], json!({ "Ref": "WorkerMaxConcurrent" }), "{name}");
        assert_eq!(template.0["Parameters"]["WorkerMaxConcurrent"]["Default"], 10);

        let source = mapping["EventSourceArn"]["GetAtt"].as_str().unwrap();
        let queue = &template.0["Resources"][source.strip_suffix(".Arn").unwrap()]["Properties"];
        assert_eq!(queue["QueueName"], json!({ "Sub": format!("${{AWS::StackName}}-{}", consumer.queue) }));
        let visibility = queue["VisibilityTimeout"].as_u64().unwrap();
        assert!(visibility >= 6 * worker.timeout(), "{source}: {visibility} s are too short for {}", worker.resource);

        let redrive = &queue["RedrivePolicy"];
        assert!(redrive["maxReceiveCount"].as_u64().unwrap() >= 5, "{source}");
        let dead_letters = redrive["deadLetterTargetArn"]["GetAtt"].as_str().unwrap().strip_suffix(".Arn").unwrap();
        let kept = template.0["Resources"][dead_letters]["Properties"]["MessageRetentionPeriod"].as_u64();
        assert_eq!(kept, Some(14 * 24 * 60 * 60), "{dead_letters}");
        let allows = &template.0["Resources"][dead_letters]["Properties"]["RedriveAllowPolicy"];
        let from = allows["sourceQueueArns"][0]["Sub"].as_str().unwrap();
        assert!(from.ends_with(&format!("${{AWS::StackName}}-{}", consumer.queue)), "{dead_letters} takes from {from}");
    }
}

#[test]
fn every_clock_ticks_as_the_code_says() {
    let template = Template::read();
    let clocks: BTreeMap<_, _> = template
        .functions()
        .iter()
        .flat_map(|function| {
            function.events("Schedule").into_iter().map(|event| (function.binary.to_owned(), event["Schedule"].clone()))
        })
        .collect();
    let wanted = SCHEDULES.iter().map(|(binary, schedule)| {
        let minutes = schedule.every.as_secs() / 60;
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        ((*binary).to_owned(), json!(format!("rate({minutes} {unit})")))
    });

    assert_eq!(clocks, wanted.collect());
}

/// The linter does not look inside SAM's own resources.
#[test]
fn the_template_refers_to_nothing_that_is_not_there() {
    for (file, template) in Template::all() {
        assert_eq!(template.dangling(), BTreeSet::new(), "{file}");
    }
}

#[test]
fn every_event_is_one_its_function_gets() {
    for binary in served() {
        let event: Value = serde_json::from_str(&text(&format!("infra/events/{binary}.json"))).unwrap();
        let mut routes = ROUTES.iter().filter(|(name, _)| *name == binary).peekable();
        if routes.peek().is_some() {
            let fits = routes.any(|(_, route)| event["resource"] == route.path && event["httpMethod"] == route.method);
            assert!(fits, "infra/events/{binary}.json is a request for another function");
        } else if CONSUMERS.iter().any(|(name, _)| *name == binary) {
            let body = event["Records"][0]["body"].as_str().unwrap();
            assert!(shared::edge::queue::bell(body).is_ok(), "infra/events/{binary}.json carries no bell");
        }
    }
}

/// The names of every variable `Config` reads.
fn variables() -> BTreeSet<String> {
    let config = text("shared/src/config.rs");
    let code = config.split("#[cfg(test)]").next().unwrap();
    let is_name = |word: &&str| {
        word.len() > 3
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && !word.contains(|c: char| c.is_lowercase() || c == ' ')
    };
    code.split('"').skip(1).step_by(2).filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_variable_is_read_and_described() {
    let (known, example, readme) = (variables(), text(".env.example"), text("README.md"));
    let templates = Template::all();
    for function in templates.values().flat_map(Template::functions) {
        for name in function.variables() {
            assert!(known.contains(name), "{} sets {name}, which nobody reads", function.resource);
        }
    }
    for name in &known {
        assert!(example.contains(name.as_str()), ".env.example does not name {name}");
        assert!(readme.contains(&format!("`{name}`")), "README.md does not describe {name}");
    }
}

#[test]
fn the_readme_lists_every_route() {
    let readme = text("README.md");
    for (binary, route) in ROUTES {
        let row = format!("| `{} {}` | `{binary}` |", route.method, route.path);
        assert!(readme.lines().any(|line| line.starts_with(&row)), "README.md has no row {row}");
    }
}

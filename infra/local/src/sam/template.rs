//! What SAM is given: the functions of `template.yaml` and its nested stacks, each with its route, and this machine's variables.
//!
//! Not the template itself: SAM passes only variables that are written there, asks AWS for layers, and lets every parameter
//! without a default be a question. What a function is called, where its code is, its memory, time and routes are the template's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fakes::world::home::Home;
use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use super::image::ARCHITECTURE;
use crate::check::templates;
use crate::{Problem, Result};

/// Of one function.
pub struct Function {
    /// `TasksGetFunction`.
    pub resource: String,
    /// `tasks-get`.
    pub binary: String,
    properties: Value,
}

/// All functions, of all stacks.
pub fn functions(home: &Home) -> Result<Vec<Function>> {
    let mut found = Vec::new();
    let mut described = Vec::new();
    for file in templates(home) {
        let template = read(&file)?;
        described.extend(described_routes(&template));
        let globals = &template["Globals"]["Function"];
        for (resource, value) in template["Resources"].as_object().into_iter().flatten() {
            if value["Type"] != "AWS::Serverless::Function" {
                continue;
            }
            let code = value["Properties"]["CodeUri"].as_str().unwrap_or_default();
            let Some(binary) = Path::new(code).file_name().and_then(|name| name.to_str()) else { continue };
            let mut properties = Map::new();
            for name in ["MemorySize", "Timeout"] {
                let value = value["Properties"].get(name).or_else(|| globals.get(name));
                properties.extend(value.filter(|value| value.is_u64()).map(|value| (name.to_owned(), value.clone())));
            }
            if let Some(events) = value["Properties"].get("Events").and_then(Value::as_object) {
                let routes = events.iter().filter(|(_, event)| event["Type"] == "Api");
                let routes: Map<_, _> = routes.map(|(name, event)| (name.clone(), route(event))).collect();
                properties.insert("Events".to_owned(), routes.into());
            }
            let (resource, binary) = (resource.clone(), binary.to_owned());
            found.push(Function { resource, binary, properties: properties.into() });
        }
    }
    for (resource, name, event) in described {
        if let Some(function) = found.iter_mut().find(|function| function.resource == resource) {
            function.properties["Events"][name] = event;
        }
    }
    Ok(found)
}

/// Routes that the API's own description has and no function's events: the preflights. For each the function's resource, a name
/// and the event that SAM's emulator understands.
fn described_routes(template: &Value) -> Vec<(String, String, Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    let paths = resources.filter_map(|(_, resource)| resource["Properties"]["DefinitionBody"]["paths"].as_object());
    let routes = paths.flatten().enumerate().filter_map(|(number, (path, methods))| {
        let called = &methods["options"]["x-amazon-apigateway-integration"]["uri"]["Sub"][1]["Preflight"]["Ref"];
        let resource = called.as_str()?.split('.').next()?.to_owned();
        let event = json!({ "Properties": { "Method": "OPTIONS", "Path": path } });
        Some((resource, format!("Described{number}"), route(&event)))
    });
    routes.collect()
}

/// Writes the template for SAM. `code` is the folder with a folder for each function.
pub fn write(path: &Path, functions: &[Function], code: &Path, variables: &BTreeMap<String, String>) -> Result<()> {
    let resources = functions.iter().map(|function| {
        let mut properties = function.properties.clone();
        properties["CodeUri"] = code.join(&function.binary).to_string_lossy().into_owned().into();
        let resource =
            json!({ "Type": "AWS::Serverless::Function", "Metadata": { "SkipBuild": true }, "Properties": properties });
        (function.resource.clone(), resource)
    });
    let mut resources: Map<_, _> = resources.collect();
    let api = json!({ "StageName": "local", "BinaryMediaTypes": ["*~1*"] });
    resources.insert("Api".to_owned(), json!({ "Type": "AWS::Serverless::Api", "Properties": api }));
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": "Made by `cargo dev sam`; belongs to one run of it.",
        "Globals": { "Function": {
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Architectures": [ARCHITECTURE],
            "Environment": { "Variables": variables },
        } },
        "Resources": resources,
    });
    fs::write(path, template.to_string()).map_err(|e| Problem(format!("Could not write {}: {e}.", path.display())))
}

fn route(event: &Value) -> Value {
    let properties = &event["Properties"];
    json!({ "Type": "Api", "Properties": {
        "RestApiId": { "Ref": "Api" },
        "Method": properties["Method"],
        "Path": properties["Path"],
    } })
}

fn read(file: &PathBuf) -> Result<Value> {
    let failed = |e: String| Problem(format!("Could not read {}: {e}.", file.display()));
    let text = fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
    serde_yaml_ng::from_str(&text).map(plain).map_err(|e| failed(e.to_string()))
}

/// CloudFormation's short forms as plain data: `!Ref X` becomes `{"Ref": "X"}`.
fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Mapping(pairs) => {
            let named = pairs.into_iter().filter_map(|(name, value)| Some((name.as_str()?.to_owned(), plain(value))));
            Value::Object(named.collect())
        }
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        Yaml::Tagged(tagged) => json!({ tagged.tag.to_string().trim_start_matches('!'): plain(tagged.value) }),
        other => serde_json::to_value(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world;

    #[test]
    fn sam_is_given_every_function_with_what_the_template_says_of_it() {
        let home = Home::find().unwrap();
        let functions = functions(&home).unwrap();
        let mut binaries: Vec<_> = functions.iter().map(|function| function.binary.clone()).collect();
        let mut listed = world::functions(&home, &[]).unwrap();
        binaries.sort();
        listed.sort();
        assert_eq!(binaries, listed);

        let path = std::env::temp_dir().join(format!("sam-{}.json", uuid::Uuid::new_v4().simple()));
        let variables = BTreeMap::from([("APP_ENV".to_owned(), "test".to_owned())]);
        write(&path, &functions, Path::new("/code"), &variables).unwrap();
        let template: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        fs::remove_file(path).unwrap();

        let worker = &template["Resources"]["WorkersRunTaskFunction"]["Properties"];
        assert_eq!((&worker["CodeUri"], &worker["MemorySize"]), (&json!("/code/workers-run-task"), &json!(1024)));
        let chat = &template["Resources"]["ChatSendFunction"]["Properties"]["Events"];
        let paths: Vec<_> =
            chat.as_object().unwrap().values().map(|event| event["Properties"]["Path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["/api/chat", "/api/chat/stream"]);
        let preflight = template["Resources"]["PreflightAnswerFunction"]["Properties"]["Events"].as_object().unwrap();
        let asked = |path: &str| preflight.values().any(|event| event["Properties"]["Path"] == path);
        assert!(asked("/{proxy+}") && asked("/api/tasks") && preflight.len() > 40, "{preflight:?}");
        assert_eq!(template["Globals"]["Function"]["Environment"]["Variables"]["APP_ENV"], "test");
    }
}

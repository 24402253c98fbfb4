//! Reads `template.yaml` and the stacks within it as plain data: `!Ref X` becomes `{"Ref": "X"}`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[derive(Clone)]
pub struct Template(pub Value);

/// One function, with what `Globals` says unless it says otherwise.
pub struct Function<'a> {
    pub binary: &'a str,
    pub resource: &'a str,
    pub properties: &'a Value,
    globals: &'a Value,
}

impl Template {
    pub fn read() -> Self {
        Self::of("template.yaml")
    }

    pub fn of(file: &str) -> Self {
        let text = fs::read_to_string(root().join(file)).unwrap();
        Self(plain(serde_yaml_ng::from_str(&text).unwrap()))
    }

    /// All that is deployed together, by their files.
    pub fn all() -> BTreeMap<String, Self> {
        let nested = fs::read_dir(root().join("infra/aws")).unwrap().map(|entry| entry.unwrap().path());
        let nested = nested.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let names = nested.map(|path| format!("infra/aws/{}", path.file_name().unwrap().display()));
        names.chain(["template.yaml".to_owned()]).map(|file| (file.clone(), Self::of(&file))).collect()
    }

    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.0["Resources"].as_object().unwrap().iter();
        all.filter(move |(_, resource)| resource["Type"] == kind).map(|(name, resource)| (name.as_str(), resource))
    }

    pub fn functions(&self) -> Vec<Function<'_>> {
        let resources = self.resources("AWS::Serverless::Function");
        resources.map(|(resource, value)| self.function(resource, value)).collect()
    }

    pub fn named(&self, binary: &str) -> Function<'_> {
        self.functions().into_iter().find(|function| function.binary == binary).unwrap()
    }

    fn function<'a>(&'a self, resource: &'a str, value: &'a Value) -> Function<'a> {
        let properties = &value["Properties"];
        let code = properties["CodeUri"].as_str().unwrap();
        let built = code.strip_prefix("../../").unwrap_or(code).strip_prefix("target/lambda/");
        let binary = built.unwrap_or_else(|| panic!("{resource}: CodeUri is {code}"));
        assert_eq!(value["Metadata"]["SkipBuild"], true, "{resource}: SAM must not build it");
        Function { binary, resource, properties, globals: &self.0["Globals"]["Function"] }
    }

    /// Names that are referred to but are not there.
    pub fn dangling(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        references(&self.0, &mut used);
        let sections = ["Parameters", "Resources", "Conditions"];
        let defined = |name: &String| {
            let name = name.split('.').next().unwrap_or_default();
            name.starts_with("AWS::") || sections.iter().any(|section| self.0[section].get(name).is_some())
        };
        used.into_iter().filter(|name| !defined(name)).collect()
    }
}

impl<'a> Function<'a> {
    /// What it says, or what all say.
    pub fn says(&self, name: &str) -> &'a Value {
        self.properties.get(name).unwrap_or(&self.globals[name])
    }

    /// In seconds.
    pub fn timeout(&self) -> u64 {
        self.says("Timeout").as_u64().unwrap()
    }

    /// The properties of its events of one type.
    pub fn events(&self, kind: &str) -> Vec<&'a Value> {
        let events = self.properties["Events"].as_object().into_iter().flatten();
        events.filter(|(_, event)| event["Type"] == kind).map(|(_, event)| &event["Properties"]).collect()
    }

    /// The names of its variables.
    pub fn variables(&self) -> BTreeSet<&'a str> {
        let of = |place: &'a Value| place["Environment"]["Variables"].as_object().into_iter().flatten();
        of(self.globals).chain(of(self.properties)).map(|(name, _)| name.as_str()).collect()
    }
}

fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Mapping(pairs) => {
            let pairs = pairs.into_iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), plain(value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            json!({ tag.trim_start_matches('!'): plain(tagged.value) })
        }
        other => serde_json::to_value(other).unwrap(),
    }
}

pub fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                match (name.as_str(), inner) {
                    ("Ref" | "GetAtt", Value::String(name)) => drop(found.insert(name.clone())),
                    ("If", Value::Array(parts)) => drop(found.insert(parts[0].as_str().unwrap().to_owned())),
                    ("Sub", Value::String(text)) => found.extend(placeholders(text).map(str::to_owned)),
                    // Besides the text there are names of its own.
                    ("Sub", Value::Array(parts)) => found.extend(
                        placeholders(parts[0].as_str().unwrap())
                            .filter(|name| parts[1].get(name).is_none())
                            .map(str::to_owned),
                    ),
                    _ => {}
                }
                references(inner, found);
            }
        }
        _ => {}
    }
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next())
}

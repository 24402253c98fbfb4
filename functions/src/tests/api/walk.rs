//! The description, and what it takes to hold the API to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;

use http::Method;
use serde_json::{Value, json};

use super::super::approvals;
use super::super::support::*;
use crate::openapi::document;

/// One endpoint, as it is described.
#[derive(Clone)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub described: Value,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl Operation {
    pub fn needs(&self, scheme: &str) -> bool {
        self.described["security"][0].get(scheme).is_some()
    }

    pub fn refuses(&self, status: u16) -> bool {
        self.described["responses"].get(status.to_string()).is_some()
    }

    pub fn body(&self) -> Option<&Value> {
        self.described["requestBody"]["content"].get("application/json")
    }

    pub fn example(&self) -> Option<String> {
        self.body().map(|body| body["example"].to_string())
    }

    /// Fields of the body that an object cannot stand for; of the first shape, where there are several.
    pub fn fields_of_one_type(&self) -> Vec<String> {
        let schema = self.body().map(|body| &body["schema"]).unwrap();
        let schema = schema.get("anyOf").map_or(schema, |shapes| &shapes[0]);
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields =
            fields.filter(|(_, field)| !field["type"].is_null() && !field["type"].to_string().contains("object"));
        fields.map(|(name, _)| name.clone()).collect()
    }

    fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        self.described["parameters"].as_array().unwrap().iter().filter(move |parameter| parameter["in"] == place)
    }

    /// Whole numbers of the query string, with the largest.
    pub fn numbers(&self) -> Vec<(String, i64)> {
        let numbers = self.parameters("query").filter(|parameter| parameter["schema"]["type"] == "integer");
        let numbers =
            numbers.map(|p| (p["name"].as_str().unwrap().to_owned(), p["schema"]["maximum"].as_i64().unwrap()));
        numbers.collect()
    }

    pub fn has_query(&self, name: &str) -> bool {
        self.parameters("query").any(|parameter| parameter["name"] == name)
    }

    pub fn has_header(&self, name: &str) -> bool {
        self.parameters("header").any(|parameter| parameter["name"] == name)
    }
}

/// A test on its way through the API.
pub struct Walk<'a> {
    pub app: &'a TestApp,
    document: Value,
    people: BTreeMap<&'static str, BTreeMap<String, String>>,
    /// Path parameters of what is Ada's, by the path's template.
    known: BTreeMap<&'static str, String>,
    /// A write that waits for Ada.
    pub approval: Value,
    /// A standing instruction of Ada's.
    pub rule: Value,
    reached: Mutex<BTreeSet<(String, u16)>>,
}

impl<'a> Walk<'a> {
    /// Only to look.
    pub fn describe(app: &'a TestApp) -> Self {
        let document = document("http://localhost:8000");
        Self {
            app,
            document,
            people: BTreeMap::new(),
            known: BTreeMap::new(),
            approval: Value::Null,
            rule: Value::Null,
            reached: Mutex::default(),
        }
    }

    /// With Ada, who has everything, and Eve, who has an account.
    pub async fn start(app: &'a TestApp) -> Self {
        let mut walk = Self::describe(app);
        let ada = approvals::practice(app).await;
        let eve = app.advisor(EVE).await;
        let conversation = ada.post("/api/conversations", json!({ "title": "Mine" })).await.json();
        let task = ada.get("/api/tasks").await.json()["items"][0].clone();
        walk.knows("/api/conversations/", conversation["id"].as_str().unwrap());
        walk.knows("/api/tasks/", task["id"].as_str().unwrap());
        let approval = approvals::waiting_note(app, &mut approvals::Page::of(&ada), "Tommy pitches.").await;
        walk.knows("/api/approvals/", approval["id"].as_str().unwrap());
        walk.approval = approval;
        let rule = ada.post("/api/rules", json!({ "rule_text": "when gmail.message.received then log" })).await.json();
        walk.knows("/api/rules/", rule["id"].to_string());
        walk.rule = rule;
        walk.knows("/api/connections/", "hubspot");
        let elsewhere = app.advisor(ADA).await.get("/api/auth/sessions").await.json()["items"][0].clone();
        walk.knows("/api/auth/sessions/", elsewhere["id"].as_str().unwrap());
        assert_eq!(ada.call(Method::GET, "/api/account/export", &FRONTEND, None).await.status, 202);
        app.work().await;
        walk.knows("/api/account/export/", "1");
        walk.knows("/api/account/receipts/", "nobodys");
        walk.knows("/console/", "main.js");
        walk.knows("/docs/", "swagger.js");
        walk.knows("/redoc/", "redoc.js");
        walk.knows("/{proxy}", "google1a.html");
        walk.people =
            BTreeMap::from([(ADA, ada.cookies.lock().unwrap().clone()), (EVE, eve.cookies.lock().unwrap().clone())]);
        walk
    }

    /// What a variable stands for in paths that begin so.
    pub fn knows(&mut self, start: &'static str, value: impl Into<String>) {
        self.known.insert(start, value.into());
    }

    pub fn person(&self, who: &str) -> Person<'a> {
        let person = self.app.visitor();
        *person.cookies.lock().unwrap() = self.people[who].clone();
        person
    }

    pub fn operation(&self, id: &str) -> Operation {
        let found = self.operations(|operation| operation.id == id);
        found.into_iter().next().unwrap_or_else(|| panic!("there is no operation {id}"))
    }

    pub fn operations(&self, wanted: impl Fn(&Operation) -> bool) -> Vec<Operation> {
        let paths = self.document["paths"].as_object().unwrap().iter();
        let all = paths.flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(|(method, described)| Operation {
                id: described["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                described: described.clone(),
            })
        });
        all.filter(|operation| wanted(operation)).collect()
    }

    /// Calls with what is known.
    pub async fn call(
        &self,
        person: &Person<'_>,
        operation: &Operation,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let start = self.known.iter().find(|(start, _)| operation.path.starts_with(*start));
        assert!(start.is_some() || !operation.path.contains('{'), "say in Walk::start what {operation} is called with");
        let value = start.map_or("", |(_, value)| value).to_owned();
        self.call_with(person, operation, &value, headers, body).await
    }

    /// Calls with a query string.
    pub async fn call_at(&self, person: &Person<'_>, operation: &Operation, query: &str) -> Answer {
        let start = self.known.iter().find(|(start, _)| operation.path.starts_with(*start));
        let path = filled(&operation.path, start.map_or("", |(_, value)| value));
        let answer = person.call(operation.method.clone(), &(path + query), &FRONTEND, operation.example()).await;
        self.check(operation, &answer);
        answer
    }

    /// Calls with another value for the path's variable.
    pub async fn call_with(
        &self,
        person: &Person<'_>,
        operation: &Operation,
        value: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let path = filled(&operation.path, value);
        let answer = person.call(operation.method.clone(), &path, headers, body).await;
        self.check(operation, &answer);
        answer
    }

    /// Calls without holding the answer to the description.
    pub async fn look(
        &self,
        person: &Person<'_>,
        operation: &Operation,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let file = match operation.path.as_str() {
            "/console/{file}" => "main.js",
            "/docs/{file}" => "swagger.js",
            "/redoc/{file}" => "redoc.js",
            _ => "1",
        };
        person.call(operation.method.clone(), &filled(&operation.path, file), headers, body).await
    }

    /// An answer is one of those that are described.
    fn check(&self, operation: &Operation, answer: &Answer) {
        let status = answer.status.as_u16();
        self.reached.lock().unwrap().insert((operation.id.clone(), status));
        assert!(operation.refuses(status), "{operation} answers {status}, which is not described: {}", answer.body);

        let mut response = &operation.described["responses"][status.to_string()];
        if let Some(reference) = response["$ref"].as_str() {
            response = self.document.pointer(reference.trim_start_matches('#')).unwrap();
        }
        for (name, _) in response["headers"].as_object().into_iter().flatten() {
            let sometimes = ["Idempotent-Replayed", "RateLimit", "RateLimit-Policy"].contains(&name.as_str());
            assert!(sometimes || answer.headers.contains_key(name), "{operation} answers {status} without {name}");
        }
        let Some(content) = response.get("content") else {
            assert_eq!(answer.body, "", "{operation} answers {status} with a body");
            return;
        };
        let kind = answer.header("content-type").split(';').next().unwrap();
        let Some(content) = content.get(kind) else { panic!("{operation} answers {status} with {kind}") };
        if kind.ends_with("json") {
            self.fits(&content["schema"], &answer.json(), &format!("{operation} answers {status}"));
        }
    }

    fn fits(&self, schema: &Value, value: &Value, what: &str) {
        let mut schema = schema.clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{what}, which does not fit its schema: {problems:?}\n{value:#}");
    }

    /// Everything that is described has been answered, and the examples are good ones.
    pub fn finish(self) {
        let reached = self.reached.lock().unwrap();
        let mut missing = Vec::new();
        for operation in self.operations(|_| true) {
            if let Some(body) = operation.body() {
                self.fits(&body["schema"], &body["example"], &format!("{operation} has an example"));
            }
            let statuses = operation.described["responses"].as_object().unwrap().keys();
            for status in statuses.filter_map(|status| status.parse::<u16>().ok()) {
                if !reached.contains(&(operation.id.clone(), status)) {
                    missing.push(format!("{} {status} ({operation})", operation.id));
                }
            }
        }
        assert!(missing.is_empty(), "described, but no call in tests/api was answered so:\n{}", missing.join("\n"));
    }
}

pub fn filled(path: &str, value: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { value } else { part });
    parts.collect::<Vec<_>>().join("/")
}

//! Describes the API as OpenAPI 3.1, from what the routes say about themselves and from the types of bodies and answers.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use shared::edge::Route;
use shared::edge::route::{Access, Doc, Query, Success};

use crate::routes::ROUTES;

/// One operation, without its handler: the function that serves this must not hold all the others.
#[derive(Clone, Copy)]
struct Operation {
    binary: &'static str,
    method: &'static str,
    path: &'static str,
    changes: bool,
    doc: Doc,
}

static OPERATIONS: [Operation; ROUTES.len()] = {
    let mut operations = [Operation::of(&ROUTES[0]); ROUTES.len()];
    let mut at = 1;
    while at < ROUTES.len() {
        operations[at] = Operation::of(&ROUTES[at]);
        at += 1;
    }
    operations
};

impl Operation {
    const fn of((binary, route): &(&'static str, Route)) -> Self {
        Self { binary, method: route.method, path: route.path, changes: route.changes(), doc: route.doc }
    }

    /// The binary's name; of its further routes, with the end of their path.
    fn id(&self) -> String {
        let first = OPERATIONS.iter().find(|other| other.binary == self.binary).map(|first| first.path);
        if first == Some(self.path) {
            return self.binary.to_owned();
        }
        let last = self.path.rsplit('/').next().unwrap_or_default();
        format!("{}-{}", self.binary, last.trim_matches(['{', '}']))
    }
}

/// The document, for an API that is reached at `server`.
pub fn document(server: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator =
        settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    let mut paths = Map::new();
    // A preflight is the browser's, not the caller's.
    for operation in OPERATIONS.iter().filter(|operation| operation.method != "OPTIONS") {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.to_ascii_lowercase()] = described(operation, &mut generator);
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".into(), problem());
    let info = json!({
        "title": "Financial Advisor AI backend",
        "version": env!("CARGO_PKG_VERSION"),
        "description": "An assistant for a financial advisor: answers from mail, calendar and CRM, and acts on them.",
    });
    json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": [{ "url": server }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "Refused, or failed: 5xx are ours or a provider's.",
                "headers": { "X-Correlation-ID": header("string", "The name to find this call by.") },
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
            } },
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "session" },
            },
        },
    })
}

fn tags() -> Vec<Value> {
    let mut tags: Vec<&str> =
        OPERATIONS.iter().map(|operation| operation.doc.tag).filter(|tag| !tag.is_empty()).collect();
    tags.dedup();
    tags.iter().map(|tag| json!({ "name": tag })).collect()
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let doc = &operation.doc;
    let mut described = json!({
        "operationId": operation.id(),
        "tags": [doc.tag],
        "summary": doc.summary,
        "parameters": parameters(operation),
        "responses": responses(operation, generator),
        "security": match doc.access {
            Access::Anyone => json!([]),
            Access::Advisor => json!([{ "session": [] }]),
        },
    });
    if let Some(body) = &doc.body {
        let mut inline = SchemaSettings::draft2020_12()
            .for_deserialize()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator();
        let example: Value = serde_json::from_str(body.example).unwrap_or_default();
        described["requestBody"] = json!({
            "required": body.required,
            "content": { "application/json": { "schema": (body.schema)(&mut inline), "example": example } },
        });
    }
    described
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path =
        in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let mut parameters: Vec<Value> = in_path.chain(operation.doc.query.iter().map(query)).collect();
    if operation.changes && operation.doc.access == Access::Advisor {
        parameters.push(json!({
            "name": "X-Requested-With", "in": "header", "required": true, "schema": { "type": "string" },
            "example": "XMLHttpRequest", "description": "Anything: a form of another site cannot send it.",
        }));
        parameters.push(json!({
            "name": "Origin", "in": "header", "required": true, "schema": { "type": "string" },
            "description": "An allowed one. A browser sends it by itself.",
        }));
    }
    parameters
}

fn query(query: &Query) -> Value {
    let schema = match query.number {
        Some((least, most, default)) => {
            json!({ "type": "integer", "minimum": least, "maximum": most, "default": default })
        }
        None => json!({ "type": "string" }),
    };
    json!({
        "name": query.name, "in": "query", "required": query.required, "description": query.about, "schema": schema,
    })
}

fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut responses = json!({ "default": { "$ref": "#/components/responses/Problem" } });
    for success in operation.doc.successes.iter() {
        let response = &mut responses[success.status.to_string()];
        response["description"] = json!(meaning(success));
        if !success.content_type.is_empty() {
            let schema = success.schema.map(|schema| schema(generator).to_value());
            response["content"][success.content_type]["schema"] = schema.unwrap_or_else(|| json!({ "type": "string" }));
        }
        if success.status == 302 {
            response["headers"]["Location"] = header("string", "Where the browser goes on.");
        }
    }
    for status in refusals(operation) {
        responses[status.to_string()] = json!({ "$ref": "#/components/responses/Problem" });
    }
    responses
}

fn meaning(success: &Success) -> &'static str {
    match success.status {
        201 => "Made.",
        204 => "Done.",
        302 => "The browser is sent on.",
        304 => "What the caller has is what there is.",
        _ => "The answer.",
    }
}

/// Every status an endpoint refuses with: what it says, and what follows from the rest of its description.
fn refusals(operation: &Operation) -> Vec<u16> {
    let doc = &operation.doc;
    let mut statuses = doc.refusals.to_vec();
    if doc.access == Access::Advisor {
        statuses.push(401);
        if operation.changes {
            statuses.push(403);
        }
    }
    if doc.body.is_some() {
        statuses.extend([413, 422]);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn header(kind: &str, about: &str) -> Value {
    json!({ "description": about, "schema": { "type": kind } })
}

/// What `shared::edge::problem` writes.
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457, with the `detail` of the seed's clients.",
        "required": ["type", "title", "status", "detail", "correlation_id"],
        "properties": {
            "type": { "type": "string", "examples": ["not-found"] },
            "title": { "type": "string", "examples": ["Not Found"] },
            "status": { "type": "integer", "examples": [404] },
            "detail": {
                "description": "A sentence; for wrong fields, each of them.",
                "oneOf": [
                    { "type": "string" },
                    { "type": "array", "items": {
                        "type": "object",
                        "required": ["type", "loc", "msg"],
                        "properties": {
                            "type": { "type": "string" },
                            "loc": { "type": "array", "items": { "type": ["string", "integer"] } },
                            "msg": { "type": "string" },
                        },
                    } },
                ],
            },
            "retry_after": { "type": "integer", "description": "Seconds." },
            "correlation_id": { "type": "string" },
        },
    })
}

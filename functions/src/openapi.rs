//! Describes the API as OpenAPI 3.1, from what the routes say about themselves and from the types of bodies and answers.

use std::collections::BTreeSet;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use shared::edge::Route;
use shared::edge::route::{Access, Admission, Doc, Query, Success};

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
        let path = paths.entry(template(operation.path)).or_insert_with(|| json!({}));
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
            "headers": headers(),
            "responses": {
                "Problem": refusal("Refused, or failed: 5xx are ours or a provider's.", &["X-Correlation-ID"]),
                "TooMany": refusal("Too often.", &["X-Correlation-ID", "Retry-After", "RateLimit", "RateLimit-Policy"]),
            },
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "session" },
                "operator": { "type": "http", "scheme": "bearer", "description": "METRICS_TOKEN." },
            },
        },
    })
}

fn headers() -> Value {
    let header = |kind: &str, about: &str| json!({ "description": about, "schema": { "type": kind } });
    json!({
        "X-Correlation-ID": header("string", "The name to find this call by."),
        "Retry-After": header("integer", "Seconds to wait."),
        "RateLimit-Policy": header("string", "What is allowed to this address and this advisor: `\"ip\";q=100;w=60, …`."),
        "RateLimit": header("string", "What is left of it, and in how many seconds it begins anew: `\"ip\";r=99;t=60, …`."),
        "ETag": header("string", "The version of what is shown, for `If-Match`."),
        "Idempotent-Replayed": header("string", "`true` when this was answered before."),
        "Location": header("string", "Where the browser goes on."),
    })
}

fn refusal(about: &str, headers: &[&str]) -> Value {
    json!({
        "description": about,
        "headers": named(headers),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
    })
}

fn named(headers: &[&str]) -> Map<String, Value> {
    let reference = |name: &&str| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }));
    headers.iter().map(reference).collect()
}

/// Each once, in the order of the operations.
fn tags() -> Vec<Value> {
    let mut known = BTreeSet::new();
    let tags = OPERATIONS.iter().map(|operation| operation.doc.tag);
    tags.filter(|tag| !tag.is_empty() && known.insert(*tag)).map(|tag| json!({ "name": tag })).collect()
}

/// OpenAPI has no variable that takes the rest of a path.
pub fn template(path: &str) -> String {
    path.replace("+}", "}")
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
            // Without the token it answers less, or refuses.
            Access::Operator => json!([{ "operator": [] }]),
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
    let path = template(operation.path);
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
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
    if operation.doc.idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "The same key, sent again within a day, gets the first answer again: it is done once.",
        }));
    }
    if operation.doc.versioned && operation.changes {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "schema": { "type": "string" }, "example": "\"3\"",
            "description": "The `ETag` of what is to be changed: 412 if it is another by now.",
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
        response["headers"] = Value::Object(named(&sent_along(&operation.doc, success.status)));
    }
    for status in refusals(operation) {
        let name = if status == 429 { "TooMany" } else { "Problem" };
        responses[status.to_string()] = json!({ "$ref": format!("#/components/responses/{name}") });
    }
    responses
}

/// The headers of an answer that say something about the call.
fn sent_along(doc: &Doc, status: u16) -> Vec<&'static str> {
    let all = [
        ("X-Correlation-ID", true),
        ("RateLimit", doc.admission != Admission::Open),
        ("RateLimit-Policy", doc.admission != Admission::Open),
        ("ETag", doc.versioned && status != 204),
        ("Idempotent-Replayed", doc.idempotent),
        ("Location", status == 302),
    ];
    all.into_iter().filter_map(|(name, sent)| sent.then_some(name)).collect()
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
    if doc.access == Access::Operator {
        statuses.push(401);
    }
    if doc.body.is_some() {
        statuses.extend([413, 422]);
    }
    if doc.idempotent {
        statuses.extend([409, 422]);
    }
    if doc.versioned && operation.changes {
        statuses.push(412);
    }
    if doc.admission != Admission::Open {
        statuses.push(429);
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
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

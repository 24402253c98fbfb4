//! The subset of JSON Schema that strict tools and strict structured answers are held to, with OpenAI's own complaints.

use serde_json::{Map, Value};

/// Levels of objects and arrays within each other.
const MOST_LEVELS: usize = 10;
const NOT_PERMITTED: &str = "allOf oneOf not if then else dependentRequired dependentSchemas patternProperties default \
                             uniqueItems unevaluatedProperties unevaluatedItems propertyNames minProperties \
                             maxProperties contains minContains maxContains";
const FORMATS: &str = "date-time time date duration email hostname ipv4 ipv6 uuid";
const TYPES: &str = "string number integer boolean object array null";

/// What is wrong with a strict schema; none if nothing is.
pub fn flaw(schema: &Value) -> Option<String> {
    let mut check = Check { root: schema, path: Vec::new(), is_strict: true };
    check.schema(schema, 0).err()
}

/// What is wrong even with a schema that need not be strict.
pub fn lax_flaw(schema: &Value) -> Option<String> {
    let mut check = Check { root: schema, path: Vec::new(), is_strict: false };
    check.schema(schema, 0).err()
}

struct Check<'a> {
    root: &'a Value,
    path: Vec<String>,
    is_strict: bool,
}

impl Check<'_> {
    fn refuse(&self, what: &str) -> Result<(), String> {
        let path: Vec<String> = self.path.iter().map(|step| format!("'{step}'")).collect();
        // As Python writes a tuple of one.
        let comma = if path.len() == 1 { "," } else { "" };
        Err(format!("In context=({}{comma}), {what}", path.join(", ")))
    }

    fn below(&mut self, steps: &[&str], schema: &Value, level: usize) -> Result<(), String> {
        self.path.extend(steps.iter().map(|step| (*step).to_owned()));
        self.schema(schema, level)?;
        self.path.truncate(self.path.len() - steps.len());
        Ok(())
    }

    fn schema(&mut self, schema: &Value, level: usize) -> Result<(), String> {
        let Some(fields) = schema.as_object() else { return Ok(()) };
        if self.is_strict {
            self.keywords(fields)?;
        }
        if level > MOST_LEVELS {
            return self.refuse(&format!("{level} levels of nesting exceeds limit of {MOST_LEVELS}."));
        }
        if is(fields, "array") && !fields.contains_key("items") && !fields.contains_key("prefixItems") {
            return self.refuse("array schema missing items.");
        }
        if self.is_strict && is(fields, "object") {
            self.object(fields)?;
        }
        for (name, property) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.below(&["properties", name], property, level + 1)?;
        }
        if let Some(items) = fields.get("items") {
            self.below(&["items"], items, level + 1)?;
        }
        for (at, option) in fields.get("anyOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
            self.below(&["anyOf", &at.to_string()], option, level)?;
        }
        for defs in ["$defs", "definitions"] {
            for (name, definition) in fields.get(defs).and_then(Value::as_object).into_iter().flatten() {
                self.below(&[defs, name], definition, level)?;
            }
        }
        Ok(())
    }

    fn keywords(&self, fields: &Map<String, Value>) -> Result<(), String> {
        if let Some(keyword) = NOT_PERMITTED.split_whitespace().find(|keyword| fields.contains_key(*keyword)) {
            return self.refuse(&format!("'{keyword}' is not permitted."));
        }
        if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
            let beside: Vec<String> =
                fields.keys().filter(|key| *key != "$ref").map(|key| format!("'{key}'")).collect();
            if !beside.is_empty() {
                return self.refuse(&format!("$ref cannot have keywords {{{}}}.", beside.join(", ")));
            }
            let known = target.strip_prefix('#').is_some_and(|pointer| self.root.pointer(pointer).is_some());
            return if known {
                Ok(())
            } else {
                self.refuse("reference can only point to definitions defined at the top level of the schema.")
            };
        }
        if !["type", "anyOf", "enum", "const"].iter().any(|key| fields.contains_key(*key)) {
            return self.refuse("schema must have a 'type' key.");
        }
        for kind in types(fields) {
            if !TYPES.split(' ').any(|known| known == kind) {
                return self.refuse(&format!("'{kind}' is not valid under any of the given schemas."));
            }
        }
        match fields.get("format").and_then(Value::as_str) {
            Some(format) if !FORMATS.split(' ').any(|known| known == format) => {
                self.refuse(&format!("'{format}' is not a valid format."))
            }
            _ => Ok(()),
        }
    }

    fn object(&self, fields: &Map<String, Value>) -> Result<(), String> {
        const REQUIRED: &str =
            "'required' is required to be supplied and to be an array including every key in properties.";
        if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
            return self.refuse("'additionalProperties' is required to be supplied and to be false.");
        }
        let required = fields.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<&str> = required.filter_map(Value::as_str).collect();
        let none = Map::new();
        let properties = fields.get("properties").and_then(Value::as_object).unwrap_or(&none);
        if let Some(missing) = properties.keys().find(|key| !required.contains(&key.as_str())) {
            return self.refuse(&format!("{REQUIRED} Missing '{missing}'."));
        }
        match required.iter().find(|key| !properties.contains_key(**key)) {
            Some(extra) => self.refuse(&format!("{REQUIRED} Extra required key '{extra}' supplied.")),
            None => Ok(()),
        }
    }
}

fn types(fields: &Map<String, Value>) -> Vec<&str> {
    match fields.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(fields: &Map<String, Value>, kind: &str) -> bool {
    types(fields).contains(&kind)
}

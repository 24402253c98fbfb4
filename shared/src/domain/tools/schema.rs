//! JSON Schema as OpenAI's strict mode wants it: every property required, nothing else allowed, no keyword it does not know.

use serde_json::{Map, Value, json};

pub fn strict(schema: Value) -> Value {
    match schema {
        Value::Object(object) => Value::Object(strict_object(object)),
        other => other,
    }
}

fn strict_object(mut object: Map<String, Value>) -> Map<String, Value> {
    for keyword in ["$schema", "title", "format", "default", "minimum", "maximum"] {
        object.remove(keyword);
    }
    if let Some(Value::Object(properties)) = object.remove("properties") {
        let required: Vec<String> = properties.keys().cloned().collect();
        let properties: Map<String, Value> =
            properties.into_iter().map(|(name, value)| (name, strict(value))).collect();
        object.insert("properties".into(), Value::Object(properties));
        object.insert("required".into(), json!(required));
        object.insert("additionalProperties".into(), json!(false));
    }
    if let Some(items) = object.remove("items") {
        object.insert("items".into(), strict(items));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_optional_is_required_and_may_be_null() {
        let schema = crate::domain::tools::TOOLS[0].schema;

        let schema = schema();

        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["required"].as_array().unwrap().len(), schema["properties"].as_object().unwrap().len());
        assert_eq!(schema["properties"]["query"]["type"], json!(["string", "null"]));
        assert!(schema.get("$schema").is_none());
    }
}

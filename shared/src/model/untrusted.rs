//! JSON that somebody else wrote.

use serde_json::{Map, Value};

/// The one character the database can keep in no text, as JSON spells it.
const NUL: &[u8] = b"\\u0000";

/// Reads JSON. Its texts come without NUL, which nobody means and which would fail where they are kept, far from here.
pub fn json(json: &[u8]) -> serde_json::Result<Value> {
    let value = serde_json::from_slice(json)?;
    Ok(if may_hold_nul(json) { without_nul(value) } else { value })
}

/// Whether it is worth a look.
pub fn may_hold_nul(json: &[u8]) -> bool {
    json.windows(NUL.len()).any(|part| part == NUL)
}

pub fn without_nul(value: Value) -> Value {
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "") } else { text };
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nul).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (clean(name), without_nul(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn nothing_but_nul_is_left_out() {
        let text = br#"{"a\u0000b": ["x\u0000", {"c": "\u0000"}], "d": "\\u0000", "e": 1, "f": null}"#;
        assert_eq!(super::json(text).unwrap(), json!({ "ab": ["x", { "c": "" }], "d": "\\u0000", "e": 1, "f": null }));
    }
}

//! Partial responses: the `fields` parameter, such as `items(id,start/dateTime),nextPageToken`.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What is kept below one name; no children keep everything.
#[derive(Clone, Default)]
struct Mask(Vec<(String, Mask)>);

pub(super) fn select(value: &Value, mask: &str) -> Result<Value, Refusal> {
    let mut chars = mask.chars().peekable();
    let parsed = list(&mut chars);
    if chars.next().is_some() || parsed.0.is_empty() {
        return Err(Refusal::invalid(format!("Invalid field selection {mask}")).at("parameter", "fields"));
    }
    Ok(keep(value, &parsed))
}

fn list(chars: &mut Peekable<Chars<'_>>) -> Mask {
    let mut mask = Mask::default();
    loop {
        let Some(entry) = path(chars) else { return mask };
        mask.0.push(entry);
        if chars.next_if_eq(&',').is_none() {
            return mask;
        }
    }
}

fn path(chars: &mut Peekable<Chars<'_>>) -> Option<(String, Mask)> {
    let mut name = String::new();
    while let Some(letter) = chars.next_if(|letter| !matches!(letter, ',' | '/' | '(' | ')')) {
        name.push(letter);
    }
    let name = name.trim().to_owned();
    if name.is_empty() {
        return None;
    }
    if chars.next_if_eq(&'/').is_some() {
        return path(chars).map(|below| (name, Mask(vec![below])));
    }
    if chars.next_if_eq(&'(').is_some() {
        let below = list(chars);
        chars.next_if_eq(&')')?;
        return Some((name, below));
    }
    Some((name, Mask::default()))
}

fn keep(value: &Value, mask: &Mask) -> Value {
    if mask.0.is_empty() {
        return value.clone();
    }
    match value {
        Value::Array(items) => items.iter().map(|item| keep(item, mask)).collect(),
        Value::Object(map) => {
            let mut kept = Map::new();
            for (name, item) in map {
                let named: Vec<_> = mask.0.iter().filter(|(wanted, _)| wanted == name || wanted == "*").collect();
                if !named.is_empty() {
                    kept.insert(name.clone(), keep(item, &union(&named)));
                }
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

/// `a/b,a/c` names `a` twice.
fn union(named: &[&(String, Mask)]) -> Mask {
    if named.iter().any(|(_, below)| below.0.is_empty()) {
        return Mask::default();
    }
    Mask(named.iter().flat_map(|(_, below)| below.0.clone()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keeps_what_the_mask_names() {
        let value = json!({ "items": [{ "id": "1", "start": { "date": "d", "zone": "z" }, "x": 1 }], "next": "n" });
        let kept = select(&value, "items(id,start/date)").unwrap();
        assert_eq!(kept, json!({ "items": [{ "id": "1", "start": { "date": "d" } }] }));
        assert_eq!(select(&value, "next").unwrap(), json!({ "next": "n" }));
        assert_eq!(select(&value, "*").unwrap(), value);
        assert_eq!(select(&value, "items/id,items/x").unwrap(), json!({ "items": [{ "id": "1", "x": 1 }] }));
        assert!(select(&value, "items(id").is_err());
    }
}

//! The operators of a search, each on one record.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Deserialize;

use super::kind::Kind;
use super::portal::{Portal, Record};
use super::refusal::Refusal;
use super::schema::{self, Definition};

/// A filter as a request writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    property_name: String,
    operator: Operator,
    value: Option<String>,
    high_value: Option<String>,
    values: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operator {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
    Between,
    In,
    NotIn,
    HasProperty,
    NotHasProperty,
    ContainsToken,
    NotContainsToken,
}

/// A filter that was checked against the portal.
pub struct Test {
    subject: Subject,
    operator: Operator,
    value: String,
    high: String,
    values: Vec<String>,
}

enum Subject {
    Property(Definition),
    /// The pseudo-property `associations.{type}`.
    Associated(Kind),
}

/// A value that can be compared.
#[derive(PartialEq, PartialOrd)]
enum Comparable {
    Number(f64),
    Text(String),
}

impl Filter {
    /// # Errors
    /// 400 when there is no such property, or the operator lacks its value.
    pub fn prepare(&self, portal: &Portal, kind: Kind) -> Result<Test, Refusal> {
        let name = self.property_name.as_str();
        let subject = if let Some(other) = name.strip_prefix("associations.") {
            Subject::Associated(Kind::parse(other)?)
        } else {
            Subject::Property(definition(portal, kind, name)?)
        };
        let lacks = |what: &str| Refusal::invalid(format!("The filter on {name} needs {what}."));
        let needs_value =
            !matches!(self.operator, Operator::In | Operator::NotIn | Operator::HasProperty | Operator::NotHasProperty);
        if needs_value && self.value.is_none() {
            return Err(lacks("a value"));
        }
        if self.operator == Operator::Between && self.high_value.is_none() {
            return Err(lacks("a highValue"));
        }
        if matches!(self.operator, Operator::In | Operator::NotIn) && self.values.as_ref().is_none_or(Vec::is_empty) {
            return Err(lacks("values"));
        }
        Ok(Test {
            subject,
            operator: self.operator,
            value: self.value.clone().unwrap_or_default(),
            high: self.high_value.clone().unwrap_or_default(),
            values: self.values.clone().unwrap_or_default(),
        })
    }
}

fn definition(portal: &Portal, kind: Kind, name: &str) -> Result<Definition, Refusal> {
    portal.definition(kind, name).ok_or_else(|| {
        Refusal::invalid(format!("There was a problem with the request: Property \"{name}\" does not exist"))
    })
}

impl Test {
    pub fn holds(&self, portal: &Portal, record: &Record, at: Timestamp) -> bool {
        match &self.subject {
            Subject::Property(definition) => self.holds_for(definition, record.value_at(&definition.name, at)),
            Subject::Associated(other) => {
                let ids: Vec<_> = portal
                    .links
                    .iter()
                    .filter(|link| link.from.1 == record.id && link.to.0 == *other)
                    .filter(|link| portal.records.get(&link.from.0).is_some_and(|all| all.contains_key(&record.id)))
                    .map(|link| link.to.1.to_string())
                    .collect();
                match self.operator {
                    Operator::Eq => ids.contains(&self.value),
                    Operator::Neq => !ids.contains(&self.value),
                    Operator::In => self.values.iter().any(|value| ids.contains(value)),
                    Operator::NotIn => !self.values.iter().any(|value| ids.contains(value)),
                    Operator::HasProperty => !ids.is_empty(),
                    Operator::NotHasProperty => ids.is_empty(),
                    _ => false,
                }
            }
        }
    }

    fn holds_for(&self, definition: &Definition, value: Option<&str>) -> bool {
        let Some(value) = value else {
            // A record without the value is found by the negations only.
            return matches!(
                self.operator,
                Operator::Neq | Operator::NotIn | Operator::NotHasProperty | Operator::NotContainsToken
            );
        };
        let order = |other: &str| comparable(definition, value).partial_cmp(&comparable(definition, other));
        match self.operator {
            Operator::Eq => order(&self.value) == Some(Ordering::Equal),
            Operator::Neq => order(&self.value) != Some(Ordering::Equal),
            Operator::Lt => order(&self.value) == Some(Ordering::Less),
            Operator::Lte => matches!(order(&self.value), Some(Ordering::Less | Ordering::Equal)),
            Operator::Gt => order(&self.value) == Some(Ordering::Greater),
            Operator::Gte => matches!(order(&self.value), Some(Ordering::Greater | Ordering::Equal)),
            Operator::Between => {
                matches!(order(&self.value), Some(Ordering::Greater | Ordering::Equal))
                    && matches!(order(&self.high), Some(Ordering::Less | Ordering::Equal))
            }
            Operator::In => self.values.iter().any(|other| is_listed(definition, value, other)),
            Operator::NotIn => !self.values.iter().any(|other| is_listed(definition, value, other)),
            Operator::HasProperty => true,
            Operator::NotHasProperty => false,
            Operator::ContainsToken => contains(value, &self.value),
            Operator::NotContainsToken => !contains(value, &self.value),
        }
    }
}

/// For text, the values of `IN` must be written in lower case to match; enumerations compare as they are.
fn is_listed(definition: &Definition, value: &str, listed: &str) -> bool {
    match definition.value_type.as_str() {
        "enumeration" => value == listed,
        "string" => value.to_lowercase() == listed,
        _ => comparable(definition, value) == comparable(definition, listed),
    }
}

fn comparable(definition: &Definition, value: &str) -> Comparable {
    let number = match definition.value_type.as_str() {
        "number" => value.trim().parse().ok(),
        // Milliseconds since 1970 stay exact in a double.
        "date" | "datetime" => schema::instant(value).map(|instant| instant.as_millisecond() as f64),
        _ => None,
    };
    match number {
        Some(number) => Comparable::Number(number),
        None if definition.value_type == "enumeration" => Comparable::Text(value.to_owned()),
        None => Comparable::Text(value.to_lowercase()),
    }
}

/// The words of a text, in lower case.
pub fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a text has every word of the value; `*` in the value stands for any letters.
fn contains(text: &str, value: &str) -> bool {
    if value.contains('*') {
        let (text, pattern) = (text.to_lowercase(), value.to_lowercase());
        return like(&text, &pattern) || text.split_whitespace().any(|word| like(word, &pattern));
    }
    let have = tokens(text);
    let want = tokens(value);
    !want.is_empty() && want.iter().all(|word| have.contains(word))
}

/// Whether the text is the pattern, with anything for each `*`.
fn like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether every word of a query begins a word of what is searched by default.
pub fn mentions(kind: Kind, record: &Record, words: &[String], at: Timestamp) -> bool {
    if words.is_empty() {
        return true;
    }
    let values = schema::searchable(kind).iter().filter_map(|name| record.value_at(name, at));
    let have: Vec<_> = values.flat_map(tokens).collect();
    words.iter().all(|word| have.iter().any(|known| known.starts_with(word.as_str())))
}

/// How results are ordered; without one, by id.
pub struct Order {
    definition: Definition,
    descending: bool,
}

impl Order {
    pub fn new(portal: &Portal, kind: Kind, name: &str, descending: bool) -> Result<Self, Refusal> {
        Ok(Self { definition: definition(portal, kind, name)?, descending })
    }

    /// Records without the value come last.
    pub fn sort(&self, records: &mut [&Record], at: Timestamp) {
        records.sort_by(|a, b| {
            let value = |record: &Record| {
                let value = record.value_at(&self.definition.name, at)?;
                Some(comparable(&self.definition, value))
            };
            match (value(a), value(b)) {
                (Some(a), Some(b)) => {
                    let order = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
                    if self.descending { order.reverse() } else { order }
                }
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            }
        });
    }
}

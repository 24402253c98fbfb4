//! Filling in a form: a tool that has to be called, and whose schema is made of choices, lists and texts. A standing
//! instruction is read as "when …, do …": what sets it off is matched with the choices' own names, each thing to do with the
//! alternatives, and texts are composed of what is to be said and the placeholders the tool's description offers.

mod clauses;
mod names;
mod text;

use serde_json::{Map, Value, json};

use self::clauses::{Instruction, Matter};
use self::names::{says, tokens};
use super::super::script::Reply;
use super::super::turn::Tool;
use super::super::words::{is_common, stem, words};
use super::passage::Passage;

/// Whether a tool is a form rather than a deed with plain arguments.
pub fn is_form(tool: &Tool) -> bool {
    properties(&tool.parameters)
        .any(|(_, schema)| schema["items"]["type"] == "object" || !schema["items"]["anyOf"].is_null())
}

/// Whether it asks for nothing but yes or no.
pub fn is_verdict(tool: &Tool) -> bool {
    let mut properties = properties(&tool.parameters).peekable();
    properties.peek().is_some() && properties.all(|(_, schema)| schema["type"] == "boolean")
}

/// Yes, if most of what the question is about stands in what it is about.
pub fn verdict(tool: &Tool, question: &str, passages: &[Passage]) -> Reply {
    let read: Vec<String> = passages
        .iter()
        .flat_map(|passage| passage.lines.iter().chain(passage.header.iter().map(|(_, value)| value)))
        .flat_map(|text| words(text))
        .map(|word| stem(&word))
        .collect();
    let asked: Vec<String> =
        words(question).into_iter().filter(|word| !is_common(word)).map(|word| stem(&word)).collect();
    let there = asked.iter().filter(|word| read.contains(word)).count();
    let yes = !asked.is_empty() && there * 2 >= asked.len();
    let answers: Map<String, Value> =
        properties(&tool.parameters).map(|(name, _)| (name.clone(), json!(yes))).collect();
    Reply::call(tool.name.clone(), Value::Object(answers))
}

pub fn fill(tool: &Tool, instruction: &str) -> Reply {
    let instruction = instruction.strip_prefix("Instruction:").unwrap_or(instruction).trim();
    let mut form =
        Form { instruction: Instruction::read(instruction), event: String::new(), offer: tool.description.clone() };
    // What sets it off comes first: the rest depends on it.
    for (_, schema) in properties(&tool.parameters) {
        if let Some(options) = choices(schema) {
            form.event = names::best(&options, &form.instruction.when).unwrap_or_default();
        }
    }
    let filled: Map<String, Value> =
        properties(&tool.parameters).map(|(name, schema)| (name.clone(), form.top(name, schema))).collect();
    Reply::call(tool.name.clone(), Value::Object(filled))
}

struct Form {
    instruction: Instruction,
    /// The choice that sets it off.
    event: String,
    /// The tool's description, which offers placeholders.
    offer: String,
}

impl Form {
    fn top(&self, name: &str, schema: &Value) -> Value {
        if choices(schema).is_some() {
            return json!(self.event);
        }
        let items = &schema["items"];
        if let Some(alternatives) = items["anyOf"].as_array() {
            return Value::Array(self.instruction.deeds.iter().map(|deed| self.deed(alternatives, deed)).collect());
        }
        if items["type"] == "object" {
            return Value::Array(self.conditions(items));
        }
        if tokens(name).iter().any(|token| token == "max" || token == "most") {
            return self.instruction.times.map_or(Value::Null, |times| json!(times));
        }
        empty(schema)
    }

    /// Those of a list of facts that the instruction speaks of.
    fn conditions(&self, item: &Value) -> Vec<Value> {
        let Some(options) = properties(item).find_map(|(_, schema)| choices(schema)) else { return Vec::new() };
        let said = options.iter().filter(|option| names::is_about(option, &self.event)).filter_map(|option| {
            let (negated, value) = clauses::fact(&tokens(option), &self.instruction.when)?;
            Some((option, negated, value))
        });
        let filled = said.map(|(option, negated, value)| {
            let fields = properties(item).map(|(name, schema)| {
                let field = match (choices(schema).is_some(), schema["type"].as_str()) {
                    (true, _) => json!(option),
                    (false, Some("boolean")) => json!(negated),
                    (false, _) => value.as_ref().map_or(Value::Null, |value| json!(value)),
                };
                (name.clone(), field)
            });
            Value::Object(fields.collect())
        });
        filled.collect()
    }

    /// The alternative whose name says what is to be done; the one that takes an instruction, when none does.
    fn deed(&self, alternatives: &[Value], deed: &str) -> Value {
        let named: Vec<(String, &Value)> =
            alternatives.iter().filter_map(|alternative| Some((kind(alternative)?, alternative))).collect();
        let options: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let chosen = clauses::alternative(&options, deed);
        let by_words = || named.iter().find(|(_, schema)| properties(schema).any(|(name, _)| name == "instruction"));
        let chosen = chosen.and_then(|name| named.iter().find(|(known, _)| *known == name)).or_else(by_words);
        let Some((name, schema)) = chosen else { return Value::Null };
        let matter = Matter::of(deed);
        let to = properties(schema).find_map(|(_, schema)| self.whom(schema, deed)).unwrap_or_default();
        let fields = properties(schema)
            .map(|(field, schema)| (field.clone(), self.field(field, schema, name, deed, &matter, &to)));
        Value::Object(fields.collect())
    }

    fn field(&self, field: &str, schema: &Value, kind: &str, deed: &str, matter: &Matter, to: &str) -> Value {
        if schema["enum"].as_array().is_some_and(|options| options.len() == 1) {
            return json!(kind);
        }
        if let Some(options) = choices(schema) {
            let named = options.iter().find(|option| words(deed).contains(option));
            return match self.whom(schema, deed) {
                Some(whom) => json!(whom),
                None => json!(named.or(options.get(options.len() / 2))),
            };
        }
        if schema["type"] == "array" {
            let wanted = tokens(to).iter().any(|token| token.starts_with("address"));
            return json!(if wanted { clauses::addresses(deed) } else { Vec::new() });
        }
        if schema["type"] == "boolean" {
            return json!(
                says(deed, field)
                    && ["reply", "respond", "answer", "back"]
                        .iter()
                        .any(|word| words(deed).contains(&(*word).to_owned()))
            );
        }
        let is_optional = schema["type"].as_array().is_some();
        if is_optional && !says(deed, field) {
            return Value::Null;
        }
        json!(text::compose(field, deed, matter, to, &text::Offer::of(&self.offer, &self.event)))
    }

    /// Who is meant, of a choice of people.
    fn whom(&self, schema: &Value, deed: &str) -> Option<String> {
        let options = choices(schema)?;
        let has = |part: &str| options.iter().find(|option| option.contains(part)).cloned();
        let is_people = ["sender", "contact", "attendee"].iter().any(|person| has(person).is_some());
        if !is_people {
            return None;
        }
        if !clauses::addresses(deed).is_empty()
            && let Some(addresses) = has("address")
        {
            return Some(addresses);
        }
        let own = names::subject(&self.event);
        let spoken = ["attendee", "sender"].into_iter().find(|person| says(deed, person)).and_then(has);
        spoken.or_else(|| has(own)).or_else(|| options.first().cloned())
    }
}

/// The options of a choice; one alone is no choice.
fn choices(schema: &Value) -> Option<Vec<String>> {
    let options = schema["enum"].as_array()?;
    (options.len() > 1).then(|| options.iter().filter_map(|option| option.as_str().map(str::to_owned)).collect())
}

/// The name of an alternative: the only option of one of its properties.
fn kind(alternative: &Value) -> Option<String> {
    properties(alternative).find_map(|(_, schema)| match schema["enum"].as_array()?.as_slice() {
        [only] => only.as_str().map(str::to_owned),
        _ => None,
    })
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn empty(schema: &Value) -> Value {
    let nullable = schema["type"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "null"));
    match schema["type"].as_str() {
        _ if nullable => Value::Null,
        Some("array") => json!([]),
        Some("boolean") => json!(false),
        Some("integer" | "number") => json!(1),
        Some("object") => json!({}),
        _ => json!(""),
    }
}

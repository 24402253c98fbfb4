//! `POST /v1/embeddings`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::request::{Body, parse};
use super::vector::{self, shorten};
use super::{Shared, tokens};

const MOST_INPUTS: usize = 2048;
const MOST_TOKENS_EACH: usize = 8192;
const MOST_TOKENS: usize = 300_000;

pub async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let body = parse(&body)?;
    let model = body.model()?;
    let dimensions = dimensions(&body, model)?;
    let base64 = match body.0.get("encoding_format").and_then(Value::as_str) {
        None | Some("float") => false,
        Some("base64") => true,
        Some(other) => {
            let message = format!("Invalid value: '{other}'. Supported values are: 'float' and 'base64'.");
            return Err(Refusal::invalid(message).about("encoding_format").coded("invalid_value"));
        }
    };
    let inputs = inputs(body.0.get("input"))?;
    let tokens = count(&inputs)?;
    shared.limits.charge(shared.control.clock.now(), tokens)?;

    let texts: Vec<String> = inputs.into_iter().map(|input| input.text).collect();
    let vectors = shared.embeddings.embed(&texts).await;
    let data: Vec<Value> = (0..)
        .zip(&vectors)
        .map(|(index, vector): (usize, _)| {
            let vector = shorten(vector, dimensions);
            let embedding = if base64 {
                json!(STANDARD.encode(vector.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()))
            } else {
                json!(vector)
            };
            json!({ "object": "embedding", "index": index, "embedding": embedding })
        })
        .collect();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Ok(Json(json!({ "object": "list", "data": data, "model": model, "usage": usage })))
}

/// How many numbers are asked for; only the third generation can be shortened.
fn dimensions(body: &Body, model: &str) -> Result<usize, Refusal> {
    let natural = match model {
        "text-embedding-3-small" | "text-embedding-ada-002" => vector::WIDTH,
        "text-embedding-3-large" => 2 * vector::WIDTH,
        _ => return Err(Refusal::no_such_model(model)),
    };
    let Some(asked) = body.integer("dimensions", 1)? else { return Ok(natural) };
    if model == "text-embedding-ada-002" {
        return Err(Refusal::invalid("This model does not support specifying dimensions.").about("dimensions"));
    }
    if asked > natural {
        let message = format!("Invalid value for 'dimensions' = {asked}. Must be less than or equal to {natural}.");
        return Err(Refusal::invalid(message).about("dimensions"));
    }
    Ok(asked)
}

struct Input {
    text: String,
    tokens: usize,
}

/// The four shapes an input can have. Token ids are embedded as if they were words: their vocabulary is not here.
fn inputs(input: Option<&Value>) -> Result<Vec<Input>, Refusal> {
    let input = input.ok_or_else(|| Refusal::missing("input"))?;
    let ids = |ids: &[Value]| {
        let words: Option<Vec<String>> = ids.iter().map(|id| Some(id.as_u64()?.to_string())).collect();
        words.map(|words| Input { tokens: words.len(), text: words.join(" ") })
    };
    let all = match input {
        Value::String(_) => vec![input],
        Value::Array(items) if items.first().is_some_and(Value::is_number) => {
            let whole = ids(items).ok_or_else(|| Refusal::wrong_type("input", "an array of token ids", input))?;
            return Ok(vec![whole]);
        }
        Value::Array(items) if items.len() > MOST_INPUTS => {
            let message =
                format!("Invalid 'input': array too long. Expected at most {MOST_INPUTS} items, got {}.", items.len());
            return Err(Refusal::invalid(message).about("input").coded("array_above_max_length"));
        }
        Value::Array(items) => items.iter().collect(),
        other => return Err(Refusal::wrong_type("input", "a string or an array", other)),
    };
    all.into_iter()
        .enumerate()
        .map(|(index, item)| {
            let read = match item {
                Value::String(text) => Some(Input { tokens: tokens::count(text), text: text.clone() }),
                Value::Array(items) => ids(items),
                _ => None,
            };
            read.ok_or_else(|| {
                Refusal::wrong_type(&format!("input[{index}]"), "a string or an array of token ids", item)
            })
        })
        .collect()
}

fn count(inputs: &[Input]) -> Result<usize, Refusal> {
    if inputs.is_empty() || inputs.iter().any(|input| input.text.is_empty()) {
        return Err(Refusal::invalid("Invalid 'input': input cannot be an empty string.").about("input"));
    }
    if let Some(long) = inputs.iter().find(|input| input.tokens > MOST_TOKENS_EACH) {
        let message = format!(
            "This model's maximum context length is {MOST_TOKENS_EACH} tokens, however you requested {} tokens. \
             Please reduce your prompt.",
            long.tokens
        );
        return Err(Refusal::invalid(message).coded("context_length_exceeded"));
    }
    let sum = inputs.iter().map(|input| input.tokens).sum();
    if sum > MOST_TOKENS {
        let message = format!("Requested {sum} tokens, max {MOST_TOKENS} tokens per request");
        let mut refusal = Refusal::invalid(message).coded("max_tokens_per_request");
        "max_tokens_per_request".clone_into(&mut refusal.kind);
        return Err(refusal);
    }
    Ok(sum)
}

//! From a Responses request to a [`Turn`], with the checks OpenAI makes.

use serde_json::Value;

use crate::openai::refusal::Refusal;
use crate::openai::request::Body;
use crate::openai::turn::{Call, Message, Turn};
use crate::openai::{format, models, params, tokens, tools};

/// OpenAI's own minimum.
const LEAST_OUTPUT: u64 = 16;

pub fn turn(body: &Body) -> Result<Turn, Refusal> {
    let model = body.model()?;
    models::check_chat(model, "v1/responses")?;
    params::check_responses(body, model)?;
    refuse_unsupported(body)?;
    let tools = tools::read(body, false)?;
    let mut messages = Vec::new();
    if let Some(instructions) = body.0.get("instructions").and_then(Value::as_str) {
        messages.push(Message::System(instructions.to_owned()));
    }
    let input = body.0.get("input").ok_or_else(|| Refusal::missing("input"))?;
    match input {
        Value::String(text) => messages.push(Message::User(text.clone())),
        Value::Array(items) => {
            for (index, each) in items.iter().enumerate() {
                push(&mut messages, each, &format!("input[{index}]"))?;
            }
        }
        other => return Err(Refusal::wrong_type("input", "a string or an array of input items", other)),
    }
    check_results(&messages)?;

    let (choice, tools) = tools::choice(body, tools)?;
    let tokens = tokens::count(&input.to_string());
    models::check_window(tokens, "input")?;
    Ok(Turn {
        model: model.to_owned(),
        choice,
        tools,
        messages,
        parallel: body.flag("parallel_tool_calls", true)?,
        most_tokens: body.integer("max_output_tokens", LEAST_OUTPUT)?,
        format: format::of_responses(body)?,
        tokens,
    })
}

fn refuse_unsupported(body: &Body) -> Result<(), Refusal> {
    for param in ["previous_response_id", "conversation"] {
        if body.0.get(param).is_some_and(|value| !value.is_null()) {
            let text = "Responses are not stored here: send the whole conversation as 'input'.";
            return Err(Refusal::invalid(text).about(param).coded("unsupported_parameter"));
        }
    }
    if body.flag("background", false)? {
        let text = "Unsupported parameter: 'background' is not supported with this model.";
        return Err(Refusal::invalid(text).about("background").coded("unsupported_parameter"));
    }
    Ok(())
}

fn push(messages: &mut Vec<Message>, item: &Value, at: &str) -> Result<(), Refusal> {
    let field = |name: &str| {
        let text = item[name].as_str().map(str::to_owned);
        text.ok_or_else(|| Refusal::missing(&format!("{at}.{name}")))
    };
    match item["type"].as_str().unwrap_or("message") {
        "message" => {
            let text = text(&item["content"], &format!("{at}.content"))?;
            match field("role")?.as_str() {
                "system" | "developer" => messages.push(Message::System(text)),
                "user" => messages.push(Message::User(text)),
                "assistant" => messages.push(Message::Assistant { text, calls: Vec::new() }),
                other => {
                    let message = format!(
                        "Invalid value: '{other}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."
                    );
                    return Err(Refusal::invalid(message).about(at).coded("invalid_value"));
                }
            }
        }
        "function_call" => {
            let call = Call { id: field("call_id")?, name: field("name")?, arguments: field("arguments")? };
            // Calls made at once are separate items here and one message there.
            match messages.last_mut() {
                Some(Message::Assistant { calls, .. }) => calls.push(call),
                _ => messages.push(Message::Assistant { text: String::new(), calls: vec![call] }),
            }
        }
        "function_call_output" => {
            let text = text(&item["output"], &format!("{at}.output"))?;
            messages.push(Message::ToolResult { call_id: field("call_id")?, text });
        }
        // Handed back by clients that keep whole turns; there is nothing in them to read.
        "reasoning" => {}
        other => {
            let message = format!("Invalid value: '{other}'. This model reads messages and function calls only.");
            return Err(Refusal::invalid(message).about(at).coded("invalid_value"));
        }
    }
    Ok(())
}

fn text(content: &Value, at: &str) -> Result<String, Refusal> {
    match content {
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => {
            let part = |part: &Value| match part["type"].as_str() {
                Some("input_text" | "output_text" | "text") => part["text"].as_str().map(str::to_owned),
                Some("refusal") => part["refusal"].as_str().map(str::to_owned),
                _ => None,
            };
            let whole: Option<String> = parts.iter().map(part).collect();
            whole.ok_or_else(|| Refusal::invalid("Invalid content type. This model reads text only.").about(at))
        }
        other => Err(Refusal::wrong_type(at, "a string or an array of objects", other)),
    }
}

/// Every call has its output and every output its call.
fn check_results(messages: &[Message]) -> Result<(), Refusal> {
    let called = messages.iter().flat_map(|message| match message {
        Message::Assistant { calls, .. } => calls.as_slice(),
        _ => &[],
    });
    let called: Vec<&str> = called.map(|call| call.id.as_str()).collect();
    let answered = messages.iter().filter_map(|message| match message {
        Message::ToolResult { call_id, .. } => Some(call_id.as_str()),
        _ => None,
    });
    let answered: Vec<&str> = answered.collect();
    if let Some(id) = called.iter().find(|id| !answered.contains(id)) {
        return Err(Refusal::invalid(format!("No tool output found for function call {id}.")).about("input"));
    }
    if let Some(id) = answered.iter().find(|id| !called.contains(id)) {
        let text = format!("No tool call found for function call output with call_id {id}.");
        return Err(Refusal::invalid(text).about("input"));
    }
    Ok(())
}

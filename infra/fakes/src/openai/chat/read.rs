//! From a Chat Completions request to a [`Turn`], with the checks OpenAI makes.

use serde_json::Value;

use crate::openai::models;
use crate::openai::refusal::Refusal;
use crate::openai::request::Body;
use crate::openai::turn::{Call, Message, Turn};
use crate::openai::{format, params, tokens, tools};

pub fn turn(body: &Body) -> Result<Turn, Refusal> {
    let model = body.model()?;
    models::check_chat(model, "v1/chat/completions")?;
    let items = match body.0.get("messages") {
        None => return Err(Refusal::missing("messages")),
        Some(_) => body.array("messages")?,
    };
    if items.is_empty() {
        let message =
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
        return Err(Refusal::invalid(message).about("messages").coded("empty_array"));
    }
    let tools = tools::read(body, true)?;
    check_effort(body, model, !tools.is_empty())?;
    params::check_chat(body, model)?;
    refuse_unsupported(body)?;
    let messages = items.iter().enumerate().map(|(index, item)| message(item, index)).collect::<Result<Vec<_>, _>>()?;
    check_results(&messages)?;

    let most_tokens = match body.integer("max_completion_tokens", 1)? {
        Some(most) => Some(most),
        None => body.integer("max_tokens", 1)?,
    };
    let (choice, tools) = tools::choice(body, tools)?;
    let tokens = tokens::count(&Value::from(items).to_string());
    models::check_window(tokens, "messages")?;
    Ok(Turn {
        model: model.to_owned(),
        choice,
        tools,
        messages,
        parallel: body.flag("parallel_tool_calls", true)?,
        most_tokens,
        format: format::of_chat(body)?,
        tokens,
    })
}

/// Newer models take function tools here only without reasoning, and reason unless told not to.
fn check_effort(body: &Body, model: &str, with_tools: bool) -> Result<(), Refusal> {
    let effort = body.0.get("reasoning_effort").and_then(Value::as_str);
    if with_tools && models::needs_responses_for_tools(model) && effort != Some("none") {
        let message = format!(
            "Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To use function \
             tools, use /v1/responses or set reasoning_effort to 'none'."
        );
        return Err(Refusal::invalid(message).about("reasoning_effort"));
    }
    if models::reasons(model) && body.0.get("max_tokens").is_some_and(|most| !most.is_null()) {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return Err(Refusal::invalid(message).about("max_tokens").coded("unsupported_parameter"));
    }
    Ok(())
}

/// What the stand-in cannot do it refuses, so that nobody takes silence for an answer.
fn refuse_unsupported(body: &Body) -> Result<(), Refusal> {
    let refuse = |param: &str| {
        let message = format!("Unsupported parameter: '{param}' is not supported with this model.");
        Err(Refusal::invalid(message).about(param).coded("unsupported_parameter"))
    };
    if body.integer("n", 1)?.is_some_and(|n| n > 1) {
        return refuse("n");
    }
    Ok(())
}

fn message(item: &Value, index: usize) -> Result<Message, Refusal> {
    let at = format!("messages[{index}]");
    if !item.is_object() {
        return Err(Refusal::wrong_type(&at, "an object", item));
    }
    let role = item["role"].as_str().ok_or_else(|| Refusal::missing(&format!("{at}.role")))?;
    let content = format!("{at}.content");
    let text = |required: bool| match &item["content"] {
        Value::Null if required => Err(Refusal::wrong_type(&content, "a string", &Value::Null)),
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(parts) => parts.iter().map(|part| part_text(part, &content)).collect::<Result<String, _>>(),
        other => Err(Refusal::wrong_type(&content, "a string or an array of objects", other)),
    };
    match role {
        "system" | "developer" => Ok(Message::System(text(true)?)),
        "user" => Ok(Message::User(text(true)?)),
        "assistant" => {
            let calls = calls(&item["tool_calls"], &at)?;
            Ok(Message::Assistant { text: text(calls.is_empty() && item["refusal"].is_null())?, calls })
        }
        "tool" => {
            let param = format!("{at}.tool_call_id");
            let call_id = item["tool_call_id"].as_str().ok_or_else(|| Refusal::missing(&param))?.to_owned();
            Ok(Message::ToolResult { call_id, text: text(true)? })
        }
        other => {
            let message = format!(
                "Invalid value: '{other}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
            );
            Err(Refusal::invalid(message).about(format!("{at}.role")).coded("invalid_value"))
        }
    }
}

fn part_text(part: &Value, at: &str) -> Result<String, Refusal> {
    match (part["type"].as_str(), part["text"].as_str(), part["refusal"].as_str()) {
        (Some("text"), Some(text), _) | (Some("refusal"), _, Some(text)) => Ok(text.to_owned()),
        _ => Err(Refusal::invalid("Invalid content type. This model reads text only.").about(at)),
    }
}

fn calls(calls: &Value, at: &str) -> Result<Vec<Call>, Refusal> {
    let Some(calls) = calls.as_array() else { return Ok(Vec::new()) };
    let text = |value: &Value, param: String| value.as_str().map(str::to_owned).ok_or_else(|| Refusal::missing(&param));
    calls
        .iter()
        .enumerate()
        .map(|(n, call)| {
            let at = format!("{at}.tool_calls[{n}]");
            Ok(Call {
                id: text(&call["id"], format!("{at}.id"))?,
                name: text(&call["function"]["name"], format!("{at}.function.name"))?,
                arguments: text(&call["function"]["arguments"], format!("{at}.function.arguments"))?,
            })
        })
        .collect()
}

/// Every call must be answered by the messages right after it, and every result must answer a call.
fn check_results(messages: &[Message]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let param = format!("messages.[{index}].role");
        if let Message::ToolResult { call_id, .. } = message {
            let Some(at) = open.iter().position(|id| id == call_id) else {
                let text = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
                return Err(Refusal::invalid(text).about(param));
            };
            open.remove(at);
            continue;
        }
        unanswered(&open, &param)?;
        if let Message::Assistant { calls, .. } = message {
            open = calls.iter().map(|call| call.id.as_str()).collect();
        }
    }
    unanswered(&open, &format!("messages.[{}].role", messages.len()))
}

fn unanswered(open: &[&str], param: &str) -> Result<(), Refusal> {
    if open.is_empty() {
        return Ok(());
    }
    let text = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
         following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Err(Refusal::invalid(text).about(param))
}

//! Checks of the parameters that both interfaces share: which there are, and what numbers they may be.

use serde_json::Value;

use super::models;
use super::refusal::Refusal;
use super::request::Body;

const CHAT: &str = "audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens \
                    messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty \
                    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format \
                    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools \
                    top_logprobs top_p user verbosity web_search_options";
const RESPONSES: &str = "access_programs background background_options context_management conversation image include \
                         input instructions max_output_tokens max_tool_calls metadata model moderation \
                         parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options \
                         prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options \
                         temperature text tool_choice tools top_logprobs top_p truncation user";

pub fn check_chat(body: &Body, model: &str) -> Result<(), Refusal> {
    let unknown: Vec<&str> = unknown(body, CHAT);
    let effort = body.0.get("reasoning_effort").filter(|effort| !effort.is_null());
    let unfit = effort.filter(|_| models::never_reasons(model)).map(|_| "reasoning_effort");
    match unknown.into_iter().chain(unfit).collect::<Vec<_>>().as_slice() {
        [] => {}
        [one] => return Err(Refusal::invalid(format!("Unrecognized request argument supplied: {one}"))),
        several => {
            return Err(Refusal::invalid(format!("Unrecognized request arguments supplied: {}", several.join(", "))));
        }
    }
    let is_default = |name: &str| body.0.get(name).is_none_or(|value| value.is_null() || *value == 1 || *value == 1.0);
    let thinks = models::reasons(model) && effort.and_then(Value::as_str) != Some("none");
    if let Some(name) = ["temperature", "top_p"].into_iter().find(|name| thinks && !is_default(name)) {
        let message = format!(
            "Unsupported value: '{name}' does not support {} with this model. Only the default (1) value is supported.",
            body.0[name]
        );
        return Err(Refusal::invalid(message).about(name).coded("unsupported_value"));
    }
    if body.0.get("parallel_tool_calls").is_some_and(|asked| !asked.is_null()) && body.array("tools")?.is_empty() {
        let message = "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.";
        return Err(Refusal::invalid(message).about("parallel_tool_calls"));
    }
    check_both(body)
}

pub fn check_responses(body: &Body, model: &str) -> Result<(), Refusal> {
    if let Some(name) = unknown(body, RESPONSES).first() {
        let message = format!("Unknown parameter: '{name}'.");
        return Err(Refusal::invalid(message).about(*name).coded("unknown_parameter"));
    }
    let effort = body.0.get("reasoning").map_or(&Value::Null, |reasoning| &reasoning["effort"]);
    let thinks = models::reasons(model) && effort != "none";
    let is_given = |name: &str| body.0.get(name).is_some_and(|value| !value.is_null());
    if let Some(name) = ["temperature", "top_p"].into_iter().find(|name| thinks && is_given(name)) {
        let message = format!("Unsupported parameter: '{name}' is not supported with this model.");
        return Err(Refusal::invalid(message).about(name));
    }
    if models::never_reasons(model) && !effort.is_null() {
        let message = "Unsupported parameter: 'reasoning.effort' is not supported with this model.";
        return Err(Refusal::invalid(message).about("reasoning.effort").coded("unsupported_parameter"));
    }
    for (index, wanted) in body.array("include")?.iter().enumerate() {
        check_included(wanted, index, model)?;
    }
    check_both(body)
}

fn check_included(wanted: &Value, index: usize, model: &str) -> Result<(), Refusal> {
    const KNOWN: [&str; 9] = [
        "code_interpreter_call.outputs",
        "computer_call_output.output.image_url",
        "file_search_call.results",
        "message.input_image.image_url",
        "message.output_text.logprobs",
        "reasoning.encrypted_content",
        "web_search_call.action.sources",
        "web_search_call.results",
        "memory_citations",
    ];
    let at = format!("include[{index}]");
    let Some(wanted) = wanted.as_str() else { return Err(Refusal::wrong_type(&at, "a string", wanted)) };
    if !KNOWN.contains(&wanted) {
        let known: Vec<String> = KNOWN.iter().map(|known| format!("'{known}'")).collect();
        let message = format!("Invalid value: '{wanted}'. Supported values are: {}.", known.join(", "));
        return Err(Refusal::invalid(message).about(at).coded("invalid_value"));
    }
    if wanted == "reasoning.encrypted_content" && models::never_reasons(model) {
        return Err(Refusal::invalid("Encrypted content is not supported with this model.").about("include"));
    }
    Ok(())
}

fn unknown<'a>(body: &'a Body, known: &str) -> Vec<&'a str> {
    body.0.keys().map(String::as_str).filter(|name| !known.split_whitespace().any(|known| known == *name)).collect()
}

fn check_both(body: &Body) -> Result<(), Refusal> {
    for (name, least, most) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("presence_penalty", -2.0, 2.0),
        ("frequency_penalty", -2.0, 2.0),
    ] {
        let Some(value) = body.0.get(name).filter(|value| !value.is_null()) else { continue };
        let number = value.as_f64().ok_or_else(|| Refusal::wrong_type(name, "a decimal", value))?;
        let (side, sign, bound, code) = if number > most {
            ("above maximum", "<=", most, "decimal_above_max_value")
        } else if number < least {
            ("below minimum", ">=", least, "decimal_below_min_value")
        } else {
            continue;
        };
        let message = format!(
            "Invalid '{name}': decimal {side} value. Expected a value {sign} {bound}, but got {value} instead."
        );
        return Err(Refusal::invalid(message).about(name).coded(code));
    }
    if body.0.get("stream_options").is_some_and(|asked| !asked.is_null()) && !body.flag("stream", false)? {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Refusal::invalid(message).about("stream_options"));
    }
    if body.0.get("logprobs") == Some(&Value::Bool(true)) {
        let message = "Unsupported parameter: 'logprobs' is not supported with this model.";
        return Err(Refusal::invalid(message).about("logprobs").coded("unsupported_parameter"));
    }
    Ok(())
}

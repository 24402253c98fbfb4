//! The vendor's own code for a refusal, out of whichever shape the vendor uses.

use serde_json::Value;

/// Longer than any code, shorter than any message.
const LONGEST: usize = 64;

/// The code in an error body, such as `invalid_grant`, `rateLimitExceeded`, `MISSING_SCOPES` or `insufficient_quota`;
/// empty when there is none. Only what looks like a code is taken: messages can quote anybody's data.
///
/// * OAuth (RFC 6749 §5.2), HubSpot's included: `{"error": "code"}`
/// * Google: `{"error": {"errors": [{"reason"}], "status"}}`
/// * OpenAI: `{"error": {"code", "type"}}`
/// * HubSpot: `{"policyName" | "category" | "errorType" | "status"}`
pub fn of(body: &Value) -> String {
    let error = &body["error"];
    let found = [
        error,
        &error["errors"][0]["reason"],
        &error["code"],
        &error["type"],
        &error["status"],
        &body["policyName"],
        &body["category"],
        &body["errorType"],
        &body["status"],
        &body["code"],
    ];
    // `status: "error"` in HubSpot's bodies says nothing.
    let codes = found.into_iter().filter_map(Value::as_str);
    codes.filter(|text| is_code(text) && *text != "error").map(str::to_owned).next().unwrap_or_default()
}

fn is_code(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(allowed)
}

/// The vendor's sentence, for what stands only there. Never shown and never logged.
pub fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().or(body["message"].as_str()).unwrap_or_default()
}

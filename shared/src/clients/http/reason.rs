//! The vendor's own code for a refusal, out of whichever shape the vendor uses.

use serde_json::Value;

/// Longer than any code, shorter than any message.
const LONGEST: usize = 48;
/// A code is words. What has more digits than this is an id, or a token that was sent back to us.
const DIGITS: usize = 3;

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
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    !text.is_empty() && text.len() <= LONGEST && digits <= DIGITS && text.bytes().all(allowed)
}

/// HubSpot's id of the record that is there already: only its sentence says it, as `Existing ID: 501`.
pub fn existing(body: &Value) -> Option<String> {
    let (_, rest) = message(body).split_once("Existing ID:")?;
    let id: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    (!id.is_empty() && id.len() <= 20).then_some(id)
}

/// The vendor's sentence, for what stands only there. Never shown and never logged.
pub fn message(body: &Value) -> &str {
    body["error"]["message"].as_str().or(body["message"].as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_provider_sends_back_of_our_request_is_no_code() {
        for echoed in
            ["na1-5f3c9a7e-2b1d", "ya29.A0AbCd1234Ef", "4/0AX4XfWh", "nora@ellison.example", "a".repeat(49).as_str()]
        {
            assert_eq!(of(&json!({ "error": echoed, "code": echoed, "status": echoed })), "", "{echoed}");
        }
        for code in
            ["invalid_grant", "TEN_SECONDLY_ROLLING", "rateLimitExceeded", "RATE_LIMITS", "oauth2.invalid", "404"]
        {
            assert_eq!(of(&json!({ "code": code })), code);
        }
    }

    #[test]
    fn the_record_that_is_in_the_way_is_read_out_of_the_sentence() {
        let said = |text: &str| existing(&json!({ "status": "error", "category": "CONFLICT", "message": text }));

        assert_eq!(said("Contact already exists. Existing ID: 150000000001").as_deref(), Some("150000000001"));
        assert_eq!(said("Contact already exists. Existing ID: <b>"), None);
        assert_eq!(said("Contact already exists."), None);
    }
}

//! What is looked for, in every form it could take.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use super::super::support::*;

/// As long a part of a token as nobody may see.
const PART: usize = 8;

/// Texts that must not be found; none is shorter than [`PART`].
#[derive(Default)]
pub struct Canaries {
    whole: BTreeSet<String>,
    /// What is random of each token; no part of it may be found either.
    tokens: BTreeSet<String>,
}

impl Canaries {
    pub fn of(texts: &[&str]) -> Self {
        let mut canaries = Self::default();
        for text in texts {
            canaries.add(text);
        }
        canaries
    }

    pub fn add(&mut self, text: &str) {
        assert!(text.len() >= PART, "{text} would be found anywhere");
        self.whole.insert(text.to_owned());
    }

    /// Something that opens a door. Its beginning can be the same in all of its kind.
    pub fn add_token(&mut self, token: &str) {
        self.tokens.insert(token[token.len().saturating_sub(24).max(6)..].to_owned());
        self.add(token);
    }

    /// These may be found, and what is left of each when it is cut into parts.
    pub fn forget(&mut self, texts: &[String]) {
        self.whole.retain(|canary| !texts.contains(canary));
        self.tokens.retain(|token| !texts.iter().any(|text| text.ends_with(token)));
    }

    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// The canaries that are in these texts, with what is around each.
    pub fn find(&self, texts: &[impl AsRef<str>]) -> Vec<String> {
        let all: Vec<(String, &str)> = self
            .whole
            .iter()
            .flat_map(|canary| forms(canary).into_iter().map(move |form| (form, canary.as_str())))
            .collect();
        let mut beginnings: HashMap<&[u8], Vec<(&str, &str)>> = HashMap::new();
        for (form, canary) in &all {
            beginnings.entry(&form.as_bytes()[..PART]).or_default().push((form, canary));
        }
        for token in &self.tokens {
            for at in 0..=token.len() - PART {
                beginnings.entry(&token.as_bytes()[at..at + PART]).or_default().push((&token[at..at + PART], token));
            }
        }
        let mut found = Vec::new();
        for text in texts {
            for text in [text.as_ref(), &text.as_ref().to_lowercase()] {
                for (at, part) in text.as_bytes().windows(PART).enumerate() {
                    let candidates = beginnings.get(part).into_iter().flatten();
                    let hits = candidates.filter(|(form, _)| text.as_bytes()[at..].starts_with(form.as_bytes()));
                    found.extend(hits.map(|(form, canary)| format!("{canary} as {form} in …{}…", around(text, at))));
                }
            }
        }
        found
    }

    /// What the providers, the browsers and the webhooks were shown in this test.
    pub fn add_everything_shown(&mut self, app: &TestApp) {
        for control in [app.google.control(), app.hubspot.control(), app.openai.control()] {
            for request in control.requests() {
                if let Some(bearer) = request.headers.get("authorization").and_then(|value| value.split(' ').nth(1)) {
                    self.add_token(bearer);
                }
                if request.headers.get("content-type").is_some_and(|kind| kind.contains("form-urlencoded")) {
                    for (name, value) in url_pairs(&request.body) {
                        if ["code", "refresh_token", "code_verifier", "client_secret", "token"].contains(&name.as_str())
                        {
                            self.add_token(&value);
                        }
                    }
                }
            }
        }
        for path in ["/api/webhooks/gmail", "/api/webhooks/calendar", "/api/webhooks/hubspot"] {
            for (headers, _) in app.heard.of(path) {
                for name in ["x-goog-channel-token", "x-hubspot-signature", "x-hubspot-signature-v3", "authorization"] {
                    if let Some(value) = headers.get(name) {
                        self.add_token(value.to_str().unwrap().trim_start_matches("Bearer "));
                    }
                }
            }
        }
    }
}

/// What a query or a form says.
pub fn url_pairs(text: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://localhost/?{text}")).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Plain, and as it would stand in JSON, in an address, in hexadecimal and in base64, wherever in a longer text it began.
fn forms(text: &str) -> BTreeSet<String> {
    let json = serde_json::to_string(text).unwrap();
    let percent: String = text
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = BTreeSet::from([text.to_owned(), json[1..json.len() - 1].to_owned(), percent, hex]);
    for skipped in 0..3 {
        // What the first and the last signs are depends on the neighbours.
        let padded = [vec![0; skipped], text.as_bytes().to_vec()].concat();
        let whole = padded.len() / 3 * 4;
        let from = [0, 2, 3][skipped];
        for encoded in [BASE64_STANDARD_NO_PAD.encode(&padded), BASE64_URL_SAFE_NO_PAD.encode(&padded)] {
            if whole >= from + PART {
                forms.insert(encoded[from..whole].to_owned());
            }
        }
    }
    forms.insert(text.to_lowercase());
    // As a database shows bytes in which text stands.
    let encoded: Vec<String> =
        forms.iter().map(|form| form.bytes().map(|byte| format!("{byte:02x}")).collect()).collect();
    forms.extend(encoded);
    forms
}

/// The line it stands in, as far as it is readable.
fn around(text: &str, at: usize) -> String {
    let bytes = text.as_bytes();
    let line = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |start| start + 1);
    String::from_utf8_lossy(&bytes[line.max(at.saturating_sub(300))..bytes.len().min(at + 120)]).into_owned()
}

#[test]
fn a_canary_is_found_in_every_form() {
    let mut canaries = Canaries::of(&["nora@ellison.example", "12 Elm \"Way\""]);
    canaries.add_token("ya29.abcDEFghiJKLmnoPQRstuVWXyz0123456789");
    let base64 = |text: &str| BASE64_STANDARD_NO_PAD.encode(text);

    for text in [
        "to nora@ellison.example.".to_owned(),
        "to NORA@ellison.example.".to_owned(),
        "?to=nora%40ellison%2Eexample".to_owned(),
        "6e6f726140656c6c69736f6e2e6578616d706c65".to_owned(),
        "{\"a\": \"12 Elm \\\"Way\\\"\"}".to_owned(),
        base64("nora@ellison.example"),
        base64("x nora@ellison.example"),
        base64("xy nora@ellison.example!"),
        "JKLmnoPQRstuVWXyz01".to_owned(),
        "…WXyz0123…".to_owned(),
    ] {
        assert!(!canaries.find(&[&text]).is_empty(), "{text}");
    }
    assert_eq!(canaries.find(&["nothing", "ya29.", "ellison", "WXyz012"]), Vec::<String>::new());
}

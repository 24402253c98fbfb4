//! What vouches for somebody is compared by the cryptographic library, in constant time, and never by `==`: how long that takes
//! cannot be measured well enough to test it, so the source is.

use super::layers::{folder, rust_files};

/// Where a signature, a token or a nonce is checked, and what may check it.
const KEEPERS: &[(&str, &[&str])] = &[
    ("domain/inbound/signature.rs", &["hmac::verify(", "verify_slices_are_equal("]),
    ("domain/inbound/calendar.rs", &["verify_slices_are_equal("]),
    ("domain/inbound/pubsub.rs", &["id_token::signed("]),
    ("domain/accounts/id_token.rs", &["jsonwebtoken::decode(", "verify_slices_are_equal("]),
    ("edge/operator.rs", &["verify_slices_are_equal("]),
];
/// What is compared there besides, and is no secret.
const PUBLIC: &[&str] = &[
    "Some(&claims.email) != config.pubsub_service_account.as_ref()",
    "message.state == \"sync\"",
    "watch.source == watch::Source::Calendar",
    "message.resource_id == Some(known)",
    "azp != client_id",
    "header.alg == Algorithm::RS256",
    "email.ends_with(\"@gmail.com\")",
];
/// Words for what nobody may learn by trying.
const SECRETS: &[&str] =
    &["signature", "mac", "hmac", "nonce", "verifier", "secret", "token_hash", "session_hash", "csrf", "password"];
/// Lines with such a word that compare something else.
const HARMLESS: &[&str] = &["name == \"SECRET_KEY\" && value.len() < 32", "error.kind == Kind::Unavailable"];

/// The product's part of a file, line by line.
fn product(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").map(str::trim);
    lines.filter(|line| !line.starts_with("//"))
}

fn compares(line: &str) -> bool {
    [" == ", " != ", ".eq(", ".ne(", ".cmp(", ".starts_with(", ".ends_with("].iter().any(|sign| line.contains(sign))
}

/// The words of a line of source, `snake_case` being one.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

#[test]
fn what_vouches_for_somebody_is_compared_in_constant_time() {
    let files = rust_files(&folder("src"), None);
    for (keeper, calls) in KEEPERS {
        let (_, text) =
            files.iter().find(|(path, _)| path.ends_with(keeper)).unwrap_or_else(|| panic!("{keeper} is gone"));
        for call in *calls {
            assert!(product(text).any(|line| line.contains(call)), "{keeper} does not call `{call}…)` any more");
        }
        for line in product(text).filter(|line| compares(line)) {
            assert!(
                PUBLIC.iter().any(|public| line.contains(public)),
                "{keeper}: say in PUBLIC why this is no secret: {line}"
            );
        }
    }
}

#[test]
fn nothing_secret_is_compared_by_hand_anywhere() {
    let mut files = rust_files(&folder("src"), None);
    files.extend(rust_files(&folder("../functions/src"), None));
    for (path, text) in files {
        if path.components().any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs" | "fuzzing"))) {
            continue;
        }
        for line in product(&text).filter(|line| compares(line)) {
            let names_one = words(line).any(|word| SECRETS.contains(&word.to_lowercase().as_str()));
            let harmless = HARMLESS.iter().any(|harmless| line.contains(harmless));
            assert!(!names_one || harmless, "{}: compare it in constant time: {line}", path.display());
        }
    }
}

#[test]
fn a_comparison_is_found_however_it_is_written() {
    for line in ["if given == signature {", "tag.eq(&nonce)", "a.secret != b", "mac.starts_with(given)"] {
        assert!(compares(line) && words(line).any(|word| SECRETS.contains(&word)), "{line}");
    }
    assert!(!words("let machine = signatures();").any(|word| SECRETS.contains(&word)));
}

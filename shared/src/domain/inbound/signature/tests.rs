//! HubSpot's own vectors, and everything that is nearly one of them.

use proptest::prelude::*;

use super::*;

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const URI: &str = "https://www.example.com/webhook_uri";
const BODY: &str = "{'example_field':'example_value'}";
const SENT: &str = "1693657560000";
const V3: &str = "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=";

fn genuine() -> Signed<'static> {
    Signed { method: "POST", uri: URI, body: BODY.as_bytes(), timestamp: Some(SENT), v3: Some(V3), v1: None }
}

fn at(request: &Signed<'_>, milliseconds: i64) -> bool {
    let now = Timestamp::from_millisecond(milliseconds).unwrap();
    verify(request, &[&SecretString::from(SECRET)], false, now).is_ok()
}

fn passes(request: &Signed<'_>) -> bool {
    at(request, SENT.parse().unwrap())
}

#[test]
fn the_known_answers_are_right() {
    assert!(passes(&genuine()));
    let later = Signed {
        timestamp: Some("1700000300000"),
        v3: Some("RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
        ..genuine()
    };
    assert!(at(&later, 1_700_000_300_000));
}

#[test]
fn a_delivery_is_good_for_five_minutes_either_way() {
    let sent: i64 = SENT.parse().unwrap();
    for (skew, good) in [(0, true), (300_000, true), (300_001, false), (-300_000, true), (-300_001, false)] {
        assert_eq!(at(&genuine(), sent + skew), good, "{skew}");
    }
}

#[test]
fn a_time_is_digits_and_nothing_else() {
    for timestamp in ["", "NaN", "+1693657560000", "-1", " 1693657560000", "1693657560000.0", "99999999999999999999"] {
        assert!(!passes(&Signed { timestamp: Some(timestamp), ..genuine() }), "{timestamp}");
    }
    assert!(!passes(&Signed { timestamp: None, ..genuine() }));
}

#[test]
fn a_signature_is_the_whole_of_it_in_its_own_alphabet() {
    let url_safe = V3.replace('+', "-").replace('/', "_");
    let longer = BASE64_STANDARD.encode([BASE64_STANDARD.decode(V3).unwrap(), vec![0]].concat());
    let shorter = BASE64_STANDARD.encode(&BASE64_STANDARD.decode(V3).unwrap()[..31]);
    let hexadecimal = hex::encode(BASE64_STANDARD.decode(V3).unwrap());
    for signature in ["", "=", &url_safe, &longer, &shorter, &hexadecimal, V3.trim_end_matches('='), &V3[..43]] {
        assert!(!passes(&Signed { v3: Some(signature), ..genuine() }), "{signature}");
    }
    assert!(!passes(&Signed { v3: None, ..genuine() }));
}

#[test]
fn either_of_two_secrets_will_do_while_they_change() {
    let (new, old, other) = (SecretString::from("new"), SecretString::from(SECRET), SecretString::from("other"));
    let now = Timestamp::from_millisecond(SENT.parse().unwrap()).unwrap();

    assert!(verify(&genuine(), &[&new, &old], false, now).is_ok());
    assert!(verify(&genuine(), &[&new, &other], false, now).is_err());
    assert!(verify(&genuine(), &[], false, now).is_err());
}

#[test]
fn the_first_kind_of_signature_counts_only_where_it_is_switched_on() {
    let secret = SecretString::from(SECRET);
    let hash = hex::encode(digest::digest(&digest::SHA256, format!("{SECRET}{BODY}").as_bytes()));
    let prefixed = format!("sha256={hash}");
    for v1 in [&hash, &prefixed] {
        let request = Signed { timestamp: None, v3: None, v1: Some(v1), ..genuine() };
        let now = Timestamp::UNIX_EPOCH;
        assert!(verify(&request, &[&secret], false, now).is_err());
        assert!(verify(&request, &[&secret], true, now).is_ok());
        assert!(verify(&Signed { body: b"{}", ..request }, &[&secret], true, now).is_err());
        // Whoever has a wrong third kind cannot fall back on the first.
        assert!(verify(&Signed { v3: Some(V3), timestamp: Some(SENT), ..request }, &[&secret], true, now).is_err());
    }
}

#[test]
fn exactly_hubspots_escapes_are_undone() {
    let uri = "https://a.example/p%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B%20%26%3D%3d%2f?q=%25%40";

    assert_eq!(undone(uri), "https://a.example/p:/?@!$'()*,;%20%26%3D%3d/?q=%25@");
}

proptest! {
    #[test]
    fn one_changed_bit_is_one_too_many(place in 0..4usize, at in any::<prop::sample::Index>(), bit in 0..7u8) {
        let flip = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            String::from_utf8(bytes).unwrap()
        };
        let (body, v3, timestamp, uri) = (flip(BODY), flip(V3), flip(SENT), flip(URI));
        let request = match place {
            0 => Signed { body: body.as_bytes(), ..genuine() },
            1 => Signed { v3: Some(&v3), ..genuine() },
            2 => Signed { timestamp: Some(&timestamp), ..genuine() },
            _ => Signed { uri: &uri, ..genuine() },
        };
        prop_assert!(!passes(&request));
    }

    #[test]
    fn what_is_signed_passes_whatever_it_is(body: Vec<u8>, sent in 0..4_000_000_000_000i64) {
        let timestamp = sent.to_string();
        let message = [b"POST", URI.as_bytes(), &body, timestamp.as_bytes()].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &message);
        let v3 = BASE64_STANDARD.encode(tag);
        let request = Signed { body: &body, timestamp: Some(&timestamp), v3: Some(&v3), ..genuine() };
        prop_assert!(at(&request, sent));
        let another = Signed { method: "PUT", ..request };
        prop_assert!(!at(&another, sent));
    }
}

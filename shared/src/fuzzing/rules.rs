//! A standing instruction: the structured language, the form a model fills in, and what is checked of either.

use std::collections::BTreeMap;

use super::Parts;
use crate::domain::rules::check::{check, is_mail_address};
use crate::domain::rules::{compile, grammar, template};
use crate::model::rule::{Deed, MOST_ACTIONS, MOST_CONDITIONS, MOST_PER_DAY, Policy};

/// Which of the two, the text, and a value somebody else chose.
pub fn run(data: &[u8]) {
    let mut parts = Parts(data);
    let is_form = parts.byte() % 2 == 1;
    let (text, value) = (parts.text(), parts.text());
    let policy = if is_form {
        compile::read(&text).map_err(|problems| assert!(!problems.is_empty()))
    } else {
        let _ = grammar::is_meant(&text);
        grammar::parse(&text).map_err(|problem| assert!(problem.told(&text).starts_with("At character ")))
    };
    let Ok(policy) = policy else { return };
    match check(policy, Some(&text)) {
        Ok(policy) => checked(&policy, &text, &value),
        Err(problems) => assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.is_empty())),
    }
}

/// What may be kept and confirmed.
fn checked(policy: &Policy, text: &str, value: &str) {
    assert!(!policy.actions.is_empty() && policy.actions.len() <= MOST_ACTIONS);
    assert!(policy.conditions.len() <= MOST_CONDITIONS && (1..=MOST_PER_DAY).contains(&policy.max_per_day));
    assert_eq!(check(policy.clone(), Some(text)).as_ref(), Ok(policy), "what was checked is not changed again");
    let json = serde_json::to_string(policy).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Policy>(&json).ok().as_ref(), Some(policy), "it is kept as it is");
    assert!(!policy.words().is_empty());

    // Whoever can choose a value writes neither lines nor headers nor placeholders.
    let values: BTreeMap<&'static str, String> =
        template::ALL.iter().map(|placeholder| (placeholder.name, value.to_owned())).collect();
    let nothing: BTreeMap<&'static str, String> = values.keys().map(|name| (*name, String::new())).collect();
    for deed in &policy.actions {
        for (_, template) in deed.templates() {
            let lines = |text: &str| text.matches(['\n', '\r', '\u{2028}', '\u{2029}']).count();
            assert_eq!(lines(&template::fill(template, &values)), lines(&template::fill(template, &nothing)));
        }
        if let Deed::SendEmail { addresses, subject, .. } = deed {
            assert!(addresses.iter().all(|address| is_mail_address(address) && text.to_lowercase().contains(address)));
            assert!(!subject.contains(['\n', '\r']));
        }
    }
}

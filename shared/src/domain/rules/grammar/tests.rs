use proptest::prelude::*;

use super::*;
use crate::domain::rules::check::check;

fn problem(text: &str) -> String {
    parse(text).unwrap_err().told(text)
}

#[test]
fn the_seeds_own_examples_mean_what_they_say() {
    let policy = parse("when hubspot.contact.creation then create_task type=welcome_email priority=high").unwrap();
    assert_eq!(policy.trigger, "hubspot.contact.creation");
    let task =
        Deed::CreateTask { kind: "welcome_email".into(), priority: Priority::High, title: None, description: None };
    assert_eq!(policy.actions, [task]);

    let policy = parse("When gmail.email_received THEN log").unwrap();
    assert_eq!(policy.trigger, "gmail.message.received");
    assert_eq!(policy.actions, [Deed::Log { message: None }]);
}

#[test]
fn values_may_be_quoted() {
    let text = r#"when calendar.event.* then create_task title="Call \"Sara\"\nsoon" type='x y' description=Bob's"#;

    let policy = parse(text).unwrap();

    assert_eq!(policy.trigger, "calendar.event.*");
    let Deed::CreateTask { kind, title, description, .. } = &policy.actions[0] else { panic!("{policy:?}") };
    assert_eq!((kind.as_str(), title.as_deref()), ("x y", Some("Call \"Sara\"\nsoon")));
    assert_eq!(description.as_deref(), Some("Bob's"));
}

#[test]
fn conditions_and_several_actions_go_on_with_and() {
    let text = "when gmail.message.received if sender_in_hubspot=no and subject_contains!=\"out of office\" \
                then create_contact note=\"{subject}\" and send_email to=sender reply=yes body=\"Thank you.\" max_per_day=3";

    let policy = check(parse(text).unwrap(), Some(text)).unwrap();

    assert_eq!(
        policy.conditions,
        [
            Condition { fact: Fact::SenderInHubspot, negated: true, value: None },
            Condition { fact: Fact::SubjectContains, negated: true, value: Some("out of office".into()) },
        ]
    );
    assert_eq!(policy.actions.len(), 2);
    assert_eq!(policy.max_per_day, 3);
}

#[test]
fn what_is_wrong_is_pointed_at_and_what_was_meant_is_guessed() {
    for (text, told) in [
        (
            "when gmial.message.received then log",
            "At character 6: there is no event `gmial.message.received`. Did you mean `gmail.message.received`?",
        ),
        (
            "when gmail.message.received then creat_task",
            "At character 34: there is no action `creat_task`. Did you mean `create_task`?",
        ),
        (
            "when gmail.message.received then create_task priorty=high",
            "At character 46: there is no parameter of create_task `priorty`. Did you mean `priority`?",
        ),
        (
            "when gmail.message.received then create_task priority=hihg",
            "At character 46: there is no priority `hihg`. Did you mean `high`?",
        ),
        (
            "when gmail.message.received if sender_in_hubsport=no then log",
            "At character 32: there is no fact `sender_in_hubsport`. Did you mean `sender_in_hubspot`?",
        ),
        ("when gmail.message.received log", "At character 29: `then` is missing here."),
        ("when gmail.message.received then", "At character 33: an action, such as create_task is missing."),
        ("when gmail.message.received then log log", "At character 38: `log` is no parameter"),
        (
            "when gmail.message.received then create_task title=\"Call",
            "At character 52: a quotation mark is not closed",
        ),
        ("when gmail.message.received then create_task title=Call Sara", "At character 57: `Sara` is no parameter"),
        (
            "when gmail.message.received then send_email to=everybody subject=x body=y",
            "to is sender, contact, attendees",
        ),
        ("when gmail.message.received then send_email to=sender subject=x", "send_email needs body=…"),
        ("when gmail.message.received then log message=a message=b", "message is given twice."),
        ("when gmail.message.received then log max_per_day=0", "max_per_day is a number from 1 to 200."),
    ] {
        let said = problem(text);
        assert!(said.contains(told), "{text}: {said}");
    }
}

#[test]
fn plain_words_are_not_taken_for_the_language() {
    for text in [
        "When someone emails me who is not in HubSpot, please create a contact in HubSpot with a note about the email",
        "When I create a contact in HubSpot, send them an email",
        "When acme.com writes to me, tell my assistant",
        "Always be brief",
        "",
    ] {
        assert!(!is_meant(text), "{text}");
    }
    for text in ["when gmial.message then log", "When gmail.message.received log", "when * then log", "WHEN x THEN y"] {
        assert!(is_meant(text), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        if let Err(problem) = parse(&text) {
            problem.told(&text);
        }
        let _ = is_meant(&text);
    }

    #[test]
    fn nearly_right_texts_do_neither(text in "when [a-z.*]{0,12}( if [a-z_=!\"]{0,12})? then [a-z_=\"' ]{0,30}") {
        if let Err(problem) = parse(&text) {
            problem.told(&text);
        }
    }

    #[test]
    fn any_quoted_value_comes_back_as_it_was(value in "[^\\x00-\\x08]{1,40}") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let text = format!("when gmail.message.received then log message=\"{quoted}\"");
        let policy = parse(&text).unwrap();
        let kept = Some(value).filter(|value| !value.trim().is_empty());
        prop_assert_eq!(&policy.actions[0], &Deed::Log { message: kept });
    }
}

//! Whether a policy can be done as it stands: unknown facts, placeholders and recipients are refused when it is made, and
//! never met when it runs.

use super::kinds::{self, Scope};
use super::template;
use crate::domain::actions::words::names;
use crate::model::rule::{
    Condition, Deed, Fact, Family, MOST_ACTIONS, MOST_CONDITIONS, MOST_PER_DAY, Party, Policy, Recipient,
};

const LONGEST_VALUE: usize = 200;
const LONGEST_TEXT: usize = 5_000;
const LONGEST_INSTRUCTION: usize = 2_000;

/// The policy with everything under its own name. `words` is what the advisor said: addresses have to stand in it. The error
/// is what is wrong, a sentence each.
pub fn check(policy: Policy, words: Option<&str>) -> Result<Policy, Vec<String>> {
    let mut problems = Vec::new();
    let mut policy = tidied(policy);
    match kinds::resolve(&policy.trigger) {
        Ok(trigger) => policy.trigger = trigger,
        Err(problem) => return Err(vec![sentence(&problem)]),
    }
    let scope = Scope::of(&policy.trigger);
    if policy.conditions.len() > MOST_CONDITIONS {
        problems.push(format!("No more than {MOST_CONDITIONS} conditions."));
    }
    for condition in &policy.conditions {
        problems.extend(of_condition(condition, &scope));
    }
    if policy.question.as_deref().is_some_and(|question| question.chars().count() > LONGEST_VALUE * 2) {
        problems.push("The question is too long.".into());
    }
    if policy.actions.is_empty() || policy.actions.len() > MOST_ACTIONS {
        problems.push(format!("A rule does one to {MOST_ACTIONS} things."));
    }
    for deed in &policy.actions {
        problems.extend(of_deed(deed, &scope, words).into_iter().map(|problem| format!("{}: {problem}", deed.name())));
    }
    if policy.max_per_day == 0 || policy.max_per_day > MOST_PER_DAY {
        problems.push(format!("max_per_day is a number from 1 to {MOST_PER_DAY}."));
    }
    if problems.is_empty() { Ok(policy) } else { Err(problems) }
}

/// Addresses in lower case, nothing that is empty, and a note for a contact that is made by the same rule with the contact:
/// it has no record yet to hang a note on.
fn tidied(mut policy: Policy) -> Policy {
    policy.question = policy.question.filter(|question| !question.trim().is_empty());
    for condition in &mut policy.conditions {
        condition.value = condition.value.take().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if is_address(condition.fact) || is_domain(condition.fact) || condition.fact == Fact::RecordType {
            condition.value = condition.value.take().map(|value| value.to_lowercase());
        }
        if is_domain(condition.fact) {
            condition.value = condition.value.take().map(|value| value.trim_start_matches('@').to_owned());
        }
    }
    for deed in &mut policy.actions {
        match deed {
            Deed::SendEmail { addresses, .. } => {
                addresses.iter_mut().for_each(|address| *address = address.trim().to_lowercase());
            }
            Deed::CreateContact { note } => *note = note.take().filter(|note| !note.trim().is_empty()),
            Deed::CreateTask { title, description, .. } => {
                for text in [title, description] {
                    *text = text.take().filter(|text| !text.trim().is_empty());
                }
            }
            _ => {}
        }
    }
    let body = policy.actions.iter().find_map(|deed| match deed {
        Deed::CreateNote { on: Party::Sender, body } => Some(body.clone()),
        _ => None,
    });
    let bare = policy.actions.iter_mut().find(|deed| matches!(deed, Deed::CreateContact { note: None }));
    if let (Some(body), Some(Deed::CreateContact { note })) = (body, bare) {
        *note = Some(body);
        policy.actions.retain(|deed| !matches!(deed, Deed::CreateNote { on: Party::Sender, .. }));
    }
    policy
}

fn is_address(fact: Fact) -> bool {
    matches!(fact, Fact::SenderAddress | Fact::Recipient | Fact::AttendeeAddress)
}

fn is_domain(fact: Fact) -> bool {
    matches!(fact, Fact::SenderDomain | Fact::AttendeeDomain | Fact::EmailDomain)
}

fn of_condition(condition: &Condition, scope: &Scope) -> Option<String> {
    let Condition { fact, value, .. } = condition;
    let name = fact.name();
    if !scope.is(fact.family()) {
        return Some(format!(
            "{name}: this is known only of {}, and something else can set the rule off.",
            fact.family().title()
        ));
    }
    match (fact.takes_value(), value.as_deref()) {
        (true, None) => Some(format!("{name}: it has to be compared with something.")),
        (false, Some(_)) => Some(format!("{name}: it is so or not, and is compared with nothing.")),
        (_, Some(value)) if value.chars().count() > LONGEST_VALUE => Some(format!("{name}: the value is too long.")),
        (_, Some(value)) if is_address(*fact) && !is_mail_address(value) => {
            Some(format!("{name}: `{value}` is no e-mail address."))
        }
        (_, Some(value)) if is_domain(*fact) && !is_host(value) => Some(format!("{name}: `{value}` is no domain.")),
        (_, Some(value)) if *fact == Fact::RecordType && !RECORDS.contains(&value) => {
            Some(format!("{name}: there are {}.", RECORDS.join(", ")))
        }
        _ => None,
    }
}

const RECORDS: [&str; 4] = ["contact", "company", "deal", "note"];

fn of_deed(deed: &Deed, scope: &Scope, words: Option<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, text) in deed.templates() {
        if text.chars().count() > LONGEST_TEXT {
            problems.push(format!("{name} is too long."));
        } else if let Err(problem) = template::check(text, scope) {
            problems.push(format!("{name}: {problem}"));
        }
    }
    let needs = |family: Family, fits: bool| {
        (!fits).then(|| format!("this needs a rule that only {} set off.", family.title()))
    };
    match deed {
        Deed::CreateTask { kind, .. } => {
            if kind.trim().is_empty() || kind.chars().count() > 60 || kind.contains('\n') {
                problems.push("type is a short name.".into());
            }
        }
        Deed::Log { .. } => {}
        Deed::CallLlm { prompt: text } | Deed::RunAgent { instruction: text } => {
            if text.trim().is_empty() || text.chars().count() > LONGEST_INSTRUCTION {
                problems.push(format!("it has to be told what to do, in up to {LONGEST_INSTRUCTION} characters."));
            }
        }
        Deed::CreateContact { .. } => problems.extend(needs(Family::Mail, scope.is(Family::Mail))),
        Deed::CreateNote { on, body } => {
            if body.trim().is_empty() {
                problems.push("body must not be empty.".into());
            }
            problems.extend(match on {
                Party::Sender => needs(Family::Mail, scope.is(Family::Mail)),
                Party::Attendees => needs(Family::Calendar, scope.is(Family::Calendar)),
                Party::Contact if scope.contacts => None,
                Party::Contact => Some("this needs a rule that only HubSpot contacts set off.".into()),
            });
        }
        Deed::SendEmail { to, addresses, subject, body, reply } => {
            problems.extend(of_mail(subject, body, *reply));
            problems.extend(of_recipient(*to, addresses, scope, words));
            if *reply && (*to != Recipient::Sender || !scope.is(Family::Mail)) {
                problems.push("only the sender of a mail can be replied to.".into());
            }
        }
    }
    problems
}

fn of_mail(subject: &str, body: &str, reply: bool) -> Vec<String> {
    let mut problems = Vec::new();
    if body.trim().is_empty() {
        problems.push("body must not be empty.".into());
    }
    if subject.trim().is_empty() && !reply {
        problems.push("subject must not be empty.".into());
    }
    if subject.contains(['\n', '\r']) || subject.chars().count() > LONGEST_VALUE {
        problems.push("subject is one short line.".into());
    }
    problems
}

fn of_recipient(to: Recipient, addresses: &[String], scope: &Scope, words: Option<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    let fits = match to {
        Recipient::Sender => scope.is(Family::Mail),
        Recipient::Attendees => scope.is(Family::Calendar),
        Recipient::Contact => scope.contacts,
        Recipient::Addresses => true,
    };
    if !fits {
        let whom = match to {
            Recipient::Sender => "mail has a sender",
            Recipient::Attendees => "calendar events have attendees",
            _ => "HubSpot contacts are a contact",
        };
        problems.push(format!("only {whom}, and something else can set the rule off."));
    }
    if to != Recipient::Addresses {
        if !addresses.is_empty() {
            problems.push("addresses are given only with to=addresses.".into());
        }
        return problems;
    }
    if addresses.is_empty() || addresses.len() > 10 {
        problems.push("one to ten addresses have to be given.".into());
    }
    let said = words.map(str::to_lowercase);
    for address in addresses {
        if !is_mail_address(address) {
            problems.push(format!("`{address}` is no e-mail address."));
        } else if said.as_deref().is_some_and(|said| !names(said, address)) {
            problems.push(format!("{address} does not stand in the instruction: only addresses that do can be used."));
        }
    }
    problems
}

/// One plain address: nothing that a header would read as more.
pub fn is_mail_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let plain = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    !local.is_empty() && text.len() <= 254 && local.chars().all(plain) && is_host(host)
}

fn is_host(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty() && !label.starts_with('-') && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

/// With a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(trigger: &str, actions: Vec<Deed>) -> Policy {
        Policy { trigger: trigger.into(), conditions: Vec::new(), question: None, actions, max_per_day: 20 }
    }

    fn mail(to: Recipient, addresses: &[&str]) -> Deed {
        let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
        Deed::SendEmail { to, addresses, subject: "Hello".into(), body: "Hi".into(), reply: false }
    }

    #[test]
    fn a_recipient_has_to_be_there_whatever_sets_the_rule_off() {
        assert!(check(policy("gmail.email_received", vec![mail(Recipient::Sender, &[])]), None).is_ok());
        assert!(check(policy("*", vec![mail(Recipient::Sender, &[])]), None).is_err());
        assert!(check(policy("hubspot.deal.creation", vec![mail(Recipient::Contact, &[])]), None).is_err());
        assert!(check(policy("hubspot.contact.creation", vec![mail(Recipient::Contact, &[])]), None).is_ok());
    }

    #[test]
    fn an_address_has_to_stand_in_the_advisors_own_words() {
        let to = |address| policy("gmail.message.received", vec![mail(Recipient::Addresses, &[address])]);

        assert!(check(to("Boss@Firm.example"), Some("tell boss@firm.example")).is_ok());
        let problems = check(to("mallory@evil.example"), Some("tell boss@firm.example")).unwrap_err();
        assert!(problems[0].contains("does not stand in the instruction"), "{problems:?}");
        assert!(check(to("a@b.example, c@d.example"), None).is_err());
    }

    #[test]
    fn a_note_on_somebody_who_has_no_record_yet_goes_with_the_record() {
        let both = policy(
            "gmail.message.received",
            vec![
                Deed::CreateContact { note: None },
                Deed::CreateNote { on: Party::Sender, body: "About {subject}".into() },
            ],
        );

        let checked = check(both, None).unwrap();

        assert_eq!(checked.actions, [Deed::CreateContact { note: Some("About {subject}".into()) }]);
    }

    #[test]
    fn a_fact_belongs_to_one_kind_of_event() {
        let mut wrong = policy("calendar.event.*", vec![Deed::Log { message: None }]);
        wrong.conditions = vec![Condition { fact: Fact::SenderInHubspot, negated: true, value: None }];
        assert!(check(wrong.clone(), None).unwrap_err()[0].contains("known only of e-mail"));

        wrong.trigger = "gmail.message.received".into();
        assert!(check(wrong.clone(), None).is_ok());
        wrong.conditions[0].value = Some("x".into());
        assert!(check(wrong, None).is_err());
    }
}

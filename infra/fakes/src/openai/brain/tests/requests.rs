//! What an advisor asks to be done, from the request to the report, with the tools of a product that has them all.

use serde_json::{Value, json};

use super::{answered, by_words};
use crate::openai::brain::decide;
use crate::openai::script::Reply;
use crate::openai::turn::{Message, Tool, Turn};

const PROMPT: &str = "You are the assistant of Dana Reyes, a financial advisor. For the advisor it is Tuesday, 24 November \
                      2026, 09:00 (MST), time zone America/Denver.";
const WAITS: &str = "This waits for the advisor's approval. Nothing has happened yet: never say that it is done.";
const SARA: &str = "One contact was found.\n[4] contact; name Sara Smith; contact_id 107\n| Sara Smith is a contact in HubSpot.\n\
                    | E-mail: sara@smile.example.\n| Company: Smile Denver Dental.\n";
const GREGS: &str = "2 contacts were found.\n\
                     [1] contact; name Greg Hall; contact_id 103\n| Greg Hall is a contact in HubSpot.\n| E-mail: greg.hall@x.example.\n\
                     | Job title: Retired electrical engineer.\n| City: Fort Collins.\n\
                     [2] contact; name Greg Novak; contact_id 105\n| Greg Novak is a contact in HubSpot.\n| E-mail: greg@novak.example.\n\
                     | Company: Novak Brewing.\n| Job title: Owner.\n";

fn tool(name: &str, properties: &[(&str, &str)]) -> Tool {
    let schema = |kind: &str| match kind {
        "strings" => json!({ "type": "array", "items": { "type": "string" } }),
        "strings?" => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        kind => match kind.strip_suffix('?') {
            Some(kind) => json!({ "type": [kind, "null"] }),
            None => json!({ "type": kind }),
        },
    };
    let declared: serde_json::Map<String, Value> =
        properties.iter().map(|(name, kind)| ((*name).to_owned(), schema(kind))).collect();
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let parameters =
        json!({ "type": "object", "properties": declared, "required": required, "additionalProperties": false });
    Tool { name: name.to_owned(), description: String::new(), parameters }
}

const CONTACT: [(&str, &str); 7] = [
    ("first_name", "string?"),
    ("last_name", "string?"),
    ("phone", "string?"),
    ("company", "string?"),
    ("job_title", "string?"),
    ("city", "string?"),
    ("notes", "string?"),
];

fn tools() -> Vec<Tool> {
    vec![
        tool(
            "search_emails",
            &[("query", "string?"), ("date_filter", "string?"), ("sender_filter", "string?"), ("limit", "integer?")],
        ),
        tool("search_contacts", &[("query", "string"), ("limit", "integer?")]),
        tool("get_contact_by_id", &[("contact_id", "string")]),
        tool("get_contact_notes", &[("contact_id", "string")]),
        tool(
            "search_calendar",
            &[("query", "string?"), ("date_filter", "string?"), ("attendee_filter", "string?"), ("limit", "integer?")],
        ),
        tool(
            "search_deals",
            &[
                ("query", "string?"),
                ("stage", "string?"),
                ("open_only", "boolean?"),
                ("date_filter", "string?"),
                ("limit", "integer?"),
            ],
        ),
        tool(
            "find_free_time",
            &[
                ("duration_minutes", "integer"),
                ("from", "string?"),
                ("to", "string?"),
                ("date_filter", "string?"),
                ("attendees", "strings?"),
                ("time_zone", "string?"),
            ],
        ),
        tool(
            "send_email",
            &[
                ("to", "strings"),
                ("subject", "string"),
                ("body", "string"),
                ("cc", "strings?"),
                ("bcc", "strings?"),
                ("reply_to_email_id", "string?"),
            ],
        ),
        tool(
            "schedule_event",
            &[
                ("summary", "string"),
                ("start_time", "string"),
                ("end_time", "string"),
                ("description", "string?"),
                ("attendees", "strings?"),
                ("location", "string?"),
            ],
        ),
        tool(
            "update_event",
            &[
                ("event_id", "string"),
                ("summary", "string?"),
                ("start_time", "string?"),
                ("end_time", "string?"),
                ("location", "string?"),
            ],
        ),
        tool("cancel_event", &[("event_id", "string"), ("send_updates", "boolean?")]),
        tool("create_contact", &[[("email", "string")].as_slice(), &CONTACT].concat()),
        tool("update_contact", &[[("contact_id", "string"), ("email", "string?")].as_slice(), &CONTACT[..6]].concat()),
        tool("create_note", &[("contact_id", "string"), ("note_body", "string")]),
        tool("create_memory_rule", &[("rule_description", "string")]),
        tool("list_memory_rules", &[]),
    ]
}

/// A conversation with the stand-in.
struct Talk(Turn);

impl Talk {
    fn new() -> Self {
        let messages = vec![Message::System(PROMPT.to_owned())];
        Self(Turn { messages, tools: tools(), parallel: true, ..Turn::default() })
    }

    async fn say(&mut self, text: &str) -> Reply {
        self.0.messages.push(Message::User(format!("Nothing was found for this question yet.\n\nQuestion: {text}")));
        self.next().await
    }

    async fn next(&mut self) -> Reply {
        decide(&by_words(), &self.0, false).await
    }

    /// Answers the call with this.
    async fn hear(&mut self, reply: &Reply, result: &str) -> Reply {
        answered(&mut self.0, reply, result);
        self.next().await
    }

    /// The stand-in has said this, and the advisor answers.
    async fn answer(&mut self, reply: &Reply, text: &str) -> Reply {
        self.0.messages.push(Message::Assistant { text: reply.text.clone(), calls: Vec::new() });
        self.say(text).await
    }
}

/// The one call of a reply, its nulls left out.
fn called(reply: &Reply) -> (String, Value) {
    assert_eq!(reply.calls.len(), 1, "{reply:?}");
    let mut arguments = reply.calls[0].arguments.clone();
    arguments.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    (reply.calls[0].name.clone(), arguments)
}

fn is_call(reply: &Reply, name: &str, arguments: Value) {
    assert_eq!(called(reply), (name.to_owned(), arguments));
}

#[tokio::test]
async fn an_appointment_is_made_with_whom_it_names() {
    let mut talk = Talk::new();

    let search = talk.say("Schedule an appointment with Sara Smith on Thursday at 3pm").await;
    let event = talk.hear(&search, SARA).await;
    let report = talk.hear(&event, WAITS).await;

    is_call(&search, "search_contacts", json!({ "query": "Sara Smith" }));
    is_call(
        &event,
        "schedule_event",
        json!({
            "summary": "Appointment with Sara Smith", "attendees": ["sara@smile.example"],
            "start_time": "2026-11-26T15:00:00-07:00", "end_time": "2026-11-26T16:00:00-07:00",
        }),
    );
    assert!(report.text.ends_with("waits for your approval. Nothing has been done yet."), "{}", report.text);
}

#[tokio::test]
async fn an_appointment_has_the_length_the_place_and_the_matter_that_are_said() {
    for (text, summary, location, span) in [
        (
            "Can you book a 45-minute call with Sara Smith about the buy-out tomorrow at 10?",
            "Call with Sara Smith: the buy-out",
            Value::Null,
            "2026-11-25T10:00:00-07:00 2026-11-25T10:45:00-07:00",
        ),
        (
            "Set up lunch with Sara Smith at the Wynkoop on 3 December from 12 to 1:30pm",
            "Lunch with Sara Smith",
            json!("Wynkoop"),
            "2026-12-03T12:00:00-07:00 2026-12-03T13:30:00-07:00",
        ),
        (
            "Please put \"Annual review\" in my calendar with Sara Smith next Monday 9am by phone",
            "Annual review",
            json!("Phone"),
            "2026-11-30T09:00:00-07:00 2026-11-30T10:00:00-07:00",
        ),
    ] {
        let mut talk = Talk::new();
        let search = talk.say(text).await;
        let event = talk.hear(&search, SARA).await;

        let arguments = &event.calls[0].arguments;
        assert_eq!(arguments["summary"], summary, "{text}");
        assert_eq!(arguments["location"], location, "{text}");
        let (start, end) = (arguments["start_time"].as_str().unwrap(), arguments["end_time"].as_str().unwrap());
        assert_eq!(format!("{start} {end}"), span, "{text}");
    }
}

#[tokio::test]
async fn an_appointment_of_ones_own_needs_nobody() {
    let mut talk = Talk::new();

    let event = talk.say("Block two hours on Friday at 9 for filing").await;
    let report = talk.hear(&event, r#"Done: {"status":"success","event_id":"e1"}"#).await;

    assert_eq!(
        (event.calls[0].name.as_str(), &event.calls[0].arguments["summary"]),
        ("schedule_event", &json!("Filing"))
    );
    assert_eq!(event.calls[0].arguments["end_time"], "2026-11-27T11:00:00-07:00");
    assert_eq!(report.text, "Done: The event Filing, beginning on Friday, 27 November 2026 at 09:00.");
}

#[tokio::test]
async fn without_a_time_free_ones_are_offered_and_one_is_taken() {
    let mut talk = Talk::new();

    let search = talk.say("Schedule an appointment with Sara Smith").await;
    let free = talk.hear(&search, SARA).await;
    let offer = talk.hear(&free, "Free times:\n| Wednesday, 25 November 2026, 09:00–10:00 (MST)\n| Thursday, 26 November 2026, 13:00–14:00 (MST)").await;
    let again = talk.answer(&offer, "the second one").await;
    let event = talk.hear(&again, SARA).await;

    assert_eq!(free.calls[0].name, "find_free_time");
    assert_eq!(free.calls[0].arguments["duration_minutes"], 60);
    assert!(offer.text.contains("- Thursday, 26 November 2026, 13:00–14:00 (MST)"), "{}", offer.text);
    assert_eq!(event.calls[0].name, "schedule_event");
    assert_eq!(event.calls[0].arguments["start_time"], "2026-11-26T13:00:00-07:00");
    assert_eq!(event.calls[0].arguments["end_time"], "2026-11-26T14:00:00-07:00");
}

#[tokio::test]
async fn a_first_name_of_several_is_asked_about_and_the_answer_understood() {
    for (answer, id) in [
        ("The one at Novak Brewing", "105"),
        ("Greg Hall", "103"),
        ("the retired engineer, please", "103"),
        ("the second", "105"),
    ] {
        let mut talk = Talk::new();
        let search = talk.say("Change Greg's phone number to 970-555-0199").await;
        let which = talk.hear(&search, GREGS).await;
        let again = talk.answer(&which, answer).await;
        let change = talk.hear(&again, GREGS).await;

        is_call(&search, "search_contacts", json!({ "query": "Greg" }));
        assert_eq!(
            which.text,
            "Which Greg do you mean: Greg Hall (Retired electrical engineer, Fort Collins, greg.hall@x.example [1]) or Greg \
             Novak (Owner, Novak Brewing, greg@novak.example [2])?"
        );
        is_call(&change, "update_contact", json!({ "contact_id": id, "phone": "970-555-0199" }));
    }
}

const NORA: &str = "1 event was found.\n[1] calendar; Planning call: Nora Ellison; event_id ev7; on 2026-12-02\n\
                    | When: Wednesday, 2 December 2026, 14:00–14:30 (MST).\n| With: Nora Ellison.\n";

#[tokio::test]
async fn a_meeting_is_moved_and_keeps_its_length() {
    for (text, start, end) in [
        ("move my meeting with Nora to Friday 10:30", "2026-11-27T10:30:00-07:00", "2026-11-27T11:00:00-07:00"),
        ("Reschedule Nora's call to 4pm", "2026-12-02T16:00:00-07:00", "2026-12-02T16:30:00-07:00"),
        ("Push my call with Nora back by an hour", "2026-12-02T15:00:00-07:00", "2026-12-02T15:30:00-07:00"),
        ("Could you move my call with Nora to Thursday", "2026-11-26T14:00:00-07:00", "2026-11-26T14:30:00-07:00"),
    ] {
        let mut talk = Talk::new();
        let search = talk.say(text).await;
        let change = talk.hear(&search, NORA).await;

        is_call(&search, "search_calendar", json!({ "attendee_filter": "Nora" }));
        is_call(&change, "update_event", json!({ "event_id": "ev7", "start_time": start, "end_time": end }));
    }
}

#[tokio::test]
async fn the_right_meeting_is_cancelled_or_asked_for() {
    let bill = "2 events were found.\n\
                [1] calendar; Annual review: Bill Thornton; event_id ev1; on 2026-11-25\n| When: Wednesday, 25 November 2026, 09:00–10:00 (MST).\n\
                [2] calendar; Lunch: Bill Thornton; event_id ev2; on 2026-12-08\n| When: Tuesday, 8 December 2026, 12:00–13:00 (MST).\n";

    let mut talk = Talk::new();
    let search = talk.say("Cancel tomorrow's review with Bill").await;
    let cancel = talk.hear(&search, bill).await;
    is_call(&search, "search_calendar", json!({ "attendee_filter": "Bill", "date_filter": "tomorrow" }));
    is_call(&cancel, "cancel_event", json!({ "event_id": "ev1", "send_updates": true }));

    let mut talk = Talk::new();
    let search = talk.say("Cancel my meeting with Bill without telling him").await;
    let which = talk.hear(&search, bill).await;
    let again = talk.answer(&which, "the lunch").await;
    let cancel = talk.hear(&again, bill).await;
    assert!(which.text.starts_with("Which meeting do you mean: "), "{}", which.text);
    is_call(&cancel, "cancel_event", json!({ "event_id": "ev2", "send_updates": false }));

    let mut talk = Talk::new();
    let search = talk.say("Cancel my meeting with Omar").await;
    let wider = talk.hear(&search, "No event was found.").await;
    let none = talk.hear(&wider, "No event was found.").await;
    is_call(&wider, "search_calendar", json!({ "query": "Omar" }));
    assert_eq!(none.text, "I found no upcoming meeting with Omar in your calendar.");
}

#[tokio::test]
async fn notes_and_contacts_are_written() {
    let bill = "[1] contact; name Bill Thornton; contact_id 108\n| E-mail: bill@ranch.example.\n";
    let mut talk = Talk::new();
    let search = talk.say("Add a note to Bill's record: sold the herd, wants bonds").await;
    let note = talk.hear(&search, bill).await;
    is_call(&note, "create_note", json!({ "contact_id": "108", "note_body": "Sold the herd, wants bonds" }));

    let mut talk = Talk::new();
    let search = talk.say("Create a contact for jane@acme.example named Jane Doe from Acme Corp with a note that she met us at the fair").await;
    let create = talk.hear(&search, "No contact was found.").await;
    is_call(&search, "search_contacts", json!({ "query": "jane@acme.example" }));
    is_call(
        &create,
        "create_contact",
        json!({
            "email": "jane@acme.example", "first_name": "Jane", "last_name": "Doe", "company": "Acme Corp",
            "notes": "She met us at the fair",
        }),
    );

    let mut talk = Talk::new();
    let search = talk.say("add a contact: sara@smile.example").await;
    let known = talk.hear(&search, SARA).await;
    assert_eq!(known.text, "Sara Smith with the address sara@smile.example is in your CRM already [4].");

    let mut talk = Talk::new();
    let search = talk.say("Sara Smith's new job title is Partner").await;
    let change = talk.hear(&search, SARA).await;
    is_call(&change, "update_contact", json!({ "contact_id": "107", "job_title": "Partner" }));
}

#[tokio::test]
async fn mails_are_written_in_the_advisors_words() {
    for (text, subject, said) in [
        ("Email Sara Smith that her papers are ready", "Your papers are ready", "Your papers are ready."),
        (
            "Send an email to Sara Smith with the subject Lunch saying I will be ten minutes late",
            "Lunch",
            "I will be ten minutes late.",
        ),
        ("write to Sara Smith about the buy-out: the bank agreed", "The buy-out", "The bank agreed."),
        (
            "Let Sara Smith know that the office is closed on Friday",
            "The office is closed on Friday",
            "The office is closed on Friday.",
        ),
    ] {
        let mut talk = Talk::new();
        let search = talk.say(text).await;
        let mail = talk.hear(&search, SARA).await;

        let expected = json!({
            "to": ["sara@smile.example"], "subject": subject,
            "body": format!("Hi Sara,\n\n{said}\n\nBest regards,\nDana Reyes"),
        });
        is_call(&mail, "send_email", expected);
    }
    let mut talk = Talk::new();
    let direct = talk.say("email jane@acme.example that we are open").await;
    assert_eq!(direct.calls[0].arguments["to"], json!(["jane@acme.example"]));

    let mut talk = Talk::new();
    let search = talk.say("Email Sara Smith about the buy-out").await;
    let what = talk.hear(&search, SARA).await;
    let again = talk.answer(&what, "the bank agreed").await;
    let mail = talk.hear(&again, SARA).await;
    assert_eq!(what.text, "What should it say?");
    assert_eq!(mail.calls[0].arguments["subject"], "The buy-out");
}

#[tokio::test]
async fn a_pronoun_is_whom_the_answer_before_named() {
    let mut talk = Talk::new();
    let earlier = Reply::text("Sara Smith wrote on 2 March 2026: “We close on Friday.” [1].");
    talk.0.messages.push(Message::User("Question: Who closes on Friday?".to_owned()));

    let search = talk.answer(&earlier, "Add a note to her record: closes on Friday").await;
    let note = talk.hear(&search, SARA).await;

    is_call(&note, "create_note", json!({ "contact_id": "107", "note_body": "Closes on Friday" }));
}

#[tokio::test]
async fn a_reply_goes_to_the_last_mail() {
    let mails = "2 passages of e-mail were found.\n\
                 [1] email; from Nora Ellison <nora@x.example>; to Dana Reyes <dana@r.example>; on 2026-11-20; subject \"Saturday\"; email_id 18c\n| Are you coming?\n\
                 [2] email; from Nora Ellison <nora@x.example>; to Dana Reyes <dana@r.example>; on 2026-11-02; subject \"Roof\"; email_id 17a\n| The roof leaks.\n";
    let mut talk = Talk::new();

    let search = talk.say("Reply to Nora's last mail that I will be there").await;
    let reply = talk.hear(&search, mails).await;

    is_call(&search, "search_emails", json!({ "sender_filter": "Nora" }));
    is_call(
        &reply,
        "send_email",
        json!({
            "to": ["nora@x.example"], "subject": "Re: Saturday", "reply_to_email_id": "18c",
            "body": "Hi Nora,\n\nI will be there.\n\nBest regards,\nDana Reyes",
        }),
    );
}

#[tokio::test]
async fn the_calendar_is_told_day_by_day() {
    let week = "3 events were found.\n\
                [1] calendar; Team stand-up; Wednesday, 25 November 2026, 08:30–08:45 MST; Friday, 27 November 2026, 08:30–08:45 MST\n| Repeats: every week.\n\
                [2] calendar; Office closed; Tuesday, 24 November 2026 to Thursday, 26 November 2026, all day\n| Office closed.\n\
                [3] calendar; Review: Omar Haddad; event_id c; on 2026-12-01\n| When: Tuesday, 1 December 2026, 15:00–16:00 (MST).\n";
    let mut talk = Talk::new();
    let search = talk.say("What do I have tomorrow?").await;
    let told = talk.hear(&search, week).await;
    is_call(&search, "search_calendar", json!({ "date_filter": "tomorrow", "limit": 50 }));
    assert_eq!(told.text, "Wednesday, 25 November:\n- all day Office closed [2]\n- 08:30–08:45 Team stand-up [1]");

    let mut talk = Talk::new();
    let search = talk.say("When is my next meeting with Omar?").await;
    let told = talk.hear(&search, week).await;
    assert_eq!(
        told.text,
        "Your next meeting with Omar is Review: Omar Haddad on Tuesday, 1 December 2026, 15:00–16:00 [3]."
    );

    let mut talk = Talk::new();
    let free = talk.say("When am I free next week for 30 minutes?").await;
    let told = talk.hear(&free, "Free times:\n| Monday, 30 November 2026, 09:00–12:00 (MST)").await;
    is_call(&free, "find_free_time", json!({ "duration_minutes": 30, "from": "2026-11-30", "to": "2026-12-06" }));
    assert_eq!(told.text, "Free times:\n- Monday, 30 November 2026, 09:00–12:00 (MST)");
}

#[tokio::test]
async fn deals_are_told_by_what_is_asked_of_them() {
    let deals = "2 deals were found.\n\
                 [1] deal; Hall: concentrated stock plan; deal_id 9; contacts Greg Hall, Carolyn Hall\n| Stage: Closed won (closed, won).\n\
                 | Amount: 4,000.\n| Closed: 5 October 2026.\n\
                 [2] deal; Novak Brewing: safe-harbor plan; deal_id 10; contacts Greg Novak\n| Stage: Decision maker bought in (open).\n\
                 | Amount: 5,200.\n| Expected to close: 24 December 2026.\n";
    let mut talk = Talk::new();
    let search = talk.say("What is the Hall deal worth?").await;
    let worth = talk.hear(&search, deals).await;
    is_call(&search, "search_deals", json!({ "query": "Hall", "limit": 50 }));
    assert_eq!(worth.text, "Hall: concentrated stock plan: amount 4,000 [1].");

    let mut talk = Talk::new();
    let search = talk.say("Which open deals close next month?").await;
    let closing = talk.hear(&search, deals).await;
    is_call(&search, "search_deals", json!({ "date_filter": "next_month", "open_only": true, "limit": 50 }));
    assert_eq!(
        closing.text,
        "Novak Brewing: safe-harbor plan: amount 5,200, stage Decision maker bought in (open), closing on 24 December 2026 [2]."
    );
}

#[tokio::test]
async fn instructions_are_kept_in_the_advisors_words_and_listed() {
    let mut talk = Talk::new();
    let rule = talk.say("Remember: when someone emails me who is not in HubSpot, create a contact").await;
    is_call(
        &rule,
        "create_memory_rule",
        json!({ "rule_description": "When someone emails me who is not in HubSpot, create a contact" }),
    );

    let mut talk = Talk::new();
    let rule = talk.say("When I create a contact in HubSpot, send them an email").await;
    is_call(
        &rule,
        "create_memory_rule",
        json!({ "rule_description": "When I create a contact in HubSpot, send them an email" }),
    );

    let mut talk = Talk::new();
    let list = talk.say("What rules do I have?").await;
    let told = talk.hear(&list, "Two rules are active:\n| 1: Thank new clients.\n| 2: Tell attendees.").await;
    assert_eq!(list.calls[0].name, "list_memory_rules");
    assert_eq!(told.text, "Two rules are active:\n- 1: Thank new clients.\n- 2: Tell attendees.");
}

#[tokio::test]
async fn nothing_is_claimed_that_the_tool_did_not_say() {
    for (result, told) in [
        (r#"Done: {"status":"success","note_id":"5"}"#, "Done: The note."),
        ("Error: There is no such contact.", "That did not work: There is no such contact."),
        (
            "This is under way and not certain yet: say that, and never that it is done.",
            "The note is under way. It is not certain yet that it was done.",
        ),
        (WAITS, "The note waits for your approval. Nothing has been done yet."),
    ] {
        let mut talk = Talk::new();
        let search = talk.say("Add a note to Sara Smith: likes Thursdays").await;
        let note = talk.hear(&search, SARA).await;
        assert_eq!(talk.hear(&note, result).await.text, told);
    }
}

#[tokio::test]
async fn questions_about_people_are_still_questions() {
    for text in [
        "What did Sara say about our last meeting?",
        "Who mentioned their kid plays baseball?",
        "Whom should I not mention to Tom Gallagher?",
        "Who heard my library talk and asked whether I take new clients?",
        "How large is Jamal's written job offer?",
        "Tell me about Nora",
    ] {
        let reply = Talk::new().say(text).await;
        assert!(
            reply.calls.iter().all(|call| call.name.starts_with("search_e") || call.name.starts_with("search_con")),
            "{text}: {reply:?}"
        );
    }
}

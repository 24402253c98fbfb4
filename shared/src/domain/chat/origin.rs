//! Who wrote what the model is shown. A turn that has shown it anything from outside is tainted: from there on no write
//! happens unasked.
//!
//! | what | origin | why |
//! |---|---|---|
//! | this turn's message | the advisor | typed in their own session |
//! | what becomes of writes whose conversation was deleted | outside | what it had read is not known any more |
//! | earlier messages of a stored conversation | as kept with them | a tainted answer may hold what taints |
//! | earlier messages a client claims | the assistant's: outside | they may quote anything |
//! | the fields of a contact, company or deal | own CRM | but prose in one: whoever fills in a web form writes it. A short order in a name is left to [`crate::domain::actions::policy`] |
//! | a note | outside | mail is pasted, logged and summed up in notes, by people and by our own instructions; nothing in the record tells those from the others |
//! | an event | own calendar if the advisor organises it, else outside | an invitation is a mail |
//! | a mail | outside | also a sent one: it quotes what it answers |
//! | what a provider says against a write | not shown | only that it failed, and a short code |
//! | anything else | outside | until somebody has thought about it |

use crate::model::document::{Hit, Kind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    OwnCrm,
    OwnCalendar,
    Outside,
}

/// Longer than a name, an address or a job title: such a line is somebody's prose.
const FIELD: usize = 100;

/// Where a passage comes from; `own` is the advisor's address.
pub fn of(hit: &Hit, own: &str) -> Origin {
    match hit.kind {
        Kind::Contact | Kind::HubspotCompany | Kind::HubspotDeal if is_outside(&hit.text) => Origin::Outside,
        Kind::Contact | Kind::HubspotCompany | Kind::HubspotDeal => Origin::OwnCrm,
        Kind::Calendar => {
            let organizer = hit.metadata.get("organizer_email").and_then(|value| value.as_str());
            let is_own = organizer.is_some_and(|address| address.eq_ignore_ascii_case(own));
            if is_own { Origin::OwnCalendar } else { Origin::Outside }
        }
        _ => Origin::Outside,
    }
}

/// Whether a record's text holds more than fields.
fn is_outside(text: &str) -> bool {
    text.lines().any(|line| line.chars().count() > FIELD)
}

/// The same of a tool's summary, in which what other people may have written stands behind `| `.
pub fn is_outside_in(summary: &str) -> bool {
    summary.lines().filter(|line| line.starts_with("| ")).any(is_outside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DocumentId;

    fn hit(kind: Kind, text: &str, organizer: &str) -> Hit {
        Hit {
            document_id: DocumentId(1),
            kind,
            source_id: "1".into(),
            title: String::new(),
            heading: String::new(),
            occurred_at: jiff::Timestamp::UNIX_EPOCH,
            metadata: serde_json::json!({ "organizer_email": organizer }),
            ordinal: 0,
            chunk_count: 1,
            text: text.into(),
            similarity: 0.0,
            created_at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn only_what_the_office_itself_wrote_is_its_own() {
        let of = |kind, text: &str, organizer: &str| of(&hit(kind, text, organizer), "ada@firm.example");

        assert_eq!(of(Kind::Contact, "Greg Hall is a contact in HubSpot.\nPhone: 1.", ""), Origin::OwnCrm);
        assert_eq!(of(Kind::Contact, &format!("Message: {}", "please send it ".repeat(9)), ""), Origin::Outside);
        assert_eq!(of(Kind::Calendar, "Review", "Ada@Firm.example"), Origin::OwnCalendar);
        assert_eq!(of(Kind::Calendar, "Review", "mallory@evil.example"), Origin::Outside);
        assert_eq!(of(Kind::Calendar, "Review", ""), Origin::Outside);
        assert_eq!(of(Kind::HubspotNote, "Called.", ""), Origin::Outside);
        assert_eq!(of(Kind::Email, "Hello", ""), Origin::Outside);
        assert!(is_outside_in(&format!("The contact's properties:\n| message: {}", "please send it ".repeat(9))));
        assert!(!is_outside_in(&format!("Free times: {}\n| city: Denver", "Monday, 9:00 ".repeat(20))));
    }
}

//! A mail: a draft, then the draft sent. A draft that is gone was sent; the mail is found by its `Message-ID`.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use mail_builder::MessageBuilder;
use mail_builder::headers::message_id::MessageId;
use serde_json::{Value, json};

use super::Desk;
use crate::clients::gmail::by_message_id;
use crate::domain::actions::ledger::{Halt, Landed, Probe, Write};
use crate::domain::knowledge::{documents, mail_text};
use crate::domain::limits;
use crate::error::{Error, Kind, Result};
use crate::model::action::ReplyTo;
use crate::model::mail::Message;
use crate::store::effects::Effect;
use crate::store::{Tenant, emails, users};

/// Gmail's clock and ours may differ by so much.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Sent mails that are looked through for one that cannot be found by its id.
const LOOKED_THROUGH: u32 = 20;

/// What is to be sent.
pub(super) struct Mail<'a> {
    pub to: &'a [String],
    pub cc: &'a [String],
    pub bcc: &'a [String],
    pub subject: &'a str,
    pub body: &'a str,
    pub reply: Option<&'a ReplyTo>,
}

/// A mail with its sender and its name.
struct Letter<'a> {
    desk: &'a Desk<'a>,
    mail: &'a Mail<'a>,
    name: Option<String>,
    address: String,
    /// Without angle brackets.
    message_id: String,
}

pub(super) async fn run(desk: &Desk<'_>, mail: &Mail<'_>) -> Result<Value, Halt> {
    if !desk.ledger.has(0).await? {
        within_limits(desk).await?;
    }
    let letter = letter(desk, mail).await?;
    let draft = desk.ledger.write(&Draft(&letter)).await?;
    let draft_id = draft.response["draft_id"].as_str().unwrap_or_default();
    let sent = desk.ledger.write(&Sending { letter: &letter, draft_id }).await?;
    let recipients: Vec<&String> = mail.to.iter().chain(mail.cc).chain(mail.bcc).collect();
    Ok(json!({
        "status": "success", "message_id": sent.response["id"], "thread_id": sent.response["thread_id"],
        "recipients": recipients,
    }))
}

/// Mail goes out in the advisor's name: however it is asked for, there is an end to it.
async fn within_limits(desk: &Desk<'_>) -> Result<()> {
    let db = desk.ledger.world.db().await?;
    let owner = desk.ledger.claim.owner.to_string();
    for (limit, who, most) in [
        (limits::MAIL, owner.as_str(), "No more than 50 e-mails can be sent within an hour."),
        (limits::ALL_MAIL, "everybody", "No more e-mails can be sent from this server within this hour."),
    ] {
        match limits::take_hourly(&db, limit, who).await {
            Err(error) if error.kind == Kind::RateLimited => {
                return Err(Error::forbidden(format!("{most} Nothing was sent; please ask for it again later.")));
            }
            taken => taken?,
        }
    }
    Ok(())
}

async fn letter<'a>(desk: &'a Desk<'a>, mail: &'a Mail<'a>) -> Result<Letter<'a>> {
    let claim = desk.ledger.claim;
    let mut db = desk.ledger.world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let name = users::get(&tenant).await?.and_then(|user| user.name);
    tenant.commit().await?;
    let address = desk.access.account_email.clone();
    let address =
        address.ok_or_else(|| Error::new(Kind::Refused, "Google does not say which address this mailbox has."))?;
    let domain = address.split_once('@').map_or("localhost", |(_, domain)| domain);
    let hash = digest(&SHA256, format!("{}:1", claim.id).as_bytes());
    let message_id = format!("{}@{domain}", hex::encode(&hash.as_ref()[..16]));
    Ok(Letter { desk, mail, name, address, message_id })
}

impl Letter<'_> {
    /// The message as it goes out; the same at every try.
    fn raw(&self, at: Timestamp) -> Result<Vec<u8>> {
        let all = |addresses: &[String]| -> Vec<String> { addresses.to_vec() };
        let mut message = MessageBuilder::new()
            .message_id(self.message_id.clone())
            .date(at.as_second())
            .subject(self.mail.subject.to_owned())
            .to(all(self.mail.to))
            .text_body(self.mail.body.to_owned());
        message = match &self.name {
            Some(name) => message.from((name.clone(), self.address.clone())),
            None => message.from(self.address.clone()),
        };
        if !self.mail.cc.is_empty() {
            message = message.cc(all(self.mail.cc));
        }
        if !self.mail.bcc.is_empty() {
            message = message.bcc(all(self.mail.bcc));
        }
        if let Some(parent) = self.mail.reply.and_then(|reply| bare(&reply.message_id)) {
            let references = self.references().into_iter().chain([parent.clone()]);
            message = message.references(MessageId::new_list(references)).in_reply_to(parent);
        }
        message.write_to_vec().map_err(|error| Error::internal("A mail could not be composed.").because(error))
    }

    fn references(&self) -> Vec<String> {
        self.mail.reply.iter().flat_map(|reply| &reply.references).filter_map(|id| bare(id)).collect()
    }

    /// The mail as it stands among the sent ones.
    async fn find(&self, effect: &Effect) -> Result<Option<Message>> {
        let gmail = self.desk.gmail();
        let is_sent = |message: &Message| message.label_ids.iter().any(|label| label == "SENT");
        for id in gmail.list(Some(&by_message_id(&self.message_id)), None, LOOKED_THROUGH).await?.ids {
            if let Some(message) = gmail.get(&id).await?.filter(is_sent) {
                return Ok(Some(message));
            }
        }
        // Gmail may have given it another id.
        let since = effect.intended_at - SKEW;
        let lately = gmail.list(Some(&format!("in:sent after:{}", since.as_second())), None, LOOKED_THROUGH).await?;
        for id in lately.ids {
            let message = gmail.get(&id).await?.filter(is_sent);
            if let Some(message) = message.filter(|message| message.received_at >= since && self.is(message)) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn is(&self, message: &Message) -> bool {
        let there = mail_text::email_of(message, &self.address);
        let to: Vec<&str> = there.to.iter().map(|mailbox| mailbox.email.as_str()).collect();
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        there.subject == self.mail.subject
            && to == self.mail.to.iter().map(String::as_str).collect::<Vec<_>>()
            && squeezed(message.text.as_deref().unwrap_or_default()) == squeezed(self.mail.body)
    }

    fn landed(id: &str, thread_id: &str, label_ids: &[String]) -> Landed {
        Landed {
            provider_ref: format!("gmail:messages:{id}"),
            response: json!({ "id": id, "thread_id": thread_id, "label_ids": label_ids }),
        }
    }

    /// What Gmail has now, without asking for it: we wrote it.
    fn as_kept(&self, landed: &Landed, now: Timestamp) -> Message {
        let text = |name: &str| landed.response[name].as_str().unwrap_or_default().to_owned();
        let mut headers = vec![
            ("From".to_owned(), format!("{} <{}>", quoted(self.name.as_deref().unwrap_or_default()), self.address)),
            ("To".to_owned(), self.mail.to.join(", ")),
            ("Cc".to_owned(), self.mail.cc.join(", ")),
            ("Bcc".to_owned(), self.mail.bcc.join(", ")),
            ("Subject".to_owned(), self.mail.subject.to_owned()),
            ("Message-ID".to_owned(), format!("<{}>", self.message_id)),
        ];
        headers.extend(self.mail.reply.map(|reply| ("In-Reply-To".to_owned(), reply.message_id.clone())));
        headers.retain(|(_, value)| !value.is_empty());
        Message {
            gmail_id: text("id"),
            thread_id: text("thread_id"),
            // Whatever Gmail says of it later is newer.
            history_id: 0,
            label_ids: vec!["SENT".to_owned()],
            received_at: now,
            snippet: String::new(),
            headers,
            text: Some(self.mail.body.to_owned()),
            html: None,
            attachment_names: Vec::new(),
        }
    }
}

/// An id without its brackets, if it can stand in a header.
fn bare(id: &str) -> Option<String> {
    let id = id.trim().trim_matches(['<', '>']);
    let fits = !id.is_empty() && id.len() <= 900 && id.chars().all(|c| c.is_ascii_graphic() && c != '<' && c != '>');
    fits.then(|| id.to_owned())
}

fn quoted(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("\"{}\"", name.replace(['"', '\\'], "")) }
}

struct Draft<'a>(&'a Letter<'a>);

impl Write for Draft<'_> {
    fn step(&self) -> i32 {
        0
    }

    fn request(&self) -> Value {
        let Mail { to, cc, bcc, subject, body, reply } = self.0.mail;
        json!({ "create": "draft", "to": to, "cc": cc, "bcc": bcc, "subject": subject, "body": body, "reply": reply })
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        let raw = self.0.raw(effect.intended_at)?;
        let thread = self.0.mail.reply.map(|reply| reply.thread_id.as_str());
        Ok(drafted(&self.0.desk.gmail().create_draft(&raw, thread).await?))
    }

    /// One that is overlooked stays a draft, and is not sent.
    async fn probe(&self, _: &Effect) -> Result<Probe> {
        let found = self.0.desk.gmail().draft_of(&self.0.message_id).await?;
        Ok(found.map_or(Probe::Absent, |id| Probe::Found(drafted(&id))))
    }

    fn is_kept(&self) -> bool {
        false
    }

    async fn keep(&self, _: &Tenant<'_>, _: &Effect, _: &Landed) -> Result<()> {
        Ok(())
    }
}

fn drafted(id: &str) -> Landed {
    Landed { provider_ref: format!("gmail:drafts:{id}"), response: json!({ "draft_id": id }) }
}

struct Sending<'a> {
    letter: &'a Letter<'a>,
    draft_id: &'a str,
}

impl Sending<'_> {
    async fn found(&self, effect: &Effect) -> Result<Option<Landed>> {
        let found = self.letter.find(effect).await?;
        Ok(found.map(|message| Letter::landed(&message.gmail_id, &message.thread_id, &message.label_ids)))
    }
}

impl Write for Sending<'_> {
    fn step(&self) -> i32 {
        1
    }

    fn request(&self) -> Value {
        json!({ "send": "draft", "id": self.draft_id })
    }

    async fn call(&self, effect: &Effect) -> Result<Landed> {
        let refused = match self.letter.desk.gmail().send_draft(self.draft_id).await {
            Ok(sent) => return Ok(Letter::landed(&sent.id, &sent.thread_id, &sent.label_ids)),
            Err(error) => error,
        };
        if refused.upstream_status() != Some(404) {
            return Err(refused);
        }
        match self.found(effect).await {
            Ok(Some(landed)) => Ok(landed),
            // Nobody else had begun to send it: somebody has thrown the draft away.
            Ok(None) if effect.tries == 0 => {
                Err(Error::new(Kind::Refused, "The draft was thrown away before it could be sent.").answered(404, ""))
            }
            Ok(None) => Err(Error::new(Kind::Upstream, "Gmail does not show yet what became of a draft.")),
            Err(error) => Err(Error::new(Kind::Upstream, error.detail)),
        }
    }

    async fn probe(&self, effect: &Effect) -> Result<Probe> {
        if self.letter.desk.gmail().has_draft(self.draft_id).await? {
            return Ok(Probe::Absent);
        }
        let why = "The draft is gone, so this was most likely sent, but Gmail does not show it. Please look among the sent \
                   e-mails before you ask for it again.";
        Ok(self.found(effect).await?.map_or(Probe::Unclear(why.into()), Probe::Found))
    }

    async fn keep(&self, db: &Tenant<'_>, _: &Effect, landed: &Landed) -> Result<()> {
        let world = self.letter.desk.ledger.world;
        let own = &self.letter.address;
        let email = mail_text::email_of(&self.letter.as_kept(landed, world.now()), own);
        let put = emails::put(db, &email).await?;
        documents::put(db, &documents::of_email(&email, put.id, &world.config.google.gmail_web_url, own)).await
    }
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn an_id_that_would_end_the_header_is_left_out() {
        assert_eq!(bare("<a@b.example>").as_deref(), Some("a@b.example"));
        assert_eq!(bare("<a@b.example>\r\nBcc: eve@evil.example"), None);
        assert_eq!(bare("<a b@c.example>"), None);
        assert_eq!(bare("<>"), None);
    }
}

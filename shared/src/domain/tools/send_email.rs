//! `send_email`: a mail from the advisor's own mailbox, or an answer in its thread.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::checks::{self, wrong};
use super::{Caller, Run, Tool, parse, schema_of};
use crate::error::{Error, Result};
use crate::model::action::{Action, ReplyTo};
use crate::store::emails::{self, Answered};

const NAME: &str = "send_email";
const LONGEST_SUBJECT: usize = 250;
const LONGEST_BODY: usize = 50_000;
/// People one mail goes to.
const MOST: usize = 50;
/// Ids a mail names of those before it.
const REFERENCES: i64 = 20;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Sends an e-mail from the advisor's mailbox. To answer an e-mail, give its id as reply_to_email_id: the \
                  answer stays in its thread, and without to it goes to whoever wrote it.",
    schema: schema_of::<Args>,
    run: Run::Write(|caller, arguments| Box::pin(prepare(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// E-mail addresses. May be left out of an answer.
    to: Option<Vec<String>>,
    /// May be left out of an answer.
    subject: Option<String>,
    /// Plain text, with greeting and signature.
    body: String,
    cc: Option<Vec<String>>,
    bcc: Option<Vec<String>>,
    /// The e-mail it answers: the email_id that search_emails gives.
    reply_to_email_id: Option<String>,
}

async fn prepare(caller: &Caller<'_>, arguments: Value) -> Result<Action> {
    let args: Args = parse(NAME, arguments)?;
    let body = checks::text(NAME, "body", &args.body, LONGEST_BODY)?;
    let subject = checks::maybe(NAME, "subject", args.subject.as_deref(), LONGEST_SUBJECT)?;
    // A line's end would end the header.
    let subject = subject.map(|subject| subject.split_whitespace().collect::<Vec<_>>().join(" "));
    let people = |argument: &str, given: &Option<Vec<String>>| {
        checks::addresses(NAME, argument, given.as_deref().unwrap_or_default())
    };
    let (mut to, mut cc, mut bcc) = (people("to", &args.to)?, people("cc", &args.cc)?, people("bcc", &args.bcc)?);

    let answered = match args.reply_to_email_id.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) => Some(answered(caller, id).await?),
        None => None,
    };
    let (subject, reply) = match answered {
        Some((mail, reply)) => {
            if to.is_empty() {
                to = checks::addresses(NAME, "to", &answers_to(&mail))?;
            }
            (subject_of_answer(subject, &mail.subject), Some(reply))
        }
        None => (subject.ok_or_else(|| wrong(NAME, "subject", "must not be left out."))?, None),
    };
    if to.is_empty() {
        return Err(wrong(NAME, "to", "must name somebody."));
    }
    // Whoever is written to gets it once.
    cc.retain(|address| !to.contains(address));
    bcc.retain(|address| !to.contains(address) && !cc.contains(address));
    if to.len() + cc.len() + bcc.len() > MOST {
        return Err(wrong(NAME, "to", &format!("one e-mail can go to {MOST} people at most.")));
    }
    Ok(Action::SendEmail { to, cc, bcc, subject, body, reply })
}

/// The mail that is answered, and what keeps the answer in its thread.
async fn answered(caller: &Caller<'_>, gmail_id: &str) -> Result<(Answered, ReplyTo)> {
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let mail = emails::answered(&tenant, gmail_id).await?;
    let mail = mail.ok_or_else(|| Error::not_found("e-mail; search_emails gives the email_id of one"))?;
    let references = emails::said_before(&tenant, &mail.thread_id, mail.received_at, REFERENCES).await?;
    tenant.commit().await?;
    let message_id = mail.message_id.clone();
    let message_id =
        message_id.ok_or_else(|| Error::bad_request("This e-mail has no Message-ID and cannot be answered."))?;
    let references = references.into_iter().filter(|id| *id != message_id).collect();
    let reply = ReplyTo { thread_id: mail.thread_id.clone(), message_id, references };
    Ok((mail, reply))
}

/// Whoever wrote it, or asks for answers elsewhere; whom it went to, when the advisor wrote it.
fn answers_to(mail: &Answered) -> Vec<String> {
    let addresses = |mailboxes: &[crate::model::mail::Mailbox]| -> Vec<String> {
        mailboxes.iter().map(|mailbox| mailbox.email.clone()).filter(|email| !email.is_empty()).collect()
    };
    match (mail.outbound, addresses(&mail.reply_to)) {
        (true, _) => addresses(&mail.to),
        (false, elsewhere) if !elsewhere.is_empty() => elsewhere,
        (false, _) => vec![mail.sender.clone()],
    }
}

/// Gmail keeps an answer in its thread only under the thread's subject.
fn subject_of_answer(given: Option<String>, answered: &str) -> String {
    let wanted = bare_subject(answered);
    match given {
        Some(given) if bare_subject(&given) == wanted => given,
        _ if answered.trim().to_lowercase().starts_with("re:") => answered.trim().to_owned(),
        _ => format!("Re: {}", answered.trim()),
    }
}

fn bare_subject(subject: &str) -> String {
    let mut rest = subject.trim().to_lowercase();
    while let Some(less) = ["re:", "aw:", "fwd:", "fw:"].iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = less.trim().to_owned();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_keeps_its_threads_subject() {
        let of = |given: Option<&str>, answered: &str| subject_of_answer(given.map(str::to_owned), answered);

        assert_eq!(of(None, "Saturday"), "Re: Saturday");
        assert_eq!(of(None, "RE: Saturday"), "RE: Saturday");
        assert_eq!(of(Some("Your question"), "Saturday"), "Re: Saturday");
        assert_eq!(of(Some("re: saturday"), "Fwd: Saturday"), "re: saturday");
    }
}

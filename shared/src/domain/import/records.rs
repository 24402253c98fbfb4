//! Mail and contacts. They are kept as if they had just been read, and can be searched at once; the first reading of the accounts
//! brings them up to date.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::people::{moment, texts};
use super::{Move, Owner};
use crate::domain::knowledge::documents::{self, Links};
use crate::domain::knowledge::mail_text;
use crate::error::Result;
use crate::model::crm::Contact;
use crate::model::mail::Message;
use crate::model::task::Job;
use crate::store::seed::{self, User};
use crate::store::{contacts, emails, tasks, users};

impl Move<'_> {
    pub(super) async fn mails(&mut self, user: &User, owner: Owner) -> Result<()> {
        let own = user.email.trim().to_lowercase();
        let mut after = 0;
        loop {
            let page = self.seed.page::<seed::Email>(user.id, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.mail_page(page, owner, &own).await?;
        }
    }

    async fn mail_page(&mut self, page: Vec<seed::Email>, owner: Owner, own: &str) -> Result<()> {
        let all = u64::try_from(page.len()).unwrap_or_default();
        let Some(owner) = owner else {
            self.report.brought("emails", all);
            return Ok(());
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(owner).await?;
        users::lock(&tenant).await?;
        let ids: Vec<String> = page.iter().map(|email| email.gmail_id.clone()).collect();
        let known = emails::known(&tenant, &ids).await?;
        let mut brought = 0;
        for email in page.into_iter().filter(|email| !known.contains(&email.gmail_id)) {
            brought += 1;
            if self.dry_run {
                continue;
            }
            let email = mail_text::email_of(&message(email), own);
            let put = emails::put(&tenant, &email).await?;
            let web = &self.world.config.google.gmail_web_url;
            documents::put(&tenant, &documents::of_email(&email, put.id, web, own)).await?;
        }
        if brought > 0 && !self.dry_run {
            // Nobody rings: the clock does, within a minute.
            tasks::ensure(&tenant, &Job::Embed {}).await?;
        }
        tenant.commit().await?;
        self.report.brought("emails", brought);
        self.report.known("emails", all - brought);
        Ok(())
    }

    pub(super) async fn contacts(&mut self, user: &User, owner: Owner) -> Result<()> {
        let mut after = 0;
        loop {
            let page = self.seed.page::<seed::Contact>(user.id, after).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.id;
            self.contact_page(page, owner, user.portal.as_deref().unwrap_or_default()).await?;
        }
    }

    async fn contact_page(&mut self, page: Vec<seed::Contact>, owner: Owner, portal: &str) -> Result<()> {
        let read = page.len();
        let page: Vec<Contact> = page.into_iter().filter_map(contact).collect();
        let without = u64::try_from(read - page.len()).unwrap_or_default();
        self.report.left("contacts", without, "They are not HubSpot's: a contact is kept as HubSpot has it.");
        let all = u64::try_from(page.len()).unwrap_or_default();
        let Some(owner) = owner else {
            self.report.brought("contacts", all);
            return Ok(());
        };
        let mut db = self.world.db().await?;
        let tenant = db.tenant(owner).await?;
        users::lock(&tenant).await?;
        let ids: Vec<String> = page.iter().map(|contact| contact.hubspot_id.clone()).collect();
        let known = contacts::get_many(&tenant, &ids).await?;
        let is_new = |contact: &&Contact| !known.iter().any(|known| known.hubspot_id == contact.hubspot_id);
        let links = Links { app_url: &self.world.config.hubspot.app_url, portal };
        let mut brought = 0;
        for contact in page.iter().filter(is_new) {
            brought += 1;
            if !self.dry_run {
                let id = contacts::put(&tenant, contact).await?;
                documents::put(&tenant, &documents::of_contact(contact, id, None, None, links)).await?;
            }
        }
        if brought > 0 && !self.dry_run {
            tasks::ensure(&tenant, &Job::Embed {}).await?;
        }
        tenant.commit().await?;
        self.report.brought("contacts", brought);
        self.report.known("contacts", all - brought);
        Ok(())
    }
}

/// A mail as Gmail would hand it out, made of what the earlier system kept of it.
fn message(email: seed::Email) -> Message {
    let mut headers: Vec<(String, String)> = Vec::new();
    let listed = |list: &Value| Some(texts(list).join(", ")).filter(|text| !text.is_empty());
    let kept = [
        ("Subject", email.subject),
        ("From", email.sender),
        ("Reply-To", email.reply_to),
        ("To", listed(&email.to)),
        ("Cc", listed(&email.cc)),
        ("Bcc", listed(&email.bcc)),
    ];
    for (name, value) in kept {
        headers.extend(value.or_else(|| header(&email.headers, name)).map(|value| (name.to_owned(), value)));
    }
    for name in ["Message-ID", "In-Reply-To"] {
        headers.extend(header(&email.headers, name).map(|value| (name.to_owned(), value)));
    }
    let mut label_ids = texts(&email.labels);
    if email.is_outbound && !label_ids.iter().any(|label| label == "SENT") {
        label_ids.push("SENT".into());
    }
    Message {
        thread_id: email.thread_id.filter(|id| !id.is_empty()).unwrap_or_else(|| email.gmail_id.clone()),
        gmail_id: email.gmail_id,
        // Older than whatever Gmail says.
        history_id: 0,
        label_ids,
        received_at: email.at,
        snippet: email.snippet.unwrap_or_default(),
        headers,
        text: email.text,
        html: email.html,
        attachment_names: Vec::new(),
    }
}

/// A header, whatever its case.
fn header(headers: &Value, name: &str) -> Option<String> {
    let all = headers.as_object()?;
    let found = all.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?.1;
    found.as_str().map(str::to_owned).filter(|text| !text.is_empty())
}

/// `None` for one that is not HubSpot's.
fn contact(contact: seed::Contact) -> Option<Contact> {
    let hubspot_id = contact.hubspot_id.filter(|id| !id.is_empty())?;
    let properties: BTreeMap<String, String> = contact
        .properties
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let text = match value {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((name.clone(), text))
        })
        .collect();
    let property = |name: &str| properties.get(name).cloned().filter(|text| !text.is_empty());
    let at = |name: &str| property(name).and_then(|text| moment(&text));
    let lower = |text: String| Some(text.trim().to_lowercase()).filter(|text| !text.is_empty());
    // When HubSpot changed it, and never later than that: what HubSpot has is newer.
    let updated_at: Timestamp = at("lastmodifieddate").unwrap_or(contact.created_at);
    Some(Contact {
        hubspot_id,
        first_name: contact.first_name.unwrap_or_default(),
        last_name: contact.last_name.unwrap_or_default(),
        email: contact.email.and_then(lower),
        other_emails: texts(&contact.other_emails).into_iter().filter_map(lower).collect(),
        phone: contact.phone,
        company: contact.company,
        job_title: property("jobtitle"),
        lifecycle_stage: contact.lifecycle_stage.or_else(|| property("lifecyclestage")),
        owner_id: contact.owner_id.map(|id| id.to_string()).or_else(|| property("hubspot_owner_id")),
        company_ids: Vec::new(),
        created_at: at("createdate").unwrap_or(contact.created_at),
        updated_at,
        properties,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_header_is_found_whatever_its_case_and_kind() {
        let headers = json!({ "message-id": "<a@b>", "X-Odd": 7, "In-Reply-To": "" });

        assert_eq!(header(&headers, "Message-ID").as_deref(), Some("<a@b>"));
        assert_eq!(header(&headers, "X-Odd"), None);
        assert_eq!(header(&headers, "In-Reply-To"), None);
    }
}

//! Writing contacts and notes, and reading them one at a time. Records come as HubSpot gives them, to be kept as the answer of
//! a write; [`contact_of`] and [`note_of`] read them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::associations::To;
use super::object::{self, CONTACT, NOTE, Object, plain};
use super::read::Paging;
use super::{API_VERSION, HubSpot};
use crate::error::{Error, Result};
use crate::model::crm::{Contact, Note};

/// HubSpot's own type of the association of a note with its contact.
const NOTE_TO_CONTACT: u32 = 202;
/// Notes read in one request.
const BATCH: usize = 100;
/// The newest associations of a contact that are looked at.
const MOST: usize = 500;

pub fn contact_of(raw: &Value) -> Result<Contact> {
    Ok(object::contact_of(Object::deserialize(raw)?))
}

/// Without the contacts it is on.
pub fn note_of(raw: &Value) -> Result<Note> {
    Ok(object::note_of(Object::deserialize(raw)?))
}

/// Plain text as the HTML of a note: nothing in it is markup.
pub fn note_html(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            c => html.push(c),
        }
    }
    html
}

/// And back.
pub fn note_text(html: &str) -> String {
    plain(html)
}

impl HubSpot<'_> {
    /// 409 when there is a contact with this address; `upstream.existing` says which.
    pub async fn create_contact(&self, properties: &BTreeMap<String, String>) -> Result<Value> {
        let request = self.request(Method::POST, &objects("contacts")).json(&json!({ "properties": properties }));
        request.send_json("hubspot.create_contact").await
    }

    /// Answers little more than what was changed.
    pub async fn update_contact(&self, id: &str, properties: &BTreeMap<String, String>) -> Result<Value> {
        let path = format!("{}/{}", objects("contacts"), encoded(id));
        let request = self.request(Method::PATCH, &path).json(&json!({ "properties": properties }));
        request.send_json("hubspot.update_contact").await
    }

    /// `None` when it is gone.
    pub async fn contact(&self, id: &str) -> Result<Option<Value>> {
        self.one_contact(id, None).await
    }

    /// The contact that has this among its addresses.
    pub async fn contact_by_email(&self, email: &str) -> Result<Option<Value>> {
        self.one_contact(email, Some("email")).await
    }

    async fn one_contact(&self, id: &str, by: Option<&str>) -> Result<Option<Value>> {
        let mut query = vec![("properties", CONTACT.join(","))];
        query.extend(by.map(|property| ("idProperty", property.to_owned())));
        let path = format!("{}/{}", objects("contacts"), encoded(id));
        match self.request(Method::GET, &path).query(&query).send_json("hubspot.contact").await {
            Ok(raw) => Ok(Some(raw)),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A note on a contact, from `at`.
    pub async fn create_note(&self, contact_id: &str, html: &str, at: Timestamp) -> Result<Value> {
        let body = json!({
            "properties": { "hs_timestamp": at.as_millisecond().to_string(), "hs_note_body": html },
            "associations": [{
                "to": { "id": contact_id },
                "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": NOTE_TO_CONTACT }],
            }],
        });
        self.request(Method::POST, &objects("notes")).json(&body).send_json("hubspot.create_note").await
    }

    /// The newest notes on a contact, as far as they are there when it is asked: this is no search.
    pub async fn notes_on(&self, contact_id: &str) -> Result<Vec<Value>> {
        let mut ids = self.note_ids(contact_id).await?;
        // HubSpot's ids grow.
        ids.sort_by_key(|id| std::cmp::Reverse(id.parse::<u64>().unwrap_or_default()));
        ids.truncate(MOST);
        let mut notes = Vec::new();
        for some in ids.chunks(BATCH) {
            let inputs: Vec<Value> = some.iter().map(|id| json!({ "id": id })).collect();
            let request = self
                .request(Method::POST, &format!("{}/batch/read", objects("notes")))
                .json(&json!({ "inputs": inputs, "properties": NOTE }));
            let read: Read = request.retrying().send_json("hubspot.notes").await?;
            notes.extend(read.results);
        }
        Ok(notes)
    }

    async fn note_ids(&self, contact_id: &str) -> Result<Vec<String>> {
        let path = format!("{}/{}/associations/notes", objects("contacts"), encoded(contact_id));
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut query = vec![("limit", "500".to_owned())];
            query.extend(after.map(|after| ("after", after)));
            let page: Linked = match self.request(Method::GET, &path).query(&query).send_json("hubspot.note_ids").await
            {
                Ok(page) => page,
                Err(error) if is_gone(&error) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            ids.extend(page.results.into_iter().filter_map(To::id));
            after = page.paging.and_then(|paging| paging.next).map(|next| next.after);
            if after.is_none() {
                return Ok(ids);
            }
        }
    }
}

#[derive(Deserialize)]
struct Read {
    results: Vec<Value>,
}

#[derive(Deserialize)]
struct Linked {
    results: Vec<To>,
    paging: Option<Paging>,
}

fn objects(kind: &str) -> String {
    format!("/crm/objects/{API_VERSION}/{kind}")
}

fn encoded(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

fn is_gone(error: &Error) -> bool {
    error.upstream_status() == Some(404)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notes_text_is_no_markup() {
        let html = note_html("Likes <b>bonds</b> & \"cash\"\r\nSecond line");

        assert_eq!(html, "Likes &lt;b&gt;bonds&lt;/b&gt; &amp; &quot;cash&quot;<br>Second line");
        assert_eq!(note_text(&html), "Likes <b>bonds</b> & \"cash\"\nSecond line");
    }
}

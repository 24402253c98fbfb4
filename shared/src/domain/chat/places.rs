//! Where what was done can be looked at.

use serde_json::Value;

use super::event::Citation;
use super::offer;
use crate::domain::World;
use crate::domain::knowledge::documents::{Links, mail_link};
use crate::error::Result;
use crate::model::UserId;
use crate::model::action::{Kept, State};
use crate::model::crm::ObjectType;
use crate::model::user::Provider;
use crate::store::{Tenant, connections};

/// The advisor's accounts, as far as addresses of pages need them.
pub struct Places<'a> {
    web_url: &'a str,
    mailbox: String,
    app_url: &'a str,
    portal: String,
}

impl<'a> Places<'a> {
    pub async fn of(world: &'a World, owner: UserId) -> Result<Self> {
        let mut db = world.db().await?;
        let tenant = db.tenant(owner).await?;
        Self::read(world, &tenant).await
    }

    pub async fn read(world: &'a World, db: &Tenant<'_>) -> Result<Self> {
        let (mut mailbox, mut portal) = (String::new(), String::new());
        for connection in connections::list(db).await? {
            match connection.provider {
                Provider::Google => mailbox = connection.account_email.unwrap_or_default(),
                Provider::HubSpot => portal = connection.account_id,
            }
        }
        let config = &world.config;
        Ok(Self { web_url: &config.google.gmail_web_url, mailbox, app_url: &config.hubspot.app_url, portal })
    }

    /// The page of what was done, as a citation of this number.
    pub fn place(&self, kept: &Kept, n: usize) -> Option<Citation> {
        let result = kept.result.as_ref().filter(|_| kept.state == State::Done)?;
        let field = |name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
        let links = Links { app_url: self.app_url, portal: &self.portal };
        let (source_type, id, url) = match kept.tool.as_str() {
            "send_email" => {
                let thread = field("thread_id")?;
                ("email", field("message_id")?, mail_link(self.web_url, &self.mailbox, &thread))
            }
            "schedule_event" | "update_event" => ("calendar", field("event_id")?, field("event_link")?),
            "create_contact" | "update_contact" | "create_note" => {
                let contact = field("contact_id")?;
                ("contact", contact.clone(), links.record(ObjectType::Contact, &contact))
            }
            _ => return None,
        };
        let is_page = url.starts_with("https://") || url.starts_with("http://");
        let title = offer::headline(kept);
        is_page.then(|| Citation { n, source_type, source_id: id, text: String::new(), title, url })
    }
}

//! HubSpot's records as documents.

use jiff::tz::TimeZone;
use serde_json::json;

use crate::model::crm::{Company, Contact, Deal, Named, Note, ObjectType};
use crate::model::document::{Document, Kind};

/// Where HubSpot shows a record.
#[derive(Clone, Copy)]
pub struct Links<'a> {
    pub app_url: &'a str,
    pub portal: &'a str,
}

impl Links<'_> {
    pub fn record(&self, object: ObjectType, hubspot_id: &str) -> String {
        format!("{}/contacts/{}/record/{}/{hubspot_id}", self.app_url, self.portal, object.type_id())
    }
}

/// `id` is ours; `company` is what HubSpot calls the company it belongs to.
pub fn of_contact(
    contact: &Contact,
    id: i64,
    company: Option<&str>,
    owner: Option<&str>,
    links: Links<'_>,
) -> Document {
    let name = contact.name();
    let company = contact.company.as_deref().or(company);
    let mut lines = vec![format!("{name} is a contact in HubSpot.")];
    let addresses: Vec<&str> = contact.addresses().collect();
    if !addresses.is_empty() {
        lines.push(format!("E-mail: {}.", addresses.join(", ")));
    }
    let facts = [
        ("Phone", contact.phone.as_deref()),
        ("Company", company),
        ("Job title", contact.job_title.as_deref()),
        ("City", contact.property("city")),
        ("State", contact.property("state")),
        ("Lifecycle stage", contact.lifecycle_stage.as_deref()),
    ];
    lines.extend(stated(&facts));
    Document {
        kind: Kind::Contact,
        source_id: contact.hubspot_id.clone(),
        title: name.clone(),
        heading: format!("Contact {name}"),
        body: lines.join("\n"),
        occurred_at: contact.updated_at,
        metadata: json!({
            "contact_id": id,
            "hubspot_id": contact.hubspot_id,
            "name": name,
            "email": contact.email,
            "company": company,
            "owner": owner,
            "url": links.record(ObjectType::Contact, &contact.hubspot_id),
        }),
    }
}

pub fn of_company(company: &Company, owner: Option<&str>, links: Links<'_>) -> Document {
    let name = company.name();
    let get = |name: &str| company.properties.get(name).map(String::as_str);
    let mut lines = vec![format!("{name} is a company in HubSpot.")];
    let facts = [
        ("Domain", company.domain.as_deref()),
        ("Phone", company.phone.as_deref()),
        ("Industry", company.industry.as_deref()),
        ("City", get("city")),
        ("State", get("state")),
    ];
    lines.extend(stated(&facts));
    lines.extend(get("description").map(str::to_owned));
    Document {
        kind: Kind::HubspotCompany,
        source_id: company.hubspot_id.clone(),
        title: name.clone(),
        heading: format!("Company {name}"),
        body: lines.join("\n"),
        occurred_at: company.updated_at,
        metadata: json!({
            "company_id": company.hubspot_id,
            "name": name,
            "domain": company.domain,
            "owner": owner,
            "url": links.record(ObjectType::Company, &company.hubspot_id),
        }),
    }
}

/// `named` is what the deal's ids are called.
pub fn of_deal(deal: &Deal, named: &Named, links: Links<'_>) -> Document {
    let name = deal.name();
    let day = deal.closes_at.map(|at| at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y").to_string());
    let over = match (deal.is_closed, deal.is_won) {
        (false, _) => " (open)",
        (true, true) => " (closed, won)",
        (true, false) => " (closed, lost)",
    };
    let stage = named.stage.as_deref().or(deal.stage_id.as_deref()).map(|stage| format!("{stage}{over}"));
    let amount = deal.amount.as_deref().map(grouped);
    let (contacts, companies) = (named.contacts.join(", "), named.companies.join(", "));
    let mut lines = vec![format!("{name} is a deal in HubSpot.")];
    let facts = [
        ("Stage", stage.as_deref()),
        ("Pipeline", named.pipeline.as_deref()),
        ("Amount", amount.as_deref()),
        (if deal.is_closed { "Closed" } else { "Expected to close" }, day.as_deref()),
        ("Contacts", Some(contacts.as_str())),
        ("Companies", Some(companies.as_str())),
        ("Owner", named.owner.as_deref()),
    ];
    lines.extend(stated(&facts));
    lines.extend(deal.properties.get("description").cloned());
    let about = if contacts.is_empty() { String::new() } else { format!(" with {contacts}") };
    Document {
        kind: Kind::HubspotDeal,
        source_id: deal.hubspot_id.clone(),
        title: name.clone(),
        heading: format!("Deal {name}{about}"),
        body: lines.join("\n"),
        occurred_at: deal.updated_at,
        metadata: json!({
            "deal_id": deal.hubspot_id,
            "name": name,
            "amount": deal.amount,
            "stage": named.stage,
            "pipeline": named.pipeline,
            "close_date": deal.closes_at,
            "is_closed": deal.is_closed,
            "owner": named.owner,
            "contact_ids": deal.contact_ids,
            "contacts": named.contacts,
            "companies": named.companies,
            "url": links.record(ObjectType::Deal, &deal.hubspot_id),
        }),
    }
}

/// `people` are the contacts the note is on, as far as they are known.
pub fn of_note(note: &Note, people: &[&Contact], owner: Option<&str>, links: Links<'_>) -> Document {
    let names: Vec<String> = people.iter().map(|contact| contact.name()).collect();
    let about = if names.is_empty() { "nobody in particular".to_owned() } else { names.join(" and ") };
    let date = note.noted_at.to_zoned(TimeZone::UTC).strftime("%-d %B %Y");
    let first = note.contact_ids.first();
    let contact = first.map(|contact| links.record(ObjectType::Contact, contact));
    Document {
        kind: Kind::HubspotNote,
        source_id: note.hubspot_id.clone(),
        title: format!("Note on {about}"),
        heading: format!("Note on {about}, written on {date}"),
        body: note.body.clone(),
        occurred_at: note.noted_at,
        metadata: json!({
            "note_id": note.hubspot_id,
            "contact_id": first,
            "contact_ids": note.contact_ids,
            "contacts": names,
            "owner_id": note.owner_id,
            "owner": owner,
            "timestamp": note.noted_at,
            "url": contact.map(|contact| format!("{contact}?engagement={}", note.hubspot_id)),
        }),
    }
}

/// A sentence for each fact that is known.
fn stated(facts: &[(&str, Option<&str>)]) -> Vec<String> {
    let known = facts.iter().filter_map(|(label, value)| Some((label, value.filter(|value| !value.is_empty())?)));
    known.map(|(label, value)| format!("{label}: {value}.")).collect()
}

/// `1234567.5` as `1,234,567.5`.
pub fn grouped(amount: &str) -> String {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return amount.to_owned();
    }
    let mut groups: Vec<&str> = Vec::new();
    let mut rest = digits;
    while rest.len() > 3 {
        let (left, right) = rest.split_at(rest.len() - 3);
        groups.push(right);
        rest = left;
    }
    groups.push(rest);
    groups.reverse();
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_people_read_them() {
        for (plain, read) in
            [("0", "0"), ("999", "999"), ("4000", "4,000"), ("-1234567.50", "-1,234,567.50"), ("1e6", "1e6")]
        {
            assert_eq!(grouped(plain), read);
        }
    }
}

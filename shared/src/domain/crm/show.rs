use super::Directory;
use crate::domain::knowledge::documents::{self, Links};
use crate::error::Result;
use crate::model::crm::{Deal, Note, ObjectType};
use crate::store::{Tenant, companies, contacts, deals, notes};

/// Makes the documents of records, by HubSpot's ids, from what is stored of them.
pub async fn show(db: &Tenant<'_>, links: Links<'_>, object: ObjectType, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    match object {
        ObjectType::Company => show_companies(db, links, ids).await,
        ObjectType::Contact => show_contacts(db, links, ids).await,
        ObjectType::Deal => show_deals(db, links, deals::get_many(db, ids).await?).await,
        ObjectType::Note => show_notes(db, links, notes::get_many(db, ids).await?).await,
    }
}

/// The same for everything that names these records.
pub async fn show_dependents(db: &Tenant<'_>, links: Links<'_>, object: ObjectType, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    match object {
        ObjectType::Company => {
            let people = contacts::of_companies(db, ids).await?;
            let people: Vec<String> = people.into_iter().map(|contact| contact.hubspot_id).collect();
            show_contacts(db, links, &people).await?;
            show_deals(db, links, deals::about(db, &[], ids).await?).await
        }
        ObjectType::Contact => {
            show_notes(db, links, notes::about(db, ids).await?).await?;
            show_deals(db, links, deals::about(db, ids, &[]).await?).await
        }
        ObjectType::Deal | ObjectType::Note => Ok(()),
    }
}

async fn show_companies(db: &Tenant<'_>, links: Links<'_>, ids: &[String]) -> Result<()> {
    let directory = Directory::of(db, Vec::new(), Vec::new()).await?;
    for company in companies::get_many(db, ids).await? {
        let owner = directory.owner(company.owner_id.as_deref());
        documents::put(db, &documents::of_company(&company, owner, links)).await?;
    }
    Ok(())
}

async fn show_contacts(db: &Tenant<'_>, links: Links<'_>, ids: &[String]) -> Result<()> {
    let people = contacts::get_many(db, ids).await?;
    let ours = contacts::our_ids(db, ids).await?;
    let employers = people.iter().flat_map(|contact| contact.company_ids.clone()).collect();
    let directory = Directory::of(db, Vec::new(), employers).await?;
    for contact in people {
        let (company, owner) = (directory.employer(&contact), directory.owner(contact.owner_id.as_deref()));
        let id = ours.get(&contact.hubspot_id).copied().unwrap_or_default();
        documents::put(db, &documents::of_contact(&contact, id, company.as_deref(), owner, links)).await?;
    }
    Ok(())
}

async fn show_deals(db: &Tenant<'_>, links: Links<'_>, deals: Vec<Deal>) -> Result<()> {
    let directory = Directory::of_deals(db, &deals).await?;
    for deal in deals {
        documents::put(db, &documents::of_deal(&deal, &directory.named(&deal), links)).await?;
    }
    Ok(())
}

async fn show_notes(db: &Tenant<'_>, links: Links<'_>, notes: Vec<Note>) -> Result<()> {
    let people = notes.iter().flat_map(|note| note.contact_ids.clone()).collect();
    let directory = Directory::of(db, people, Vec::new()).await?;
    for note in notes {
        let (people, owner) = (directory.contacts(&note.contact_ids), directory.owner(note.owner_id.as_deref()));
        documents::put(db, &documents::of_note(&note, &people, owner, links)).await?;
    }
    Ok(())
}

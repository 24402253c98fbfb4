//! What surrounds the records: owners, pipelines, property definitions, the account itself.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use super::app::Shared;
use super::guard::Caller;
use super::kind::{Access, Kind};
use super::pipelines;
use super::portal::show_owner;
use super::properties;
use super::refusal::{Answer, PropertyFault, Refusal};
use super::request::{self, Query};
use super::schema::Definition;

const OWNERS_READ: &str = "crm.objects.owners.read";

pub async fn owners(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Answer {
    caller.one_of(&[OWNERS_READ])?;
    let query = Query::parse(query.as_deref());
    let limit = query.limit(100, 500)?;
    let after = query.get("after").unwrap_or_default().to_owned();
    app.read(caller.portal, |portal| {
        let wanted = |email: &str| query.get("email").is_none_or(|asked| asked.eq_ignore_ascii_case(email));
        // Nobody leaves these portals.
        let users = portal.users.iter().filter(|user| !query.flag("archived") && wanted(&user.email));
        let mut page: Vec<_> = users.skip_while(|user| !after.is_empty() && user.owner_id != after).collect();
        if !after.is_empty() && !page.is_empty() {
            page.remove(0);
        }
        let has_more = page.len() > limit;
        page.truncate(limit);
        let results: Vec<_> = page.iter().map(|user| show_owner(user)).collect();
        let mut answer = json!({ "results": results });
        if let Some(last) = page.last().filter(|_| has_more) {
            answer["paging"] = json!({ "next": { "after": last.owner_id } });
        }
        Ok(Json(answer).into_response())
    })
}

pub async fn owner(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    caller.one_of(&[OWNERS_READ])?;
    let query = Query::parse(query.as_deref());
    let by_user = query.get("idProperty") == Some("userId");
    app.read(caller.portal, |portal| {
        let is_meant = |user_id: i64, owner_id: &str| if by_user { user_id.to_string() == id } else { owner_id == id };
        let user = portal.users.iter().find(|user| is_meant(user.id, &user.owner_id)).ok_or_else(Refusal::not_found)?;
        Ok(Json(show_owner(user)).into_response())
    })
}

fn may_see_pipelines(caller: &Caller, kind: &str) -> Result<(), Refusal> {
    match Kind::parse(kind)? {
        Kind::Deal => caller.one_of(&[Kind::Deal.scope(Access::Read), "crm.schemas.deals.read"]),
        other => Err(Refusal::invalid(format!("Pipelines are not supported for object type {}", other.plural()))),
    }
}

pub async fn all_pipelines(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
) -> Answer {
    may_see_pipelines(&caller, &kind)?;
    app.read(caller.portal, |portal| {
        let results: Vec<_> = portal.pipelines.iter().map(pipelines::show).collect();
        Ok(Json(json!({ "results": results })).into_response())
    })
}

pub async fn one_pipeline(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    may_see_pipelines(&caller, &kind)?;
    app.read(caller.portal, |portal| {
        let pipeline = portal.pipelines.iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?;
        Ok(Json(pipelines::show(pipeline)).into_response())
    })
}

pub async fn stages(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    may_see_pipelines(&caller, &kind)?;
    app.read(caller.portal, |portal| {
        let pipeline = portal.pipelines.iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?;
        Ok(Json(json!({ "results": pipelines::show_stages(pipeline) })).into_response())
    })
}

fn may_see_properties(caller: &Caller, kind: Kind) -> Result<(), Refusal> {
    caller.one_of(&[kind.scope(Access::Read), &format!("crm.schemas.{}.read", kind.plural())])
}

pub async fn all_properties(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    may_see_properties(&caller, kind)?;
    let archived = Query::parse(query.as_deref()).flag("archived");
    app.read(caller.portal, |portal| {
        let own = portal.custom.get(&kind).into_iter().flatten().map(|(_, definition)| definition.clone());
        let all = properties::standard(kind).into_iter().chain(own).filter(|_| !archived);
        let results: Vec<_> = all.enumerate().map(|(order, definition)| definition.show(order)).collect();
        Ok(Json(json!({ "results": results })).into_response())
    })
}

pub async fn one_property(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path((kind, name)): Path<(String, String)>,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    may_see_properties(&caller, kind)?;
    app.read(caller.portal, |portal| {
        let definition = portal.definition(kind, &name).ok_or_else(Refusal::not_found)?;
        Ok(Json(definition.show(0)).into_response())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewProperty {
    name: String,
    label: String,
    #[serde(rename = "type")]
    value_type: String,
    field_type: String,
    group_name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    options: Vec<Choice>,
    #[serde(default)]
    has_unique_value: bool,
}

#[derive(Deserialize)]
struct Choice {
    label: String,
    value: String,
}

pub async fn create_property(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.one_of(&[&format!("crm.schemas.{}.write", kind.plural())])?;
    let new: NewProperty = request::body(&bytes)?;
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
    };
    if !is_name(&new.name) {
        let message =
            format!("{} must start with a letter and hold only lowercase letters, digits and underscores", new.name);
        return Err(Refusal::properties(&[PropertyFault { name: new.name, code: "INVALID_PROPERTY_NAME", message }]));
    }
    app.write(caller.portal, caller.source, |portal, _| {
        if portal.definition(kind, &new.name).is_some() {
            let message = format!("A property named '{}' already exists.", new.name);
            return Err(Refusal::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message));
        }
        let definition = Definition {
            name: new.name,
            label: new.label,
            value_type: new.value_type,
            field_type: new.field_type,
            group: new.group_name,
            description: new.description,
            options: new.options.into_iter().map(|choice| (choice.label, choice.value)).collect(),
            unique: new.has_unique_value,
            read_only: false,
            hubspot_defined: false,
        };
        let shown = definition.show(0);
        portal.custom.entry(kind).or_default().insert(definition.name.clone(), definition);
        Ok((StatusCode::CREATED, Json(shown)).into_response())
    })
}

pub async fn account(State(app): State<Shared>, Extension(caller): Extension<Caller>) -> Answer {
    let now = app.now();
    app.read(caller.portal, |portal| {
        let zone_name = portal.users.first().map_or("UTC", |user| user.time_zone.as_str());
        let zone = now.in_tz(zone_name).map_or(0, |local| local.offset().seconds());
        let sign = if zone < 0 { '-' } else { '+' };
        let (hours, minutes) = (zone.abs() / 3600, zone.abs() % 3600 / 60);
        Ok(Json(json!({
            "portalId": portal.id,
            "accountType": "STANDARD",
            "timeZone": zone_name,
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": format!("{sign}{hours:02}:{minutes:02}"),
            "utcOffsetMilliseconds": i64::from(zone) * 1000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }))
        .into_response())
    })
}

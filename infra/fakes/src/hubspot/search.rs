//! `…/{type}/search`: filters, free text, sorting and paging over an index that may lag behind.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::response::IntoResponse;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::Shared;
use super::filter::{self, Filter, Order};
use super::guard::Caller;
use super::kind::{Access, Kind};
use super::portal::{Portal, Record};
use super::refusal::{Answer, Refusal};
use super::request;
use super::show::{self, Wanted};
use crate::server::lock;

const MAX_PAGE: usize = 200;
/// No query leads further than this.
const MAX_RESULTS: usize = 10_000;
const MAX_GROUPS: usize = 5;
const MAX_FILTERS_PER_GROUP: usize = 6;
const MAX_FILTERS: usize = 18;
const MAX_QUERY: usize = 3_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    #[serde(default)]
    filter_groups: Vec<Group>,
    /// Without groups: one group.
    #[serde(default)]
    filters: Vec<Filter>,
    #[serde(default)]
    sorts: Vec<Value>,
    query: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
    limit: Option<usize>,
    after: Option<Value>,
}

#[derive(Deserialize)]
struct Group {
    filters: Vec<Filter>,
}

pub async fn search(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    Path(kind): Path<String>,
    bytes: Bytes,
) -> Answer {
    let kind = Kind::parse(&kind)?;
    caller.may(kind, Access::Read)?;
    let mut search: Search = request::body(&bytes)?;
    if !search.filters.is_empty() {
        search.filter_groups.push(Group { filters: std::mem::take(&mut search.filters) });
    }
    check_sizes(&search)?;
    let limit = search.limit.unwrap_or(10);
    let after = offset(search.after.as_ref())?;
    if limit > MAX_PAGE {
        return Err(Refusal::invalid(format!("The limit must be at most {MAX_PAGE}, but was {limit}.")));
    }
    if after + limit > MAX_RESULTS {
        return Err(Refusal::invalid(format!(
            "The maximum number of results is {MAX_RESULTS}: after ({after}) and limit ({limit}) lead beyond."
        )));
    }
    let lag = SignedDuration::try_from(lock(&app.settings).search_lag).unwrap_or_default();
    let indexed = app.now() - lag;

    app.read(caller.portal, |portal| {
        let order = order(portal, kind, &search.sorts)?;
        let mut groups = Vec::new();
        for group in &search.filter_groups {
            let tests = group.filters.iter().map(|one| one.prepare(portal, kind));
            groups.push(tests.collect::<Result<Vec<_>, _>>()?);
        }
        let words = filter::tokens(search.query.as_deref().unwrap_or_default());
        let is_found = |record: &&Record| {
            let fits = |tests: &Vec<filter::Test>| tests.iter().all(|test| test.holds(portal, record, indexed));
            is_indexed(record, indexed)
                && (groups.is_empty() || groups.iter().any(fits))
                && filter::mentions(kind, record, &words, indexed)
        };
        let mut found: Vec<_> =
            portal.records.get(&kind).into_iter().flatten().map(|(_, record)| record).filter(is_found).collect();
        if let Some(order) = &order {
            order.sort(&mut found, indexed);
        }

        let wanted = Wanted { properties: search.properties.clone(), ..Wanted::default() };
        let page = found.iter().skip(after).take(limit);
        let results: Vec<_> =
            page.map(|record| show::record(portal, &app.url, kind, record, &wanted, indexed)).collect();
        let mut answer = json!({ "total": found.len(), "results": results });
        if after + limit < found.len() && limit > 0 {
            answer["paging"] = json!({ "next": { "after": (after + limit).to_string() } });
        }
        Ok(Json(answer).into_response())
    })
}

/// Whether the index of this moment has the record. A removal reaches it as late as any other change.
fn is_indexed(record: &Record, indexed: Timestamp) -> bool {
    record.stored_at <= indexed && record.archived_at.is_none_or(|gone| gone > indexed)
}

fn check_sizes(search: &Search) -> Result<(), Refusal> {
    let too_many =
        |what: &str, most: usize| Err(Refusal::invalid(format!("Too many {what}: at most {most} are allowed.")));
    if search.filter_groups.len() > MAX_GROUPS {
        return too_many("filter groups", MAX_GROUPS);
    }
    if search.filter_groups.iter().any(|group| group.filters.len() > MAX_FILTERS_PER_GROUP) {
        return too_many("filters in a filter group", MAX_FILTERS_PER_GROUP);
    }
    if search.filter_groups.iter().map(|group| group.filters.len()).sum::<usize>() > MAX_FILTERS {
        return too_many("filters", MAX_FILTERS);
    }
    if search.query.as_ref().is_some_and(|query| query.chars().count() > MAX_QUERY) {
        return too_many("characters in the query", MAX_QUERY);
    }
    if search.sorts.len() > 1 {
        return too_many("sorts", 1);
    }
    Ok(())
}

fn offset(after: Option<&Value>) -> Result<usize, Refusal> {
    let offset = match after {
        None | Some(Value::Null) => Some(0),
        Some(Value::Number(number)) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        Some(Value::String(text)) if text.is_empty() => Some(0),
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    offset.ok_or_else(|| Refusal::invalid("The paging cursor is not valid: after must be a number."))
}

/// The one sort: `"name"`, `"-name"`, or `{propertyName, direction}` as an object or as its JSON text.
fn order(portal: &Portal, kind: Kind, sorts: &[Value]) -> Result<Option<Order>, Refusal> {
    let Some(sort) = sorts.first() else {
        return Ok(None);
    };
    let parsed = sort.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(Value::is_object);
    let sort = parsed.as_ref().unwrap_or(sort);
    let (name, descending) = match sort {
        Value::String(text) => (text.strip_prefix('-').unwrap_or(text), text.starts_with('-')),
        other => (other["propertyName"].as_str().unwrap_or_default(), other["direction"] == "DESCENDING"),
    };
    Ok(Some(Order::new(portal, kind, name, descending)?))
}

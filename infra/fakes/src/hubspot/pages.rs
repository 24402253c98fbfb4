//! The pages deep links lead to: a record with its notes, tasks and associations. Anyone may read them.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::app::Shared;
use super::html::{self, escape};
use super::kind::Kind;
use super::portal::{Portal, Record};
use super::request::Query;
use super::show;
use crate::server::lock;

/// `GET /contacts/{portal}/record/{type}/{id}`; `engagement` names the note or task that is meant.
pub async fn record(
    State(app): State<Shared>,
    Path((portal, kind, id)): Path<(i64, String, u64)>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = Query::parse(query.as_deref());
    let state = lock(&app.state);
    let found = Kind::parse(&kind).ok().and_then(|kind| {
        let portal = state.portals.get(&portal)?;
        Some((portal, kind, portal.record(kind, id)?))
    });
    let Some((portal, kind, record)) = found else {
        return html::page(StatusCode::NOT_FOUND, "Not found", "<h1>This record doesn't exist or was deleted</h1>");
    };
    let title = name(kind, record);
    let mut body = format!("<h1>{}</h1><p>{} {}</p>{}", escape(&title), kind.singular(), record.id, table(record));
    for engagement in [Kind::Note, Kind::Task] {
        body.push_str(&engagements(portal, (kind, record.id), engagement, query.get("engagement")));
    }
    for other in [Kind::Contact, Kind::Company, Kind::Deal] {
        body.push_str(&related(portal, (kind, record.id), other));
    }
    html::page(StatusCode::OK, &title, &body)
}

/// `GET /contacts/{portal}`: every contact, company and deal, with a link to each.
pub async fn portal(State(app): State<Shared>, Path(id): Path<i64>) -> Response {
    let state = lock(&app.state);
    let Some(portal) = state.portals.get(&id) else {
        return html::page(StatusCode::NOT_FOUND, "Not found", "<h1>This account doesn't exist</h1>");
    };
    let mut body = format!("<h1>Account {id}</h1>");
    for kind in [Kind::Contact, Kind::Company, Kind::Deal] {
        let items: String = portal.live(kind).map(|record| item(portal, kind, record)).collect();
        body.push_str(&format!("<h2>{}</h2><ul>{items}</ul>", kind.plural()));
    }
    html::page(StatusCode::OK, &format!("Account {id}"), &body)
}

/// What a person calls the record.
fn name(kind: Kind, record: &Record) -> String {
    let names: &[&str] = match kind {
        Kind::Contact => &["firstname", "lastname"],
        Kind::Company => &["name"],
        Kind::Deal => &["dealname"],
        Kind::Note => &[],
        Kind::Task => &["hs_task_subject"],
    };
    let parts: Vec<_> = names.iter().filter_map(|name| record.value(name)).collect();
    if parts.is_empty() {
        record.value("email").map_or_else(|| format!("{} {}", kind.singular(), record.id), str::to_owned)
    } else {
        parts.join(" ")
    }
}

fn table(record: &Record) -> String {
    let rows = record.values.keys().filter_map(|name| Some((name, record.value(name)?)));
    let rows: String = rows
        .map(|(name, value)| format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(&text_of(value))))
        .collect();
    format!("<table>{rows}</table>")
}

fn engagements(portal: &Portal, of: (Kind, u64), kind: Kind, meant: Option<&str>) -> String {
    let mut found: Vec<_> =
        portal.associated(of, kind).into_iter().filter_map(|(id, _)| portal.record(kind, id)).collect();
    found.sort_by(|a, b| b.value("hs_timestamp").cmp(&a.value("hs_timestamp")));
    let articles: String = found
        .iter()
        .map(|record| {
            let id = record.id.to_string();
            let class = if meant == Some(&id) { " class=\"meant\"" } else { "" };
            let body = record.value("hs_note_body").or_else(|| record.value("hs_task_body")).unwrap_or_default();
            format!(
                "<article id=\"engagement-{id}\"{class}><p>{} {id}, {}</p><p>{}</p><p>{}</p></article>",
                kind.singular(),
                escape(record.value("hs_timestamp").unwrap_or_default()),
                escape(record.value("hs_task_subject").unwrap_or_default()),
                escape(&text_of(body)),
            )
        })
        .collect();
    if articles.is_empty() { String::new() } else { format!("<h2>{}</h2>{articles}", kind.plural()) }
}

fn related(portal: &Portal, of: (Kind, u64), kind: Kind) -> String {
    let found = portal.associated(of, kind).into_iter().filter_map(|(id, _)| portal.record(kind, id));
    let items: String = found.map(|record| item(portal, kind, record)).collect();
    if items.is_empty() { String::new() } else { format!("<h2>{}</h2><ul>{items}</ul>", kind.plural()) }
}

fn item(portal: &Portal, kind: Kind, record: &Record) -> String {
    let link = show::page("", portal.id, kind, record.id);
    format!("<li><a href=\"{link}\">{}</a></li>", escape(&name(kind, record)))
}

/// The text of a value that may be HTML: the tags are dropped, nothing is rendered.
fn text_of(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let tag = &rest[start..];
        let is_tag = tag[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '/');
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => {
                text.push(' ');
                rest = &tag[end + 1..];
            }
            None => {
                text.push('<');
                rest = &tag[1..];
            }
        }
    }
    text.push_str(rest);
    let plain = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&#39;", "'").replace("&amp;", "&").trim().to_owned()
}

//! Where links to mails and events lead: a bare webmail and an event page, without sign-in.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Extract};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calendar::store::string;
use super::gmail::mailbox::Mailbox;
use super::gmail::resource::LENIENT;
use super::html::escape;
use super::world::World;
use crate::server::lock;

type Shared = Extract<Arc<World>>;

pub(super) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/mail", get(webmail))
        .route("/mail/", get(webmail))
        .route("/mail/u/{user}", get(webmail))
        .route("/mail/u/{user}/", get(webmail))
        .route("/mail/thread/{mailbox}/{thread}", get(thread_page))
        .route("/calendar/event", get(event_page))
        .route("/", get(home))
        .with_state(world.clone())
}

const NOTE: &str = "<p class=\"note\">A local stand-in for Google's web pages: everything here is made up, and anyone on \
                    this machine can read it without signing in.</p>";

fn shell(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{}</title><style>body{{font:16px/1.5 system-ui,sans-serif;\
         max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}}article{{border-top:1px solid #ccc;\
         padding:.8rem 0}}pre{{white-space:pre-wrap;font:inherit}}.note{{color:#666;font-size:.85rem}}</style></head>\
         <body>{NOTE}{body}</body></html>",
        escape(title)
    ))
}

/// The thread as the pages show it; `None` when it is not there.
fn thread(mailbox: &Mailbox, id: &str) -> Option<Value> {
    // Links may name a thread or one of its messages.
    let id = mailbox.messages.get(id).map_or(id, |message| &message.thread_id);
    let messages: Vec<Value> = mailbox
        .thread(id)
        .into_iter()
        .map(|message| {
            let header = |name: &str| message.mime().header(name).unwrap_or_default();
            json!({
                "id": message.id,
                "from": header("From"),
                "to": header("To"),
                "date": header("Date"),
                "subject": header("Subject"),
                "labelIds": message.label_ids,
                "text": message.mime().text().trim(),
            })
        })
        .collect();
    let subject = messages.first()?.get("subject").cloned().unwrap_or_default();
    Some(json!({ "id": id, "subject": subject, "messages": messages }))
}

/// `GET /_control/threads/{mailbox}/{thread}`; the mailbox can be `0`, for the first account.
pub(super) async fn thread_json(Extract(world): Shared, Path((mailbox, id)): Path<(String, String)>) -> Response {
    match find(&world, &mailbox, &id) {
        Some(thread) => Json(thread).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({ "error": "there is no such thread" }))).into_response(),
    }
}

/// The mailbox is an address, or a place in the list of accounts, as in Gmail's `authuser`.
fn find(world: &World, mailbox: &str, id: &str) -> Option<Value> {
    let state = lock(&world.state);
    let email = match mailbox.parse::<usize>() {
        Ok(index) => state.accounts.get(index)?.email.clone(),
        Err(_) => mailbox.to_owned(),
    };
    thread(state.mailboxes.get(&email)?, id)
}

async fn thread_page(Extract(world): Shared, Path((mailbox, id)): Path<(String, String)>) -> Response {
    let Some(thread) = find(&world, &mailbox, &id) else {
        let page = shell("Not found", "<h1>The conversation that you requested could not be loaded.</h1>");
        return (StatusCode::NOT_FOUND, page).into_response();
    };
    let field = |value: &Value, name: &str| escape(value.get(name).and_then(Value::as_str).unwrap_or_default());
    let subject = field(&thread, "subject");
    let articles: String = thread["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| {
            format!(
                "<article id=\"{}\"><strong>{}</strong><br><span class=\"note\">to {} · {}</span><pre>{}</pre></article>",
                field(message, "id"),
                field(message, "from"),
                field(message, "to"),
                field(message, "date"),
                field(message, "text"),
            )
        })
        .collect();
    shell(&subject, &format!("<h1>{subject}</h1>{articles}")).into_response()
}

/// Reads `#all/<thread>` and `?authuser=`, as the links of the real webmail have them.
async fn webmail(Extract(world): Shared) -> Html<String> {
    let first = lock(&world.state).accounts.first().map(|account| account.email.clone()).unwrap_or_default();
    let script = "const show=async()=>{\
        const out=document.getElementById('thread');\
        const id=decodeURIComponent(location.hash.slice(1).split('/').pop()||'');\
        const path=location.pathname.match(/\\/u\\/([^/]+)/);\
        const user=new URLSearchParams(location.search).get('authuser')||(path?decodeURIComponent(path[1]):FIRST);\
        if(!id){out.textContent='Follow a link to a conversation, such as /mail/?authuser='+user+'#all/<thread>.';return}\
        const answer=await fetch('/_control/threads/'+encodeURIComponent(user)+'/'+encodeURIComponent(id));\
        if(!answer.ok){out.textContent='The conversation that you requested could not be loaded.';return}\
        const thread=await answer.json();document.title=thread.subject;out.replaceChildren();\
        const add=(parent,tag,text)=>{const e=document.createElement(tag);e.textContent=text;parent.append(e);return e};\
        add(out,'h1',thread.subject);\
        for(const m of thread.messages){const a=add(out,'article','');a.id=m.id;add(a,'strong',m.from);\
        add(a,'div','to '+m.to+' · '+m.date).className='note';add(a,'pre',m.text)}};\
        addEventListener('hashchange',show);show();";
    let script = script.replace("FIRST", &json!(first).to_string().replace('<', "\\u003c"));
    shell("Mail", &format!("<main id=\"thread\"></main><script>{script}</script>"))
}

#[derive(Deserialize)]
struct EventLink {
    eid: String,
}

/// `GET /calendar/event?eid=`: base64url of `event id, space, calendar`.
async fn event_page(Extract(world): Shared, Query(link): Query<EventLink>) -> Response {
    let missing = || (StatusCode::NOT_FOUND, shell("Not found", "<h1>Could not find the requested event.</h1>"));
    let decoded = LENIENT.decode(&link.eid).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((id, email)) = decoded.as_deref().and_then(|text| text.split_once(' ')) else {
        return missing().into_response();
    };
    let state = lock(&world.state);
    let stored = state.calendars.get(email).and_then(|calendar| calendar.events.get(id));
    let Some(event) = stored.map(|stored| &stored.event) else {
        return missing().into_response();
    };
    let time = |name: &str| {
        let time = event.get(name);
        let text = time.and_then(|time| time.get("dateTime").or(time.get("date"))).and_then(Value::as_str);
        escape(text.unwrap_or_default())
    };
    let attendees: String = event
        .get("attendees")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|attendee| attendee.get("email").and_then(Value::as_str))
        .map(|email| format!("<li>{}</li>", escape(email)))
        .collect();
    let summary = string(event, "summary").unwrap_or("(No title)");
    let body = format!(
        "<h1>{}</h1><p>{} to {}</p><p>{}</p><pre>{}</pre><ul>{attendees}</ul><p class=\"note\">{}</p>",
        escape(summary),
        time("start"),
        time("end"),
        escape(string(event, "location").unwrap_or_default()),
        escape(string(event, "description").unwrap_or_default()),
        escape(string(event, "status").unwrap_or_default()),
    );
    shell(summary, &body).into_response()
}

async fn home(Extract(world): Shared) -> Html<String> {
    let state = lock(&world.state);
    let accounts: String =
        state.accounts.iter().map(|one| format!("<li>{} {}</li>", escape(&one.name), escape(&one.email))).collect();
    shell("Pretended Google", &format!("<h1>Pretended Google</h1><p>Accounts:</p><ul>{accounts}</ul>"))
}

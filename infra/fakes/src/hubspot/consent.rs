//! `GET /oauth/authorize`: the page on which a person chooses an account and lets the app in.
//!
//! The person loaded first is offered; a `user` parameter with another's number or address chooses that one.

use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;

use super::app::{App, Shared};
use super::html::{self, escape};
use super::oauth::short_token;
use super::portal::User;
use super::request::Query;
use super::state::Code;
use crate::server::lock;

/// How long a code can be redeemed. HubSpot does not say; ten minutes is the most RFC 6749 recommends.
const CODE_MINUTES: i64 = 10;

/// The scopes an app of this kind can ask for.
const SCOPES: &[&str] = &[
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.read",
    "crm.schemas.companies.write",
    "crm.schemas.deals.read",
    "crm.schemas.deals.write",
    "crm.lists.read",
    "crm.lists.write",
    "sales-email-read",
    "tickets",
];

/// A request for consent that was checked.
struct Request {
    redirect_uri: String,
    state: String,
    scopes: Vec<String>,
    challenge: Option<String>,
}

pub async fn authorize(app: State<Shared>, query: RawQuery) -> Response {
    page(&app, query.0.as_deref(), None)
}

/// `/oauth/{portal}/authorize`: the account is chosen already.
pub async fn authorize_portal(app: State<Shared>, Path(portal): Path<i64>, query: RawQuery) -> Response {
    page(&app, query.0.as_deref(), Some(portal))
}

fn page(app: &App, raw: Option<&str>, portal: Option<i64>) -> Response {
    let query = Query::parse(raw);
    let request = match check(app, &query) {
        Ok(request) => request,
        Err(message) => return refuse(message),
    };
    let people: Vec<(i64, User)> = {
        let state = lock(&app.state);
        let all = state.people.iter().filter(|(hub, _)| portal.is_none_or(|portal| *hub == portal));
        all.filter_map(|(hub, id)| {
            Some((*hub, state.portals.get(hub)?.users.iter().find(|user| user.id == *id)?.clone()))
        })
        .collect()
    };
    let chosen = people.iter().find(|(_, user)| query.get("user").is_some_and(|asked| is_meant(user, asked)));
    let Some((hub, user)) = chosen.or_else(|| people.first()) else {
        return refuse("There is no HubSpot account to connect.");
    };

    let again = |path: &str, user: i64| {
        let pairs = url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).filter(|(name, _)| name != "user");
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(pairs).append_pair("user", &user.to_string());
        escape(&format!("{path}?{}", text.finish()))
    };
    let deny = leave(&request, &[("error", "access_denied"), ("error_description", "The user denied the request")]);
    let scopes: String = request.scopes.iter().map(|scope| format!("<li>{}</li>", escape(scope))).collect();
    let others: String = people
        .iter()
        .filter(|(_, other)| other.id != user.id)
        .map(|(hub, other)| {
            let link = again("/oauth/authorize", other.id);
            format!("<li><a href=\"{link}\">{} (account {hub})</a></li>", escape(&other.email))
        })
        .collect();
    let body = format!(
        "<h1>Connect to HubSpot</h1>\
         <p>The app <b>{client}</b> asks for access to account <b>{hub}</b> as <b>{email}</b>:</p>\
         <ul>{scopes}</ul>\
         <p><a id=\"approve\" class=\"button\" href=\"{approve}\">Connect app</a> \
         <a id=\"deny\" href=\"{deny}\">Cancel</a></p>\
         <h2>Choose another account</h2><ul>{others}</ul>",
        client = escape(&app.client_id),
        email = escape(&user.email),
        approve = again("/oauth/approve", user.id),
        deny = escape(&deny),
    );
    html::page(StatusCode::OK, "Connect to HubSpot", &body)
}

/// The person a `user` parameter names, by number or by address.
fn is_meant(user: &User, asked: &str) -> bool {
    user.id.to_string() == asked || user.email.eq_ignore_ascii_case(asked)
}

/// The approving link: hands out a code and sends the browser back to the app.
pub async fn approve(State(app): State<Shared>, RawQuery(raw): RawQuery) -> Response {
    let query = Query::parse(raw.as_deref());
    let request = match check(&app, &query) {
        Ok(request) => request,
        Err(message) => return refuse(message),
    };
    let code = short_token();
    {
        let mut state = lock(&app.state);
        let asked = query.get("user").unwrap_or_default();
        let chosen = state.portals.values().find_map(|portal| {
            let user = portal.users.iter().find(|user| is_meant(user, asked))?;
            Some((portal.id, user.id))
        });
        let Some((portal, user)) = chosen else {
            return refuse("There is no such HubSpot user.");
        };
        let now = app.now();
        state.codes.retain(|_, code| code.expires > now);
        let issued = Code {
            portal,
            user,
            redirect_uri: request.redirect_uri.clone(),
            scopes: request.scopes.clone(),
            challenge: request.challenge.clone(),
            expires: now + SignedDuration::from_mins(CODE_MINUTES),
        };
        state.codes.insert(code.clone(), issued);
    }
    app.changed();
    (StatusCode::FOUND, [(header::LOCATION, leave(&request, &[("code", &code)]))]).into_response()
}

/// The app's address with the answer.
fn leave(request: &Request, answer: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(answer);
    if !request.state.is_empty() {
        text.append_pair("state", &request.state);
    }
    let mark = if request.redirect_uri.contains('?') { '&' } else { '?' };
    format!("{}{mark}{}", request.redirect_uri, text.finish())
}

/// What is wrong with a request for consent is shown to the person, never sent to an address that may be somebody
/// else's.
fn check(app: &App, query: &Query) -> Result<Request, &'static str> {
    if query.get("client_id") != Some(&app.client_id) {
        return Err("We couldn't find the app: the client ID is missing or unknown.");
    }
    let redirect_uri = query.get("redirect_uri").unwrap_or_default();
    if !app.redirect_uris.iter().any(|known| known == redirect_uri) {
        return Err("The redirect URL of the request doesn't match any of the app's redirect URLs.");
    }
    let words = |name| query.get(name).unwrap_or_default().split_whitespace();
    if words("scope").next().is_none() {
        return Err("The request names no scopes.");
    }
    if words("scope").any(|scope| !SCOPES.contains(&scope)) {
        return Err("The request has scopes that don't exist or that the app may not ask for.");
    }
    // What is optional and cannot be had is left out.
    let optional = words("optional_scope").filter(|scope| SCOPES.contains(scope));
    let mut scopes: Vec<String> = words("scope").chain(optional).chain(["oauth"]).map(str::to_owned).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let challenge = query.get("code_challenge").map(str::to_owned);
    if challenge.is_some() && query.get("code_challenge_method") != Some("S256") {
        return Err("The code challenge method must be S256.");
    }
    let state = query.get("state").unwrap_or_default().to_owned();
    Ok(Request { redirect_uri: redirect_uri.to_owned(), state, scopes, challenge })
}

fn refuse(message: &str) -> Response {
    let body = format!("<h1>Couldn't complete the connection</h1><p id=\"error\">{}</p>", escape(message));
    html::page(StatusCode::BAD_REQUEST, "Couldn't complete the connection", &body)
}

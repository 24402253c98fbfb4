//! The authorization endpoint: checks the request, shows the consent page, and sends the browser back.

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use url::Url;

use super::super::call::Call;
use super::super::keys;
use super::super::state::{Account, Challenge, Code, State, grant_key};
use super::super::world::World;
use super::{consent, scopes};

/// A request that passed the checks.
pub(super) struct Asked {
    pub client_id: String,
    /// As it was sent: the token endpoint compares it byte for byte.
    pub redirect_uri: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// Canonical names, in the order asked.
    pub scopes: Vec<String>,
    pub challenge: Option<Challenge>,
    pub offline: bool,
    pub include_granted: bool,
    pub prompts: Vec<String>,
    /// An account chosen by the person, or hinted at by the client.
    pub account: Option<String>,
    pub unticked: Vec<String>,
}

/// A refusal shown as a page, because there is nobody to send the browser back to.
pub(super) struct Page {
    status: u16,
    error: &'static str,
    text: String,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Html(consent::error_page(self.status, self.error, &self.text))).into_response()
    }
}

fn bad(text: impl Into<String>) -> Page {
    Page { status: 400, error: "invalid_request", text: text.into() }
}

fn missing(name: &str) -> Page {
    bad(format!("Missing required parameter: {name}"))
}

/// `GET /o/oauth2/v2/auth`
pub(super) async fn show(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let asked = match check(&world, &call.query) {
        Ok(asked) => asked,
        Err(page) => return page.into_response(),
    };
    if asked.prompts.iter().any(|prompt| prompt == "none") {
        return back(&asked, &[("error", "interaction_required")]);
    }
    world.change(|state| match chosen(state, &asked) {
        Some(account) => {
            let approve = format!("{}/signin/oauth/consent?request={}", world.url, seal(&call.query, &account.email));
            let deny = callback(&asked, &[("error", "access_denied")]);
            Html(consent::page(&state.accounts, account, &asked, &call.query, &approve, &deny)).into_response()
        }
        None => bad("This fake has no accounts: fill it with a practice first.").into_response(),
    })
}

/// `GET /signin/oauth/consent`: the approving link of the page.
pub(super) async fn approve(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let Some(mut query) = call.param("request").and_then(unseal) else {
        return missing("request").into_response();
    };
    // Scopes can be unticked on the approving link as well as on the page.
    query.extend(call.query.iter().filter(|(name, _)| name == "untick").cloned());
    let asked = match check(&world, &query) {
        Ok(asked) => asked,
        Err(page) => return page.into_response(),
    };
    let now = world.now();
    let granted = world.change(|state| {
        let email = chosen(state, &asked)?.email.clone();
        let key = grant_key(&email, &asked.client_id);
        let before = state.grants.get(&key).cloned().unwrap_or_default();
        let ticked: Vec<String> =
            asked.scopes.iter().filter(|scope| !asked.unticked.contains(scope)).cloned().collect();
        let first = ticked.iter().any(|scope| !before.contains(scope));
        let mut all = ticked.clone();
        all.extend(before.into_iter().filter(|scope| !ticked.contains(scope)));
        let scopes = if asked.include_granted { all.clone() } else { ticked };
        state.grants.insert(key, all);
        let code = format!("4/0A{}", keys::secret(48));
        state.codes.insert(
            code.clone(),
            Code {
                client_id: asked.client_id.clone(),
                redirect_uri: asked.redirect_uri.clone(),
                email,
                scopes: scopes.clone(),
                nonce: asked.nonce.clone(),
                challenge: asked.challenge.clone(),
                offline: asked.offline && (first || asked.prompts.iter().any(|prompt| prompt == "consent")),
                expires: now + SignedDuration::from_mins(10),
                used: false,
            },
        );
        Some((code, scopes))
    });
    let Some((code, granted)) = granted else {
        return bad("There is no such account.").into_response();
    };
    let scope = scopes::for_callback(&granted);
    back(&asked, &[("code", &code), ("scope", &scope), ("authuser", "0"), ("prompt", "consent")])
}

fn chosen<'a>(state: &'a State, asked: &Asked) -> Option<&'a Account> {
    let hinted = asked.account.as_deref();
    hinted
        .and_then(|hint| state.accounts.iter().find(|a| a.email.eq_ignore_ascii_case(hint) || a.sub == hint))
        .or(state.accounts.first())
}

/// The callback's address with these answers; `state` comes first, as Google has it.
fn callback(asked: &Asked, answers: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(&asked.redirect_uri) else { return asked.redirect_uri.clone() };
    {
        let mut query = url.query_pairs_mut();
        if answers.iter().any(|(name, _)| *name == "error") {
            query.extend_pairs(answers);
            query.extend_pairs(asked.state.iter().map(|state| ("state", state)));
        } else {
            query.extend_pairs(asked.state.iter().map(|state| ("state", state)));
            query.extend_pairs(answers);
        }
    }
    url.into()
}

fn back(asked: &Asked, answers: &[(&str, &str)]) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, callback(asked, answers))]).into_response()
}

/// The request as one parameter, so that the approving link needs no `&`.
fn seal(query: &[(String, String)], account: &str) -> String {
    let kept = query.iter().filter(|(name, _)| name != "account");
    let text: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("account", account)
        .finish();
    URL_SAFE_NO_PAD.encode(text)
}

fn unseal(text: &str) -> Option<Vec<(String, String)>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(url::form_urlencoded::parse(&bytes).into_owned().collect())
}

fn check(world: &World, query: &[(String, String)]) -> Result<Asked, Page> {
    let get = |name: &str| query.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, v)| v.as_str());
    if let Some((name, _)) =
        query.iter().find(|(name, _)| name != "untick" && query.iter().filter(|(other, _)| other == name).count() > 1)
    {
        return Err(bad(format!("OAuth 2 parameters can only have a single value: {name}")));
    }
    let client_id = get("client_id").ok_or_else(|| missing("client_id"))?;
    let client = world.client(client_id).ok_or_else(|| Page {
        status: 401,
        error: "invalid_client",
        text: "The OAuth client was not found.".to_owned(),
    })?;
    let redirect_uri = get("redirect_uri").ok_or_else(|| missing("redirect_uri"))?;
    let registered = client.redirect_uris.iter().any(|uri| uri == redirect_uri);
    if !registered || Url::parse(redirect_uri).is_err() {
        return Err(Page {
            status: 400,
            error: "redirect_uri_mismatch",
            text: format!(
                "The redirect URI in the request, {redirect_uri}, does not match the ones authorized for the \
                           OAuth client."
            ),
        });
    }
    match get("response_type") {
        None => return Err(missing("response_type")),
        Some("code") => {}
        Some(other) => {
            return Err(Page {
                status: 400,
                error: "unsupported_response_type",
                text: format!("Invalid response_type: {other}"),
            });
        }
    }
    let scope = get("scope").ok_or_else(|| missing("scope"))?;
    let prompts: Vec<String> = get("prompt").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    if let Some(other) = prompts.iter().find(|p| !matches!(p.as_str(), "none" | "consent" | "select_account")) {
        return Err(bad(format!("Invalid parameter value for prompt: Invalid prompt: {other}")));
    }
    if prompts.len() > 1 && prompts.iter().any(|prompt| prompt == "none") {
        return Err(bad("Invalid parameter value for prompt: none cannot be combined with other values"));
    }
    let offline = match get("access_type") {
        None | Some("online") => false,
        Some("offline") => true,
        Some(other) => return Err(bad(format!("Invalid parameter value for access_type: {other}"))),
    };
    Ok(Asked {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: get("state").map(str::to_owned),
        nonce: get("nonce").map(str::to_owned),
        scopes: known_scopes(scope)?,
        challenge: challenge(get("code_challenge"), get("code_challenge_method"))?,
        offline,
        include_granted: get("include_granted_scopes") == Some("true"),
        prompts,
        account: get("account").or(get("login_hint")).map(str::to_owned),
        unticked: unticked(query),
    })
}

fn known_scopes(text: &str) -> Result<Vec<String>, Page> {
    let mut valid: Vec<String> = Vec::new();
    let mut invalid = Vec::new();
    for scope in text.split_whitespace() {
        match scopes::canonical(scope) {
            Some(known) if valid.contains(&known) => {}
            Some(known) => valid.push(known),
            None => invalid.push(scope),
        }
    }
    if invalid.is_empty() {
        return Ok(valid);
    }
    let text = format!("Some requested scopes were invalid. {{valid={valid:?}, invalid={invalid:?}}}");
    Err(Page { status: 400, error: "invalid_scope", text })
}

fn challenge(value: Option<&str>, method: Option<&str>) -> Result<Option<Challenge>, Page> {
    let plain = match method {
        None | Some("plain") => true,
        Some("S256") => false,
        Some(other) => return Err(bad(format!("Invalid parameter value for code_challenge_method: {other}"))),
    };
    match value {
        None if method.is_some() => Err(bad("code_challenge_method is given without code_challenge")),
        None => Ok(None),
        Some(value) => {
            let fine = (43..=128).contains(&value.len())
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
            if !fine {
                return Err(bad("Invalid parameter value for code_challenge"));
            }
            Ok(Some(Challenge { value: value.to_owned(), plain }))
        }
    }
}

/// Scopes the person took away, by full or short name; sign-in scopes stay.
fn unticked(query: &[(String, String)]) -> Vec<String> {
    let named = query.iter().filter(|(name, _)| name == "untick").flat_map(|(_, value)| value.split_whitespace());
    named
        .filter_map(|scope| {
            scopes::canonical(scope).or_else(|| scopes::canonical(&format!("https://www.googleapis.com/auth/{scope}")))
        })
        .filter(|scope| !scopes::is_sign_in(scope))
        .collect()
}

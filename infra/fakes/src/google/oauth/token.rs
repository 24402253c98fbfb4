//! The token and revocation endpoints.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::keys;
use super::super::state::{AccessToken, Code, RefreshToken, State};
use super::super::world::World;
use super::{OauthError, identity};
use crate::server::lock;

/// Seconds; what Google answers for its tokens of one hour.
const EXPIRES_IN: i64 = 3599;
/// Live refresh tokens of one account for one client; the oldest goes first.
const MOST_REFRESH_TOKENS: usize = 100;

type Form = Vec<(String, String)>;

fn field<'a>(form: &'a Form, name: &str) -> Option<&'a str> {
    form.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
}

fn form(call: &Call) -> Form {
    let kind = call.header(header::CONTENT_TYPE).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Form::new();
    }
    url::form_urlencoded::parse(&call.body).into_owned().collect()
}

/// `POST /token`
pub(super) async fn exchange(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let form = form(&call);
    let answer = client(&world, &call, &form).and_then(|client_id| match field(&form, "grant_type") {
        None => Err(OauthError::missing("grant_type")),
        Some("authorization_code") => world.change(|state| redeem(&world, state, &form, &client_id)),
        Some("refresh_token") => world.change(|state| refresh(&world, state, &form, &client_id)),
        Some(other) => Err(OauthError::new(400, "unsupported_grant_type", format!("Invalid grant_type: {other}"))),
    });
    let mut answer = match answer {
        Ok(body) => Json(body).into_response(),
        Err(error) => error.into_response(),
    };
    let no_store = header::HeaderValue::from_static("no-cache, no-store, max-age=0, must-revalidate");
    answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    answer
}

/// Authenticates the client by the form or by HTTP Basic.
fn client(world: &World, call: &Call, form: &Form) -> Result<String, OauthError> {
    let basic = call.header(header::AUTHORIZATION).and_then(|value| {
        let bytes = STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
        let (id, secret) =
            std::str::from_utf8(&bytes).ok()?.split_once(':').map(|(i, s)| (i.to_owned(), s.to_owned()))?;
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some((decode(&id), decode(&secret)))
    });
    let (id, secret) = match basic {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (field(form, "client_id").map(str::to_owned), field(form, "client_secret").map(str::to_owned)),
    };
    let id =
        id.ok_or_else(|| OauthError::new(400, "invalid_request", "Could not determine client ID from request."))?;
    let known =
        world.client(&id).ok_or_else(|| OauthError::new(401, "invalid_client", "The OAuth client was not found."))?;
    match secret {
        None => Err(OauthError::new(400, "invalid_request", "client_secret is missing.")),
        Some(secret) if secret == known.client_secret => Ok(id),
        Some(_) => Err(OauthError::new(401, "invalid_client", "The provided client secret is invalid.")),
    }
}

fn redeem(world: &World, state: &mut State, form: &Form, client_id: &str) -> Result<Value, OauthError> {
    let name = field(form, "code").ok_or_else(|| OauthError::missing("code"))?;
    if !name.starts_with("4/") {
        return Err(OauthError::grant("Malformed auth code."));
    }
    let now = world.now();
    let code = state.codes.get(name).cloned().ok_or_else(|| OauthError::grant("Bad Request"))?;
    if code.client_id != client_id {
        return Err(OauthError::new(401, "unauthorized_client", "Unauthorized"));
    }
    if code.used {
        // A code seen twice may have been stolen: what the first use got dies with it.
        state.access_tokens.retain(|_, token| token.code.as_deref() != Some(name));
        state.refresh_tokens.retain(|_, token| token.code.as_deref() != Some(name));
        return Err(OauthError::grant("Bad Request"));
    }
    if code.expires <= now {
        return Err(OauthError::grant("Bad Request"));
    }
    let redirect_uri = field(form, "redirect_uri").ok_or_else(|| OauthError::missing("redirect_uri"))?;
    if redirect_uri != code.redirect_uri {
        return Err(OauthError::new(400, "redirect_uri_mismatch", "Bad Request"));
    }
    verify(&code, field(form, "code_verifier"))?;
    if let Some(code) = state.codes.get_mut(name) {
        code.used = true;
    }

    let holder = Holder { email: &code.email, client_id, scopes: &code.scopes, code: Some(name) };
    let mut answer = issue(world, state, &holder, code.nonce.as_deref());
    if code.offline {
        let token = format!("1//0{}", keys::secret(64));
        answer["refresh_token"] = json!(token);
        keep_refresh_token(state, token, &holder, now);
    }
    Ok(answer)
}

/// PKCE, RFC 7636 §4.6.
fn verify(code: &Code, verifier: Option<&str>) -> Result<(), OauthError> {
    match (&code.challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(OauthError::grant("code_verifier or verifier is not needed.")),
        (Some(_), None) => Err(OauthError::grant("Missing code verifier.")),
        (Some(challenge), Some(verifier)) => {
            let seen = if challenge.plain { verifier.to_owned() } else { keys::sha256_url(verifier) };
            if seen == challenge.value { Ok(()) } else { Err(OauthError::grant("Invalid code verifier.")) }
        }
    }
}

fn refresh(world: &World, state: &mut State, form: &Form, client_id: &str) -> Result<Value, OauthError> {
    let name = field(form, "refresh_token").ok_or_else(|| OauthError::missing("refresh_token"))?;
    let now = world.now();
    let dead = || OauthError::grant("Token has been expired or revoked.");
    let token = state.refresh_tokens.get_mut(name).ok_or_else(dead)?;
    if token.client_id != client_id {
        return Err(OauthError::new(401, "unauthorized_client", "Unauthorized"));
    }
    // Google drops a token that was not used for six months.
    if token.issued + SignedDuration::from_hours(24 * 182) < now {
        state.refresh_tokens.remove(name);
        return Err(dead());
    }
    token.issued = now;
    let token = token.clone();
    let scopes = match field(form, "scope") {
        None => token.scopes.clone(),
        Some(text) => {
            let asked: Vec<String> = text.split_whitespace().filter_map(super::scopes::canonical).collect();
            if asked.is_empty() || asked.iter().any(|scope| !token.scopes.contains(scope)) {
                return Err(OauthError::new(400, "invalid_scope", "Bad Request"));
            }
            asked
        }
    };
    let holder = Holder { email: &token.email, client_id, scopes: &scopes, code: token.code.as_deref() };
    Ok(issue(world, state, &holder, None))
}

/// For whom a token is.
struct Holder<'a> {
    email: &'a str,
    client_id: &'a str,
    scopes: &'a [String],
    code: Option<&'a str>,
}

fn issue(world: &World, state: &mut State, holder: &Holder<'_>, nonce: Option<&str>) -> Value {
    let now = world.now();
    let access_token = format!("ya29.a0{}", keys::secret(96));
    let mut answer = json!({
        "access_token": access_token,
        "expires_in": EXPIRES_IN,
        "scope": holder.scopes.join(" "),
        "token_type": "Bearer",
    });
    if holder.scopes.iter().any(|scope| scope == "openid")
        && let Some(account) = state.account(holder.email)
    {
        let mut claims = identity::claims(account, holder.scopes);
        claims["azp"] = json!(holder.client_id);
        claims["aud"] = json!(holder.client_id);
        claims["at_hash"] = json!(keys::at_hash(&access_token));
        claims["iat"] = json!(now.as_second());
        claims["exp"] = json!(now.as_second() + 3600);
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        let forged = lock(&world.forgeries).pop_front();
        let token = forged.map_or_else(|| world.signer.sign(&claims), |forgery| forgery.token(&world.signer, &claims));
        answer["id_token"] = json!(token);
    }
    state.access_tokens.retain(|_, token| token.expires > now);
    state.access_tokens.insert(
        access_token,
        AccessToken {
            email: holder.email.to_owned(),
            client_id: holder.client_id.to_owned(),
            scopes: holder.scopes.to_vec(),
            expires: now + SignedDuration::from_secs(EXPIRES_IN),
            code: holder.code.map(str::to_owned),
        },
    );
    answer
}

fn keep_refresh_token(state: &mut State, token: String, holder: &Holder<'_>, now: Timestamp) {
    let mine = |token: &RefreshToken| token.email == holder.email && token.client_id == holder.client_id;
    let live = state.refresh_tokens.values().filter(|token| mine(token)).count();
    if live >= MOST_REFRESH_TOKENS {
        let oldest = state.refresh_tokens.iter().filter(|(_, token)| mine(token)).min_by_key(|(_, token)| token.issued);
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            state.refresh_tokens.remove(&name);
        }
    }
    state.refresh_tokens.insert(
        token,
        RefreshToken {
            email: holder.email.to_owned(),
            client_id: holder.client_id.to_owned(),
            scopes: holder.scopes.to_vec(),
            issued: now,
            code: holder.code.map(str::to_owned),
        },
    );
}

/// `POST /revoke`: ends the account's whole consent to the client.
pub(super) async fn revoke(Extract(world): Extract<Arc<World>>, call: Call) -> Response {
    let form = form(&call);
    let Some(token) = field(&form, "token").or_else(|| call.param("token")) else {
        return OauthError::missing("token").into_response();
    };
    let revoked = world.change(|state| {
        let access = state.access_tokens.get(token).map(|found| (found.email.clone(), found.client_id.clone()));
        let refresh = state.refresh_tokens.get(token).map(|found| (found.email.clone(), found.client_id.clone()));
        let (email, client_id) = access.or(refresh)?;
        state.revoke(&email, Some(&client_id));
        Some(())
    });
    match revoked {
        Some(()) => (StatusCode::OK, Json(json!({}))).into_response(),
        None => OauthError::new(400, "invalid_token", "Token expired or revoked").into_response(),
    }
}

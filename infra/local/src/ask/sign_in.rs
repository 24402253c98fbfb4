//! Signs in to the running stack the way a person does: through the consent pages.

use serde_json::Value;
use url::Url;

use super::browser::{Browser, Page};
use crate::terminal::say;
use crate::{Problem, Result};

/// Who is signed in, or null.
pub async fn me(browser: &mut Browser, api: &Url) -> Result<Value> {
    let response = browser.request(&address(api, "/api/auth/me")?, None).await?;
    let body: Value = response
        .json()
        .await
        .map_err(|_| Problem(format!("{api} is not this product: choose its address with `--url` or `--port`.")))?;
    Ok(body.get("user").cloned().unwrap_or_default())
}

/// Signs in with Google, and connects HubSpot unless it is connected. Returns the user.
pub async fn sign_in(browser: &mut Browser, api: &Url, account: Option<&str>) -> Result<Value> {
    let mut user = me(browser, api).await?;
    let is_somebody_else = account.is_some_and(|wanted| user["email"] != wanted);
    if user.is_null() || is_somebody_else {
        through_consent(browser, api, "/api/auth/google/start", "Google", account).await?;
        user = me(browser, api).await?;
        let email = user["email"].as_str().ok_or_else(|| {
            Problem("Signing in with Google ended without a session: see the log of the stack.".to_owned())
        })?;
        say(format_args!("Signed in as {email}."));
    }
    if user["hubspot_connected"] == false {
        let email = user["email"].as_str().map(str::to_owned);
        through_consent(browser, api, "/api/auth/hubspot/start", "HubSpot", email.as_deref()).await?;
        user = me(browser, api).await?;
        if user["hubspot_connected"] == true {
            say("Connected HubSpot.");
        }
    }
    Ok(user)
}

/// Goes through a provider's consent page and approves.
pub async fn through_consent(
    browser: &mut Browser,
    api: &Url,
    start: &str,
    provider: &str,
    account: Option<&str>,
) -> Result<()> {
    let mut page = browser.open(address(api, start)?, api).await?;
    if let Some(account) = account.filter(|_| page.link("approve").is_some()) {
        if let Some(choice) = page.choice(account) {
            page = browser.open(choice, api).await?;
        } else if !page.body.contains(account) {
            return Err(Problem(format!("{provider} knows nobody by the address {account}: see {}.", page.url)));
        }
    }
    let Some(approve) = page.link("approve") else { return Err(no_consent(&page, provider)) };
    let landed = browser.open(approve, api).await?;
    let error = landed.url.query_pairs().find(|(name, _)| name == "error").map(|(_, value)| value.into_owned());
    match error {
        Some(error) => Err(Problem(format!("{provider} sign-in ended with `{error}`: see the log of the stack."))),
        None if landed.status.is_client_error() || landed.status.is_server_error() => {
            Err(no_consent(&landed, provider))
        }
        None => Ok(()),
    }
}

fn no_consent(page: &Page, provider: &str) -> Problem {
    if page.url.host_str().is_some_and(|host| host != "localhost" && host != "127.0.0.1") {
        return Problem(format!(
            "{provider} is the real one here, where only a person can approve: sign in with a browser and ask there."
        ));
    }
    let said: String = page.body.chars().take(200).collect();
    Problem(format!("{} answered {} and no consent page: {said}", page.url, page.status))
}

/// An address under the API's.
pub fn address(api: &Url, path: &str) -> Result<Url> {
    api.join(path).map_err(|e| Problem(format!("{api} is not an address: {e}.")))
}

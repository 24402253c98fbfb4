//! Who calls: the session cookie, and what a browser must prove before it may change anything.

use cookie::{Cookie, SameSite, time::Duration as CookieDuration};
use http::{Method, header};
use uuid::Uuid;

use super::call::Call;
use super::headers::is_allowed;
use crate::App;
use crate::domain::accounts::session::{self, Checked, Purpose};
use crate::error::{Error, Kind, Result};
use crate::model::UserId;
use crate::store::sessions;

const SESSION: &str = "session";

/// The advisor a call comes from.
#[derive(Debug, Clone, Copy)]
pub struct Advisor {
    pub id: UserId,
    pub session: Uuid,
}

impl Call {
    /// Whose call it is. 401 without a session; 403 when a call that changes something may come from another site.
    pub async fn advisor(&self, app: &App) -> Result<Advisor> {
        match self.advisor.get() {
            Some(known) => Ok(*known),
            None => Ok(self.checked(app, Purpose::Call).await?.0),
        }
    }

    /// The same, and asks for a new token. Answers whether the browser got one.
    pub async fn advisor_refreshing(&self, app: &App) -> Result<(Advisor, bool)> {
        self.checked(app, Purpose::Refresh).await
    }

    async fn checked(&self, app: &App, purpose: Purpose) -> Result<(Advisor, bool)> {
        let token = self.cookie(SESSION).ok_or_else(Error::unauthenticated)?;
        self.require_own_site(app)?;

        let mut db = app.db().await?;
        let known = match self.known_token() {
            Some(known) => known,
            None => sessions::find(&db, &session::hash(&token)).await?,
        };
        let known = known.ok_or_else(Error::unauthenticated)?;
        let Checked { user, session, token } = session::check(&mut db, known, purpose, app.now()).await?;
        let renewed = token.is_some();
        if let Some(token) = token {
            self.start_session(&token);
        }
        let advisor = *self.advisor.get_or_init(|| Advisor { id: user, session });
        // A number of ours, which names nobody without the database, and nobody at all once they are erased.
        tracing::Span::current().record("user.id", user.0);
        Ok((advisor, renewed))
    }

    /// The advisor, or nobody: for the endpoints that answer both.
    pub async fn advisor_if_any(&self, app: &App) -> Result<Option<Advisor>> {
        match self.advisor(app).await {
            Ok(advisor) => Ok(Some(advisor)),
            Err(error) if error.kind == Kind::Unauthenticated => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a page of another site cannot send: our origin, a JSON body, and a header of its own.
    pub fn require_own_site(&self, app: &App) -> Result<()> {
        if matches!(*self.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        if !self.is_from_allowed_origin(app) {
            return Err(Error::forbidden("This request must come from the application: its Origin is not allowed."));
        }
        let content_type = self.header(header::CONTENT_TYPE).unwrap_or_default();
        if !content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            return Err(Error::forbidden("This request must have the Content-Type application/json."));
        }
        self.require_own_header()
    }

    /// The header alone: no page of another site can send it, unasked. For a GET that may begin something.
    pub fn require_own_header(&self) -> Result<()> {
        match self.header("x-requested-with") {
            Some(_) => Ok(()),
            None => Err(Error::forbidden("This request must have the header X-Requested-With.")),
        }
    }

    pub fn is_from_allowed_origin(&self, app: &App) -> bool {
        self.header(header::ORIGIN).is_some_and(|origin| is_allowed(&app.config, origin))
    }

    pub fn session_token(&self) -> Option<String> {
        self.cookie(SESSION)
    }

    /// Every session token the browser sent, to be ended.
    pub fn session_tokens(&self) -> Vec<String> {
        self.cookies(SESSION)
    }

    /// For seven days. `SameSite=None`, because the frontend is served from another site.
    pub fn start_session(&self, token: &str) {
        let cookie = Cookie::build((SESSION, token))
            .http_only(true)
            .secure(true)
            .same_site(SameSite::None)
            .path("/")
            .max_age(CookieDuration::days(7));
        self.set_cookie(&cookie.build());
    }

    pub fn end_session(&self) {
        let cookie = Cookie::build((SESSION, ""))
            .http_only(true)
            .secure(true)
            .same_site(SameSite::None)
            .path("/")
            .max_age(CookieDuration::ZERO);
        self.set_cookie(&cookie.build());
    }

    /// What ties a sign-in to the browser that began it; made if this browser has none yet. It is sent with every beginning, so
    /// that it lasts as long as the consent page may be looked at.
    pub fn browser(&self, app: &App) -> Result<String> {
        let known = self.known_browser(app).filter(|value| value.len() >= 43);
        let browser = known.map_or_else(crate::domain::accounts::random_token, Ok)?;
        let cookie = Cookie::build((browser_cookie(app), browser.clone()))
            .http_only(true)
            .secure(true)
            // Sent along when the provider sends the browser back, and by no other site's request.
            .same_site(SameSite::Lax)
            .path("/")
            .max_age(CookieDuration::minutes(10));
        self.set_cookie(&cookie.build());
        Ok(browser)
    }

    /// The same, for the way back.
    pub fn known_browser(&self, app: &App) -> Option<String> {
        self.cookie(browser_cookie(app))
    }
}

/// With the prefix a browser takes the cookie from this host alone, and from no neighbour of its domain. Over plain HTTP, on a
/// laptop, browsers do not know the prefix.
fn browser_cookie(app: &App) -> &'static str {
    if app.config.public_url.starts_with("https:") { "__Host-oauth_browser" } else { "oauth_browser" }
}

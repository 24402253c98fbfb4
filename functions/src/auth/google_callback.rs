//! Where Google sends the browser back to. Reading the mailbox and the calendar are tasks: the redirect does not wait for them.

use std::time::Duration;

use shared::domain::accounts::session;
use shared::domain::accounts::sign_in::{self, Callback};
use shared::edge::{Call, Reply, Route};
use shared::error::Kind;
use shared::{App, Error, Result};

use super::landing;

pub const ROUTE: Route = Route::get("/api/auth/google/callback", |app, call| Box::pin(handler(app, call)))
    .about("auth", "Where Google sends the browser back to; starts the session.")
    .query("code", "Google's, good once.")
    .query("state", "Ours, good once, in the browser that began.")
    .query("error", "Why there is no code.")
    .empty(302)
    .refuses(&[400, 422]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    if let Some(error) = call.query("error") {
        return Reply::redirect(&landing(app, "/auth/error", Some(&error)));
    }
    let code = call.query("code").ok_or_else(|| Error::invalid_query("code", "is missing."))?;
    let state = call.query("state").ok_or_else(|| Error::invalid_query("state", "is missing."))?;

    match finish(app, &call, &code, &state).await {
        Ok(token) => {
            call.start_session(&token);
            Reply::redirect(&landing(app, "/auth/success", None))
        }
        // Somebody else's or an old link: there is nobody to send anywhere.
        Err(error) if error.kind == Kind::BadRequest => Err(error),
        Err(error) => {
            tracing::warn!(error = ?error, "a sign-in did not work");
            Reply::redirect(&landing(app, "/auth/error", Some(sign_in::reason(&error))))
        }
    }
}

async fn finish(app: &App, call: &Call, code: &str, state: &str) -> Result<String> {
    let browser = call.known_browser(app);

    let signed_in = sign_in::finish(app, &Callback { code, state, browser: browser.as_deref() }).await?;
    for task in signed_in.tasks {
        app.ring(task, Duration::ZERO).await;
    }
    end_previous(app, call).await;

    Ok(signed_in.session_token)
}

/// The browser has one session at a time: what it was signed in with before, by whomever, is over. Should that fail, the new
/// session is still good.
async fn end_previous(app: &App, call: &Call) {
    let ended = async {
        let mut db = app.db().await?;
        for token in call.session_tokens() {
            session::end(&mut db, &token, app.now()).await?;
        }
        Ok::<_, Error>(())
    };
    if let Err(error) = ended.await {
        tracing::warn!(error = ?error, "the session before a sign-in was not ended");
    }
}

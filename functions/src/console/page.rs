//! Serves the page and its files. No build step, no outside host, nothing inline.

use http::{HeaderValue, StatusCode, header};
use shared::edge::{Call, Reply, Route};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/console", |app, call| Box::pin(page(app, call)));
pub const FILE: Route = Route::get("/console/{file}", |app, call| Box::pin(file(app, call)));

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, type and content.
const FILES: &[(&str, &str, &str)] = &[
    ("console.css", CSS, include_str!("assets/console.css")),
    ("main.js", SCRIPT, include_str!("assets/main.js")),
];

async fn page(_: &App, _: Call) -> Result<Reply> {
    Ok(reply(HTML, include_str!("assets/index.html")))
}

async fn file(_: &App, call: Call) -> Result<Reply> {
    let name: String = call.path("file", "page")?;

    let found = FILES.iter().find(|(known, ..)| *known == name);
    let (_, kind, content) = found.ok_or_else(|| Error::not_found("page"))?;

    Ok(reply(kind, content))
}

fn reply(kind: &'static str, content: &'static str) -> Reply {
    Reply::body(StatusCode::OK, kind, content.as_bytes())
        .with_header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
}

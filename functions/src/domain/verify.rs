//! The files by which Google knows the owner of the domain, and the answer to every path that is nobody's.
//!
//! The path is greedy because a REST API knows no `/google{code}.html`, and allows one variable below its root, which the
//! preflights need to be this one.

use http::StatusCode;
use shared::edge::{Call, Reply, Route};
use shared::error::Kind;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/{proxy+}", |app, call| Box::pin(handler(app, call)))
    .about("health", "The file by which Google knows the owner of the domain.")
    .open()
    .serves("text/html")
    .refuses(&[404]);

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let name: String = call.path("proxy", "page")?;
    if !(name.starts_with("google") && name.ends_with(".html")) {
        return Err(Error::new(Kind::NotFound, "Not Found"));
    }

    if !app.config.google_site_verification.contains(&name) {
        return Err(Error::new(Kind::NotFound, "Verification file not found"));
    }

    let content = format!("google-site-verification: {name}");
    Ok(Reply::body(StatusCode::OK, "text/html; charset=utf-8", content))
}

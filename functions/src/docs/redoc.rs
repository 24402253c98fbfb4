//! Redoc over `/openapi.json`. Its bundle is version 2.5.4 as its makers publish it, with its licence beside it.

use bytes::Bytes;
use shared::edge::{Call, Reply, Route, asset};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/redoc", |app, call| Box::pin(handler(app, call)))
    .about("docs", "Redoc: to read about this API.")
    .open()
    .serves("text/html")
    .serves("text/javascript")
    .serves("text/plain")
    .empty(304);
pub const FILE: Route = ROUTE.at("/redoc/{file}").refuses(&[404]);

/// Redoc writes its styles into the page and searches in a worker it makes itself. The address of its maker's logo is the one
/// thing of its bundle that lies elsewhere, and is not let through.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data:; font-src 'self' data:; worker-src blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Name, type and content.
const FILES: &[(&str, &str, &str)] = &[
    ("index.html", "text/html; charset=utf-8", include_str!("assets/redoc.html")),
    ("redoc.js", "text/javascript; charset=utf-8", include_str!("assets/redoc.js")),
    ("redoc.standalone.js", "text/javascript; charset=utf-8", include_str!("assets/redoc.standalone.js")),
    ("licence", "text/plain; charset=utf-8", include_str!("assets/redoc.LICENSE.txt")),
];

async fn handler(_: &App, call: Call) -> Result<Reply> {
    let name = call.path("file", "page").unwrap_or_else(|_| "index.html".to_owned());

    let found = FILES.iter().find(|(known, ..)| *known == name);
    let &(_, kind, content) = found.ok_or_else(|| Error::not_found("page"))?;

    asset::reply(&call, kind, Bytes::from_static(content.as_bytes()), POLICY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_nothing_that_is_not_served_here() {
        let page = FILES[0].2;
        for path in page.split('"').filter_map(|part| part.strip_prefix("/redoc/")) {
            assert!(FILES.iter().any(|(name, ..)| *name == path), "{path}");
        }
        assert!(!page.contains("//"), "{page}");
    }
}

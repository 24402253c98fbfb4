//! Swagger UI over `/openapi.json`. Its bundle comes with the crate `utoipa-swagger-ui`; the page around it is ours.

use bytes::Bytes;
use shared::edge::{Call, Reply, Route, asset};
use shared::{App, Error, Result};
use utoipa_swagger_ui::Config;

pub const ROUTE: Route = Route::get("/docs", |app, call| Box::pin(handler(app, call)))
    .about("docs", "Swagger UI: to look at this API, and to try it.")
    .open()
    .serves("text/html")
    .serves("text/css")
    .serves("text/javascript")
    .empty(304);
pub const FILE: Route = ROUTE.at("/docs/{file}").refuses(&[404]);

/// Swagger UI writes styles into its elements and draws its icons from `data:` addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = include_str!("assets/swagger.html");
const SCRIPT: &str = include_str!("assets/swagger.js");

async fn handler(_: &App, call: Call) -> Result<Reply> {
    let name = call.path("file", "page").unwrap_or_else(|_| "index.html".to_owned());

    let (kind, content) = file(&name)?;

    asset::reply(&call, kind, content, POLICY)
}

fn file(name: &str) -> Result<(&'static str, Bytes)> {
    let bundled = |kind| {
        let found = utoipa_swagger_ui::serve(name, Config::default().into()).ok().flatten();
        found.map(|file| (kind, Bytes::from(file.bytes.into_owned()))).ok_or_else(|| Error::not_found("page"))
    };
    match name {
        "index.html" => Ok(("text/html; charset=utf-8", Bytes::from_static(PAGE.as_bytes()))),
        "swagger.js" => Ok(("text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes()))),
        "swagger-ui-bundle.js" => bundled("text/javascript; charset=utf-8"),
        "swagger-ui.css" => bundled("text/css; charset=utf-8"),
        _ => Err(Error::not_found("page")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_for_nothing_that_is_not_served_here() {
        let asked: Vec<&str> = PAGE.split(['"']).filter(|part| part.contains('/') && part.contains('.')).collect();

        assert_eq!(asked.len(), 3, "{asked:?}");
        for path in asked {
            file(path.strip_prefix("/docs/").unwrap()).unwrap();
        }
        assert!(file("swagger-initializer.js").is_err() && file("../page.rs").is_err());
    }
}

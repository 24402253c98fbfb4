//! Serves the page and its files. No build step, no outside host, nothing inline.

use bytes::Bytes;
use shared::edge::{Call, Reply, Route, asset};
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::get("/console", |app, call| Box::pin(handler(app, call)))
    .about("console", "A page of our own, and its files.")
    .open()
    .serves("text/html")
    .serves("text/css")
    .serves("text/javascript")
    .serves("image/svg+xml")
    .empty(304);
pub const FILE: Route = ROUTE.at("/console/{file}").refuses(&[404]);

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const PAGE: &str = "index.html";

/// Name, type and content.
const FILES: &[(&str, &str, &str)] = &[
    (PAGE, HTML, include_str!("assets/index.html")),
    ("console.css", CSS, include_str!("assets/console.css")),
    ("icon.svg", SVG, include_str!("assets/icon.svg")),
    ("accounts.js", SCRIPT, include_str!("assets/accounts.js")),
    ("answer.js", SCRIPT, include_str!("assets/answer.js")),
    ("api.js", SCRIPT, include_str!("assets/api.js")),
    ("approval.js", SCRIPT, include_str!("assets/approval.js")),
    ("approvals.js", SCRIPT, include_str!("assets/approvals.js")),
    ("ask.js", SCRIPT, include_str!("assets/ask.js")),
    ("confirm.js", SCRIPT, include_str!("assets/confirm.js")),
    ("conversations.js", SCRIPT, include_str!("assets/conversations.js")),
    ("data.js", SCRIPT, include_str!("assets/data.js")),
    ("dom.js", SCRIPT, include_str!("assets/dom.js")),
    ("html.js", SCRIPT, include_str!("assets/html.js")),
    ("main.js", SCRIPT, include_str!("assets/main.js")),
    ("markdown.js", SCRIPT, include_str!("assets/markdown.js")),
    ("rule.js", SCRIPT, include_str!("assets/rule.js")),
    ("rules.js", SCRIPT, include_str!("assets/rules.js")),
    ("session.js", SCRIPT, include_str!("assets/session.js")),
    ("sign_in.js", SCRIPT, include_str!("assets/sign_in.js")),
    ("sources.js", SCRIPT, include_str!("assets/sources.js")),
    ("sync.js", SCRIPT, include_str!("assets/sync.js")),
    ("tasks.js", SCRIPT, include_str!("assets/tasks.js")),
    ("tools.js", SCRIPT, include_str!("assets/tools.js")),
    ("workspace.js", SCRIPT, include_str!("assets/workspace.js")),
];

/// Both routes are one function's, so the path says which file is meant: `/console` alone is the page.
async fn handler(_: &App, call: Call) -> Result<Reply> {
    let name = call.path("file", "page").unwrap_or_else(|_| PAGE.to_owned());

    let found = FILES.iter().find(|(known, ..)| *known == name);
    let &(_, kind, content) = found.ok_or_else(|| Error::not_found("page"))?;

    asset::reply(&call, kind, Bytes::from_static(content.as_bytes()), POLICY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(name: &str) -> &'static str {
        FILES.iter().find(|(known, ..)| *known == name).map_or_else(|| panic!("{name} is not served"), |file| file.2)
    }

    #[test]
    fn everything_that_is_asked_for_is_served() {
        for (_, kind, content) in FILES {
            let parts = content.split('"').filter_map(|part| match *kind {
                SCRIPT => part.strip_prefix("./").filter(|name| name.ends_with(".js")),
                HTML => part.strip_prefix("/console/"),
                _ => None,
            });
            for name in parts {
                self::content(name);
            }
        }
    }

    #[test]
    fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
        let page = content(PAGE);
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains(" on"), "{page}");
        assert!(page.split("<script").skip(1).all(|script| script.contains("></script>")), "{page}");
        for (name, _, content) in FILES.iter().filter(|(name, ..)| *name != "icon.svg") {
            assert!(
                !content.contains("//www.") && !content.contains("innerHTML") && !content.contains("url("),
                "{name}"
            );
        }
    }
}

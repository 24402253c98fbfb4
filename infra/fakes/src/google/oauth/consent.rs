//! The pages of the authorization endpoint, in plain HTML without scripts.

use super::super::html::escape;
use super::super::state::Account;
use super::authorize::Asked;
use super::scopes;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#222}\
                     a.button{display:inline-block;padding:.6rem 1.2rem;border-radius:.3rem;border:1px solid #888;\
                     text-decoration:none;color:#222;margin-right:.6rem}a#approve{background:#0b57d0;color:#fff;\
                     border-color:#0b57d0}.note{color:#666;font-size:.85rem}li{margin:.2rem 0}";

fn shell(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head>\
         <body>{body}</body></html>"
    )
}

/// The page that asks for consent.
pub(super) fn page(
    accounts: &[Account],
    chosen: &Account,
    asked: &Asked,
    query: &[(String, String)],
    approve: &str,
    deny: &str,
) -> String {
    let others: String = accounts
        .iter()
        .map(|account| {
            let (name, email) = (escape(&account.name), escape(&account.email));
            if account.email == chosen.email {
                format!("<li><strong>{name}</strong> {email} (chosen)</li>")
            } else {
                let link = with(query, "account", &account.email, true);
                format!("<li><a class=\"account\" href=\"{}\">{name}</a> {email}</li>", escape(&link))
            }
        })
        .collect();
    let wanted: String = asked
        .scopes
        .iter()
        .map(|scope| {
            let text = format!("{} <span class=\"note\">{}</span>", scopes::describe(scope), escape(scope));
            if scopes::is_sign_in(scope) {
                format!("<li>{text}</li>")
            } else if asked.unticked.contains(scope) {
                format!("<li>☐ {text}</li>")
            } else {
                let link = with(query, "untick", scope, false);
                format!("<li>☑ {text} <a class=\"untick\" href=\"{}\">untick</a></li>", escape(&link))
            }
        })
        .collect();
    let body = format!(
        "<h1>Sign in with a pretended Google</h1><p class=\"note\">This is a local stand-in: nothing here reaches \
         Google.</p><h2>Choose an account</h2><ul id=\"accounts\">{others}</ul><h2>{} wants to</h2>\
         <ul id=\"scopes\">{wanted}</ul><p><a class=\"button\" id=\"approve\" href=\"{}\">Continue as {}</a>\
         <a class=\"button\" id=\"deny\" href=\"{}\">Cancel</a></p>",
        escape(&asked.client_id),
        escape(approve),
        escape(&chosen.name),
        escape(deny),
    );
    shell("Sign in - pretended Google Accounts", &body)
}

/// The page of a request that cannot be answered to its sender.
pub(super) fn error_page(status: u16, error: &str, text: &str) -> String {
    let body = format!(
        "<h1>Access blocked: Authorization Error</h1><p>{}</p><p><strong>Error {status}: {error}</strong></p>",
        escape(text)
    );
    shell(&format!("Error {status} ({error})"), &body)
}

/// A link to this page with one more parameter, or with that parameter replaced.
fn with(query: &[(String, String)], name: &str, value: &str, replace: bool) -> String {
    let kept = query.iter().filter(|(key, _)| !replace || key != name);
    let text =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair(name, value).finish();
    format!("?{text}")
}

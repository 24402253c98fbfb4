//! The frame of every page a person sees here.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#213343}\
.standin{background:#fff4e5;border:1px solid #f5c26b;padding:.5rem .75rem}\
.button{background:#ff5c35;color:#fff;padding:.5rem 1rem;text-decoration:none}\
table{border-collapse:collapse}th{text-align:left;padding-right:1rem;font-weight:normal;color:#516f90}\
article{border-left:3px solid #cbd6e2;padding-left:.75rem;margin:1rem 0}.meant{border-color:#ff5c35;background:#fff8f6}";

/// A whole page around a body that is escaped already.
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{}</title><style>{STYLE}</style></head><body>\
         <p class=\"standin\">This is a local stand-in for HubSpot. Nothing here reaches HubSpot.</p>{body}</body></html>",
        escape(title)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (status, headers, text).into_response()
}

pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

//! A file that is part of a function: served whole, and not again to a browser that has it.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use super::{Call, Reply};
use crate::error::{Error, Result};

/// Answers with `content`, or with 304 when the browser has it already. `policy` is the `Content-Security-Policy` of a page.
pub fn reply(call: &Call, kind: &'static str, content: Bytes, policy: &'static str) -> Result<Reply> {
    let tag = tag(&content);
    let known = call.header(header::IF_NONE_MATCH).is_some_and(|tags| names(tags, &tag));
    let reply = if known {
        Reply::body(StatusCode::NOT_MODIFIED, kind, "")
    } else {
        Reply::body(StatusCode::OK, kind, content)
    };
    let tag = HeaderValue::try_from(tag).map_err(|e| Error::internal("A page has no valid tag.").because(e))?;
    Ok(reply
        .with_header(header::ETAG, tag)
        .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
        .with_header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)))
}

/// The `ETag`: another one whenever the content is another.
fn tag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether `If-None-Match` names this tag. A proxy that compresses makes a tag weak.
fn names(tags: &str, tag: &str) -> bool {
    tags.split(',').any(|given| matches!(given.trim().trim_start_matches("W/"), given if given == tag || given == "*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_by_its_content() {
        let mine = tag(b"a");
        assert_ne!(mine, tag(b"b"));
        assert!(names(&format!("\"other\", W/{mine}"), &mine));
        assert!(!names("\"other\"", &mine));
    }
}

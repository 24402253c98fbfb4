//! What an endpoint answers.

use std::convert::Infallible;

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::error::{Error, Result};

/// Whole or streamed. A stream never fails: an error is told in the protocol it speaks.
pub type ReplyBody = UnsyncBoxBody<Bytes, Infallible>;

pub struct Reply(Response<ReplyBody>);

impl Reply {
    /// 200 with JSON.
    pub fn json(value: &impl Serialize) -> Result<Self> {
        Self::json_with(StatusCode::OK, value)
    }

    pub fn json_with(status: StatusCode, value: &impl Serialize) -> Result<Self> {
        let body =
            serde_json::to_vec(value).map_err(|e| Error::internal("An answer could not be written.").because(e))?;
        Ok(Self::body(status, "application/json", body))
    }

    pub fn body(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut reply = Response::new(Full::new(body.into()).boxed_unsync());
        *reply.status_mut() = status;
        reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self(reply)
    }

    /// What was answered before; its headers are added.
    pub(super) fn whole(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let mut reply = Response::new(Full::new(body.into()).boxed_unsync());
        *reply.status_mut() = status;
        Self(reply)
    }

    pub(super) fn from_parts(parts: http::response::Parts, body: Bytes) -> Self {
        Self(Response::from_parts(parts, Full::new(body).boxed_unsync()))
    }

    /// 204.
    pub fn empty() -> Self {
        let mut reply = Response::new(Full::new(Bytes::new()).boxed_unsync());
        *reply.status_mut() = StatusCode::NO_CONTENT;
        Self(reply)
    }

    /// 302. The target is ours or a provider's, never taken from the request.
    pub fn redirect(to: &str) -> Result<Self> {
        let location =
            HeaderValue::try_from(to).map_err(|e| Error::internal("A redirect has no valid target.").because(e))?;
        let mut reply = Self::empty();
        *reply.0.status_mut() = StatusCode::FOUND;
        reply.0.headers_mut().insert(header::LOCATION, location);
        Ok(reply)
    }

    /// Something to be kept under this name, as it comes. What breaks off is not whole, and its form has to show that.
    pub fn file(content_type: &'static str, name: &str, frames: mpsc::Receiver<Bytes>) -> Self {
        let reply = Self::stream(content_type, frames);
        match HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
            Ok(how) => reply.with_header(header::CONTENT_DISPOSITION, how),
            Err(_) => reply,
        }
    }

    /// Server-sent events as they come.
    pub fn events(frames: mpsc::Receiver<Bytes>) -> Self {
        Self::stream("text/event-stream; charset=utf-8", frames)
    }

    fn stream(content_type: &'static str, frames: mpsc::Receiver<Bytes>) -> Self {
        let frames = ReceiverStream::new(frames).map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
        let mut reply = Response::new(StreamBody::new(frames).boxed_unsync());
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
        headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        Self(reply)
    }

    /// With the version of what it shows, for `If-Match`.
    #[must_use]
    pub fn with_etag(self, version: i32) -> Self {
        match HeaderValue::try_from(format!("\"{version}\"")) {
            Ok(tag) => self.with_header(header::ETAG, tag),
            Err(_) => self,
        }
    }

    /// With the address of the next page, for a list whose shape has no place for it.
    #[must_use]
    pub fn with_next_page(self, address: Option<&str>) -> Self {
        match address.and_then(|address| HeaderValue::try_from(format!("<{address}>; rel=\"next\"")).ok()) {
            Some(link) => self.with_header(header::LINK, link),
            None => self,
        }
    }

    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers_mut().insert(name, value);
        self
    }
}

impl From<Reply> for Response<ReplyBody> {
    fn from(reply: Reply) -> Self {
        reply.0
    }
}

//! One endpoint: what it answers to, who answers, and how it is described to those who call it.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::call::Call;
use super::reply::Reply;
use crate::App;
use crate::error::Result;

/// One endpoint. Built with [`Route::get`] and its likes; the methods after it describe it.
#[derive(Clone, Copy)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub mode: Mode,
    pub handler: Handler,
    pub doc: Doc,
}

/// How the answer leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Whole.
    Buffered,
    /// Piece by piece, as API Gateway's response streaming wants it.
    Streaming,
}

pub type Handler = for<'a> fn(&'a App, Call) -> Answer<'a>;
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// What callers may know of an endpoint: the part of a [`Route`] that ends up in `openapi.json`.
///
/// What follows from it is not said again: a session can be missing (401), a call that changes something can come from
/// another site (403), a body can be wrong (422) or too large (413), a limit can be reached (429).
#[derive(Clone, Copy)]
pub struct Doc {
    /// The group it is listed in; empty for what is not described.
    pub tag: &'static str,
    /// One sentence.
    pub summary: &'static str,
    pub access: Access,
    pub admission: Admission,
    /// Done once for each `Idempotency-Key`.
    pub idempotent: bool,
    /// Answers with an `ETag`; a change can ask for it with `If-Match`.
    pub versioned: bool,
    pub query: List<Query>,
    pub body: Option<RequestBody>,
    pub successes: List<Success>,
    /// Statuses of refusals that do not follow from the rest.
    pub refusals: &'static [u16],
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    Anyone,
    /// An advisor, by the session cookie.
    Advisor,
    /// An operator, by `METRICS_TOKEN`.
    Operator,
}

/// How often somebody may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// So many times a minute from one address and for one advisor: `RATE_LIMIT_PER_MINUTE`.
    Caller,
    /// As a provider needs it.
    Webhook,
    /// As often as they like: it is neither limited nor counted, and needs no database to answer.
    Open,
}

/// A parameter of the query string.
#[derive(Clone, Copy)]
pub struct Query {
    pub name: &'static str,
    pub about: &'static str,
    /// Smallest, largest and default, for a whole number.
    pub number: Option<(i64, i64, i64)>,
    pub required: bool,
}

#[derive(Clone, Copy)]
pub struct RequestBody {
    pub schema: SchemaOf,
    pub required: bool,
    /// JSON that fits the schema.
    pub example: &'static str,
}

/// One way in which it goes well.
#[derive(Clone, Copy)]
pub struct Success {
    pub status: u16,
    pub content_type: &'static str,
    /// For JSON.
    pub schema: Option<SchemaOf>,
}

/// The JSON Schema of one type, with what it refers to added to the generator.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

impl Route {
    pub const fn get(path: &'static str, handler: Handler) -> Self {
        Self::new("GET", path, handler)
    }

    pub const fn post(path: &'static str, handler: Handler) -> Self {
        Self::new("POST", path, handler)
    }

    pub const fn put(path: &'static str, handler: Handler) -> Self {
        Self::new("PUT", path, handler)
    }

    pub const fn delete(path: &'static str, handler: Handler) -> Self {
        Self::new("DELETE", path, handler)
    }

    pub const fn options(path: &'static str, handler: Handler) -> Self {
        Self::new("OPTIONS", path, handler)
    }

    const fn new(method: &'static str, path: &'static str, handler: Handler) -> Self {
        let doc = Doc {
            tag: "",
            summary: "",
            access: Access::Anyone,
            admission: Admission::Caller,
            idempotent: false,
            versioned: false,
            query: List::new(),
            body: None,
            successes: List::new(),
            refusals: &[],
        };
        Self { method, path, mode: Mode::Buffered, handler, doc }
    }

    /// The same at another path.
    #[must_use]
    pub const fn at(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    #[must_use]
    pub const fn streaming(mut self) -> Self {
        self.mode = Mode::Streaming;
        self
    }

    /// The group it is listed in, and one sentence.
    #[must_use]
    pub const fn about(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.doc.tag = tag;
        self.doc.summary = summary;
        self
    }

    /// Refuses without a session.
    #[must_use]
    pub const fn session(mut self) -> Self {
        self.doc.access = Access::Advisor;
        self
    }

    /// Refuses without `METRICS_TOKEN` as a bearer.
    #[must_use]
    pub const fn operator(mut self) -> Self {
        self.doc.access = Access::Operator;
        self
    }

    /// Called by a provider.
    #[must_use]
    pub const fn webhook(mut self) -> Self {
        self.doc.admission = Admission::Webhook;
        self
    }

    /// Neither limited nor counted: for what answers without the database.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.doc.admission = Admission::Open;
        self
    }

    /// Creates or sends something: done once for each `Idempotency-Key` of an advisor.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.doc.idempotent = true;
        self
    }

    /// Shows one version of something ([`Reply::with_etag`]), or changes the one of [`Call::if_match`].
    #[must_use]
    pub const fn versioned(mut self) -> Self {
        self.doc.versioned = true;
        self
    }

    /// A parameter of the query string.
    #[must_use]
    pub const fn query(mut self, name: &'static str, about: &'static str) -> Self {
        self.doc.query = self.doc.query.with(Query { name, about, number: None, required: false });
        self
    }

    /// One that cannot be left out.
    #[must_use]
    pub const fn required_query(mut self, name: &'static str, about: &'static str) -> Self {
        self.doc.query = self.doc.query.with(Query { name, about, number: None, required: true });
        self
    }

    /// One that is a whole number.
    #[must_use]
    pub const fn number(
        mut self,
        name: &'static str,
        about: &'static str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> Self {
        let number = Some((*range.start(), *range.end(), default));
        self.doc.query = self.doc.query.with(Query { name, about, number, required: false });
        self
    }

    /// A JSON body, with an example of one.
    #[must_use]
    pub const fn body<T: JsonSchema>(mut self, example: &'static str) -> Self {
        self.doc.body = Some(RequestBody { schema: T::json_schema, required: true, example });
        self
    }

    /// A JSON body that may be left out.
    #[must_use]
    pub const fn optional_body<T: JsonSchema>(mut self, example: &'static str) -> Self {
        self.doc.body = Some(RequestBody { schema: T::json_schema, required: false, example });
        self
    }

    /// Answers 200 with JSON.
    #[must_use]
    pub const fn ok<T: JsonSchema>(self) -> Self {
        self.answers::<T>(200)
    }

    /// Answers this status with JSON.
    #[must_use]
    pub const fn answers<T: JsonSchema>(self, status: u16) -> Self {
        self.success(Success { status, content_type: "application/json", schema: Some(subschema::<T>) })
    }

    /// Answers 200 with something that is not JSON.
    #[must_use]
    pub const fn serves(self, content_type: &'static str) -> Self {
        self.success(Success { status: 200, content_type, schema: None })
    }

    /// Answers this status without a body: 204, 302, 304.
    #[must_use]
    pub const fn empty(self, status: u16) -> Self {
        self.success(Success { status, content_type: "", schema: None })
    }

    const fn success(mut self, success: Success) -> Self {
        self.doc.successes = self.doc.successes.with(success);
        self
    }

    /// Further refusals, by status.
    #[must_use]
    pub const fn refuses(mut self, statuses: &'static [u16]) -> Self {
        self.doc.refusals = statuses;
        self
    }

    /// Whether a call may change something.
    pub const fn changes(&self) -> bool {
        !matches!(self.method.as_bytes(), b"GET" | b"OPTIONS")
    }
}

fn subschema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A few things in a constant.
#[derive(Clone, Copy)]
pub struct List<T: Copy>([Option<T>; 6]);

impl<T: Copy> List<T> {
    const fn new() -> Self {
        Self([None; 6])
    }

    const fn with(mut self, item: T) -> Self {
        let mut at = 0;
        while self.0[at].is_some() {
            at += 1;
        }
        self.0[at] = Some(item);
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

//! What is counted of each invocation, whatever it is about.

use std::time::Duration;

use http::StatusCode;

use super::route::{Admission, Route};
use crate::App;
use crate::error::Error;
use crate::telemetry::Trail;
use crate::telemetry::emf::Metric;
use crate::telemetry::family::{ERRORS, HTTP_DURATION, HTTP_REQUESTS};

/// A request was answered. For `/metrics` those are counted that were let in by the database; for CloudWatch all.
pub(super) fn answered(app: &App, route: &Route, status: StatusCode, took: Duration, is_counted: bool) {
    let (trail, method, endpoint) = (app.trail(), route.method, route.path);
    if is_counted {
        trail.count(&HTTP_REQUESTS, &[method, endpoint, status.as_str()]);
        trail.observe(&HTTP_DURATION, &[method, endpoint], took);
    }
    trail.measure(Metric::Requests, 1.0);
    trail.measure_ms(Metric::Latency, took);
    if status.is_server_error() {
        trail.measure(Metric::ServerErrors, 1.0);
        if route.doc.admission == Admission::Webhook {
            trail.measure(Metric::WebhookErrors, 1.0);
        }
    }
    trail.beside("method", method);
    trail.beside("route", endpoint);
    trail.beside("status", status.as_u16());
    trail.beside("correlation_id", trail.correlation_id());
}

/// An invocation ended with an error.
pub(super) fn failed(trail: &Trail, source: &str, error: &Error) {
    trail.count(&ERRORS, &[source, error.kind.code()]);
    trail.beside("Kind", error.kind.code());
}

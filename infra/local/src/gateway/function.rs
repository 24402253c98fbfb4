//! One Lambda, called in this process through the same conversion that runs when it is deployed.

use std::fmt::{Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use http::Response;
use hyper::body::Body;
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, IntoResponse, LambdaEvent, Request, StreamAdapter};
use serde_json::Value;
use tower::Service;

/// What a Lambda answered.
pub enum Answer {
    /// The response document of the proxy integration.
    Buffered(Value),
    /// The metadata that precedes a streamed response, and its bytes as they come.
    Streamed { metadata: Value, body: BoxStream<'static, Result<Bytes, String>> },
}

/// Calls a Lambda with an event. The error is what the log should say; a caller sees only that it failed.
pub type Invoke = Arc<dyn Fn(Value, Context) -> BoxFuture<'static, Result<Answer, String>> + Send + Sync>;

/// A Lambda whose answer is sent when it is complete.
pub fn buffered<S, R>(service: S) -> Invoke
where
    S: Service<Request, Response = R> + Clone + Send + Sync + 'static,
    S::Error: Display + Send + 'static,
    S::Future: Send + 'static,
    R: IntoResponse + Send + 'static,
{
    Arc::new(move |event, context| {
        let service = service.clone();
        async move {
            let event = LambdaEvent::new(request(&event)?, context);
            // A function is always ready, and the adapter cannot be kept over an await.
            let answer = Adapter::from(service).call(event);
            let answer = answer.await.map_err(|e| e.to_string())?;
            serde_json::to_value(answer).map(Answer::Buffered).map_err(|e| e.to_string())
        }
        .boxed()
    })
}

/// A Lambda whose answer is sent while it is made.
pub fn streamed<S, B>(service: S) -> Invoke
where
    S: Service<Request, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Display + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Unpin + Send + 'static,
    B::Data: Into<Bytes> + Send,
    B::Error: Into<lambda_http::Error> + Send + Debug,
{
    Arc::new(move |event, context| {
        let service = service.clone();
        async move {
            let event = LambdaEvent::new(request(&event)?, context);
            let answer = StreamAdapter::from(service).call(event);
            let answer = answer.await.map_err(|e| e.to_string())?;
            let metadata = serde_json::to_value(&answer.metadata_prelude).map_err(|e| e.to_string())?;
            let body = answer.stream.map(|piece| piece.map(Into::into).map_err(|e| e.into().to_string()));
            Ok(Answer::Streamed { metadata, body: body.boxed() })
        }
        .boxed()
    })
}

/// The event as the runtime would read it: from its text.
fn request(event: &Value) -> Result<LambdaRequest, String> {
    serde_json::from_str(&event.to_string()).map_err(|e| format!("the event could not be read: {e}"))
}

/// What a Lambda is told about one invocation.
pub fn context(function: &str, request_id: &str, now: Timestamp, timeout: Duration) -> Context {
    let deadline = now.as_millisecond() + i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX / 2);
    let mut context = Context::default();
    request_id.clone_into(&mut context.request_id);
    context.deadline = u64::try_from(deadline).unwrap_or_default();
    context.invoked_function_arn =
        format!("arn:aws:lambda:us-east-1:{}:function:local-{function}", super::event::ACCOUNT);
    context
}

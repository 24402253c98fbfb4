//! The least a Lambda behind API Gateway can be, built as the product's are: what `cargo dev bench` compares their start with.

use std::convert::Infallible;

use lambda_http::{Body, Request, Response, service_fn};

fn main() -> Result<(), lambda_http::Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(lambda_http::run(service_fn(
        |_request: Request| async { Ok::<_, Infallible>(Response::new(Body::from("Hello, world!"))) },
    )))
}

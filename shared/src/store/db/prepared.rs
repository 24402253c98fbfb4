//! Statements, each prepared once for a connection. On the heap: whatever asks for something would be as large.

use deadpool_postgres::Object;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio_postgres::{Error, Row};

use super::Params;

pub type Asked<T> = Result<T, Error>;

pub fn maybe<'a>(object: &'a Object, sql: &'a str, params: Params<'a>) -> BoxFuture<'a, Asked<Option<Row>>> {
    async move { object.query_opt(&object.prepare_cached(sql).await?, params).await }.boxed()
}

pub fn row<'a>(object: &'a Object, sql: &'a str, params: Params<'a>) -> BoxFuture<'a, Asked<Row>> {
    async move { object.query_one(&object.prepare_cached(sql).await?, params).await }.boxed()
}

pub fn rows<'a>(object: &'a Object, sql: &'a str, params: Params<'a>) -> BoxFuture<'a, Asked<Vec<Row>>> {
    async move { object.query(&object.prepare_cached(sql).await?, params).await }.boxed()
}

/// How many rows there were.
pub fn execute<'a>(object: &'a Object, sql: &'a str, params: Params<'a>) -> BoxFuture<'a, Asked<u64>> {
    async move { object.execute(&object.prepare_cached(sql).await?, params).await }.boxed()
}

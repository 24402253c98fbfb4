//! A transaction of one advisor, in as few round trips as it takes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio_postgres::Row;

use super::prepared::{self, Asked};
use super::{Connection, Params};
use crate::error::Result;
use crate::model::UserId;
use crate::telemetry::family::Family;

/// The server's own bounds, for when nobody is left to tell it: a statement, and a transaction nobody goes on with.
const STATEMENT_MS: u32 = 20_000;
const IDLE_MS: u32 = 60_000;

/// A transaction of one advisor.
pub struct Tenant<'a> {
    connection: &'a Connection,
    pub owner: UserId,
    /// Whether the server was told to begin, and not to end yet.
    is_open: AtomicBool,
    /// What has happened only if the transaction has.
    counted: Mutex<Vec<Counted>>,
}

type Counted = (&'static Family, Vec<String>, u64);

impl<'a> Tenant<'a> {
    pub(super) fn new(connection: &'a Connection, owner: UserId) -> Self {
        Self { connection, owner, is_open: AtomicBool::new(false), counted: Mutex::default() }
    }

    pub async fn commit(self) -> Result<()> {
        let Connection { object, watch, .. } = self.connection;
        if self.is_open.load(Ordering::Relaxed) {
            let commit = async {
                // Whatever becomes of the answer, the server is being told.
                self.is_open.store(false, Ordering::Relaxed);
                object.batch_execute("commit").await
            };
            watch.timed("-- db::commit", commit.boxed()).await??;
        }
        for (family, labels, many) in self.counted.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            watch.trail.add(family, &labels.iter().map(String::as_str).collect::<Vec<_>>(), many);
        }
        Ok(())
    }

    /// Counts something that has happened once the transaction is committed.
    pub(in crate::store) fn count(&self, family: &'static Family, labels: &[&str], many: u64) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).push((family, labels, many));
    }

    /// The id of the call all this is for.
    pub(in crate::store) fn correlation_id(&self) -> Option<&str> {
        self.connection.watch.trail.correlation_id()
    }

    /// Asks within the transaction. Its beginning travels ahead of the first query and is not waited for by itself.
    async fn ask<T: Send>(&self, sql: &str, query: BoxFuture<'_, Asked<T>>) -> Result<T> {
        if self.is_open.swap(true, Ordering::Relaxed) {
            return self.connection.ask(sql, query).await;
        }
        // Numbers, so they can stand in the text: one message, and no plan to keep. The server gives up after us.
        let begin = format!(
            "begin; select set_config('app.user_id', '{}', true), set_config('statement_timeout', '{STATEMENT_MS}', true), \
             set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', true)",
            self.owner
        );
        let first = async {
            // In this order: it is that in which they are sent.
            let (begun, answer) = futures::join!(self.connection.object.batch_execute(&begin), query);
            begun.and(answer)
        };
        self.connection.ask(sql, first.boxed()).await
    }

    pub(in crate::store) async fn maybe(&self, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        self.ask(sql, prepared::maybe(&self.connection.object, sql, params)).await
    }

    pub(in crate::store) async fn row(&self, sql: &str, params: Params<'_>) -> Result<Row> {
        self.ask(sql, prepared::row(&self.connection.object, sql, params)).await
    }

    pub(in crate::store) async fn rows(&self, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        self.ask(sql, prepared::rows(&self.connection.object, sql, params)).await
    }

    pub(in crate::store) async fn execute(&self, sql: &str, params: Params<'_>) -> Result<u64> {
        self.ask(sql, prepared::execute(&self.connection.object, sql, params)).await
    }
}

impl Drop for Tenant<'_> {
    fn drop(&mut self) {
        if self.is_open.load(Ordering::Relaxed) {
            // Asked once, it is sent, ahead of whatever is sent on this connection from now on.
            let _answered_to_nobody = self.connection.object.batch_execute("rollback").now_or_never();
        }
    }
}

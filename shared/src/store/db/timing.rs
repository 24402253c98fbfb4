//! How long a query may take and how long it took.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::doubt::{Doubt, UnderWay};
use crate::error::{Cause, Error, Kind, Result};
use crate::telemetry::Trail;
use crate::telemetry::emf::Metric;

/// One that takes this long is not waited for. Its connection is not used again before it has answered.
const LONGEST: Duration = Duration::from_secs(15);

/// What is watched of the queries of one connection.
#[derive(Clone, Default)]
pub struct Watch {
    /// When whoever asked has to have an answer.
    pub ends: Option<Instant>,
    /// A query that takes longer is worth a look; see `SLOW_QUERY_MS`.
    pub slow: Duration,
    pub trail: Trail,
    pub doubt: Arc<Doubt>,
}

impl Watch {
    /// Runs a query in the time there is; counts it, and logs how long it took, by the name its SQL begins with. Never what it was
    /// asked with.
    pub async fn timed<T, E>(&self, sql: &str, query: impl Future<Output = Result<T, E>>) -> Result<Result<T, E>> {
        let asked = Instant::now();
        let patience = self.ends.map_or(LONGEST, |ends| ends.saturating_duration_since(asked).min(LONGEST));
        let under_way = UnderWay::begin(&self.doubt);
        let answer = tokio::time::timeout(patience, query).await;
        if answer.is_ok() {
            under_way.answered();
        }
        let took = asked.elapsed();
        let (duration_ms, ok) = (u64::try_from(took.as_millis()).unwrap_or(u64::MAX), matches!(answer, Ok(Ok(_))));
        self.trail.query(name(sql), took);
        if took > self.slow {
            self.trail.measure(Metric::SlowQueries, 1.0);
            tracing::warn!(db.query = name(sql), duration_ms, ok, "a slow query");
        } else {
            tracing::debug!(db.query = name(sql), duration_ms, ok, "a query");
        }
        answer.map_err(|_| {
            let late = "The database did not answer in time. Please try again in a moment.";
            Error::new(Kind::Unavailable, late).because(Cause::codes(format!("{} was given up", name(sql))))
        })
    }
}

/// `tasks::claim` of `-- tasks::claim\n…`.
fn name(sql: &str) -> &str {
    sql.strip_prefix("-- ").and_then(|rest| rest.lines().next()).unwrap_or("unnamed").trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_known_by_the_first_line_of_its_sql() {
        assert_eq!(name("-- tasks::claim (read)\n select 1"), "tasks::claim (read)");
        assert_eq!(name("select 1"), "unnamed");
    }

    #[tokio::test]
    async fn a_query_that_does_not_end_is_given_up_when_the_time_is_over() {
        let soon = Watch { ends: Some(Instant::now() + Duration::from_millis(20)), ..Watch::default() };

        let given_up = soon.timed("-- some::query", std::future::pending::<Result<()>>()).await;

        assert_eq!(given_up.unwrap_err().kind, Kind::Unavailable);
        let asked = soon.trail.take().1;
        assert_eq!((asked.len(), asked[0].0.as_str()), (1, "some::query"));
        assert!(Watch::default().timed("", async { Ok::<_, Error>(1) }).await.unwrap().is_ok());
    }
}

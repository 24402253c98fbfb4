//! The product itself: every function of `functions::routes`, wired to what plays API Gateway, SQS and EventBridge.

use std::sync::Arc;
use std::time::Duration;

use functions::routes::{CONSUMERS, ROUTES, SCHEDULES};
use futures::FutureExt;
use lambda_http::service_fn;
use shared::App;
use shared::config::Config;
use shared::edge::{self, Mode};

use super::database::in_words;
use crate::Result;
use crate::gateway::{Endpoint, function};
use crate::queue::Mapping;
use crate::schedule::Schedule;

/// How long functions are told they have; as in `template.yaml`.
const BUFFERED: Duration = Duration::from_secs(29);
const STREAMING: Duration = Duration::from_secs(120);
/// One process serves what many functions serve when deployed.
const CONNECTIONS: usize = 16;

pub struct Functions {
    pub endpoints: Vec<Endpoint>,
    pub mappings: Vec<Mapping>,
    pub schedules: Vec<Schedule>,
}

/// Builds the app once, as a cold start does, and every function over it.
pub async fn load(config: Config) -> Result<Functions> {
    let (queue_url, max_concurrent) = (config.task_queue_url.clone(), config.max_concurrent);
    // Schedules run more often than deployed, so that nobody waits a minute to see a new mail.
    let poll_interval = config.poll_interval;
    let app = App::new(config, CONNECTIONS).await.map_err(|e| in_words(&e))?;

    let endpoints = ROUTES.iter().map(|(name, route)| {
        let service = service_fn(edge::service(&app, *route));
        let streams = route.mode == Mode::Streaming;
        Endpoint {
            name,
            method: route.method,
            path: route.path,
            streams,
            timeout: if streams { STREAMING } else { BUFFERED },
            invoke: if streams { function::streamed(service) } else { function::buffered(service) },
        }
    });
    let mappings = CONSUMERS.iter().map(|(name, consumer)| {
        let app = app.clone();
        Mapping {
            function: name,
            queue: consumer.queue,
            queue_url: queue_url.clone(),
            batch_size: consumer.batch_size,
            max_concurrent,
            handler: Arc::new(move |event| {
                let app = app.clone();
                async move { consumer.handle(&app, event).await }.boxed()
            }),
        }
    });
    let schedules = SCHEDULES.iter().map(|(name, schedule)| {
        let app = app.clone();
        Schedule {
            function: name,
            every: schedule.every.min(poll_interval),
            handler: Arc::new(move || {
                let app = app.clone();
                async move { schedule.run(&app).await.map_err(|e| in_words(&e).0) }.boxed()
            }),
        }
    });
    Ok(Functions { endpoints: endpoints.collect(), mappings: mappings.collect(), schedules: schedules.collect() })
}

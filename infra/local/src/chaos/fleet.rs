//! The workers, as the event source mapping and the clock see them: a place for each, and a process in it when there is work.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use fakes::server::lock;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;

use super::binaries::WORKER;
use super::process::Process;
use super::world::{WORKER_TIMEOUT, World};
use crate::clock::now;
use crate::runtime_api::Outcome;

/// Messages that can be sent once more, and receipts that can be used once more.
const REMEMBERED: usize = 200;

/// A worker that was taken away while it did a task.
#[derive(Clone, Debug)]
pub struct Loss {
    pub task: String,
    pub at: Timestamp,
}

#[derive(Default)]
struct Place {
    process: Mutex<Option<Arc<Process>>>,
    /// The task it was rung for.
    task: Mutex<Option<String>>,
}

pub struct Fleet {
    world: Arc<World>,
    places: Vec<Place>,
    idle: Mutex<Vec<usize>>,
    freed: Notify,
    pub losses: Mutex<Vec<Loss>>,
    pub receipts: Mutex<VecDeque<String>>,
    pub bodies: Mutex<VecDeque<String>>,
    /// What runs by the clock.
    pub clocks: Mutex<Vec<Arc<Process>>>,
}

impl Fleet {
    pub fn new(world: &Arc<World>) -> Arc<Self> {
        let size = world.options.workers;
        Arc::new(Self {
            world: world.clone(),
            places: (0..size).map(|_| Place::default()).collect(),
            idle: Mutex::new((0..size).collect()),
            freed: Notify::new(),
            losses: Mutex::default(),
            receipts: Mutex::default(),
            bodies: Mutex::default(),
            clocks: Mutex::default(),
        })
    }

    /// Hands one batch to a worker. Whatever is not answered has failed, and comes again.
    pub async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        self.remember(&event);
        let number = self.take().await;
        let outcome = self.work(number, &event).await;
        lock(&self.idle).push(number);
        self.freed.notify_one();
        outcome.unwrap_or_else(|| failed(&event))
    }

    async fn work(&self, number: usize, event: &SqsEvent) -> Option<SqsBatchResponse> {
        let place = &self.places[number];
        let timeout = self.timeout();
        let known = lock(&place.process).clone().filter(|process| !process.is_gone());
        let process = match known {
            Some(process) => process,
            None => {
                let fresh = Arc::new(Process::spawn(&self.world, WORKER, timeout).await.ok()?);
                lock(&place.process).replace(fresh.clone());
                fresh
            }
        };
        *lock(&place.task) = event.records.first().and_then(|record| task_of(record.body.as_deref()?));
        let outcome = process.invoke(serde_json::to_value(event).ok()?, timeout).await;
        *lock(&place.task) = None;
        match outcome {
            Some(Outcome::Answered { document, .. }) => serde_json::from_value(document).ok(),
            Some(Outcome::Failed(_)) => None,
            None => {
                // Dead, or over its time, which Lambda ends the same way. One that was stopped belongs to the nemesis by now.
                let mut here = lock(&place.process);
                if here.as_ref().is_some_and(|here| Arc::ptr_eq(here, &process)) {
                    here.take();
                    process.kill();
                }
                None
            }
        }
    }

    pub fn timeout(&self) -> Duration {
        self.world.options.scaled(WORKER_TIMEOUT).max(Duration::from_secs(8))
    }

    async fn take(&self) -> usize {
        loop {
            if let Some(number) = lock(&self.idle).pop() {
                return number;
            }
            self.freed.notified().await;
        }
    }

    fn remember(&self, event: &SqsEvent) {
        for record in &event.records {
            for (kept, text) in [(&self.receipts, &record.receipt_handle), (&self.bodies, &record.body)] {
                let mut kept = lock(kept);
                kept.extend(text.clone());
                while kept.len() > REMEMBERED {
                    kept.pop_front();
                }
            }
        }
    }

    /// A worker that is at work, if there is one: the `nth`, counted round.
    pub fn busy(&self, nth: usize) -> Option<usize> {
        let busy: Vec<usize> =
            (0..self.places.len()).filter(|number| lock(&self.places[*number].task).is_some()).collect();
        busy.get(nth % busy.len().max(1)).copied()
    }

    /// The worker that was rung for this task.
    pub fn holder(&self, task: &str) -> Option<usize> {
        self.places.iter().position(|place| lock(&place.task).as_deref() == Some(task))
    }

    /// One that runs by the clock.
    pub fn know(&self, process: &Arc<Process>) {
        let mut clocks = lock(&self.clocks);
        clocks.retain(|known| !known.is_gone() && !Arc::ptr_eq(known, process));
        clocks.push(process.clone());
    }

    pub fn processes(&self) -> Vec<Arc<Process>> {
        self.places.iter().filter_map(|place| lock(&place.process).clone()).collect()
    }

    /// Takes the process out of its place, which is free for another one.
    pub fn take_away(&self, number: usize) -> Option<Arc<Process>> {
        let place = &self.places[number];
        let process = lock(&place.process).take()?;
        if let Some(task) = lock(&place.task).clone() {
            lock(&self.losses).push(Loss { task, at: now() });
        }
        Some(process)
    }
}

fn failed(event: &SqsEvent) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for record in &event.records {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = record.message_id.clone().unwrap_or_default();
        response.batch_item_failures.push(failure);
    }
    response
}

/// The task a bell is for.
fn task_of(body: &str) -> Option<String> {
    let bell: Value = serde_json::from_str(body).ok()?;
    Some(bell["V1"]["task"].as_str()?.to_owned())
}

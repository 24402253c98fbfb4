//! HubSpot's deliveries: how long an answer takes while providers, model and queue are down, and what is lost when the function
//! is killed anywhere between the first byte and the answer.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use clap::Args;
use fakes::world::{Home, free_port};
use serde_json::json;
use shared::config::HUBSPOT_WEBHOOK;

use super::down::{cut_off, silent};
use super::function::{Function, PATIENCE, Sender};
use super::report::{Acknowledged, Killed, Report};
use crate::clock::now;
use crate::stage::Stage;
use crate::terminal::{complain, say};
use crate::up::stand_ins::Contents;
use crate::world::Ground;
use crate::{Problem, Result};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";
/// For a process that has just been started.
const FIRST: Duration = Duration::from_secs(30);
/// For one more of the tasks that are left in the end: one advisor's are done one after the other.
const A_TASK: Duration = Duration::from_secs(120);
/// Deliveries between two kills at most.
const MOST: u64 = 6;

#[derive(Args)]
pub struct Options {
    /// Deliveries whose answers are timed, half with each kind of trouble
    #[arg(long, default_value_t = 600)]
    pub posts: usize,
    /// Processes that are killed
    #[arg(long, default_value_t = 60)]
    pub kills: u32,
    /// Of a run that is to be done again; by default another each time
    #[arg(long)]
    pub seed: Option<u64>,
}

pub async fn run(options: &Options) -> Result<()> {
    let seed = options.seed.unwrap_or_else(|| now().as_millisecond().unsigned_abs() % 1_000_000);
    complain(format_args!("Starting, seed {seed} …"));
    let mut ground = Ground::lay("attack", free_port()?).await?;
    ground.unlimited();
    let mut world = Stage::set(ground, Contents::demo()).await?;
    let outcome = in_world(&mut world, options, seed).await;
    world.stop().await;
    let report = outcome?;
    say(serde_json::to_string_pretty(&report).map_err(|e| Problem(e.to_string()))?);
    report.verdict()
}

async fn in_world(world: &mut Stage, options: &Options, seed: u64) -> Result<Report> {
    let home = Home::find()?;
    let secret = world.ground.secret("HUBSPOT_CLIENT_SECRET").to_owned();
    let sender = Sender::prepare(&home, secret, world.ground.config()?.webhook_url(HUBSPOT_WEBHOOK)).await?;
    let mut deliveries = Deliveries::of(world).await?;

    let mut acknowledged = Vec::new();
    for (down, elsewhere) in [("sends everybody away", NOWHERE.to_owned()), ("never answers", silent().await?)] {
        complain(format_args!("Whoever is called {down} …"));
        let told =
            timed(&sender, &cut_off(world.variables(), &elsewhere), &mut deliveries, options.posts / 2, down).await?;
        complain(format_args!("  answered in {} ms, of a hundred one in more than {} ms", told.p50, told.p99));
        acknowledged.push(told);
    }
    complain("Killing …");
    let pace = acknowledged.first().map_or(10, |told| told.p50.max(2));
    let killed = kill(&sender, world.variables(), &mut deliveries, options.kills, Dice(seed), pace).await?;

    complain("Working off what is left …");
    world.change("update tasks set rung_at = null where state = 'pending'").await?;
    world.work();
    let unfinished = "select count(*) from tasks where task_type = 'hubspot_events' and state <> 'done'";
    let (mut left, mut since) = (world.number(unfinished).await?, Instant::now());
    while left > 0 && since.elapsed() < A_TASK {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = world.number(unfinished).await?;
        if now < left {
            (left, since) = (now, Instant::now());
        }
    }
    let kept = world.number("select count(distinct dedupe_key) from webhook_events where source = 'hubspot'").await?;
    let rows = world.number("select count(*) from webhook_events where source = 'hubspot'").await?;
    let tasks = world.number("select count(*) from tasks where task_type = 'hubspot_events'").await?;
    let left_over =
        world.number("select count(*) from webhook_events where source = 'hubspot' and task_id is null").await?;
    Ok(Report {
        seed,
        acknowledged,
        lost: deliveries.made - kept,
        // Every delivery has one event: one row and one task.
        duplicated: (rows - kept) + (tasks - kept).max(0),
        left_over,
        unfinished: world.number(unfinished).await?,
        killed,
    })
}

/// Deliveries of one event each, about people who are there.
struct Deliveries {
    portal: String,
    contacts: Vec<String>,
    made: i64,
}

impl Deliveries {
    async fn of(world: &Stage) -> Result<Self> {
        let portal = world.texts("select account_id from connections where provider = 'hubspot'").await?.pop();
        let portal = portal.ok_or_else(|| Problem("Nobody connected HubSpot.".to_owned()))?;
        Ok(Self { portal, contacts: (501..520).map(|id: u32| id.to_string()).collect(), made: 0 })
    }

    fn next(&mut self) -> String {
        self.made += 1;
        let about = usize::try_from(self.made).unwrap_or_default() % self.contacts.len();
        json!([{
            "eventId": self.made, "subscriptionId": 1, "portalId": self.portal, "appId": 1,
            "occurredAt": now().as_millisecond(), "subscriptionType": "contact.propertyChange", "attemptNumber": 0,
            "objectId": self.contacts[about], "propertyName": "phone", "propertyValue": "1", "changeSource": "CRM_UI",
        }])
        .to_string()
    }
}

async fn timed(
    sender: &Sender,
    variables: &BTreeMap<String, String>,
    deliveries: &mut Deliveries,
    posts: usize,
    down: &'static str,
) -> Result<Acknowledged> {
    let function = Function::start(sender, variables).await?;
    let (mut first, mut others) = (Duration::ZERO, Vec::new());
    for post in 0..posts.max(2) {
        let body = deliveries.next();
        let patience = if post == 0 { FIRST } else { PATIENCE };
        match function.deliver(&body, patience).await {
            Some((200, took)) if post == 0 => first = took,
            Some((200, took)) => others.push(took),
            other => return Err(Problem(format!("A delivery was answered {other:?}: see {}.", sender.log.display()))),
        }
    }
    function.kill().await;
    Ok(Acknowledged::of(down, first, others))
}

/// Kills process after process in the middle of deliveries. What was not acknowledged is delivered again, until all is.
async fn kill(
    sender: &Sender,
    variables: &BTreeMap<String, String>,
    deliveries: &mut Deliveries,
    kills: u32,
    mut dice: Dice,
    pace: u64,
) -> Result<Killed> {
    let mut killed = Killed { events: deliveries.made, ..Killed::default() };
    let mut waiting: VecDeque<String> = VecDeque::new();
    while killed.processes < kills || !waiting.is_empty() {
        let function = Function::start(sender, variables).await?;
        let is_last = killed.processes >= kills;
        // One in four dies while it starts; the others somewhere in their first few deliveries.
        let life = if dice.roll(4) == 0 { dice.roll(800) } else { u64::MAX };
        let mut left = Duration::from_millis(if is_last { u64::MAX } else { life });
        for _ in 0..if is_last { usize::MAX } else { 50 } {
            let Some(body) = waiting.pop_front().or_else(|| (!is_last).then(|| deliveries.next())) else { break };
            let answer = tokio::time::timeout(left, function.deliver(&body, FIRST)).await;
            match answer {
                Ok(Some((200, _))) => {}
                Ok(Some((status, _))) if status < 500 => {
                    return Err(Problem(format!("A delivery was answered {status}: HubSpot would not come again.")));
                }
                Ok(_) => waiting.push_back(body),
                Err(_) => {
                    killed.broken_off += 1;
                    waiting.push_back(body);
                    break;
                }
            }
            if life == u64::MAX && !is_last {
                // Now it is warm: the end comes within a few deliveries, in quarters of a millisecond.
                left = Duration::from_micros(250 * dice.roll(4 * pace * 2).max(1));
                if dice.roll(MOST) == 0 {
                    break;
                }
            }
        }
        function.kill().await;
        killed.processes += u32::from(!is_last);
    }
    killed.events = deliveries.made - killed.events;
    Ok(killed)
}

/// Numbers that look random, and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides.max(1)
    }
}

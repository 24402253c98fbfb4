//! Asking for what is planned, until it is acknowledged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fakes::server::lock;
use http::{Method, Request, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::domain::actions::policy::Context;
use shared::domain::actions::{self, Proposal, Proposed};
use shared::model::ActionId;
use shared::model::action::{Action, Origin};
use shared::model::task::Job;
use shared::store::tasks;
use uuid::Uuid;

use super::binaries::DOOR;
use super::people::{CLIENT, contact_id, event_id};
use super::plan::{Kind, Order};
use super::process::Process;
use super::world::World;
use crate::clock::now;
use crate::gateway::{Received, proxy_event};
use crate::runtime_api::Outcome;
use crate::up::database::in_words;
use crate::{Problem, Result};

/// How long a buffered answer may take, as behind API Gateway.
const PATIENCE: Duration = Duration::from_secs(29);
/// Orders that may be under way at once for each advisor.
const AT_ONCE: usize = 2;
const PATH: &str = "/api/chat/execute-tool";

/// What came of asking.
pub struct Desk {
    world: Arc<World>,
    left: Mutex<std::vec::IntoIter<Order>>,
    next: AtomicUsize,
    /// Answered with success.
    pub acknowledged: Mutex<Vec<Order>>,
    /// Asked for, and answered with an error or not at all. They may have happened all the same: once.
    pub refused: Mutex<Vec<Order>>,
    pub poison: Mutex<Vec<String>>,
    pub under_way: AtomicUsize,
    doors: Mutex<Vec<Arc<Process>>>,
    /// At work, so that they can be killed.
    pub open_doors: Mutex<Vec<Arc<Process>>>,
}

impl Desk {
    pub fn new(world: &Arc<World>, plan: Vec<Order>) -> Arc<Self> {
        Arc::new(Self {
            world: world.clone(),
            next: AtomicUsize::new(plan.len()),
            left: Mutex::new(plan.into_iter()),
            acknowledged: Mutex::default(),
            refused: Mutex::default(),
            poison: Mutex::default(),
            under_way: AtomicUsize::new(0),
            doors: Mutex::default(),
            open_doors: Mutex::default(),
        })
    }

    /// Asks until nothing is left to be asked for.
    pub async fn produce(&self) {
        loop {
            if self.under_way.load(Ordering::Relaxed) >= AT_ONCE * self.world.advisors.len() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let Some(order) = lock(&self.left).next() else { return };
            if order.at_the_door {
                match self.knock(&order).await {
                    true => lock(&self.acknowledged).push(order),
                    false => {
                        // It may or may not happen; somebody else asks for another one by the other way.
                        let number = self.next.fetch_add(1, Ordering::Relaxed);
                        let instead = Order { number, at_the_door: false, ..order.clone() };
                        lock(&self.refused).push(order);
                        self.propose_until_taken(instead).await;
                    }
                }
            } else {
                self.propose_until_taken(order).await;
            }
        }
    }

    /// The same action again and again, under the same id, until the transaction is known to be in.
    async fn propose_until_taken(&self, order: Order) {
        let id = ActionId::random();
        while let Err(error) = self.propose(&order, id).await {
            tracing::debug!(order = order.number, %error, "a proposal was not taken");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        lock(&self.acknowledged).push(order);
        self.under_way.fetch_add(1, Ordering::Relaxed);
    }

    /// As `shared::domain::tools::execute` does it.
    async fn propose(&self, order: &Order, id: ActionId) -> Result<()> {
        let advisor = &self.world.advisors[order.advisor];
        let action = action(order);
        let origin = Origin::Tool { session: Uuid::nil() };
        let proposal = Proposal { id, action: &action, origin: &origin, context: Context::default(), cause: None };
        let words = |error: shared::Error| in_words(&error);
        let app = &self.world.app;
        let mut db = app.db().await.map_err(words)?;
        let tenant = db.tenant(advisor.id).await.map_err(words)?;
        let proposed = actions::propose(&tenant, &proposal).await.map_err(words)?;
        tenant.commit().await.map_err(words)?;
        drop(db);
        match proposed {
            Proposed::Going(_, task) => app.ring(task, Duration::ZERO).await,
            Proposed::Waiting(kept) => return Err(Problem(format!("It waits: {:?}", kept.reasons))),
        }
        Ok(())
    }

    /// A task that kills whoever does it, among a mailbox's readings.
    pub async fn poison(&self, advisor: usize) -> Result<()> {
        let advisor = &self.world.advisors[advisor % self.world.advisors.len()];
        let words = |error: shared::Error| in_words(&error);
        let app = &self.world.app;
        let mut db = app.db().await.map_err(words)?;
        let tenant = db.tenant(advisor.id).await.map_err(words)?;
        let job = Job::GmailSync { query: Some(shared::chaos::POISON.to_owned()) };
        let task = tasks::insert(&tenant, &job, &tasks::Origin::default()).await.map_err(words)?;
        tenant.commit().await.map_err(words)?;
        drop(db);
        if let Some(task) = task {
            lock(&self.poison).push(task.to_string());
            app.ring(task, Duration::ZERO).await;
        }
        Ok(())
    }

    /// Calls the endpoint as the advisor's own client does. Whether it said yes: that it is done, or where it stands.
    async fn knock(&self, order: &Order) -> bool {
        let known = lock(&self.doors).pop().filter(|door| !door.is_gone());
        let door = match known {
            Some(door) => door,
            None => match Process::spawn(&self.world, DOOR, PATIENCE).await {
                Ok(door) => Arc::new(door),
                Err(_) => return false,
            },
        };
        lock(&self.open_doors).push(door.clone());
        let outcome = door.invoke(self.request(order), PATIENCE).await;
        lock(&self.open_doors).retain(|open| !Arc::ptr_eq(open, &door));
        match outcome {
            Some(outcome) => {
                lock(&self.doors).push(door);
                said_yes(&outcome)
            }
            None => {
                door.kill();
                false
            }
        }
    }

    fn request(&self, order: &Order) -> Value {
        let (tool, arguments) = arguments(order);
        let body = json!({ "tool_name": tool, "arguments": arguments }).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header(header::HOST, "localhost")
            .header(header::ORIGIN, &self.world.config.public_url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &self.world.advisors[order.advisor].cookies)
            .header("x-requested-with", "XMLHttpRequest")
            .body(());
        let Ok((parts, ())) = request.map(Request::into_parts) else { return Value::Null };
        let request_id = Uuid::new_v4().to_string();
        let received = Received {
            parts: &parts,
            body: body.as_bytes(),
            source_ip: std::net::Ipv4Addr::LOCALHOST.into(),
            port: self.world.ports.gateway,
            request_id: &request_id,
            at: now(),
        };
        proxy_event(&received, PATH, &BTreeMap::new())
    }
}

fn said_yes(outcome: &Outcome) -> bool {
    let Outcome::Answered { document, .. } = outcome else { return false };
    let status = document["statusCode"].as_u64().unwrap_or_default();
    let body: Value = document["body"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    (200..300).contains(&status) && (body["status"] == "success" || body["result"]["action_id"].is_string())
}

fn action(order: &Order) -> Action {
    let mark = order.mark();
    let start = now() + SignedDuration::from_hours(24 * 3);
    let contact = |note: Option<String>| Action::CreateContact {
        email: format!("{mark}@people.example"),
        properties: [("firstname", "Kim"), ("lastname", "New")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        note,
    };
    match order.kind {
        Kind::Mail => Action::SendEmail {
            to: vec![format!("reader{}@people.example", order.number)],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: format!("About the bonds {mark}"),
            body: "They are fine.".into(),
            reply: None,
        },
        Kind::Note => Action::CreateNote {
            contact_id: CLIENT.into(),
            name: "Pat Client".into(),
            note_body: format!("{mark} called about the bonds."),
        },
        Kind::Contact => contact(None),
        Kind::ContactWithNote => contact(Some(format!("{mark} was met at the fair."))),
        Kind::Event => Action::ScheduleEvent {
            summary: format!("Review {mark}"),
            start,
            end: start + SignedDuration::from_hours(1),
            time_zone: "America/New_York".into(),
            description: None,
            location: None,
            attendees: Vec::new(),
        },
        Kind::EventChange => Action::UpdateEvent {
            event_id: event_id(order),
            summary: None,
            start: None,
            end: None,
            time_zone: "America/New_York".into(),
            description: Some(format!("{mark} wants to talk about the house.")),
            location: None,
            attendees: None,
            guests: Vec::new(),
            etag: None,
        },
        Kind::ContactChange => Action::UpdateContact {
            contact_id: contact_id(order),
            name: "Pat Client".into(),
            properties: [("jobtitle".to_owned(), format!("Carpenter {mark}"))].into(),
        },
    }
}

/// The same as the endpoint is asked for it.
fn arguments(order: &Order) -> (&'static str, Value) {
    let mark = order.mark();
    let day = (now() + SignedDuration::from_hours(24 * 3)).strftime("%Y-%m-%d").to_string();
    match order.kind {
        Kind::Mail => (
            "send_email",
            json!({ "to": [format!("reader{}@people.example", order.number)], "subject": format!("About the bonds {mark}"), "body": "They are fine." }),
        ),
        Kind::Event => (
            "schedule_event",
            json!({ "summary": format!("Review {mark}"), "start_time": format!("{day}T15:00"), "end_time": format!("{day}T16:00") }),
        ),
        _ => (
            "create_contact",
            json!({ "email": format!("{mark}@people.example"), "first_name": "Kim", "last_name": "New" }),
        ),
    }
}

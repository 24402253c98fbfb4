//! Taking everything along.
//!
//! A task measures what is held and cuts it into volumes, each small enough to be sent in one answer: which rows of which
//! tables, and nothing of what they hold. A volume is read from the tables when it is asked for, a page at a time, and goes out
//! as it is read: no second copy of anybody's mail lies anywhere, and a large account needs no more memory than a small one.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::domain::World;
use crate::error::{Error, Result};
use crate::model::task::{Claim, Job, State as TaskState, Task};
use crate::model::{TaskId, UserId};
use crate::store::holdings::{self, Export as Handed, Range, TABLES, Table};
use crate::store::tasks::{self, Outcome};

/// Of a volume's rows as text: packed, far below what Lambda streams in one answer.
const VOLUME: i64 = 64 << 20;
/// For how long a list is good; what came later is in the next.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
const STEP: Duration = Duration::from_secs(20);
/// Rows measured at once.
const MEASURED: i64 = 1_000;
/// Of the rows that are read at once, about.
const PAGE: i64 = 1 << 20;
const LONGEST_PAGE: i64 = 500;

/// The list, as the task keeps it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct List {
    #[serde(default)]
    volumes: Vec<Volume>,
    /// Where measuring goes on: the table, and behind which row.
    #[serde(default)]
    next: Option<(String, Option<Vec<String>>)>,
}

/// One archive.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Volume {
    bytes: i64,
    parts: Vec<Range>,
    /// Which it is, of how many; known once it is asked for.
    #[serde(skip)]
    place: (usize, usize),
}

impl List {
    /// Adds a row; in a new volume when the one before is full.
    fn add(&mut self, table: &str, before: Option<&Vec<String>>, key: Vec<String>, bytes: i64) {
        if self.volumes.last().is_none_or(|volume| volume.bytes > 0 && volume.bytes + bytes > VOLUME) {
            self.volumes.push(Volume::default());
        }
        let Some(volume) = self.volumes.last_mut() else { return };
        volume.bytes += bytes;
        match volume.parts.last_mut().filter(|part| part.table == table) {
            Some(part) => {
                part.until = key;
                part.rows += 1;
                part.bytes += bytes;
            }
            None => {
                let after = before.cloned();
                volume.parts.push(Range { table: table.to_owned(), after, until: key, rows: 1, bytes });
            }
        }
    }
}

/// The task: measures for a while, and goes on where it stopped.
pub async fn step(world: &World, claim: &Claim) -> Result<Outcome> {
    let begun = Instant::now();
    let mut list: List = kept(world, claim).await?;
    let mut after = None;
    let mut tables = TABLES.iter().filter(|table| matches!(table.export, Handed::Without(_)));
    if let Some((name, key)) = list.next.take() {
        // Up to and with the one it stopped in.
        let at = Table::named(&name)?;
        tables.find(|table| table.name == at.name);
        after = measure(world, claim, at, key, &mut list, begun).await?;
        if after.is_some() {
            return again(list, at, after);
        }
    }
    for table in tables {
        after = measure(world, claim, table, after.take(), &mut list, begun).await?;
        if after.is_some() {
            return again(list, table, after);
        }
    }
    Ok(Outcome::Done(serde_json::to_value(list)?))
}

fn again(mut list: List, table: &Table, after: Option<Vec<String>>) -> Result<Outcome> {
    list.next = Some((table.name.to_owned(), after));
    Ok(Outcome::Again { after: Duration::ZERO, progress: serde_json::to_value(list)? })
}

async fn kept(world: &World, claim: &Claim) -> Result<List> {
    let mut db = world.db().await?;
    let tenant = db.tenant(claim.owner).await?;
    let task = tasks::get(&tenant, claim.id).await?;
    tenant.commit().await?;
    Ok(task.map(|task| serde_json::from_value(task.result)).transpose()?.unwrap_or_default())
}

/// Answers behind which row it stopped; `None` at the end of the table.
async fn measure(
    world: &World,
    claim: &Claim,
    table: &Table,
    mut after: Option<Vec<String>>,
    list: &mut List,
    begun: Instant,
) -> Result<Option<Vec<String>>> {
    loop {
        let mut db = world.db().await?;
        let tenant = db.tenant(claim.owner).await?;
        let rows = holdings::lengths(&tenant, table, after.as_deref(), MEASURED).await?;
        tenant.commit().await?;
        let is_last = i64::try_from(rows.len()).unwrap_or(MEASURED) < MEASURED;
        for (key, bytes) in rows {
            list.add(table.name, after.as_ref(), key.clone(), bytes);
            after = Some(key);
        }
        if is_last {
            return Ok(None);
        }
        if begun.elapsed() > STEP {
            return Ok(after);
        }
    }
}

/// What there is to download.
#[derive(Serialize, JsonSchema)]
pub struct Export {
    pub state: State,
    /// The task that makes the list, or made it.
    pub job_id: TaskId,
    pub prepared_at: Option<Timestamp>,
    /// Until when the volumes can be asked for; then a new list is made.
    pub expires_at: Option<Timestamp>,
    pub volumes: Vec<Shown>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExportState")]
pub enum State {
    Preparing,
    Ready,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExportVolume")]
pub struct Shown {
    pub url: String,
    pub rows: i64,
    /// Before they are packed.
    pub bytes: i64,
}

impl Export {
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }
}

/// The list that is good, or is being made.
pub async fn known(world: &World, owner: UserId) -> Result<Option<Export>> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let newest = tasks::newest(&tenant, Job::ExportAccount {}.name()).await?;
    tenant.commit().await?;
    let Some(task) = newest else { return Ok(None) };
    if matches!(task.state, TaskState::Pending | TaskState::InProgress) {
        return Ok(Some(preparing(task.id)));
    }
    let Some(until) = until(&task).filter(|until| *until > world.now()) else { return Ok(None) };
    let list: List = serde_json::from_value(task.result)?;
    let volumes = list.volumes.iter().enumerate().map(|(at, volume)| Shown {
        url: format!("/api/account/export/{}", at + 1),
        rows: volume.parts.iter().map(|part| part.rows).sum(),
        bytes: volume.bytes,
    });
    Ok(Some(Export {
        state: State::Ready,
        job_id: task.id,
        prepared_at: task.completed_at,
        expires_at: Some(until),
        volumes: volumes.collect(),
    }))
}

/// Has a list made; its task is to be rung for. One at a time: who comes second gets the first one's.
pub async fn begin(world: &World, owner: UserId) -> Result<Export> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let task = tasks::ensure(&tenant, &Job::ExportAccount {}).await?;
    tenant.commit().await?;
    Ok(preparing(task))
}

fn preparing(job_id: TaskId) -> Export {
    Export { state: State::Preparing, job_id, prepared_at: None, expires_at: None, volumes: Vec::new() }
}

/// Until when a list is good that is done.
fn until(task: &Task) -> Option<Timestamp> {
    task.completed_at.filter(|_| task.state == TaskState::Done).map(|at| at + FRESH)
}

/// The volume of this number, from 1; 404 when there is none, or not any more.
pub async fn volume(world: &World, owner: UserId, number: usize) -> Result<Volume> {
    let mut db = world.db().await?;
    let tenant = db.tenant(owner).await?;
    let newest = tasks::newest(&tenant, Job::ExportAccount {}.name()).await?;
    tenant.commit().await?;
    let good = newest.filter(|task| until(task).is_some_and(|until| until > world.now()));
    let list: List = good.map(|task| serde_json::from_value(task.result)).transpose()?.unwrap_or_default();
    let of = list.volumes.len();
    let found = number.checked_sub(1).and_then(|at| list.volumes.into_iter().nth(at));
    let volume = found.ok_or_else(|| Error::not_found("volume"))?;
    Ok(Volume { place: (number, of), ..volume })
}

/// Sends a volume as it is read. One that breaks off has no end, by which it is known as broken.
pub fn send(world: &World, owner: UserId, volume: Volume) -> mpsc::Receiver<Bytes> {
    let (frames, body) = mpsc::channel(2);
    let world = world.clone();
    tokio::spawn(async move {
        if let Err(error) = write(&world, owner, &volume, &frames).await {
            tracing::error!(user.id = %owner, error = ?error, "an export broke off");
        }
    });
    body
}

async fn write(world: &World, owner: UserId, volume: &Volume, frames: &mpsc::Sender<Bytes>) -> Result<()> {
    let mut archive = Archive::new();
    let mut files = serde_json::Map::new();
    for part in &volume.parts {
        let table = Table::named(&part.table)?;
        let file = format!("{}.jsonl", table.name);
        archive.begin(&file)?;
        let most = (PAGE * part.rows / part.bytes.max(1)).clamp(1, LONGEST_PAGE);
        let (mut after, mut rows) = (part.after.clone(), 0);
        loop {
            let mut db = world.db().await?;
            let tenant = db.tenant(owner).await?;
            let page = holdings::page(&tenant, table, after.as_deref(), &part.until, most).await?;
            tenant.commit().await?;
            drop(db);
            for row in &page {
                archive.line(&row.json)?;
            }
            rows += page.len();
            if frames.send(archive.take()).await.is_err() {
                // Whoever asked has gone.
                return Ok(());
            }
            let is_last = i64::try_from(page.len()).unwrap_or(most) < most;
            match page.into_iter().next_back() {
                Some(row) if !is_last => after = Some(row.key),
                _ => break,
            }
        }
        files.insert(file, json!(rows));
    }
    archive.begin("manifest.json")?;
    archive.line(&serde_json::to_string_pretty(&manifest(volume, &files, world.now()))?)?;
    let _ = frames.send(archive.finish()?).await;
    Ok(())
}

/// What is in it, and what is not. It comes last: an archive that has it is whole.
fn manifest(volume: &Volume, files: &serde_json::Map<String, Value>, now: Timestamp) -> Value {
    let not: serde_json::Map<_, _> = TABLES
        .iter()
        .filter_map(|table| match table.export {
            Handed::Nothing(why) => Some((table.name.to_owned(), json!(why))),
            Handed::Without(_) => None,
        })
        .collect();
    let without = TABLES.iter().filter(|table| !table.left_out().is_empty());
    let without: serde_json::Map<_, _> =
        without.map(|table| (table.name.to_owned(), json!(table.left_out()))).collect();
    let (number, of) = volume.place;
    json!({
        "made_at": now, "volume": number, "volumes": of, "rows": files, "tables_left_out": not, "columns_left_out": without,
    })
}

/// A zip that is taken away as it grows.
struct Archive {
    zip: ZipWriter<StreamWriter<Grown>>,
    grown: Grown,
}

impl Archive {
    fn new() -> Self {
        let grown = Grown::default();
        Self { zip: ZipWriter::new_stream(grown.clone()), grown }
    }

    fn begin(&mut self, file: &str) -> Result<()> {
        self.zip.start_file(file, SimpleFileOptions::default()).map_err(|_| broken())
    }

    fn line(&mut self, text: &str) -> Result<()> {
        let written = self.zip.write_all(text.as_bytes()).and_then(|()| self.zip.write_all(b"\n"));
        written.map_err(|_| broken())
    }

    fn take(&self) -> Bytes {
        self.grown.take()
    }

    fn finish(self) -> Result<Bytes> {
        self.zip.finish().map_err(|_| broken())?;
        Ok(self.grown.take())
    }
}

fn broken() -> Error {
    Error::internal("The archive could not be written.")
}

#[derive(Clone, Default)]
struct Grown(Arc<Mutex<Vec<u8>>>);

impl Grown {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Grown {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_ends_before_it_is_too_large_and_the_next_goes_on_behind_it() {
        let mut list = List::default();
        let key = |n: i64| vec![n.to_string()];
        let half = VOLUME / 2;
        list.add("emails", None, key(1), half);
        list.add("emails", Some(&key(1)), key(2), half);
        list.add("emails", Some(&key(2)), key(3), 1);
        list.add("notes", None, key(9), 1);
        // One row is never cut.
        list.add("notes", Some(&key(9)), key(10), VOLUME * 2);

        let parts: Vec<Vec<_>> = list
            .volumes
            .iter()
            .map(|volume| {
                let parts = volume.parts.iter();
                parts.map(|p| (p.table.as_str(), p.after.clone(), p.until.clone(), p.rows)).collect()
            })
            .collect();
        assert_eq!(
            parts,
            [
                vec![("emails", None, key(2), 2)],
                vec![("emails", Some(key(2)), key(3), 1), ("notes", None, key(9), 1)],
                vec![("notes", Some(key(9)), key(10), 1)],
            ]
        );
    }
}

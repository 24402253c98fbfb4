//! What the database itself writes down of every task: when it changed hands. The functions know nothing of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::fleet::Loss;
use super::world::World;
use crate::{Problem, Result};

pub const TABLE: &str = "
create table chaos_journal (
    seq bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    task uuid not null,
    was text not null,
    became text not null,
    fence_was bigint not null,
    fence bigint not null,
    attempt integer not null
);
create function chaos_write_down() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into chaos_journal (task, was, became, fence_was, fence, attempt)
    values (new.id, old.state, new.state, old.fence, new.fence, new.attempt);
    return null;
end $$;
create trigger chaos_write_down after update on tasks for each row
    when (old.state is distinct from new.state or old.fence is distinct from new.fence or old.attempt is distinct from new.attempt)
    execute function chaos_write_down();
";

/// One change of a task.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: Timestamp,
    pub was: String,
    pub is: String,
    pub fence_was: i64,
    pub fence: i64,
    pub attempt: i32,
}

/// By task, oldest first.
pub type Journal = BTreeMap<String, Vec<Line>>;

pub async fn read(world: &World) -> Result<Journal> {
    let sql = "select task, (extract(epoch from at) * 1000000)::bigint, was, became, fence_was, fence, attempt
                 from chaos_journal order by seq";
    let mut journal = Journal::new();
    for row in world.rows(sql).await? {
        let [Some(task), Some(at), Some(was), Some(is), Some(fence_was), Some(fence), Some(attempt)] = &row[..] else {
            return Err(unreadable());
        };
        let number = |text: &str| text.parse::<i64>().map_err(|_| unreadable());
        let line = Line {
            at: Timestamp::from_microsecond(number(at)?).map_err(|_| unreadable())?,
            was: was.clone(),
            is: is.clone(),
            fence_was: number(fence_was)?,
            fence: number(fence)?,
            attempt: attempt.parse().map_err(|_| unreadable())?,
        };
        journal.entry(task.clone()).or_default().push(line);
    }
    Ok(journal)
}

fn unreadable() -> Problem {
    Problem("The journal of the run cannot be read.".to_owned())
}

/// How long a lost task waited until somebody else had it, or it was given up: `None` when nobody ever did. Nothing for a worker
/// that was lost before it had claimed anything, or after it had finished.
pub fn picked_up(journal: &Journal, loss: &Loss) -> Option<Option<f64>> {
    let lines = journal.get(&loss.task)?;
    let before = lines.iter().rposition(|line| line.at <= loss.at)?;
    if lines[before].is != "in_progress" {
        return None;
    }
    let next =
        lines[before + 1..].iter().find(|line| line.is == "in_progress" || line.is == "failed" || line.is == "done");
    Some(next.map(|line| line.at.duration_since(loss.at).as_secs_f64()))
}

//! The database of the system before this one, to be read and never written: a FastAPI backend with SQLAlchemy's tables. Its
//! times are without a zone and mean UTC.

use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Row;

use super::{Connection, Pool};
use crate::error::{Error, Result};

/// Rows in one page.
const PAGE: i64 = 100;

pub struct Seed {
    db: Connection,
}

pub struct User {
    pub id: i32,
    pub email: String,
    pub full_name: Option<String>,
    pub time_zone: Option<String>,
    pub google_tokens: Value,
    pub hubspot_tokens: Value,
    pub portal: Option<String>,
    pub is_active: bool,
    pub created_at: Timestamp,
}

pub struct Email {
    pub id: i32,
    pub gmail_id: String,
    pub thread_id: Option<String>,
    pub subject: Option<String>,
    pub snippet: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
    pub sender: Option<String>,
    pub reply_to: Option<String>,
    pub to: Value,
    pub cc: Value,
    pub bcc: Value,
    pub labels: Value,
    pub headers: Value,
    pub is_outbound: bool,
    /// When it came, or went, or was read first.
    pub at: Timestamp,
}

pub struct Contact {
    pub id: i32,
    pub hubspot_id: Option<String>,
    pub email: Option<String>,
    pub other_emails: Value,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub phone: Option<String>,
    pub lifecycle_stage: Option<String>,
    pub owner_id: Option<i32>,
    pub properties: Value,
    pub created_at: Timestamp,
}

pub struct Rule {
    pub id: i32,
    pub text: String,
    pub is_active: bool,
    pub priority: i32,
    pub created_at: Timestamp,
    pub last_triggered_at: Option<Timestamp>,
}

pub struct Task {
    pub id: i32,
    pub parent: Option<(i32, Timestamp)>,
    pub task_type: String,
    pub state: String,
    pub attempts: i32,
    pub max_attempts: i32,
    pub payload: Value,
    pub result: Value,
    pub last_error: Option<String>,
    pub scheduled_for: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Rows of an advisor that come a page at a time, in the order of their numbers.
pub trait Rows: Sized {
    const SQL: &'static str;
    fn id(&self) -> i32;
    fn read(row: &Row) -> Result<Self>;
}

impl Seed {
    /// Says so when this is no database of the earlier system.
    pub async fn open(pool: &Pool) -> Result<Self> {
        let seed = Self { db: pool.get().await? };
        let sql = "-- seed::open
            select count(*) from information_schema.columns
             where table_schema = 'public' and (table_name, column_name) in
                   (('user', 'google_oauth_tokens'), ('user', 'hubspot_portal_id'), ('email', 'gmail_id'), ('contact', 'hubspot_id'),
                    ('memoryrule', 'rule_text'), ('task', 'parent_task_id'), ('vectoritem', 'source_type'))";
        let found: i64 = seed.db.row(sql, &[]).await?.try_get(0)?;
        if found < 7 {
            return Err(Error::bad_request(
                "This is not a database of the earlier system, or its migrations are not all applied (`alembic upgrade head`).",
            ));
        }
        Ok(seed)
    }

    /// What it is called there.
    pub async fn name(&self) -> Result<String> {
        Ok(self.db.row("-- seed::name\nselect current_database()::text", &[]).await?.try_get(0)?)
    }

    pub async fn users(&self) -> Result<Vec<User>> {
        let sql = "-- seed::users
            select id, email, full_name, timezone, google_oauth_tokens, hubspot_oauth_tokens, hubspot_portal_id, is_active,
                   created_at at time zone 'UTC' as created_at
              from public.\"user\" order by id";
        let read = |row: &Row| {
            Ok(User {
                id: row.try_get("id")?,
                email: row.try_get::<_, Option<String>>("email")?.unwrap_or_default(),
                full_name: row.try_get("full_name")?,
                time_zone: row.try_get("timezone")?,
                google_tokens: row.try_get("google_oauth_tokens")?,
                hubspot_tokens: row.try_get("hubspot_oauth_tokens")?,
                portal: row.try_get("hubspot_portal_id")?,
                is_active: row.try_get("is_active")?,
                created_at: row.try_get("created_at")?,
            })
        };
        self.db.rows(sql, &[]).await?.iter().map(read).collect()
    }

    /// Some of an advisor's rows, from behind `after` on; none at the end.
    pub async fn page<R: Rows>(&self, user: i32, after: i32) -> Result<Vec<R>> {
        self.db.rows(R::SQL, &[&user, &after, &PAGE]).await?.iter().map(R::read).collect()
    }

    /// What of an advisor's can be searched there.
    pub async fn vectors(&self, user: i32) -> Result<u64> {
        let sql = "-- seed::vectors\nselect count(*) from vectoritem where user_id = $1";
        number(&self.db.row(sql, &[&user]).await?)
    }

    /// Tasks that are nobody's.
    pub async fn tasks_of_nobody(&self) -> Result<u64> {
        let sql = "-- seed::tasks_of_nobody\nselect count(*) from task where user_id is null";
        number(&self.db.row(sql, &[]).await?)
    }
}

fn number(row: &Row) -> Result<u64> {
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}

impl Rows for Email {
    const SQL: &'static str = "-- seed::emails
        select id, gmail_id, thread_id, subject, snippet, body_plain, body_html, sender, reply_to, to_recipients, cc_recipients,
               bcc_recipients, labels, headers_json, direction,
               coalesce(received_at, sent_at, created_at) at time zone 'UTC' as at
          from email where user_id = $1 and id > $2 order by id limit $3";

    fn id(&self) -> i32 {
        self.id
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            gmail_id: row.try_get("gmail_id")?,
            thread_id: row.try_get("thread_id")?,
            subject: row.try_get("subject")?,
            snippet: row.try_get("snippet")?,
            text: row.try_get("body_plain")?,
            html: row.try_get("body_html")?,
            sender: row.try_get("sender")?,
            reply_to: row.try_get("reply_to")?,
            to: row.try_get("to_recipients")?,
            cc: row.try_get("cc_recipients")?,
            bcc: row.try_get("bcc_recipients")?,
            labels: row.try_get("labels")?,
            headers: row.try_get("headers_json")?,
            is_outbound: row.try_get::<_, &str>("direction")? == "outbound",
            at: row.try_get("at")?,
        })
    }
}

impl Rows for Contact {
    const SQL: &'static str = "-- seed::contacts
        select id, hubspot_id, primary_email, secondary_emails, first_name, last_name, company, phone_number, lifecycle_stage,
               owner_id, properties_json, created_at at time zone 'UTC' as created_at
          from contact where user_id = $1 and id > $2 order by id limit $3";

    fn id(&self) -> i32 {
        self.id
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            hubspot_id: row.try_get("hubspot_id")?,
            email: row.try_get("primary_email")?,
            other_emails: row.try_get("secondary_emails")?,
            first_name: row.try_get("first_name")?,
            last_name: row.try_get("last_name")?,
            company: row.try_get("company")?,
            phone: row.try_get("phone_number")?,
            lifecycle_stage: row.try_get("lifecycle_stage")?,
            owner_id: row.try_get("owner_id")?,
            properties: row.try_get("properties_json")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl Rows for Rule {
    const SQL: &'static str = "-- seed::rules
        select id, rule_text, is_active, priority, created_at at time zone 'UTC' as created_at,
               last_triggered_at at time zone 'UTC' as last_triggered_at
          from memoryrule where user_id = $1 and id > $2 order by id limit $3";

    fn id(&self) -> i32 {
        self.id
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            text: row.try_get("rule_text")?,
            is_active: row.try_get("is_active")?,
            priority: row.try_get("priority")?,
            created_at: row.try_get("created_at")?,
            last_triggered_at: row.try_get("last_triggered_at")?,
        })
    }
}

impl Rows for Task {
    const SQL: &'static str = "-- seed::tasks
        select t.id, p.id as parent_id, p.created_at at time zone 'UTC' as parent_made, t.task_type, t.state, t.attempts,
               t.max_attempts, t.payload, t.result, t.last_error, t.scheduled_for at time zone 'UTC' as scheduled_for,
               t.completed_at at time zone 'UTC' as completed_at, t.created_at at time zone 'UTC' as created_at,
               t.updated_at at time zone 'UTC' as updated_at
          from task t left join task p on p.id = t.parent_task_id and p.user_id = t.user_id
         where t.user_id = $1 and t.id > $2 order by t.id limit $3";

    fn id(&self) -> i32 {
        self.id
    }

    fn read(row: &Row) -> Result<Self> {
        let parent: Option<i32> = row.try_get("parent_id")?;
        let parent_made: Option<Timestamp> = row.try_get("parent_made")?;
        Ok(Self {
            id: row.try_get("id")?,
            parent: parent.zip(parent_made),
            task_type: row.try_get("task_type")?,
            state: row.try_get("state")?,
            attempts: row.try_get("attempts")?,
            max_attempts: row.try_get("max_attempts")?,
            payload: row.try_get("payload")?,
            result: row.try_get("result")?,
            last_error: row.try_get("last_error")?,
            scheduled_for: row.try_get("scheduled_for")?,
            completed_at: row.try_get("completed_at")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
        })
    }
}

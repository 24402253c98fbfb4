//! One Postgres cluster with pgvector, on 127.0.0.1 only.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::home::{Home, create, open_to_all, remove};
use super::install::{self, Installed};
use super::process::{Signal, Supervised, tail};
use super::{Problem, Result, file_problem, free_port, port, port_owner_message};

const PATIENCE: Duration = Duration::from_secs(60);

/// Where and how a cluster runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The cluster's own folder: its data, its superuser's password, its stamp.
    pub dir: PathBuf,
    /// A free one when `None`.
    pub port: Option<u16>,
    /// `false` gives up safety against a power cut for speed: for tests.
    pub durable: bool,
    /// More of the server's settings, each `name=value`.
    pub settings: Vec<String>,
    pub log: PathBuf,
}

/// A running cluster. It stops when dropped.
#[derive(Debug)]
pub struct Cluster {
    pub port: u16,
    password: String,
    server: Supervised,
}

impl Cluster {
    /// Makes the cluster if it is not there or was left half made, starts it, and waits until it answers.
    pub async fn start(installed: &Installed, options: &Options) -> Result<Self> {
        let data = options.dir.join("data");
        wait_for_predecessor(&data).await?;
        let password = prepare(installed, options, &data)?;

        let port = match options.port {
            Some(port) if port::is_free(port) => port,
            Some(port) => return Err(Problem(port_owner_message(port))),
            None => free_port()?,
        };
        let server = Supervised::spawn(
            &server_command(installed, options, &data, port),
            Signal::Interrupt,
            installed.home.postgres_account,
            &options.log,
        )?;
        let mut cluster = Self { port, password, server };
        cluster.wait_until_ready().await?;
        Ok(cluster)
    }

    /// `postgres://…` of the superuser.
    pub fn superuser_url(&self, database: &str) -> String {
        self.url("postgres", &self.password, database)
    }

    /// `postgres://…` of any role. Name and password must not need escaping.
    pub fn url(&self, role: &str, password: &str, database: &str) -> String {
        format!("postgres://{role}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// Creates an empty database, or a copy of `template` (a database's name, to which nobody may be connected), and
    /// returns the superuser's URL to it.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<String> {
        let client = connect(&self.superuser_url("postgres")).await?;
        let sql = match template {
            Some(template) => format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#),
            None => format!(r#"CREATE DATABASE "{name}" TEMPLATE template0"#),
        };
        let started = Instant::now();
        loop {
            match client.batch_execute(&sql).await {
                Ok(()) => return Ok(self.superuser_url(name)),
                // A connection to the template that was just closed takes a moment to leave.
                Err(e)
                    if e.code() == Some(&tokio_postgres::error::SqlState::OBJECT_IN_USE)
                        && started.elapsed() < Duration::from_secs(10) =>
                {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(e) => return Err(Problem(format!("Could not create the database {name}: {}.", in_words(&e)))),
            }
        }
    }

    /// [`Cluster::create_database`] under a name nobody else has.
    pub async fn fresh_database(&self, template: Option<&str>) -> Result<String> {
        self.create_database(&format!("t_{}", uuid::Uuid::new_v4().simple()), template).await
    }

    /// Whether a database of this name exists.
    pub async fn has_database(&self, name: &str) -> Result<bool> {
        let client = connect(&self.superuser_url("postgres")).await?;
        client
            .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
            .await
            .map(|row| row.is_some())
            .map_err(|e| Problem(format!("Could not list the databases: {}.", in_words(&e))))
    }

    /// Runs SQL as the superuser.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let client = connect(&self.superuser_url(database)).await?;
        client.batch_execute(sql).await.map_err(|e| Problem(format!("Postgres refused a statement: {}.", in_words(&e))))
    }

    /// The rows of one query, as text, as the superuser sees them.
    pub async fn rows(&self, database: &str, sql: &str) -> Result<Vec<Vec<Option<String>>>> {
        let client = connect(&self.superuser_url(database)).await?;
        let refused = |e: tokio_postgres::Error| Problem(format!("Postgres refused a query: {}.", in_words(&e)));
        let messages = client.simple_query(sql).await.map_err(refused)?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Shuts down and waits.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    /// Whether the server has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.server.exited().is_some()
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let url = self.superuser_url("postgres");
        let started = Instant::now();
        loop {
            let Err(error) = connect(&url).await else { return Ok(()) };
            if self.server.exited().is_some() {
                return Err(Problem(format!("Postgres ended right away; its log says:\n{}", self.server.log_tail())));
            }
            if started.elapsed() > PATIENCE {
                return Err(Problem(format!(
                    "Postgres did not answer within a minute ({error}); its log says:\n{}",
                    self.server.log_tail()
                )));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A server whose parent was killed a moment ago needs a moment to shut down, and a data folder has one server.
async fn wait_for_predecessor(data: &Path) -> Result<()> {
    let started = Instant::now();
    loop {
        let Ok(text) = fs::read_to_string(data.join("postmaster.pid")) else { return Ok(()) };
        let Some(pid) = text.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else { return Ok(()) };
        let command = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output();
        let runs = match command {
            Ok(output) => String::from_utf8_lossy(&output.stdout).contains("postgres"),
            // No `ps` here: Linux tells without.
            Err(_) => fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.contains("postgres")),
        };
        if !runs {
            return Ok(());
        }
        if started.elapsed() > Duration::from_secs(20) {
            return Err(Problem(format!(
                "Another Postgres (process {pid}) already serves {}: stop it and try again.",
                data.display()
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Makes the data folder unless it is complete, and returns the superuser's password.
fn prepare(installed: &Installed, options: &Options, data: &Path) -> Result<String> {
    let stamp = options.dir.join(".ready");
    let password_file = options.dir.join("password");
    if stamp.is_file()
        && data.join("PG_VERSION").is_file()
        && let Ok(password) = fs::read_to_string(&password_file)
    {
        return Ok(password);
    }

    remove(&options.dir)?;
    create(&options.dir)?;
    create(data)?;
    installed.home.give_to_postgres(&options.dir)?;
    installed.home.give_to_postgres(data)?;
    let password = uuid::Uuid::new_v4().simple().to_string();
    write_private(&password_file, &password)?;
    let handed_over = options.dir.join("password.initdb");
    write_private(&handed_over, &password)?;
    installed.home.give_to_postgres(&handed_over)?;

    let mut initdb = Command::new(installed.postgres.join("initdb"));
    initdb
        .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"])
        .args(["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"])
        .arg(format!("--pwfile={}", handed_over.display()))
        .arg("--pgdata")
        .arg(data)
        .current_dir(&options.dir);
    if !options.durable {
        initdb.arg("--no-sync");
    }
    let status = Supervised::run(&initdb, installed.home.postgres_account, &options.log)?;
    fs::remove_file(&handed_over).map_err(|e| file_problem("remove", &handed_over, &e))?;
    if !status.success() {
        let said = tail(&options.log);
        return Err(Problem(if said.contains("No space left") {
            "The disk is full: free about 1 GB and try again.".to_owned()
        } else {
            format!("Postgres could not make its data folder; {} says:\n{said}", options.log.display())
        }));
    }
    fs::write(&stamp, "").map_err(|e| file_problem("write", &stamp, &e))?;
    Ok(password)
}

fn server_command(installed: &Installed, options: &Options, data: &Path, port: u16) -> Command {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        "log_min_messages=warning".to_owned(),
    ];
    if !options.durable {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    settings.extend(options.settings.iter().cloned());
    let mut command = Command::new(installed.postgres.join("postgres"));
    command.arg("-D").arg(data).current_dir(&options.dir);
    for setting in settings {
        command.args(["-c", &setting]);
    }
    command
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| file_problem("write", path, &e))
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(|e| Problem(format!("Could not connect to Postgres: {}.", in_words(&e))))?;
    tokio::spawn(connection);
    Ok(client)
}

/// The server's own message where there is one; the driver prints only "db error".
fn in_words(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |server| server.message().to_owned())
}

/// The cluster of this test process, on a free port under `.local/test/`: made when first asked for, gone with the
/// process. What an earlier process could not remove goes first.
pub async fn shared_test_cluster() -> Result<&'static Cluster> {
    static CLUSTER: OnceCell<(Cluster, File)> = OnceCell::const_new();
    let (cluster, _) = CLUSTER.get_or_try_init(start_test_cluster).await?;
    Ok(cluster)
}

async fn start_test_cluster() -> Result<(Cluster, File)> {
    let home = Home::find()?;
    let installed = install::world(&home, &|line| tracing::info!("{line}"))?;
    let (dir, lock) = claim_test_folder(&home)?;
    let log = dir.with_extension("log");
    let cluster =
        Cluster::start(&installed, &Options { dir, port: None, durable: false, settings: Vec::new(), log }).await?;
    Ok((cluster, lock))
}

/// A folder of our own, with a lock that the system gives back when we end: that is how the next process knows.
fn claim_test_folder(home: &Home) -> Result<(PathBuf, File)> {
    let all = home.database.join("test");
    create(&all)?;
    if home.postgres_account.is_some() {
        open_to_all(&all)?;
    }
    let gate = all.join("lock");
    let gate_file = File::create(&gate).map_err(|e| file_problem("write", &gate, &e))?;
    gate_file.lock().map_err(|e| file_problem("lock", &gate, &e))?;

    for entry in fs::read_dir(&all).map_err(|e| file_problem("read", &all, &e))?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "owner") && File::open(&path).is_ok_and(|file| file.try_lock().is_ok())
        {
            let dir = path.with_extension("");
            // A server that is still shutting down keeps its folder until next time.
            if remove(&dir).is_ok() {
                let _log_may_be_missing = fs::remove_file(dir.with_extension("log"));
                fs::remove_file(&path).map_err(|e| file_problem("remove", &path, &e))?;
            }
        }
    }

    let dir = all.join(format!("pg-{}", std::process::id()));
    let owner = dir.with_extension("owner");
    let owner_file = File::create(&owner).map_err(|e| file_problem("write", &owner, &e))?;
    owner_file.try_lock().map_err(|_| Problem(format!("{} is in use by another process.", owner.display())))?;
    Ok((dir, owner_file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_fresh_database_copies_its_template_and_has_pgvector() {
        let cluster = shared_test_cluster().await.unwrap();
        let template = format!("template_{}", uuid::Uuid::new_v4().simple());
        let url = cluster.create_database(&template, None).await.unwrap();
        let client = connect(&url).await.unwrap();
        client
            .batch_execute(
                "CREATE EXTENSION vector; CREATE TABLE seen (v vector(3)); INSERT INTO seen VALUES ('[1,2,3]')",
            )
            .await
            .unwrap();
        drop(client);

        let copy = cluster.fresh_database(Some(&template)).await.unwrap();

        let client = connect(&copy).await.unwrap();
        let row = client.query_one("SELECT count(*), current_setting('server_encoding') FROM seen", &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (1, "UTF8"));
    }

    #[tokio::test]
    async fn a_half_written_data_folder_is_made_again_and_a_whole_one_is_kept() {
        let home = Home::find().unwrap();
        let installed = install::world(&home, &|_| ()).unwrap();
        let dir = home.database.join("test").join(format!("half-{}", uuid::Uuid::new_v4().simple()));
        create(&dir.join("data/base")).unwrap();
        fs::write(dir.join("data/PG_VERSION"), "18\n").unwrap();
        let options = Options { log: dir.with_extension("log"), dir, port: None, durable: false, settings: Vec::new() };

        let mut first = Cluster::start(&installed, &options).await.unwrap();
        first.create_database("kept", None).await.unwrap();
        first.stop().await;
        let mut second = Cluster::start(&installed, &options).await.unwrap();

        assert!(second.has_database("kept").await.unwrap());
        second.stop().await;
        remove(&options.dir).unwrap();
        fs::remove_file(&options.log).unwrap();
    }
}

//! What stands between a function and Postgres and counts what is said: statements by their name, and how often the function waited
//! for an answer.
//!
//! Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use fakes::server::lock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::{Problem, Result};

/// Of all connections together.
#[derive(Debug, Default, Clone)]
pub struct Said {
    /// How often each was run, by its text.
    pub statements: BTreeMap<String, usize>,
    /// Times that somebody spoke after the last answer was complete.
    pub trips: usize,
}

impl Said {
    /// By the name a statement's text begins with, or its first word.
    pub fn by_name(&self) -> BTreeMap<&str, usize> {
        let mut names = BTreeMap::new();
        for (sql, many) in &self.statements {
            *names.entry(name(sql)).or_default() += many;
        }
        names
    }

    /// The text of the statement of this name.
    pub fn sql(&self, wanted: &str) -> Result<&str> {
        let found = self.statements.keys().find(|sql| name(sql) == wanted);
        found.map(String::as_str).ok_or_else(|| Problem(format!("Nobody said {wanted}, but {:?}.", self.by_name())))
    }
}

fn name(sql: &str) -> &str {
    match sql.strip_prefix("-- ") {
        Some(rest) => rest.lines().next().unwrap_or_default().trim_end(),
        None => sql.split([' ', ';']).next().unwrap_or_default(),
    }
}

/// A running one. It stops when dropped.
pub struct Relay {
    pub port: u16,
    said: Arc<Mutex<Said>>,
    server: JoinHandle<()>,
}

impl Relay {
    pub async fn before(postgres: u16) -> Result<Self> {
        let failed = |e: std::io::Error| Problem(format!("The relay did not start: {e}."));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let said = Arc::<Mutex<Said>>::default();
        let heard = said.clone();
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, postgres)).await {
                    let _quick = (client.set_nodelay(true), server.set_nodelay(true));
                    between(client, server, &heard);
                }
            }
        });
        Ok(Self { port, said, server })
    }

    /// What was said since this was asked last.
    pub fn take(&self) -> Said {
        std::mem::take(&mut lock(&self.said))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One connection. Both directions end by themselves when it does.
fn between(client: TcpStream, server: TcpStream, said: &Arc<Mutex<Said>>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Before its first words nobody waits for an answer.
    let answered = Arc::new(Mutex::new(true));
    let mut ear =
        Ear { said: said.clone(), answered: answered.clone(), names: BTreeMap::new(), portals: BTreeMap::new() };
    tokio::spawn(pass(from_client, to_server, Some(Frames::after_startup()), move |kind, body| ear.hear(kind, body)));
    let hear = move |kind, _: &[u8]| {
        if kind == b'Z' {
            *lock(&answered) = true;
        }
    };
    tokio::spawn(pass(from_server, to_client, Some(Frames::default()), hear));
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    frames: Option<Frames>,
    mut hear: impl FnMut(u8, &[u8]),
) {
    let (mut frames, mut buffer) = (frames.unwrap_or_default(), vec![0; 64 << 10]);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        frames.push(&buffer[..read], &mut hear);
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _gone_already = to.shutdown().await;
}

/// Bytes put together to messages.
#[derive(Default)]
struct Frames {
    held: Vec<u8>,
    /// The client's first message has no kind.
    startup: bool,
}

impl Frames {
    fn after_startup() -> Self {
        Self { held: Vec::new(), startup: true }
    }

    fn push(&mut self, bytes: &[u8], hear: &mut impl FnMut(u8, &[u8])) {
        self.held.extend_from_slice(bytes);
        loop {
            let kind = usize::from(!self.startup);
            let Some(length) = self.held.get(kind..kind + 4).and_then(|four| four.try_into().ok()) else { return };
            let end = kind + u32::from_be_bytes(length) as usize;
            if self.held.len() < end {
                return;
            }
            if !std::mem::take(&mut self.startup) {
                hear(self.held[0], &self.held[5..end]);
            }
            self.held.drain(..end);
        }
    }
}

/// Follows what one client prepares, binds and runs.
struct Ear {
    said: Arc<Mutex<Said>>,
    answered: Arc<Mutex<bool>>,
    /// Text of each prepared statement.
    names: BTreeMap<Vec<u8>, String>,
    /// Statement of each portal.
    portals: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Ear {
    fn hear(&mut self, kind: u8, body: &[u8]) {
        if std::mem::take(&mut *lock(&self.answered)) {
            lock(&self.said).trips += 1;
        }
        let mut parts = body.split(|byte| *byte == 0);
        let mut part = || parts.next().unwrap_or_default().to_vec();
        match kind {
            b'P' => {
                let (name, sql) = (part(), part());
                self.names.insert(name, String::from_utf8_lossy(&sql).into_owned());
            }
            b'B' => {
                let (portal, statement) = (part(), part());
                self.portals.insert(portal, statement);
            }
            b'E' => {
                let sql = self.portals.get(&part()).and_then(|statement| self.names.get(statement)).cloned();
                self.run(sql.unwrap_or_default());
            }
            b'Q' => {
                let sql = part();
                self.run(String::from_utf8_lossy(&sql).into_owned());
            }
            _ => {}
        }
    }

    /// An empty one asks whether anybody is there: that is a trip, and no statement.
    fn run(&self, sql: String) {
        if !sql.trim().is_empty() {
            *lock(&self.said).statements.entry(sql).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    }

    #[test]
    fn statements_are_counted_when_they_are_run_and_waiting_when_it_begins() {
        let said = Arc::<Mutex<Said>>::default();
        let answered = Arc::new(Mutex::new(true));
        let mut ear =
            Ear { said: said.clone(), answered: answered.clone(), names: BTreeMap::new(), portals: BTreeMap::new() };
        let mut frames = Frames::after_startup();
        let startup = [&9_u32.to_be_bytes()[..], b"hello"].concat();
        let run = [message(b'B', b"\0s1\0\0"), message(b'E', b"\0\0\0\0\0"), message(b'S', b"")].concat();
        let bytes = [startup, message(b'P', b"s1\0-- tasks::claim\nselect 1\0\0\0"), message(b'S', b"")].concat();

        // In pieces, as they come.
        for piece in bytes.chunks(3) {
            frames.push(piece, &mut |kind, body| ear.hear(kind, body));
        }
        for text in [&b"begin\0"[..], b"\0"] {
            *lock(&answered) = true;
            frames.push(&message(b'Q', text), &mut |kind, body| ear.hear(kind, body));
        }
        for _ in 0..2 {
            frames.push(&run, &mut |kind, body| ear.hear(kind, body));
        }

        let said = lock(&said).clone();
        assert_eq!(said.by_name(), BTreeMap::from([("begin", 1), ("tasks::claim", 2)]));
        assert_eq!(said.trips, 3);
        assert_eq!(said.sql("tasks::claim").unwrap(), "-- tasks::claim\nselect 1");
        assert!(said.sql("tasks::finish").is_err());
    }
}

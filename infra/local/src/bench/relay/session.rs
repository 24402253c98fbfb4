//! One connection, as its messages tell of it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use fakes::server::lock;

use super::{Flight, Heard, Statement};

/// The number of a request for TLS, which comes before anything else.
const TLS: [u8; 4] = [0x04, 0xd2, 0x16, 0x2f];

pub struct Session {
    heard: Arc<Mutex<Heard>>,
    from_client: Vec<u8>,
    from_server: Vec<u8>,
    /// Whether the client has said its first words, which have no kind.
    is_started: bool,
    /// The answer to a request for TLS is one letter.
    letter: bool,
    /// Whether it has logged in.
    is_ready: bool,
    /// Texts of prepared statements, by the client's name for them.
    names: HashMap<Vec<u8>, String>,
    /// What was bound since the last `Sync`.
    bound: Option<String>,
    /// For each `ReadyForQuery` to come.
    outstanding: VecDeque<Asked>,
}

struct Asked {
    at: Instant,
    sql: Option<String>,
    /// Whether the client waits for the answer.
    is_waited_for: bool,
}

impl Session {
    pub fn new(heard: Arc<Mutex<Heard>>) -> Self {
        Self {
            heard,
            from_client: Vec::new(),
            from_server: Vec::new(),
            is_started: false,
            letter: false,
            is_ready: false,
            names: HashMap::new(),
            bound: None,
            outstanding: VecDeque::new(),
        }
    }

    pub fn asked(&mut self, bytes: &[u8]) {
        self.from_client.extend_from_slice(bytes);
        loop {
            if !self.is_started {
                let Some(message) = cut(&mut self.from_client, 0) else { return };
                self.letter = message.get(4..8) == Some(&TLS[..]);
                self.is_started = !self.letter;
                continue;
            }
            let Some(message) = cut(&mut self.from_client, 1) else { return };
            self.message(&message);
        }
    }

    fn message(&mut self, message: &[u8]) {
        let body = &message[5..];
        match message[0] {
            b'P' => {
                let (name, rest) = text(body);
                self.names.insert(name.to_vec(), String::from_utf8_lossy(text(rest).0).into_owned());
                lock(&self.heard).prepared.push(message.to_vec());
            }
            b'B' => {
                let (_, rest) = text(body);
                self.bound = self.names.get(text(rest).0).cloned();
                self.sends(message, None);
            }
            b'E' => self.sends(message, None),
            b'Q' => {
                let sql = String::from_utf8_lossy(text(body).0).into_owned();
                // Sent when a transaction is dropped, and not waited for.
                let is_waited_for = sql != "rollback";
                // An empty one asks whether anybody is there, and is no statement.
                let sql = Some(sql).filter(|sql| !sql.trim().is_empty());
                self.sends(message, Some(Asked { at: Instant::now(), sql, is_waited_for }));
            }
            b'S' => {
                let sql = self.bound.take();
                self.sends(message, Some(Asked { at: Instant::now(), sql, is_waited_for: true }));
            }
            _ => {}
        }
    }

    /// `asked` if it has an answer by itself.
    fn sends(&mut self, message: &[u8], asked: Option<Asked>) {
        let traffic = &mut lock(&self.heard).traffic;
        let is_waiting = self.outstanding.iter().any(|asked| asked.is_waited_for);
        if !is_waiting && traffic.flights.last().is_none_or(|last| last.is_waited_for) {
            traffic.flights.push(Flight::default());
        }
        let is_waited_for = asked.as_ref().is_some_and(|asked| asked.is_waited_for);
        if is_waited_for && !is_waiting && self.is_ready {
            traffic.round_trips += 1;
        }
        if let Some(flight) = traffic.flights.last_mut() {
            flight.bytes.extend_from_slice(message);
            flight.answers += usize::from(asked.is_some());
            flight.is_waited_for |= is_waited_for;
        }
        self.outstanding.extend(asked);
    }

    pub fn answered(&mut self, bytes: &[u8]) {
        self.from_server.extend_from_slice(bytes);
        if std::mem::take(&mut self.letter) {
            self.from_server.remove(0);
        }
        while let Some(message) = cut(&mut self.from_server, 1) {
            if message[0] != b'Z' {
                continue;
            }
            // The first one ends the log-in.
            if !std::mem::replace(&mut self.is_ready, true) {
                continue;
            }
            if let Some(Asked { at, sql: Some(sql), .. }) = self.outstanding.pop_front() {
                let statement = Statement { name: named(&sql), sql, took: at.elapsed() };
                lock(&self.heard).traffic.statements.push(statement);
            }
        }
    }
}

/// Takes the first message, whose length stands after `head` bytes.
fn cut(buffer: &mut Vec<u8>, head: usize) -> Option<Vec<u8>> {
    let length: [u8; 4] = buffer.get(head..head + 4)?.try_into().ok()?;
    let whole = head + u32::from_be_bytes(length) as usize;
    (buffer.len() >= whole).then(|| buffer.drain(..whole).collect())
}

/// Up to the next zero, and what comes after it.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

/// By what its text begins with, or its first word.
fn named(sql: &str) -> String {
    match sql.strip_prefix("-- ") {
        Some(rest) => rest.lines().next().unwrap_or_default().trim_end().to_owned(),
        None => sql.split([' ', ';']).next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [kind.as_bytes(), &length, body].concat()
    }

    /// A session that has logged in, by way of a request for TLS.
    fn logged_in() -> Session {
        let mut session = Session::new(Arc::default());
        session.asked(&message("", &TLS));
        session.answered(b"N");
        session.asked(&message("", &[0, 3, 0, 0]));
        session.answered(&message("Z", b"I"));
        session
    }

    #[test]
    fn what_is_sent_together_is_waited_for_once() {
        let mut session = logged_in();
        session.asked(&[message("P", b"s1\0-- tasks::claim\nselect 1\0\0\0"), message("S", b"")].concat());
        session.answered(&message("Z", b"I"));
        let run = [message("B", b"\0s1\0\0"), message("E", b"\0\0\0\0\0"), message("S", b"")].concat();

        session.asked(&[message("Q", b"\0"), message("Q", b"begin; select 1\0"), run.clone()].concat());
        for _ in 0..3 {
            session.answered(&message("Z", b"T"));
        }
        session.asked(&[message("Q", b"rollback\0"), run].concat());
        session.answered(&[message("Z", b"T"), message("Z", b"T")].concat());

        let traffic = lock(&session.heard).traffic.clone();
        assert_eq!(traffic.round_trips, 3, "to prepare, and to run twice");
        assert_eq!(
            traffic.by_name().into_iter().collect::<Vec<_>>(),
            [("begin", 1), ("rollback", 1), ("tasks::claim", 2)]
        );
        let answers: Vec<_> = traffic.flights.iter().map(|flight| flight.answers).collect();
        assert_eq!(answers, [1, 3, 2], "the last begins with what nobody waited for");
        assert_eq!(traffic.sql("tasks::claim").unwrap(), "-- tasks::claim\nselect 1");
        assert!(traffic.sql("tasks::finish").is_err());
    }

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let bytes = [message("Q", b"select 1\0"), message("Q", b"commit\0")].concat();
        for at in 1..bytes.len() {
            let mut session = logged_in();
            session.asked(&bytes[..at]);
            session.asked(&bytes[at..]);
            let answers = [message("Z", b"I"), message("Z", b"I")].concat();
            session.answered(&answers[..at.min(answers.len())]);
            session.answered(&answers[at.min(answers.len())..]);

            let traffic = &lock(&session.heard).traffic;
            assert_eq!((traffic.round_trips, traffic.statements.len()), (1, 2), "cut at {at}");
        }
    }
}

//! A TCP proxy that fails as networks and servers do. It knows no vendor and no protocol: it stands before whatever listens.
//!
//! | [`Trouble`] | what a client sees |
//! |---|---|
//! | `Pass` | nothing of it |
//! | `Late` | every piece of an answer comes after this time |
//! | `Hang` | the connection is taken, and nothing is ever said |
//! | `AfterHead` | the head of an HTTP answer, and then nothing |
//! | `Drip` | one byte each time |
//! | `Cut`, `Reset` | the connection ends after so many bytes of answers, in order or by RST |
//! | `Refuse` | every connection is reset at once |
//!
//! It can be changed at any time, for connections that are open too. [`Blackhole`] is an address that never picks up, and
//! [`closed_port`] one where nobody lives.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::server::lock;

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Pass,
    Late(Duration),
    Hang,
    AfterHead,
    Drip(Duration),
    Cut(usize),
    Reset(usize),
    Refuse,
}

/// One connection of a client.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub opened: Instant,
    /// When the client let go of it, if it was the client.
    pub let_go: Option<Instant>,
}

/// A proxy that listens. It stops when dropped.
pub struct Proxy {
    pub addr: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    to: SocketAddr,
    trouble: watch::Sender<Trouble>,
    seen: Mutex<Vec<Seen>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        // Open connections end with it.
        self.shared.trouble.send_replace(Trouble::Refuse);
    }
}

impl Proxy {
    /// Stands before `to`.
    pub async fn before(to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(LOOPBACK).await?;
        let addr = listener.local_addr()?;
        let (trouble, _) = watch::channel(Trouble::Pass);
        let shared = Arc::new(Shared { to, trouble, seen: Mutex::default() });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { addr, shared, accepting })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub fn make(&self, trouble: Trouble) {
        self.shared.trouble.send_replace(trouble);
    }

    /// The connections so far, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let index = {
            let mut seen = lock(&shared.seen);
            seen.push(Seen { opened: Instant::now(), let_go: None });
            seen.len() - 1
        };
        let shared = shared.clone();
        tokio::spawn(async move {
            if carry(client, &shared).await == End::Client {
                lock(&shared.seen)[index].let_go = Some(Instant::now());
            }
        });
    }
}

/// Who ended a connection, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Client,
    Server,
    Reset,
}

async fn carry(mut client: TcpStream, shared: &Shared) -> End {
    let end = between(&mut client, shared).await;
    if end == End::Reset {
        let _ = client.set_zero_linger();
    }
    end
}

async fn between(client: &mut TcpStream, shared: &Shared) -> End {
    let mut refused = shared.trouble.subscribe();
    if *refused.borrow() == Trouble::Refuse {
        return End::Reset;
    }
    let Ok(mut server) = TcpStream::connect(shared.to).await else { return End::Reset };
    let (from_client, mut to_client) = client.split();
    let (mut from_server, to_server) = server.split();
    tokio::select! {
        end = up(from_client, to_server, shared.trouble.subscribe()) => end,
        end = down(&mut from_server, &mut to_client, shared.trouble.subscribe()) => end,
        _ = refused.wait_for(|trouble| *trouble == Trouble::Refuse) => End::Reset,
    }
}

/// What the client says goes on at once; to a server that hangs it goes nowhere.
async fn up(mut client: ReadHalf<'_>, mut server: WriteHalf<'_>, trouble: watch::Receiver<Trouble>) -> End {
    let mut some = vec![0; 16 << 10];
    loop {
        match client.read(&mut some).await {
            Ok(0) | Err(_) => return End::Client,
            Ok(_) if *trouble.borrow() == Trouble::Hang => {}
            Ok(length) => {
                if server.write_all(&some[..length]).await.is_err() {
                    return End::Server;
                }
            }
        }
    }
}

async fn down(server: &mut ReadHalf<'_>, client: &mut WriteHalf<'_>, mut trouble: watch::Receiver<Trouble>) -> End {
    let mut some = vec![0; 16 << 10];
    let mut answer = Answer { sent: 0, head: Vec::new() };
    loop {
        let length = match server.read(&mut some).await {
            Ok(0) | Err(_) => 0,
            Ok(length) => length,
        };
        let mut rest = &some[..length];
        while !rest.is_empty() {
            let now = *trouble.borrow_and_update();
            let Some(allowed) = answer.allowed(now, rest) else {
                return if is_reset(now) { End::Reset } else { End::Server };
            };
            if allowed == 0 {
                let _ = trouble.changed().await;
                continue;
            }
            if let Trouble::Late(pause) | Trouble::Drip(pause) = now {
                tokio::time::sleep(pause).await;
            }
            if client.write_all(&rest[..allowed]).await.is_err() {
                return End::Client;
            }
            answer.sent(&rest[..allowed]);
            rest = &rest[allowed..];
        }
        if length == 0 {
            // A server that hangs does not hang up either.
            while matches!(*trouble.borrow_and_update(), Trouble::Hang | Trouble::AfterHead) {
                let _ = trouble.changed().await;
            }
            return End::Server;
        }
    }
}

fn is_reset(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Reset(_) | Trouble::Refuse)
}

/// What went to a client on one connection.
struct Answer {
    sent: usize,
    /// Its last bytes, in which the head may end.
    head: Vec<u8>,
}

impl Answer {
    /// How much of `rest` may go now; 0 for nothing yet, `None` when the connection ends here.
    fn allowed(&self, trouble: Trouble, rest: &[u8]) -> Option<usize> {
        match trouble {
            Trouble::Pass | Trouble::Late(_) => Some(rest.len()),
            Trouble::Hang => Some(0),
            Trouble::Drip(_) => Some(1),
            Trouble::Cut(most) | Trouble::Reset(most) => match most.saturating_sub(self.sent) {
                0 => None,
                left => Some(left.min(rest.len())),
            },
            Trouble::Refuse => None,
            Trouble::AfterHead => {
                let known = [self.head.as_slice(), rest].concat();
                let end = known.windows(4).position(|end| end == b"\r\n\r\n").map_or(known.len(), |at| at + 4);
                Some(end.saturating_sub(self.head.len()))
            }
        }
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.sent += bytes.len();
        // Of a head no more is kept than ends with it: the next answer on the connection has its own.
        self.head.extend_from_slice(bytes);
        if self.head.len() > 64 << 10 {
            self.head.clear();
        }
    }
}

/// A port where nobody listens.
pub async fn closed_port() -> io::Result<SocketAddr> {
    TcpListener::bind(LOOPBACK).await?.local_addr()
}

/// An address that never picks up: its queue of connections is full, and the machine drops whatever else comes.
pub struct Blackhole {
    pub addr: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Blackhole {
    pub async fn start() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(LOOPBACK.into())?;
        let listener = socket.listen(1)?;
        let addr = listener.local_addr()?;
        let mut waiting = Vec::new();
        // Two or three fit, as the kernel counts; the first that does not proves that it is full.
        while let Ok(connected) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(addr)).await {
            waiting.push(connected?);
        }
        Ok(Self { addr, _listener: listener, _waiting: waiting })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

    /// Answers each connection once and keeps it open.
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut some = [0; 64];
                    while socket.read(&mut some).await.is_ok_and(|length| length > 0) {
                        socket.write_all(ANSWER).await.unwrap();
                    }
                });
            }
        });
        addr
    }

    /// What comes within a while, and how it ended: 0 bytes, an error, or nothing.
    async fn ask(proxy: &Proxy) -> (Vec<u8>, Option<io::Result<usize>>) {
        let Ok(mut socket) = TcpStream::connect(proxy.addr).await else { return (Vec::new(), None) };
        let _ = socket.write_all(b"?").await;
        let mut heard = Vec::new();
        loop {
            let mut some = [0; 64];
            match tokio::time::timeout(Duration::from_millis(300), socket.read(&mut some)).await {
                Err(_) => return (heard, None),
                Ok(Ok(length)) if length > 0 => heard.extend_from_slice(&some[..length]),
                Ok(end) => return (heard, Some(end)),
            }
        }
    }

    #[tokio::test]
    async fn every_trouble_is_what_its_name_says() {
        let proxy = Proxy::before(server().await).await.unwrap();
        let head = ANSWER.len() - 5;

        for (trouble, heard) in [
            (Trouble::Pass, ANSWER.len()),
            (Trouble::Late(Duration::from_millis(50)), ANSWER.len()),
            (Trouble::Hang, 0),
            (Trouble::AfterHead, head),
            (Trouble::Drip(Duration::from_millis(1)), ANSWER.len()),
        ] {
            proxy.make(trouble);
            let (bytes, end) = ask(&proxy).await;
            assert_eq!(bytes.len(), heard, "{trouble:?}");
            assert!(end.is_none(), "{trouble:?} ended with {end:?}");
        }
        proxy.make(Trouble::Cut(7));
        assert!(matches!(ask(&proxy).await, (bytes, Some(Ok(0))) if bytes.len() == 7));
        for trouble in [Trouble::Reset(7), Trouble::Refuse] {
            proxy.make(trouble);
            assert!(matches!(ask(&proxy).await.1, Some(Err(_))), "{trouble:?} is an RST");
        }
    }

    #[tokio::test]
    async fn a_connection_that_is_open_feels_it_too_and_who_let_go_is_known() {
        let proxy = Proxy::before(server().await).await.unwrap();
        let mut socket = TcpStream::connect(proxy.addr).await.unwrap();
        let mut some = [0; 64];
        socket.write_all(b"?").await.unwrap();
        assert_eq!(socket.read(&mut some).await.unwrap(), ANSWER.len());

        proxy.make(Trouble::Hang);
        socket.write_all(b"?").await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(200), socket.read(&mut some)).await.is_err());
        assert!(proxy.seen()[0].let_go.is_none());

        drop(socket);
        while proxy.seen()[0].let_go.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_black_hole_never_picks_up_and_a_closed_port_says_so_at_once() {
        let hole = Blackhole::start().await.unwrap();
        let connecting = tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(hole.addr));
        assert!(connecting.await.is_err());

        let refused = TcpStream::connect(closed_port().await.unwrap()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}

//! A door before a server that can be shut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Open,
    /// Whoever comes is sent away.
    Shut,
    /// Whoever comes waits for ever.
    Silent,
}

/// What comes to one address goes on to another, or does not.
pub struct Gate {
    pub url: String,
    door: Arc<watch::Sender<Door>>,
}

impl Gate {
    /// Before the server at this address, such as `http://127.0.0.1:5000`.
    pub async fn before(server: &str) -> Self {
        let server: SocketAddr = server.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let door = Arc::new(watch::Sender::new(Door::Open));
        let sender = door.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass(stream, server, sender.subscribe()));
            }
        });
        Self { url, door }
    }

    /// Who is on the way through when it is not open any more is stopped, too.
    pub fn set(&self, door: Door) {
        self.door.send_replace(door);
    }
}

async fn pass(mut stream: TcpStream, server: SocketAddr, mut door: watch::Receiver<Door>) {
    let is = *door.borrow_and_update();
    if is == Door::Open
        && let Ok(mut onward) = TcpStream::connect(server).await
    {
        tokio::select! {
            _ = copy_bidirectional(&mut stream, &mut onward) => {}
            _ = door.changed() => {}
        }
    } else if is == Door::Silent {
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
}

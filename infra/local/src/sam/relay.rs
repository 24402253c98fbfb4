//! Lets containers reach the servers of this machine, which listen on loopback alone.

use std::net::IpAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::{Problem, Result};

/// Passes on what comes to `address` at each of the ports. Stops when dropped.
///
/// The address is the engine's bridge: the containers of this machine can call it, and nobody else.
pub async fn start(address: IpAddr, ports: &[u16]) -> Result<JoinSet<()>> {
    let mut relays = JoinSet::new();
    for &port in ports {
        let listener = TcpListener::bind((address, port))
            .await
            .map_err(|e| Problem(format!("Could not listen for the containers on {address}:{port}: {e}.")))?;
        relays.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut caller, _)) = listener.accept().await {
                connections.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                        let _either_hung_up = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
    }
    Ok(relays)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn what_comes_to_the_other_address_arrives_on_loopback() {
        let server = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = server.local_addr().unwrap().port();
        let address = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
        let _relays = start(address, &[port]).await.unwrap();

        let mut caller = TcpStream::connect((address, port)).await.unwrap();
        caller.write_all(b"question").await.unwrap();
        let (mut called, _) = server.accept().await.unwrap();
        let mut heard = [0; 8];
        called.read_exact(&mut heard).await.unwrap();
        called.write_all(b"answer").await.unwrap();
        drop(called);
        let mut answer = String::new();
        caller.read_to_string(&mut answer).await.unwrap();

        assert_eq!((&heard, answer.as_str()), (b"question", "answer"));
    }
}

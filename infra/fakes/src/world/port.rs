//! Free ports, and who holds a taken one.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use super::{Problem, Result};

/// A port of 127.0.0.1 that nobody listened on a moment ago.
pub fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| Problem(format!("This machine has no free port on 127.0.0.1: {e}.")))
}

/// Whether we could listen on this port of 127.0.0.1 now.
pub fn is_free(port: u16) -> bool {
    // Binding the wildcard as well finds a server that listens on all addresses.
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok()
        && TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).is_ok()
}

/// One sentence about a taken port: which, by whom where the system tells, and what to do.
pub fn port_owner_message(port: u16) -> String {
    let owner =
        owner(port).map_or_else(|| "another program".to_owned(), |(pid, name)| format!("{name} (process {pid})"));
    format!("Port {port} is taken by {owner}: stop it, or choose other ports with `--port`.")
}

/// Linux only: the socket's inode from the kernel's table, then whoever has it open.
fn owner(port: u16) -> Option<(u32, String)> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| listener_inode(&fs::read_to_string(table).unwrap_or_default(), port))?;
    let socket = format!("socket:[{inode}]");
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(files) = fs::read_dir(process.path().join("fd")) else { continue };
        if files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|target| target.as_os_str() == socket.as_str()))
        {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            return Some((pid, name.trim().to_owned()));
        }
    }
    None
}

/// The inode of the socket in state LISTEN (0A) on this port in `/proc/net/tcp`'s format.
fn listener_inode(table: &str, port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == "0A").then_some((*fields.get(9)?).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_owner() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();

        assert!(!is_free(port));
        let message = port_owner_message(port);
        assert!(message.contains(&port.to_string()), "{message}");
        if cfg!(target_os = "linux") {
            assert!(message.contains(&std::process::id().to_string()), "{message}");
        }
    }
}

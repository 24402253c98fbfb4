//! Postgres with pgvector and moto's AWS server, installed and started on demand under `.local/`.
//!
//! * [`home`]: where the files are, and as whom Postgres runs.
//! * [`install`]: the pinned packages.
//! * [`process`]: children that stop when we stop, however we stop.
//! * [`postgres`], [`moto`]: the two servers.
//! * [`port`]: free ports, and who holds a taken one.
//!
//! Tests take [`postgres::shared_test_cluster`] and [`moto::shared_test_moto`]: one of each per test process, started by
//! whoever asks first, gone when the process ends.

pub mod home;
pub mod install;
pub mod moto;
pub mod port;
pub mod postgres;
pub mod process;

pub use home::Home;
pub use moto::{Moto, shared_test_moto};
pub use port::{free_port, port_owner_message};
pub use postgres::{Cluster, shared_test_cluster};

/// What went wrong, as one sentence for the person at the terminal that says what to do.
#[derive(Debug, Clone)]
pub struct Problem(pub String);

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Problem {}

pub type Result<T> = std::result::Result<T, Problem>;

/// A failed file operation in words.
fn file_problem(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Problem {
    let hint = match error.kind() {
        std::io::ErrorKind::StorageFull => ": the disk is full, free about 1 GB and try again".to_owned(),
        std::io::ErrorKind::PermissionDenied => {
            ": it belongs to another user, so remove it or run as the same user as before".to_owned()
        }
        _ => format!(": {error}"),
    };
    Problem(format!("Could not {doing} {}{hint}.", path.display()))
}

//! Where the local world keeps its files, and as whom Postgres runs.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::{Problem, Result, file_problem};

/// The account Postgres is given when we are root, which it refuses to be.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

/// The folders of one working copy.
#[derive(Clone, Debug)]
pub struct Home {
    /// The repository.
    pub root: PathBuf,
    /// `<root>/.local`.
    pub local: PathBuf,
    /// Where Postgres's own files live: `.local`, unless we are root and the account Postgres runs as cannot get there.
    pub database: PathBuf,
    /// The account Postgres runs as; `None` means ours.
    pub postgres_account: Option<Account>,
}

impl Home {
    /// The home of this working copy. Creates `.local`.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file())
            .ok_or_else(|| Problem("The repository this program was built from is gone: build it again.".to_owned()))?;
        Self::at(root)
    }

    fn at(root: &Path) -> Result<Self> {
        let local = root.join(".local");
        create(&local)?;
        let owner = fs::metadata(&local).map_err(|e| file_problem("read", &local, &e))?;

        let postgres_account = if we_are_root() { Some(unprivileged()?) } else { None };
        let database = if postgres_account.is_none() || reachable_by_all(&local) {
            local.clone()
        } else {
            let mut hasher = DefaultHasher::new();
            (root, owner.ino()).hash(&mut hasher);
            let folder = std::env::temp_dir().join(format!("advisor-local-{:016x}", hasher.finish()));
            create(&folder)?;
            open_to_all(&folder)?;
            folder
        };
        Ok(Self { root: root.to_owned(), local, database, postgres_account })
    }

    /// Whether Postgres's files had to leave `.local`.
    pub fn database_is_elsewhere(&self) -> bool {
        self.database != self.local
    }

    /// `.local/logs/<name>.log`; creates the folder.
    pub fn log(&self, name: &str) -> Result<PathBuf> {
        let logs = self.local.join("logs");
        create(&logs)?;
        Ok(logs.join(format!("{name}.log")))
    }

    /// Makes `path` Postgres's own, so that it can be written by the account it runs as.
    pub fn give_to_postgres(&self, path: &Path) -> Result<()> {
        match self.postgres_account {
            Some(Account { uid, gid }) => {
                chown(path, Some(uid), Some(gid)).map_err(|e| file_problem("hand to Postgres", path, &e))
            }
            None => Ok(()),
        }
    }
}

/// Creates a folder and its parents.
pub(super) fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|e| file_problem("create", folder, &e))
}

/// Removes a folder with what is in it; one that is not there is fine.
pub(super) fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(file_problem("remove", folder, &e)),
        _ => Ok(()),
    }
}

/// `id` instead of a system call: this crate has no unsafe code and no dependency for one question.
fn we_are_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn unprivileged() -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let nobody = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != "nobody" {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    });
    nobody.ok_or_else(|| {
        Problem(
            "Postgres refuses to run as root and this machine has no account `nobody`: run as an ordinary user."
                .to_owned(),
        )
    })
}

/// Lets everybody pass, whatever our own habit (umask) is.
pub(super) fn open_to_all(folder: &Path) -> Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(|e| file_problem("open", folder, &e))
}

/// Whether every folder on the way lets everybody pass.
fn reachable_by_all(path: &Path) -> bool {
    path.ancestors().all(|folder| fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0))
}

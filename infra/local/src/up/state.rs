//! What is kept under `.local/` between runs: who runs now, the local secrets, the practice's day; and how to forget it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{IsTerminal, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fakes::world::Home;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::now;
use crate::terminal::{say, say_part};
use crate::{Problem, Result};

/// The one stack of this working copy. The system gives the lock back when its holder ends, however it ends.
pub struct Lock {
    _file: File,
    /// Whether the last holder ended without saying so.
    pub last_was_killed: bool,
}

impl Lock {
    /// Refuses while another stack runs.
    pub fn take(home: &Home) -> Result<Self> {
        let path = home.local.join("dev.lock");
        let failed = |e: std::io::Error| Problem(format!("Could not write {}: {e}.", path.display()));
        let mut file =
            File::options().create(true).read(true).write(true).truncate(false).open(&path).map_err(failed)?;
        if file.try_lock().is_err() {
            let mut holder = String::new();
            let _unreadable = file.read_to_string(&mut holder);
            let holder = holder.trim();
            return Err(Problem(format!(
                "`cargo dev` already runs here (process {holder}): stop that one first, or use another working copy with another `--port`."
            )));
        }
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Self { _file: file, last_was_killed: home.local.join("running.json").exists() })
    }
}

/// Where the running stack is, for the other commands.
#[derive(Serialize, Deserialize)]
pub struct Running {
    pub port: u16,
    /// The superuser's address of the product's database.
    pub database_owner_url: String,
    /// The Google stand-in, if there is one.
    pub google_url: Option<String>,
}

impl Running {
    pub fn write(&self, home: &Home) -> Result<()> {
        write_private(&home.local.join("running.json"), &serde_json::to_string_pretty(self).unwrap_or_default())
    }

    pub fn forget(home: &Home) {
        let _was_never_written = fs::remove_file(home.local.join("running.json"));
    }

    /// The stack that runs now, if one does.
    pub fn find(home: &Home) -> Option<Self> {
        let lock = File::open(home.local.join("dev.lock")).ok()?;
        if lock.try_lock_shared().is_ok() {
            return None;
        }
        serde_json::from_str(&fs::read_to_string(home.local.join("running.json")).ok()?).ok()
    }
}

/// Deletes the data of the stack, but not what was downloaded. Asks first unless told not to.
pub fn reset(home: &Home, without_asking: bool) -> Result<()> {
    if !without_asking {
        if !std::io::stdin().is_terminal() {
            return Err(Problem("`--reset` deletes the local data: say `--yes` where nobody can be asked.".to_owned()));
        }
        say_part("Delete the local database, the stand-ins' data, sessions and secrets? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(|e| Problem(format!("Could not read the answer: {e}.")))?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            return Err(Problem("Nothing was deleted.".to_owned()));
        }
    }
    for path in [
        home.database.join("postgres"),
        home.local.join("stand-ins"),
        home.local.join("logs"),
        home.local.join("secrets.json"),
        home.local.join("ask-session.json"),
        home.local.join("running.json"),
    ] {
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(Problem(format!("Could not delete {}: {e}.", path.display())));
            }
            _ => {}
        }
    }
    say("  ✓ the local data is deleted");
    Ok(())
}

/// Secrets made for this working copy alone, by the names the product gives them. Made once; without them the stored
/// provider tokens could not be read again.
pub fn secrets(home: &Home) -> Result<BTreeMap<String, String>> {
    let path = home.local.join("secrets.json");
    if let Some(secrets) = fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(secrets);
    }
    let secrets = new_secrets();
    write_private(&path, &serde_json::to_string_pretty(&secrets).unwrap_or_default())?;
    Ok(secrets)
}

/// Secrets nobody has used yet.
pub fn new_secrets() -> BTreeMap<String, String> {
    [
        ("SECRET_KEY", random_hex()),
        ("TOKEN_KEYS", format!("local:{}", BASE64_STANDARD.encode(random_bytes()))),
        ("DATABASE_PASSWORD", random_hex()),
        ("GOOGLE_OAUTH_CLIENT_SECRET", format!("local-{}", random_hex())),
        ("HUBSPOT_CLIENT_SECRET", random_hex()),
        ("OPENAI_API_KEY", format!("sk-local-{}", random_hex())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// 244 bits of chance: enough for a laptop, where nobody else's data is.
fn random_bytes() -> Vec<u8> {
    [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|id| *id.as_bytes()).collect()
}

/// The same as 64 hexadecimal digits.
fn random_hex() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// The day the demo practice is dated from: the day it was first loaded, or its mails would be new ones every morning.
pub fn practice_day(folder: &Path) -> Result<Date> {
    let path = folder.join("practice-day");
    if let Some(day) = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(day);
    }
    let today = now().to_zoned(TimeZone::UTC).date();
    write_private(&path, &today.to_string())?;
    Ok(today)
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| Problem(format!("Could not write {}: {e}.", path.display())))
}

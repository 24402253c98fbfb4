//! What the functions log goes to `.local/logs/app.log`, and with `--verbose` to the terminal too.

use std::fs::File;
use std::io::stderr;
use std::sync::Mutex;

use fakes::world::Home;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::{Problem, Result};

/// `RUST_LOG` chooses; by default information of our own. Of libraries warnings, whatever it says.
pub fn start(home: &Home, verbose: bool) -> Result<()> {
    shared::telemetry::log_panics();
    let path = home.log("app")?;
    let file = File::create(&path).map_err(|e| Problem(format!("Could not write {}: {e}.", path.display())))?;
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,shared=info,functions=info,local=info,fakes=info"));
    let to_terminal = verbose.then(|| fmt::layer().with_writer(stderr));
    tracing_subscriber::registry()
        .with(filter)
        .with(shared::telemetry::quiet_libraries())
        .with(fmt::layer().with_ansi(false).with_writer(Mutex::new(file)))
        .with(to_terminal)
        .try_init()
        .map_err(|e| Problem(format!("Logging did not start: {e}.")))
}

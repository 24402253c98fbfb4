//! `cargo dev import`: moves from the earlier system's database into the product's, the one `DATABASE_URL` names or that of the
//! running stack.

use fakes::world::Home;
use shared::App;
use shared::config::Config;
use shared::domain::import::{self, Options};
use shared::store::Pool;
use shared::store::db::Address;

use crate::terminal::{say, say_for_now};
use crate::up::Running;
use crate::up::database::in_words;
use crate::up::ports::Ports;
use crate::up::variables::Variables;
use crate::{Problem, Result, cli};

pub async fn run(import: cli::Import) -> Result<()> {
    let app = App::new(config()?, 2).await.map_err(|error| in_words(&error))?;
    let authorities = import.from_ca.map(std::fs::read).transpose();
    let authorities = authorities.map_err(|error| Problem(format!("The authorities could not be read: {error}.")))?;
    let from = Pool::new(&Address {
        url: &import.from.into(),
        user: None,
        password: None,
        authorities: authorities.as_deref(),
        require_tls: authorities.is_some(),
        size: 1,
        slow: std::time::Duration::MAX,
    });
    let from = from.map_err(|_| Problem("The address after --from cannot be understood.".to_owned()))?;

    let dry_run = import.dry_run;
    let options = Options { source: import.source, dry_run };
    let report = import::run(&app, &from, options, &mut |line| say_for_now(line)).await;
    let report = report.map_err(|error| in_words(&error))?;

    say_for_now("");
    say(report);
    say(if dry_run {
        "Nothing was written: this is what a move will do."
    } else {
        "Moved. It can be run again at any time."
    });
    Ok(())
}

fn config() -> Result<Config> {
    #[expect(clippy::disallowed_methods, reason = "this command stands in for a function, and reads what one reads")]
    let given = |name: &str| std::env::var(name).ok();
    let config = match given("DATABASE_URL") {
        Some(_) => Config::read(given),
        None => {
            let home = Home::find()?;
            let running = Running::find(&home).ok_or_else(|| {
                Problem("Nothing runs here: start the stack with `cargo dev`, or set DATABASE_URL.".to_owned())
            })?;
            let variables = Variables::read(&home, Ports::from(running.port)?)?;
            Config::read(|name| variables.get(name))
        }
    };
    config.map_err(|problems| Problem(problems.0.join("\n")))
}

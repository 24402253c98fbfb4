//! `cargo dev`: the whole product on one machine.

mod answers;
mod ask;
mod attack;
mod aws;
mod bench;
mod binaries;
mod boot;
mod chaos;
mod check;
mod cli;
mod clock;
mod deploy;
mod dotenv;
mod fuzz;
mod gateway;
mod http_client;
mod import;
mod mail;
mod metrics;
mod migrate;
mod outages;
mod queue;
mod runtime_api;
mod sam;
mod schedule;
mod stage;
mod stop;
mod tenants;
mod terminal;
mod up;
mod world;

use std::process::ExitCode;

use clap::Parser;
use fakes::world::Home;
pub use fakes::world::{Problem, Result};

use cli::{Cli, Command};
use stop::Stop;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::complain(format_args!("Could not start: {error}."));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(cli));
    // An installation that was broken off may still be on its way out.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            terminal::complain(problem);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<()> {
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(up) => {
            let options =
                up::Options { port: up.port, reset: up.reset, yes: up.yes, minilm: !up.no_minilm, verbose: up.verbose };
            up::run(options, Stop::listen()?).await
        }
        Command::Ask(ask) => {
            let api = match ask.url {
                Some(url) => url,
                None => running_api()?,
            };
            let cli::Ask { question, account, conversation, .. } = ask;
            ask::run(&ask::Ask { question, account, conversation, api }).await
        }
        Command::Mail(mail) => mail::run(&mail).await,
        Command::Migrate(migrate) => migrate::run(migrate.action).await,
        Command::Import(import) => import::run(import).await,
        Command::Check => check::run(),
        Command::Outages => outages::run(),
        Command::Boot(boot) => boot::run(&boot.functions).await,
        Command::Sam(options) => sam::run(&options, Stop::listen()?).await,
        Command::Deploy(options) => deploy::run(&options).await,
        Command::Tenants(options) => tenants::run(&options).await,
        Command::Metrics(options) => metrics::run(&options).await,
        Command::Bench(options) => bench::run(&options).await,
        Command::Attack(attack) => attack::run(&attack).await,
        Command::Fuzz(fuzz) => fuzz::run(&fuzz).await,
        Command::Chaos(options) => chaos::run(options, Stop::listen()?).await,
    }
}

fn running_api() -> Result<url::Url> {
    let running = up::Running::find(&Home::find()?).ok_or_else(|| {
        Problem("Nothing runs here: start the stack with `cargo dev`, or name one with `--url`.".to_owned())
    })?;
    url::Url::parse(&format!("http://localhost:{}", running.port)).map_err(|e| Problem(e.to_string()))
}

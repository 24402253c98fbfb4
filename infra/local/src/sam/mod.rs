//! `cargo dev sam`: the functions in SAM's containers. Each is sent its sample event by `sam local invoke`, and the buffered
//! routes are called through `sam local start-api`.

mod api;
mod engine;
mod image;
mod invoke;
mod relay;
mod template;

use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use fakes::world::home::Home;
use fakes::world::{free_port, install};
use futures::StreamExt;
use futures::stream;
use tokio::task::JoinSet;

use crate::answers::Expected;
use crate::stop::Stop;
use crate::terminal::{say, step};
use crate::world::World;
use crate::{Problem, Result, binaries, world};
use engine::{Engine, Host};
use template::Function;

/// Where `sam local start-api` listens by itself.
const API_PORT: u16 = 3000;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev sam
  cargo dev sam tasks-get chat-send
  cargo dev sam --release            what `cargo lambda build --release -p functions` has built
  cargo dev sam --hold               keep everything ready for `sam local …` and `cargo lambda watch`, by hand")]
pub struct Options {
    /// Only these functions, and not the API
    pub functions: Vec<String>,
    /// What is in target/lambda instead of development binaries
    #[arg(long)]
    pub release: bool,
    /// Run a Docker engine of its own (as root) where none answers, until the command ends
    #[arg(long)]
    pub start_engine: bool,
    /// Where no Docker engine can be had, say so aloud and be content: for CI
    #[arg(long, conflicts_with = "hold")]
    pub where_possible: bool,
    /// Call nothing: keep the world running, and say how to call the functions by hand
    #[arg(long)]
    pub hold: bool,
}

/// What every call needs.
struct Sam {
    home: Home,
    program: PathBuf,
    engine: Engine,
    functions: Vec<Function>,
    _relays: Option<JoinSet<()>>,
    _world: World,
}

pub async fn run(options: &Options, stop: Stop) -> Result<()> {
    let home = Home::find()?;
    let engine = match Engine::find(&home, options.start_engine).await {
        Ok(engine) => engine,
        Err(Problem(why)) if options.where_possible => {
            say(format_args!("\n  !! NOT RUN: no function was called in SAM's containers.\n  !! {why}\n"));
            return Ok(());
        }
        Err(problem) => return Err(problem),
    };
    let sam = Sam::prepare(options, home, engine).await?;
    let outcome = if options.hold {
        sam.hold(&stop).await;
        Ok(())
    } else {
        tokio::select! {
            outcome = sam.call(&options.functions) => outcome,
            () = stop.asked() => Err(Problem("Broken off.".to_owned())),
        }
    };
    sam.engine.stop().await;
    outcome
}

impl Sam {
    async fn prepare(options: &Options, home: Home, engine: Engine) -> Result<Self> {
        let names = world::functions(&home, &options.functions)?;
        let functions = template::functions(&home)?;
        let program = install::sam(&home, &|line| say(format_args!("  · {line}")))?;
        step("Image", async {
            let version = engine.version()?;
            Ok(((), format!("{}, Docker {version}", image::prepare(&home, &engine)?)))
        })
        .await?;
        let code = step("Binaries", async {
            let code = code(&home, options.release, &names).await?;
            Ok((code, format!("{} functions", names.len())))
        })
        .await?;
        let (world, relays, host) = step("World", async {
            let world = world::start(if options.hold { API_PORT } else { free_port()? }).await?;
            let (relays, host) = reach(&engine, &world).await?;
            let seen = format!("a new database, queue, secret and practice, seen as {host}");
            Ok(((world, relays, host), seen))
        })
        .await?;
        template::write(&home.local.join("sam/template.json"), &functions, &code, &world.variables_from(&host))?;
        write_variables(&home.local.join("sam/variables.env"), &world)?;
        Ok(Self { home, program, engine, functions, _relays: relays, _world: world })
    }

    /// Invokes the functions, as many at once as there are processors, and then the API.
    async fn call(&self, wanted: &[String]) -> Result<()> {
        let expected = Expected::read(&self.home)?;
        let chosen: Vec<_> =
            self.functions.iter().filter(|f| wanted.is_empty() || wanted.contains(&f.binary)).collect();
        let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let began = Instant::now();
        let mut failed = Vec::new();
        let outcomes = stream::iter(&chosen).map(async |function| {
            let started = Instant::now();
            (function, self.invoke(function, &expected).await, started.elapsed())
        });
        let mut outcomes = std::pin::pin!(outcomes.buffered(at_once));
        while let Some((function, outcome, took)) = outcomes.next().await {
            let (name, seconds) = (&function.binary, took.as_secs_f64());
            match outcome {
                Ok(answer) => say(format_args!("  ✓ {name:<30} {answer:<56} {seconds:>5.1} s")),
                Err(problem) => {
                    say(format_args!("  ✗ {name:<30} {problem}"));
                    failed.push(name.as_str());
                }
            }
        }
        if wanted.is_empty()
            && let Err(problem) = self.call_api().await
        {
            say(format_args!("  ✗ start-api: {problem}"));
            failed.push("start-api");
        }
        if failed.is_empty() {
            let took = began.elapsed().as_secs_f64();
            say(format_args!("All {} functions answered in SAM's containers, in {took:.0} s.", chosen.len()));
            return Ok(());
        }
        let log = self.home.local.join("logs/sam.log");
        Err(Problem(format!("Not as expected: {}; what SAM said is in {}.", failed.join(", "), log.display())))
    }

    async fn hold(&self, stop: &Stop) {
        let sam = self.program.display();
        say(format_args!(
            "
Until Ctrl-C, in another terminal of this folder ({sam} is on no path: call it so, or install aws-sam-cli):

  sam local invoke TasksGetFunction -e infra/events/tasks-get.json
  sam local start-api                     then http://localhost:{API_PORT}/health, every buffered route
  cargo lambda watch --env-file .local/sam/variables.env --invoke-port {API_PORT}
                                          every route, streamed ones too, compiled when first called
"
        ));
        stop.asked().await;
    }
}

/// The folder with `<function>/bootstrap`.
async fn code(home: &Home, release: bool, names: &[String]) -> Result<PathBuf> {
    if release {
        let folder = home.root.join("target/lambda");
        let missing = names.iter().filter(|name| !folder.join(name).join("bootstrap").is_file()).count();
        let advice = format!(
            "{missing} functions are not in {}: run `cargo lambda build --release -p functions` first.",
            folder.display()
        );
        return if missing == 0 { Ok(folder) } else { Err(Problem(advice)) };
    }
    binaries::build(home).await?;
    let (built, folder) = (binaries::folder(home), home.local.join("sam/code"));
    let failed = |e: std::io::Error| Problem(format!("Could not write {}: {e}.", folder.display()));
    for name in world::functions(home, &[])? {
        let place = folder.join(&name);
        std::fs::create_dir_all(&place).map_err(failed)?;
        let kept = place.join("bootstrap");
        if let Err(e) = std::fs::remove_file(&kept)
            && e.kind() != std::io::ErrorKind::NotFound
        {
            return Err(failed(e));
        }
        // The same file under another name, where that is possible: cargo writes a new one the next time.
        let built = built.join(&name);
        if std::fs::hard_link(&built, &kept).is_err() {
            std::fs::copy(&built, &kept).map_err(failed)?;
        }
    }
    Ok(folder)
}

/// Lets the containers reach the world, and says as what they see this machine.
async fn reach(engine: &Engine, world: &World) -> Result<(Option<JoinSet<()>>, String)> {
    let ports = world.ports;
    let ports = [ports.google, ports.hubspot, ports.openai, ports.postgres, ports.moto];
    match engine.host() {
        Host::Named(name) => Ok((None, name.to_owned())),
        Host::Bridge(address @ IpAddr::V4(_)) => Ok((Some(relay::start(address, &ports).await?), address.to_string())),
        Host::Bridge(address) => Ok((Some(relay::start(address, &ports).await?), format!("[{address}]"))),
    }
}

/// For a program on this machine.
fn write_variables(path: &Path, world: &World) -> Result<()> {
    let mut text = String::new();
    for (name, value) in &world.variables {
        let _infallible = writeln!(text, "{name}={value}");
    }
    std::fs::write(path, text).map_err(|e| Problem(format!("Could not write {}: {e}.", path.display())))
}

//! What can be typed after `cargo dev`.

use clap::{Args, Parser, Subcommand};

use crate::{bench, chaos, deploy, sam, tenants};

const EXAMPLES: &str = "\
Examples:
  cargo dev                                         everything, on http://localhost:8000
  cargo dev --port 9000                             on ports 9000 to 9005
  cargo dev --reset --yes                           the same, with a new database and a new practice
  cargo dev ask \"Who mentioned their kid plays baseball?\"
  cargo dev mail --from \"Nora Ellison <nora@example.com>\" --subject Hello --text \"We moved to Boise.\"
  cargo dev migrate history

Credentials in `.env` (see `.env.example`) or in the environment replace a stand-in by the real provider:
GOOGLE_OAUTH_CLIENT_ID, HUBSPOT_CLIENT_ID, OPENAI_API_KEY or OPENAI_BASE_URL. `.env` holds one NAME=value a line.";

/// The whole product on one machine: Postgres, queue, stand-ins for the providers, every function.
#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub up: Up,
}

#[derive(Subcommand)]
pub enum Command {
    /// Start everything; the same as no command
    Up(Up),
    /// Ask the running stack a question and print the answer with its sources
    Ask(Ask),
    /// Put a mail into the mailbox of the Google stand-in
    Mail(Mail),
    /// Apply, take back or list the migrations of the local database
    Migrate(Migrate),
    /// Bring over advisors and their data from the system before this one
    Import(Import),
    /// Run what CI runs: format, lints, docs, tests, template
    Check,
    /// Let providers, queue and database fail in every way, and print what was measured as JSON lines
    Outages,
    /// Start every Lambda binary under an emulated runtime and send it its sample event
    Boot(Boot),
    /// Run the functions in SAM's containers: every one with its sample event, and the API in front of them
    Sam(sam::Options),
    /// Release the functions' code to a deployed stack, or take the newest release back
    Deploy(deploy::Options),
    /// Send requests of many advisors at once over one shared database session, and look for what is somebody else's
    Tenants(tenants::Options),
    /// Have a real Prometheus look at two instances under load, and compare what it has seen with what was sent
    Metrics(crate::metrics::Options),
    /// Measure what the release binaries need, each figure beside a baseline; JSON lines
    Bench(bench::Options),
    /// Attack the running product, and check that it keeps its promises
    Attack(crate::attack::Options),
    /// Feed the parsers what nobody thought of, under libFuzzer
    Fuzz(crate::fuzz::Options),
    /// Do thousands of writes while everything goes wrong, and check that each happened once
    Chaos(chaos::Options),
}

#[derive(Args)]
pub struct Up {
    /// The first of six ports: gateway, Google, HubSpot, OpenAI, Postgres, AWS
    #[arg(long, default_value_t = 8000)]
    pub port: u16,
    /// Delete the local data first (not what was downloaded); asks unless --yes
    #[arg(long)]
    pub reset: bool,
    /// Do not ask
    #[arg(long, requires = "reset")]
    pub yes: bool,
    /// Do without the embedding model (83 MB): search finds the same words, not the same meaning
    #[arg(long)]
    pub no_minilm: bool,
    /// Show the functions' log here too
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev ask \"Why did Greg say he wanted to sell AAPL?\"
  cargo dev ask --as sam@reyeswealth.example \"Who has a review this month?\"")]
pub struct Ask {
    pub question: String,
    /// The advisor to sign in as, by address; the first of the demo practice by default
    #[arg(long = "as", value_name = "EMAIL")]
    pub account: Option<String>,
    /// Go on with a conversation
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
    /// Where the stack is; by default the one that runs in this working copy
    #[arg(long)]
    pub url: Option<url::Url>,
}

#[derive(Args)]
#[command(after_help = "Example:
  cargo dev mail --from \"Nora Ellison <nora@example.com>\" --subject \"Moving\" --text \"We bought the house in Boise.\"")]
pub struct Mail {
    /// The sender, such as \"Nora Ellison <nora@example.com>\"
    #[arg(long)]
    pub from: String,
    #[arg(long)]
    pub subject: String,
    #[arg(long)]
    pub text: String,
    /// The mailbox it arrives in; the first advisor's by default
    #[arg(long, value_name = "EMAIL")]
    pub to: Option<String>,
}

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev migrate up
  cargo dev migrate down 1
  DATABASE_OWNER_URL=postgresql://owner:…@host/db cargo dev migrate history

Works on DATABASE_OWNER_URL if it is set, else on the running stack's database, else on the local one, started for it.")]
pub struct Migrate {
    #[command(subcommand)]
    pub action: Action,
}

#[derive(Subcommand, Clone, Copy)]
pub enum Action {
    /// Apply all that are missing
    Up,
    /// Take the newest back
    Down {
        /// How many
        #[arg(default_value_t = 1)]
        steps: usize,
    },
    /// List them
    History,
}

#[derive(Args)]
#[command(after_help = "Example:
  cargo dev import --from postgresql://reader:…@host/financial_advisor --dry-run

Brings everything into the database that DATABASE_URL names, else into that of the running stack. infra/docs/import-from-seed.md
says what becomes of what.")]
pub struct Import {
    /// The earlier system's database; it is only read
    #[arg(long, value_name = "URL")]
    pub from: String,
    /// PEM file of the authorities that vouch for it: then TLS is required
    #[arg(long, value_name = "FILE")]
    pub from_ca: Option<std::path::PathBuf>,
    /// What it is called here, so that nothing is brought twice; its own name by default
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Read and decide everything, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev boot
  cargo dev boot tasks-get chat-send")]
pub struct Boot {
    /// Only these functions
    pub functions: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_without_a_command() {
        let cli = Cli::try_parse_from(["cargo dev", "--port", "9000", "--reset", "--yes"]).unwrap();
        assert!(cli.command.is_none() && cli.up.port == 9000 && cli.up.yes);

        let cli = Cli::try_parse_from(["cargo dev", "migrate", "down", "2"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Migrate(Migrate { action: Action::Down { steps: 2 } }))));
    }
}

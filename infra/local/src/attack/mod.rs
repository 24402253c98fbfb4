//! `cargo dev attack`: real processes of the product, treated as badly as the world can, and counted afterwards. JSON on standard
//! output.

mod down;
mod function;
mod report;
mod webhooks;

use clap::{Args, Subcommand};

use crate::Result;

#[derive(Args)]
#[command(after_help = "Examples:
  cargo dev attack webhooks
  cargo dev attack webhooks --posts 100 --kills 10
  cargo dev attack webhooks --seed 7")]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Deliver while everything else is down, and kill the function in the middle of deliveries
    Webhooks(webhooks::Options),
}

pub async fn run(options: &Options) -> Result<()> {
    match &options.what {
        What::Webhooks(options) => webhooks::run(options).await,
    }
}

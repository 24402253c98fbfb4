//! What can be chosen for a run, and how it is asked for again.

use std::time::Duration;

use clap::{Args, ValueEnum};

const ABOUT: &str = "\
What happens: the product's own binaries (workers-run-task, schedules-sweep, schedules-reconcile, chat-execute-tool), built with
the feature `chaos`, run as processes of their own under an emulated Lambda runtime. The queue is moto's SQS, read by the same
event source mapping as `cargo dev`: batches, partial failures, visibility time-out, dead letters. Postgres and the stand-ins for
Google, HubSpot and OpenAI belong to this run alone.

What is asked for: mails, notes, contacts (some with a first note), events, and changes to contacts and events, for many advisors.
One in twenty goes through POST /api/chat/execute-tool, in a process that is killed like the others; the rest by the domain function
that this endpoint calls, `actions::propose`, in the same transaction shape (insert, commit, ring), because the door lets one
advisor call sixty tools a minute and does the work itself. Asked for is what was answered with success; whoever gets no answer
asks again under the same id. Readings of mailbox, calendar and portal go on beside it, and some tasks kill whoever does them.

What goes wrong, every 200 to 500 ms: a worker, the sweep or the door is killed (SIGKILL) or stopped for longer than the lease
(SIGSTOP, SIGCONT), and some stand still by themselves just before or after a write was written down; database connections are terminated; Postgres restarts; the queue is gone for two minutes and has forgotten
everything; messages are doubled, held back and shuffled; old receipts are used again; workers' clocks are up to ten minutes wrong.
Providers fail before they do anything, do it and drop the connection, answer half a body, answer too late, do it late, ask for
patience (429, Retry-After) and refuse a token (401).

What is checked: everything acknowledged ended (lost, stuck); no marked mail, note, contact or event is there twice in the
stand-ins' own stores; what is done is there; what failed is not; no task was claimed more than three times without getting on; the fence only
rises; a task that lost its worker is picked up within 360 s; what kills its worker ends as failed.

All leases, quiet periods, back-offs and time-outs are the product's times --scale; --scale 1 is the product as it is. One JSON
object goes to standard output, progress to standard error; the exit code is not 0 when anything was found. The seed decides what
is asked for, the odds and the order of what goes wrong; not how the machine schedules the processes.

Examples:
  cargo dev chaos                                             500 tasks at a tenth of the product's times
  cargo dev chaos --tasks 10000 --scale 1 --seed 42           the reported run";

/// `cargo dev chaos`.
#[derive(Args, Clone, Debug)]
#[command(after_help = ABOUT)]
pub struct Options {
    /// Writes to be acknowledged
    #[arg(long, default_value_t = 500)]
    pub tasks: usize,
    /// Chooses what happens
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// What is not asked for by then is not asked for any more
    #[arg(long, default_value_t = 90)]
    pub minutes: u64,
    /// By what all waiting times of the product are multiplied
    #[arg(long, default_value_t = 0.1)]
    pub scale: f64,
    /// Worker processes at once
    #[arg(long, default_value_t = 6)]
    pub workers: usize,
    /// How many people ask; by default as many as the tasks need
    #[arg(long)]
    pub advisors: Option<usize>,
    /// Switches a guard off: then something has to happen twice
    #[arg(long, hide = true)]
    pub without: Option<Guard>,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    Fence,
    Ledger,
    Quiet,
}

impl Guard {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fence => "fence",
            Self::Ledger => "ledger",
            Self::Quiet => "quiet",
        }
    }
}

impl Options {
    pub fn advisors(&self) -> usize {
        self.advisors.unwrap_or((self.tasks / 40).clamp(24, 100)).max(1)
    }

    /// One of the product's times in this run.
    pub fn scaled(&self, seconds: u64) -> Duration {
        Duration::from_secs(seconds).mul_f64(self.scale)
    }

    /// What repeats this run.
    pub fn command(&self) -> String {
        let Self { tasks, seed, minutes, scale, workers, without, .. } = self;
        let without = without.map(|guard| format!(" --without {}", guard.name())).unwrap_or_default();
        let advisors = self.advisors();
        format!(
            "cargo dev chaos --tasks {tasks} --seed {seed} --minutes {minutes} --scale {scale} --workers {workers} --advisors {advisors}{without}"
        )
    }
}

//! The one place that writes to the terminal: that is this program's job, and nobody else's.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::Result;

/// One line on standard output.
#[expect(clippy::print_stdout, reason = "this program talks to the person who started it")]
pub fn say(text: impl Display) {
    println!("{text}");
}

/// Text without a line end, shown at once.
#[expect(clippy::print_stdout, reason = "this program talks to the person who started it")]
pub fn say_part(text: impl Display) {
    print!("{text}");
    let _closed_pipe = std::io::stdout().flush();
}

/// One line on standard error.
#[expect(clippy::print_stderr, reason = "this program talks to the person who started it")]
pub fn complain(text: impl Display) {
    eprintln!("{text}");
}

/// Forgets the line that is being written, where lines can be written over.
pub fn erase_line() {
    if std::io::stdout().is_terminal() {
        say_part("\r\x1b[K");
    }
}

/// A line that the next one writes over; nothing where that is impossible.
pub fn say_for_now(text: impl Display) {
    if std::io::stdout().is_terminal() {
        say_part(format_args!("\r\x1b[K{text}"));
    }
}

/// Does `work` and says in one line that it is done, with what it returns and how long it took.
pub async fn step<T>(name: &str, work: impl Future<Output = Result<(T, String)>>) -> Result<T> {
    let started = Instant::now();
    say_for_now(format_args!("  … {name}"));
    let outcome = work.await;
    erase_line();
    let seconds = started.elapsed().as_secs_f64();
    match outcome {
        Ok((value, detail)) => {
            say(format_args!("  ✓ {name:<12} {detail:<68} {seconds:>5.1} s"));
            Ok(value)
        }
        Err(problem) => {
            say(format_args!("  ✗ {name}"));
            Err(problem)
        }
    }
}

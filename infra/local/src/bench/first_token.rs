//! Not written yet.

use super::Bench;
use crate::Result;

pub async fn run(bench: &Bench) -> Result<()> {
    bench.doing("not written yet");
    Ok(())
}

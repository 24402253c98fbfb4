//! Takes the newest release back: of each function it moved, `live` goes to the version that was live before.

use futures::{StreamExt, TryStreamExt, stream};

use super::lambda::{AT_ONCE, Function, Lambda};
use super::release::Note;
use crate::Result;
use crate::terminal::say;

/// The schema stays as it is: old code gets along with it.
pub async fn run(lambda: &Lambda, stack: &str, names: &[String]) -> Result<()> {
    let looked = lambda.look(stack, names).await?;
    let noted = |function: Function| {
        let note = Note::read(&function.live.as_ref()?.note)?;
        (note.before != "none").then_some((function, note))
    };
    let noted: Vec<_> = looked.functions.into_iter().filter_map(noted).collect();
    let Some(newest) = noted.iter().map(|(_, note)| note.release.clone()).max() else {
        say(format_args!("{stack} has no release to take back: `sam deploy` and CodeDeploy have ways of their own."));
        return Ok(());
    };
    let moves = noted.iter().filter(|(_, note)| note.release == newest).map(|(function, note)| {
        let newest = &newest;
        async move {
            let said = format!("taken back: release {newest}");
            lambda.point(stack, function, &note.before, &said).await?;
            say(format_args!("  ✓ {:<30} version {}", function.name, note.before));
            Ok(())
        }
    });
    let moved: Vec<()> = stream::iter(moves.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect().await?;
    say(format_args!("Took release {newest} back: {} functions. The schema was left as it is.", moved.len()));
    Ok(())
}

//! What a fooled model would do: whatever a passage tells it to. Off unless a test turns it on.

use serde_json::Value;

use super::super::script::Reply;
use super::super::turn::Tool;
use super::super::words::words;
use super::arguments::{Facts, addresses_in, for_tool};
use super::passage::Passage;
use super::wish;

/// The first call a passage asks for, by a tool's name or in words, that has not been made yet.
pub fn obey(passages: &[Passage], tools: &[Tool], made: &[String]) -> Option<Reply> {
    let lines = passages.iter().flat_map(|passage| &passage.lines);
    lines.into_iter().find_map(|line| {
        let tool = wanted(line, tools)?;
        if made.contains(&tool.name) {
            return None;
        }
        let arguments = written_arguments(line).unwrap_or_else(|| for_tool(tool, &facts(line)));
        Some(Reply::call(tool.name.clone(), arguments))
    })
}

fn wanted<'a>(line: &str, tools: &'a [Tool]) -> Option<&'a Tool> {
    if let Some(named) = tools.iter().find(|tool| line.contains(&tool.name)) {
        return Some(named);
    }
    // `…, forward all mail to x@y`: every order in the line, wherever it begins.
    let spaced = line.to_lowercase();
    let starts = spaced.match_indices(' ').map(|(at, _)| at + 1);
    let orders = std::iter::once(0).chain(starts).filter_map(|at| wish::deed(&spaced[at..])?.tool(tools));
    let has_object = words(line).len() > 2 && (!addresses_in(line).is_empty() || line.contains("instruction"));
    has_object.then(|| orders.into_iter().next()).flatten()
}

/// JSON written out in the line.
fn written_arguments(line: &str) -> Option<Value> {
    let (from, to) = (line.find('{')?, line.rfind('}')?);
    serde_json::from_str(line.get(from..=to)?).ok()
}

fn facts(line: &str) -> Facts {
    let address = addresses_in(line).into_iter().next();
    Facts::of(line)
        .with("query", line)
        .with("title", line.split_whitespace().take(8).collect::<Vec<_>>().join(" "))
        .with("body", line)
        .with("rule", line)
        .with_some("to", address.clone())
        .with_some("email", address)
}

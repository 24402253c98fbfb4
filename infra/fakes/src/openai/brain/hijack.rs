//! What a fooled model would do: whatever a passage tells it to. Off unless a test turns it on.

use serde_json::Value;

use super::super::script::Reply;
use super::super::turn::Tool;
use super::super::words::words;
use super::act;
use super::arguments::{Known, address_in, for_tool, time_in};
use super::passage::Passage;

/// The first call a passage asks for, by a tool's name or in words, that has not been made yet.
pub fn obey(passages: &[Passage], tools: &[Tool], made: &[String]) -> Option<Reply> {
    let lines = passages.iter().flat_map(|passage| &passage.lines);
    lines.into_iter().find_map(|line| {
        let tool = wanted(line, tools)?;
        if made.contains(&tool.name) {
            return None;
        }
        let arguments = written_arguments(line).unwrap_or_else(|| for_tool(tool, &known(line)));
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
    let orders = std::iter::once(0).chain(starts).filter_map(|at| act::tool_for(&spaced[at..], tools));
    let has_object = words(line).len() > 2 && (address_in(line).is_some() || line.contains("instruction"));
    has_object.then(|| orders.into_iter().next()).flatten()
}

/// JSON written out in the line.
fn written_arguments(line: &str) -> Option<Value> {
    let (from, to) = (line.find('{')?, line.rfind('}')?);
    serde_json::from_str(line.get(from..=to)?).ok()
}

fn known(line: &str) -> Known {
    Known {
        query: line.to_owned(),
        request: line.to_owned(),
        matter: line.to_owned(),
        email: address_in(line),
        when: time_in(line),
        ..Known::default()
    }
}

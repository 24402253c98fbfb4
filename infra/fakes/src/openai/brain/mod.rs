//! The stand-in for a chat model: rules that choose tools and quote what they were given. It knows nothing of its own.
//!
//! A tool that has to be called and is a form is filled in (`form`). Else, in order: a request to act is done step by step
//! (`act`), and a question about calendar, deals or rules answered from their tool; a passage that answers is quoted with its
//! number; a first name that
//! several people share is asked about; a tool that has not been tried is called (three rounds at most); else it says that
//! nothing was found. Text inside passages is quoted and never obeyed, unless [`super::OpenAi::hijack`] says so.

mod act;
mod arguments;
mod clock;
mod concepts;
mod deals;
mod events;
mod form;
mod hijack;
mod letter;
mod lookup;
mod marks;
mod parts;
mod passage;
mod people;
mod question;
mod resume;
mod score;
mod sentences;
#[cfg(test)]
mod tests;
mod whom;
mod wish;
mod wording;

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use self::lookup::Tried;
use self::passage::Passage;
use self::question::{Asks, Question};
use self::score::Hit;
use super::Shared;
use super::embedder::Embeddings;
use super::format::Format;
use super::script::Reply;
use super::turn::{Choice, Message, Tool, Turn};
use crate::server::lock;

/// The most people named in one answer, and how far behind the best the others may be.
const MOST_ANSWERS: usize = 3;
const NEARLY_AS_GOOD: f32 = 0.06;
/// A namesake this far behind is not meant.
const CLEARLY_BETTER: f32 = 0.12;

pub async fn reply(shared: &Shared, turn: &Turn) -> Reply {
    let adversary = lock(&shared.adversary).clone();
    if let Some(adversary) = adversary {
        return adversary.reply(turn, shared.turns.fetch_add(1, Ordering::Relaxed));
    }
    let reply = decide(&shared.embeddings, turn, shared.hijacked.load(Ordering::Relaxed)).await;
    match &turn.format {
        Format::JsonObject if reply.calls.is_empty() => Reply::text(json!({ "answer": reply.text }).to_string()),
        Format::JsonSchema { name, schema } if reply.calls.is_empty() => {
            let (question, passages) = question::read(turn);
            let contact = lookup::contact_of(&question, &passages);
            let facts = lookup::facts(&question, contact, &lookup::query(&question)).with("answer", reply.text);
            let parameters = arguments::without_references(schema);
            let form = Tool { name: name.clone(), description: String::new(), parameters };
            Reply::text(arguments::for_tool(&form, &facts).to_string())
        }
        _ => reply,
    }
}

async fn decide(embeddings: &Embeddings, turn: &Turn, hijacked: bool) -> Reply {
    let (question, mut passages) = question::read(turn);
    let results = results(turn);
    for result in &results {
        passages.extend(passage::of_result(&result.tool, result.text));
    }
    let tried = tried(turn);
    let tools: &[Tool] = if turn.choice == Choice::None { &[] } else { &turn.tools };

    if hijacked && let Some(obeyed) = hijack::obey(&passages, tools, &tried.tools) {
        return obeyed;
    }
    if let Choice::Named(name) = &turn.choice
        && let Some(tool) = tools.iter().find(|tool| tool.name == *name)
    {
        return match tool {
            tool if form::is_form(tool) => form::fill(tool, &question.text),
            tool if form::is_verdict(tool) => form::verdict(tool, &question.text, &passages),
            tool => lookup::call(tool, &question, lookup::contact_of(&question, &passages), &lookup::query(&question)),
        };
    }
    if let Some(deed) = wish::deed(&question.text) {
        let prompts: Vec<&str> = turn.messages.iter().filter_map(system).collect();
        let case = act::Case {
            wanted: &question.wanted,
            earlier: question.earlier.as_deref(),
            passages: &passages,
            tools,
            tried: &tried,
            results: &results,
            now: clock::now(&prompts),
            advisor: letter::advisor_of(&prompts),
        };
        let step = act::step(deed, &case).map(act::Step::reply);
        if let Some(step) = step.filter(|step| turn.choice != Choice::Required || !step.calls.is_empty()) {
            return step;
        }
    }

    let answered = answer(embeddings, &question, &passages).await;
    if let Some(Answered { text, is_sure: true }) = &answered
        && turn.choice != Choice::Required
    {
        return Reply::text(text);
    }
    if let Some(call) = lookup::next(&question, tools, &tried, &passages) {
        return call;
    }
    if let (Choice::Required, Some(tool)) = (&turn.choice, tools.first()) {
        return lookup::call(tool, &question, None, &lookup::query(&question));
    }
    Reply::text(answered.map_or_else(|| wording::NOTHING.to_owned(), |answered| answered.text))
}

struct Answered {
    text: String,
    /// Nothing is to be gained by looking further.
    is_sure: bool,
}

/// What the passages say, or a question back; nothing if they do not answer.
async fn answer(embeddings: &Embeddings, question: &Question, passages: &[Passage]) -> Option<Answered> {
    let advisor = people::advisor(passages);
    let advisor = advisor.as_deref();
    let hits = score::rank(embeddings, question, passages, advisor).await;
    let best = hits.first()?;
    let person = |hit: &Hit| people::subject_of(&passages[hit.passage], advisor);

    let doubles = people::doubles(question, passages);
    if !doubles.is_empty() {
        return Some(Answered { text: wording::which_record(&doubles), is_sure: true });
    }
    let namesakes = people::namesakes(question, passages, advisor);
    if !namesakes.is_empty() {
        let of =
            |name: &String| hits.iter().find(|hit| person(hit).as_ref() == Some(name)).map_or(0.0, |hit| hit.score);
        let mut scores: Vec<f32> = namesakes.iter().map(of).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let is_clear = best.score >= score::relevant(embeddings) && scores[0] - scores[1] >= CLEARLY_BETTER;
        if !is_clear {
            return Some(Answered { text: wording::which(&namesakes, passages, advisor), is_sure: true });
        }
    }
    if best.score < score::relevant(embeddings) {
        return None;
    }

    let mut chosen = vec![best];
    for hit in &hits[1..] {
        let as_good = hit.score >= score::relevant(embeddings) && hit.score >= best.score - NEARLY_AS_GOOD;
        let is_new = chosen.iter().all(|other| person(other) != person(hit));
        if question.asks == Asks::Who && as_good && is_new && chosen.len() < MOST_ANSWERS {
            chosen.push(hit);
        }
    }
    // A first name alone may be somebody else's too, whom no passage shows.
    let only_first_names = question.names.iter().any(|name| !name.contains(' '));
    let is_strong = best.score >= score::relevant(embeddings) + CLEARLY_BETTER;
    let is_sure = question.asks == Asks::Who || !only_first_names || is_strong;
    Some(Answered { text: wording::answer(question, &chosen, passages, advisor), is_sure })
}

/// What a tool answered since the question was put.
pub struct Outcome<'a> {
    tool: String,
    /// With what it was called.
    arguments: Value,
    text: &'a str,
}

fn since_question(turn: &Turn) -> &[Message] {
    let last = turn.messages.iter().rposition(|message| matches!(message, Message::User(_)));
    &turn.messages[last.unwrap_or(0)..]
}

fn results(turn: &Turn) -> Vec<Outcome<'_>> {
    let messages = since_question(turn);
    let calls: Vec<_> = messages.iter().flat_map(calls_of).collect();
    let mut results = Vec::new();
    for message in messages {
        if let Message::ToolResult { call_id, text } = message
            && let Some(call) = calls.iter().find(|call| call.id == *call_id)
        {
            let arguments = serde_json::from_str(&call.arguments).unwrap_or_default();
            results.push(Outcome { tool: call.name.clone(), arguments, text });
        }
    }
    results
}

fn tried(turn: &Turn) -> Tried {
    let messages = since_question(turn);
    let rounds = messages.iter().filter(|message| !calls_of(message).is_empty()).count();
    let calls = || messages.iter().flat_map(calls_of);
    Tried {
        tools: calls().map(|call| call.name.clone()).collect(),
        arguments: calls().map(|call| call.arguments.clone()).collect(),
        rounds,
    }
}

fn system(message: &Message) -> Option<&str> {
    match message {
        Message::System(text) => Some(text),
        _ => None,
    }
}

fn calls_of(message: &Message) -> &[super::turn::Call] {
    match message {
        Message::Assistant { calls, .. } => calls,
        _ => &[],
    }
}

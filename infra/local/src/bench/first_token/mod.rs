//! What a question waits for besides the search and the model: the release build of `chat-send` for an advisor with a mailbox,
//! against a model server of this bench's own that answers at once and keeps the time.

pub mod model;
mod pump;
mod search;
mod traffic;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::json;

use super::build::HELLO;
use super::function::{self, Answered, Function};
use super::{Bench, Figure, Samples};
use crate::stage::Stage;
use crate::up::stand_ins::Contents;
use crate::world::Ground;
use crate::{Problem, Result};
use model::{Chat, Heard, Model, Script};
use search::Search;

const NAME: &str = "chat-send";
const QUESTION: &str = "Who mentioned their kid plays baseball?";
/// Reads one table, in one statement.
const TOOL: (&str, &str) = ("list_memory_rules", "{}");
const TOKENS: usize = 2_000;
const SHORT: Script = Script { tool: None, words: 12, every: Duration::from_millis(2) };

pub async fn run(bench: &Bench) -> Result<()> {
    let model = Model::start().await?;
    let stage = stage(bench, &model).await?;
    let scene = Scene { bench, model: &model, stage: &stage };
    scene.before_the_model().await?;
    scene.tokens().await?;
    scene.tool_round().await?;
    scene.database().await?;
    stage.stop().await;
    Ok(())
}

/// The demo practice, read and embedded.
async fn stage(bench: &Bench, model: &Model) -> Result<Stage> {
    bench.doing("reading the demo practice's mailbox");
    let mut ground = Ground::lay("bench-first-token", fakes::world::free_port()?).await?;
    ground.unlimited();
    ground.set(&[("OPENAI_BASE_URL", model.url.as_str())]);
    let mut stage = Stage::set(ground, Contents::demo()).await?;
    stage.work();
    stage.until_worked(Duration::from_secs(180)).await?;
    stage.change("vacuum analyze").await?;
    Ok(stage)
}

struct Scene<'a> {
    bench: &'a Bench,
    model: &'a Model,
    stage: &'a Stage,
}

/// One turn, as it was asked, heard by the model and answered.
struct Turn {
    answered: Answered,
    heard: Heard,
    /// Of the function, on a processor.
    cpu: Duration,
}

impl Turn {
    fn chat(&self, place: usize) -> Result<&Chat> {
        self.heard.chats.get(place).ok_or_else(|| Problem("The model was not asked.".to_owned()))
    }

    /// Inside the call for the question's vector.
    fn embedding(&self) -> Duration {
        self.heard.embeddings.iter().map(|call| call.answered.duration_since(call.asked)).sum()
    }

    /// When a word of the answer came out of the function.
    fn came(&self, word: usize) -> Option<Instant> {
        let word = format!("word{word}");
        let streamed = self.answered.streamed.as_ref()?;
        let piece = streamed.pieces.iter().find(|(_, piece)| String::from_utf8_lossy(piece).contains(&word));
        piece.map(|(at, _)| *at)
    }
}

impl Scene<'_> {
    async fn start(&self) -> Result<Function> {
        let mut function = Function::start(self.bench, NAME, self.stage.variables()).await?;
        function.ready().await?;
        // Connections, statements and whatever else is made once.
        self.model.plays(SHORT);
        for _ in 0..5 {
            self.turn(&function).await?;
        }
        Ok(function)
    }

    async fn turn(&self, function: &Function) -> Result<Turn> {
        // Nobody asks as often as this.
        self.stage.change("delete from rate_limits").await?;
        self.model.heard();
        let body = json!({ "message": QUESTION, "conversation_history": [], "stream": true, "max_context_chunks": 5 });
        let event = function::request(self.bench, NAME, &self.stage.cookies, Some(&body))?;
        let before = function.cpu_ns();
        let answered = function.call(event, 200).await?;
        let cpu = Duration::from_nanos(function.cpu_ns().saturating_sub(before));
        Ok(Turn { answered, heard: self.model.heard(), cpu })
    }

    /// Between the request and the call of the model; and between its first word and ours.
    async fn before_the_model(&self) -> Result<()> {
        self.bench.doing("what stands between a question and the model");
        let function = self.start().await?;
        let hello = self.hello().await?;
        let search = Search::prepare(self.stage, QUESTION).await?;
        let (mut ours, mut all, mut embedded) = (Samples::default(), Samples::default(), Samples::default());
        let (mut searched, mut handed) = (Samples::default(), Samples::default());
        let (mut first, mut raw_first) = (Samples::default(), Samples::default());
        let (mut cpu, mut backends) = (Samples::default(), Samples::default());
        for _ in 0..self.bench.times(150) {
            let sample = function::sample(self.bench, NAME)?;
            handed.push(ms(hello.invoke(sample).await?.took));
            let took = search.run().await?;
            searched.push(ms(took));
            let postgres = self.backends().await?;
            let turn = self.turn(&function).await?;
            backends.push(ms(self.backends().await?.saturating_sub(postgres)));
            cpu.push(ms(turn.cpu));
            let chat = turn.chat(0)?;
            let asked = chat.asked.unwrap_or(turn.answered.asked);
            let whole = asked.duration_since(turn.answered.asked);
            all.push(ms(whole));
            embedded.push(ms(turn.embedding()));
            ours.push(ms(whole) - ms(turn.embedding()) - ms(took));
            // A word is held back until it is whole, which the next one says.
            if let (Some(said), Some(came)) = (chat.said.get(1), turn.came(0)) {
                first.push(ms(came.saturating_duration_since(*said)));
            }
            raw_first.push(ms(pump::first_word(&self.model.url, self.model).await?));
        }
        let rest = format!(
            "whole {:.2} ms, of which {:.2} ms for the vector and {:.2} ms for the search's statements by themselves",
            all.at(50.0),
            embedded.at(50.0),
            searched.at(50.0)
        );
        let of = |name: &str, samples: &Samples| Figure::of(format!("first-token.{name}"), "ms", samples);
        let hello = handed.at(50.0);
        self.bench
            .say(of("before-the-model", &ours).against("hello-world's whole call", hello).at_most(5.0).note(rest));
        self.bench.say(
            of("search", &searched)
                .against("the whole way to the model", all.at(50.0))
                .note("the terms' and the fused statement, in a transaction that is open"),
        );
        self.bench.say(
            of("first-event", &first)
                .against("the same stream, read by nothing but an HTTP client", raw_first.at(50.0))
                .at_most(1.0)
                .note("from the delta with which the first word is whole: addresses are told from words before they are shown"),
        );
        self.bench.say(
            of("turn.cpu", &cpu)
                .against("its Postgres backends", backends.at(50.0))
                .note("of 12 words, on a processor"),
        );
        function.kill().await;
        Ok(())
    }

    async fn hello(&self) -> Result<Function> {
        let binary: PathBuf = self.bench.binaries.join("examples").join(HELLO);
        let mut hello = Function::start_binary(self.bench, HELLO, &binary, self.stage.variables()).await?;
        hello.ready().await?;
        for _ in 0..5 {
            hello.invoke(function::sample(self.bench, NAME)?).await?;
        }
        Ok(hello)
    }

    /// Processor time of a token: of a long answer, less that of a short one.
    async fn tokens(&self) -> Result<()> {
        self.bench.doing(format_args!("answers of {TOKENS} tokens"));
        let function = self.start().await?;
        let (mut ours, mut raw) = (Samples::default(), Samples::default());
        let every = Duration::from_millis(1);
        for _ in 0..if self.bench.quick { 1 } else { 4 } {
            self.model.plays(SHORT);
            let short = self.turn(&function).await?.cpu;
            let script = Script { tool: None, words: TOKENS, every };
            self.model.plays(script.clone());
            let long = self.turn(&function).await?;
            if long.came(TOKENS - 1).is_none() {
                return Err(Problem("The last token did not come.".to_owned()));
            }
            #[expect(clippy::cast_precision_loss, reason = "of small counts")]
            let more = (TOKENS - SHORT.words) as f64;
            ours.push(long.cpu.saturating_sub(short).as_secs_f64() * 1e6 / more);
            self.model.plays(script);
            raw.push(pump::cpu(&self.model.url).await?.as_secs_f64() * 1e6 / more);
        }
        let figure = Figure::of("first-token.per-token.cpu", "us", &ours);
        self.bench.say(figure.against("the stream piped through as it is", raw.at(50.0)).at_most(50.0));
        function.kill().await;
        Ok(())
    }

    /// From the end of the model's call of a tool to its next request.
    async fn tool_round(&self) -> Result<()> {
        self.bench.doing("rounds with a tool");
        let function = self.start().await?;
        let search = Search::prepare(self.stage, QUESTION).await?;
        let (mut ours, mut tool) = (Samples::default(), Samples::default());
        for _ in 0..self.bench.times(60) {
            let took = search.tool(TOOL.0, TOOL.1).await?;
            tool.push(ms(took));
            self.model.plays(Script { tool: Some(TOOL), ..SHORT });
            let turn = self.turn(&function).await?;
            let (Some(ended), Some(asked)) = (turn.chat(0)?.ended, turn.chat(1)?.asked) else { continue };
            ours.push(ms(asked.saturating_duration_since(ended)) - ms(took));
        }
        let figure = Figure::of("first-token.tool-round", "ms", &ours);
        self.bench.say(figure.against("the tool by itself", tool.at(50.0)).at_most(5.0));
        function.kill().await;
        Ok(())
    }

    /// Processor time of all of the product's connections.
    async fn backends(&self) -> Result<Duration> {
        let sql = format!(
            "select pid::text from pg_stat_activity where datname = '{}' and usename = '{}'",
            self.stage.ground.database_name(),
            crate::up::variables::APP_ROLE
        );
        let pids = self.stage.texts(&sql).await?;
        let pids = pids.iter().filter_map(|pid| pid.parse().ok());
        Ok(Duration::from_nanos(pids.map(super::proc::cpu_ns).sum()))
    }
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

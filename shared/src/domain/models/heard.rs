//! One call of a model as it is counted: asked once, and over once, however it ends.

use std::time::Instant;

use crate::clients::openai::Delta;
use crate::domain::World;
use crate::error::Result;
use crate::telemetry::Trail;
use crate::telemetry::emf::Metric;
use crate::telemetry::family::{OPENAI_DURATION, OPENAI_FIRST_TOKEN, OPENAI_REQUESTS, OPENAI_TOKENS};

pub struct Heard {
    trail: Trail,
    /// As it is configured: what a server calls itself has no bounds.
    model: String,
    asked: Instant,
    spoke: bool,
    over: bool,
}

impl Heard {
    pub fn of(world: &World, model: &str, asked: Instant) -> Self {
        Self { trail: world.trail().clone(), model: model.to_owned(), asked, spoke: false, over: false }
    }

    /// A piece of an answer.
    pub fn hear(&mut self, delta: &Result<Delta>) {
        match delta {
            Ok(Delta::Finished(finished)) => {
                let usage = finished.usage;
                self.ends("success", usage.input, usage.output);
            }
            Ok(Delta::Text(_) | Delta::Refusal(_)) if !self.spoke => {
                self.spoke = true;
                self.trail.observe(&OPENAI_FIRST_TOKEN, &[&self.model], self.asked.elapsed());
                self.trail.measure_ms(Metric::FirstToken, self.asked.elapsed());
            }
            Ok(_) => {}
            Err(_) => self.ends("error", 0, 0),
        }
    }

    /// The answer came at once.
    pub fn whole(mut self, input: u64, output: u64) {
        self.ends("success", input, output);
    }

    pub fn failed(mut self) {
        self.ends("error", 0, 0);
    }

    fn ends(&mut self, status: &str, input: u64, output: u64) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let model = self.model.as_str();
        self.trail.count(&OPENAI_REQUESTS, &[model, status]);
        if status == "error" {
            self.trail.measure(Metric::ModelErrors, 1.0);
        }
        if status == "success" {
            self.trail.observe(&OPENAI_DURATION, &[model], self.asked.elapsed());
            self.trail.measure_ms(Metric::ModelLatency, self.asked.elapsed());
            for (kind, metric, tokens) in
                [("prompt", Metric::ModelInputTokens, input), ("completion", Metric::ModelOutputTokens, output)]
            {
                self.trail.add(&OPENAI_TOKENS, &[model, kind], tokens);
                self.trail.measure(metric, tokens as f64);
            }
        }
    }
}

impl Drop for Heard {
    /// Whoever asked went away before the end.
    fn drop(&mut self) {
        self.ends("cancelled", 0, 0);
    }
}

//! What one turn asks of the database.

use std::time::Duration;

use super::{Function, NAME, SHORT, Scene, Script, TOOL, ms};
use crate::Result;
use crate::bench::Figure;
use crate::bench::relay::{Relay, Traffic};

impl Scene<'_> {
    pub(super) async fn database(&self) -> Result<()> {
        self.bench.doing("counting round trips to the database");
        let relay = Relay::start(self.stage.ground.ports.postgres).await?;
        let variables = relay.instead_of(self.stage.ground.ports.postgres, self.stage.variables());
        let mut function = Function::start(self.bench, NAME, &variables).await?;
        function.ready().await?;
        for (what, script) in [("turn", SHORT), ("turn-with-tool", Script { tool: Some(TOOL), ..SHORT })] {
            self.model.plays(script);
            let mut traffic = Traffic::default();
            for _ in 0..4 {
                relay.take();
                self.turn(&function).await?;
                // What is written after the end belongs to it, too.
                tokio::time::sleep(Duration::from_millis(100)).await;
                traffic = relay.take();
            }
            self.tell(what, &traffic);
        }
        function.kill().await;
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "of small counts")]
    fn tell(&self, what: &str, traffic: &Traffic) {
        let longest = traffic.by_time().into_iter().take(12);
        let longest: Vec<String> =
            longest.map(|(name, took)| format!("{name} {}x {:.2} ms", traffic.count(name), ms(took))).collect();
        let (statements, commits) = (traffic.statements.len(), traffic.count("commit"));
        self.bench.say(
            Figure::one(format!("first-token.{what}.round-trips"), "", traffic.round_trips as f64)
                .against("statements, those that open and end transactions included", statements as f64)
                .note(format!("{commits} commits of transactions; over a wire that counts: {}", longest.join(", "))),
        );
    }
}

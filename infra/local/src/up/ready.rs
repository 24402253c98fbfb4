//! The block that says that everything runs, and what to do with it.

use std::time::Duration;

use fakes::world::Home;

use super::ports::Ports;
use super::variables::Variables;
use crate::terminal::say;

pub fn print(home: &Home, ports: Ports, variables: &Variables, knows_meaning: bool, took: Duration) {
    let base = variables.get("API_BASE_URL").unwrap_or_default();
    let ends = variables.get("FRONTEND_URL").unwrap_or_else(|| format!("{base}/console"));
    let which = variables.stand_ins;
    let role = |stands_in: bool, port: u16, what: &str, real: &str| {
        if stands_in { format!("stand-in   http://127.0.0.1:{port}   {what}") } else { format!("real       {real}") }
    };
    let embeddings = if knows_meaning { "embeds by meaning" } else { "embeds by words only" };
    let lines = [
        String::new(),
        format!("Ready after {:.1} s.", took.as_secs_f64()),
        String::new(),
        format!("  Sign in     {base}/api/auth/google/start"),
        format!("  Then        {ends}"),
        String::new(),
        format!("  Google      {}", role(which.google, ports.google, "the demo practice; mail is read at /mail/", "the account you sign in with")),
        format!("  HubSpot     {}", role(which.hubspot, ports.hubspot, "the demo practice's CRM", "the portal you connect")),
        format!("  OpenAI      {}", role(which.openai, ports.openai, &format!("answers by rule, quotes what it is given, {embeddings}"), &variables.get("OPENAI_BASE_URL").unwrap_or_else(|| "api.openai.com".to_owned()))),
        format!("  AWS         stand-in   http://127.0.0.1:{}   SQS and Secrets Manager (moto)", ports.moto),
        format!("  Postgres    real       127.0.0.1:{}          PostgreSQL 18 with pgvector", ports.postgres),
        "  Functions   real       in this process, through the events and the conversion of production".to_owned(),
        String::new(),
        "  Ask         cargo dev ask \"Who mentioned their kid plays baseball?\"".to_owned(),
        "  Add a mail  cargo dev mail --from \"Nora Ellison <nora@example.com>\" --subject Hello --text \"We moved to Boise.\"".to_owned(),
        format!("  Logs        {}", home.local.join("logs").display()),
        "  Stop        Ctrl-C".to_owned(),
    ];
    for line in lines {
        say(line);
    }
}

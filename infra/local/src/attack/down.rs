//! What a function is given to call when everything but the database is down.

use std::collections::BTreeMap;

use tokio::net::TcpListener;

use crate::{Problem, Result};

/// The same variables with every provider and the queue elsewhere.
pub fn cut_off(variables: &BTreeMap<String, String>, elsewhere: &str) -> BTreeMap<String, String> {
    let ours = ["DATABASE_URL", "TASK_QUEUE_URL", "API_BASE_URL", "FRONTEND_URL", "WEBHOOK_BASE_URL"];
    let mut variables = variables.clone();
    for (_, value) in variables.iter_mut().filter(|(name, _)| name.ends_with("_URL") && !ours.contains(&name.as_str()))
    {
        elsewhere.clone_into(value);
    }
    variables
}

/// A server that takes everybody in and never says a word.
pub async fn silent() -> Result<String> {
    let failed = |e: std::io::Error| Problem(format!("Could not listen: {e}."));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let url = format!("http://{}", listener.local_addr().map_err(failed)?);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    Ok(url)
}

//! Runs one tool by its name, without a model. A write happens here and now, unless its provider keeps us waiting.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::limits;
use shared::domain::tools::execute::{Asked, execute};
use shared::edge::{Call, Reply, Route};
use shared::{App, Result};

pub const ROUTE: Route = Route::post("/api/chat/execute-tool", |app, call| Box::pin(handler(app, call)))
    .about("chat", "Runs one tool; what it says against the call is an answer, too.")
    .session()
    .body::<Body>(r#"{"tool_name": "search_contacts", "arguments": {"query": "Greg"}}"#)
    .ok::<Ran>()
    .idempotent();

#[derive(Deserialize, Validate, JsonSchema)]
struct Body {
    #[garde(length(chars, min = 1, max = 100))]
    tool_name: String,
    /// As the tool's own schema says.
    #[garde(skip)]
    #[serde(default)]
    arguments: Map<String, Value>,
}

#[derive(Serialize, JsonSchema)]
struct Ran {
    /// `success` or `error`.
    status: &'static str,
    /// What the tool found or did; of a write that is not done, where it stands.
    result: Option<Value>,
    error: Option<String>,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body: Body = call.json()?;

    limits::take(&app.db().await?, limits::TOOLS, &advisor.id.to_string()).await?;
    let arguments = Value::Object(body.arguments);
    let asked = Asked {
        owner: advisor.id,
        session: advisor.session,
        tool: &body.tool_name,
        arguments: &arguments,
        key: call.header("Idempotency-Key"),
    };
    let ran = execute(app, asked).await?;

    let status = if ran.error.is_none() { "success" } else { "error" };
    Reply::json(&Ran { status, result: ran.result, error: ran.error })
}

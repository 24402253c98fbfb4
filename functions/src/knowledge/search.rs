//! Finds the passages that answer a question.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::domain::knowledge::retrieve::{Question, retrieve};
use shared::domain::limits;
use shared::edge::encode::{Passage, shown};
use shared::edge::{Call, Reply, Route};
use shared::model::document::Kind;
use shared::{App, Error, Result};

pub const ROUTE: Route = Route::post("/api/embeddings/search", |app, call| Box::pin(handler(app, call)))
    .about("embeddings", "The passages that fit a question.")
    .session()
    .body::<Body>(r#"{"query": "Who wants to sell AAPL?", "top_k": 5}"#)
    .ok::<Found>()
    .refuses(&[400]);

#[derive(Deserialize, Validate, JsonSchema)]
struct Body {
    #[garde(length(chars, max = 10_000))]
    query: String,
    #[garde(skip)]
    #[serde(default)]
    source_type: Option<String>,
    #[garde(range(min = 1, max = 20))]
    #[serde(default = "five")]
    top_k: i64,
}

fn five() -> i64 {
    5
}

#[derive(Serialize, JsonSchema)]
struct Found {
    query: String,
    total_results: usize,
    #[schemars(with = "Vec<Passage>")]
    results: Vec<Value>,
    /// The embedding server does not answer: only words were searched for, not what they mean.
    by_words_only: bool,
}

async fn handler(app: &App, call: Call) -> Result<Reply> {
    let advisor = call.advisor(app).await?;
    let body: Body = call.json()?;
    if body.query.trim().is_empty() {
        return Err(Error::bad_request("Query cannot be empty"));
    }
    let kinds = kinds(body.source_type.as_deref())?;

    limits::take(&app.db().await?, limits::SEARCH, &advisor.id.to_string()).await?;
    let question = Question { text: &body.query, kinds: &kinds, since: None, until: None, limit: body.top_k };
    let found = retrieve(app, advisor.id, &question).await?;

    let results: Vec<Value> = found.hits.iter().map(shown).collect();
    let by_words_only = found.by_words_only;
    Reply::json(&Found { query: body.query, total_results: results.len(), results, by_words_only })
}

/// One kind by its name, singular or plural; all when none is named.
pub fn kinds(source_type: Option<&str>) -> Result<Vec<Kind>> {
    let Some(name) = source_type.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(Vec::new()) };
    let kind = Kind::from_name(name).or_else(|| Kind::from_name(name.trim_end_matches('s')));
    let kind = kind.ok_or_else(|| {
        let known = Kind::ALL.map(Kind::name).join(", ");
        Error::invalid("source_type", format!("must be one of {known}."))
    })?;
    Ok(vec![kind])
}

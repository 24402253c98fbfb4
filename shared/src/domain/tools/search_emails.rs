//! `search_emails`: by what they say, when they came and who sent them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Caller, Output, Run, Tool, dates, limit, parse, schema_of};
use crate::domain::knowledge::retrieve::{Question, retrieve};
use crate::error::{Error, Result};
use crate::model::crm::Contact;
use crate::model::document::{Hit, Kind};
use crate::store::{contacts, emails, search};

const NAME: &str = "search_emails";

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Searches the advisor's e-mail by meaning and by words. Give at least one of query, date_filter and \
                  sender_filter. Without a query, the newest come first.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// What the e-mail is about, in plain words.
    query: Option<String>,
    /// today, yesterday, this_week, last_7_days, last_30_days, or a day as YYYY-MM-DD.
    date_filter: Option<String>,
    /// Part of the sender's name or address. A contact's name finds what came from any of their addresses.
    sender_filter: Option<String>,
    /// How many, 1 to 50; 10 if left out.
    limit: Option<i64>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    let (query, sender) = (filled(&args.query), filled(&args.sender_filter));
    if query.is_none() && sender.is_none() && filled(&args.date_filter).is_none() {
        return Err(Error::bad_request("search_emails needs at least one of query, date_filter and sender_filter."));
    }
    let period = dates::period(args.date_filter.as_deref(), &caller.now)?;
    let limit = limit(args.limit, 10, 50);
    let addresses = addresses(caller, sender.as_deref()).await?;

    let hits = match &query {
        Some(query) => {
            // A sender is looked for among more than is asked for, since only some of it is theirs.
            let wide = if sender.is_some() { limit * 5 } else { limit };
            let question = Question {
                text: &format!("{query} {}", sender.as_deref().unwrap_or_default()),
                kinds: &[Kind::Email],
                since: period.since,
                until: period.until,
                limit: wide,
            };
            let found = retrieve(caller.world, caller.owner, &question).await?;
            let theirs = |hit: &Hit| sender.as_deref().is_none_or(|sender| is_from(hit, sender, &addresses));
            found.hits.into_iter().filter(theirs).take(usize::try_from(limit).unwrap_or(10)).collect()
        }
        None => newest(caller, sender.as_deref().unwrap_or_default(), &addresses, &period, limit).await?,
    };

    let listed: Vec<Value> = hits.iter().map(listed).collect();
    Ok(Output {
        summary: match listed.len() {
            0 => "No e-mail was found.".into(),
            n => format!("{n} passages of e-mail were found."),
        },
        value: json!({
            "status": "success", "total": listed.len(), "query": query, "date_filter": args.date_filter,
            "sender_filter": sender, "emails": listed,
        }),
        hits,
    })
}

/// All addresses of the contacts a sender's name fits, some of which may not show the name.
async fn addresses(caller: &Caller<'_>, sender: Option<&str>) -> Result<Vec<String>> {
    let words: Vec<String> = sender.unwrap_or_default().to_lowercase().split_whitespace().map(str::to_owned).collect();
    if words.is_empty() || words.iter().any(|word| word.contains('@')) {
        return Ok(Vec::new());
    }
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let people = contacts::named(&tenant, &words).await?;
    tenant.commit().await?;
    Ok(people.iter().flat_map(Contact::addresses).map(str::to_owned).collect())
}

fn is_from(hit: &Hit, sender: &str, addresses: &[String]) -> bool {
    let from = hit.metadata.get("sender").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let address = from.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
    sender.to_lowercase().split_whitespace().all(|word| from.contains(word)) || addresses.iter().any(|a| a == address)
}

async fn newest(
    caller: &Caller<'_>,
    sender: &str,
    addresses: &[String],
    period: &dates::Period,
    limit: i64,
) -> Result<Vec<Hit>> {
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let ids = emails::newest(&tenant, sender, addresses, period.since, period.until, limit).await?;
    let hits = search::of_sources(&tenant, Kind::Email, &ids).await?;
    tenant.commit().await?;
    Ok(hits)
}

fn listed(hit: &Hit) -> Value {
    let field = |name: &str| hit.metadata.get(name).cloned().unwrap_or_default();
    json!({
        "email_id": hit.source_id,
        "subject": hit.title,
        "sender": field("sender"),
        "received_at": hit.occurred_at,
        "snippet": hit.text.chars().take(200).collect::<String>(),
        "url": field("url"),
    })
}

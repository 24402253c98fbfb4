//! `search_deals`: business in HubSpot, by name, people, stage, owner, amount and when it closes.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::closing::closing;
use super::{Caller, Output, Run, Tool, limit, parse, schema_of};
use crate::domain::crm::Directory;
use crate::domain::knowledge::documents::grouped;
use crate::domain::knowledge::retrieve::{Question, retrieve};
use crate::error::{Error, Result};
use crate::model::crm::{Deal, Named};
use crate::model::document::Kind;
use crate::store::deals::{self, Filter, Found};
use crate::store::search;

const NAME: &str = "search_deals";
/// What stands for all deals is no part of a name.
const ALL: [&str; 6] = ["deal", "deals", "opportunity", "opportunities", "pipeline", "all"];
/// A deal that says less like it is another one.
const ALIKE: f64 = 0.35;

pub const TOOL: Tool = Tool {
    name: NAME,
    description: "Finds deals in the advisor's HubSpot: what they are worth, in which stage, whose they are, with whom and \
                  when they close. All that is given has to fit; without a query, every deal that fits the rest. Open ones \
                  come first, then the one that closes next.",
    schema: schema_of::<Args>,
    run: Run::Read(|caller, arguments| Box::pin(run(caller, arguments))),
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// Words of the deal's name, or the name of a person or company it is with.
    query: Option<String>,
    /// Part of the stage's name, such as `contract sent`.
    stage: Option<String>,
    /// Part of the name or address of whoever it belongs to.
    owner: Option<String>,
    /// HubSpot's id of a contact it is with, as search_contacts gives it.
    contact_id: Option<String>,
    /// Only deals that are neither won nor lost.
    open_only: Option<bool>,
    /// The least amount, in the portal's currency.
    min_amount: Option<f64>,
    /// The largest amount.
    max_amount: Option<f64>,
    /// When it closes: today, tomorrow, this_week, next_week, this_month, next_month, this_quarter, next_quarter, this_year,
    /// next_30_days, last_30_days, overdue, a month as YYYY-MM, or a day as YYYY-MM-DD.
    date_filter: Option<String>,
    /// How many, 1 to 50; 10 if left out.
    limit: Option<i64>,
}

async fn run(caller: &Caller<'_>, arguments: Value) -> Result<Output> {
    let args: Args = parse(NAME, arguments)?;
    let limit = limit(args.limit, 10, 50);
    let mut filter = filter(&args, caller)?;

    let mut found = find(caller, &filter, limit).await?;
    if found.deals.is_empty() && !filter.words.is_empty() {
        let query = args.query.as_deref().unwrap_or_default();
        filter = Filter { ids: Some(similar(caller, query, limit).await?), words: Vec::new(), ..filter };
        found = find(caller, &filter, limit).await?;
    }

    let ids: Vec<String> = found.deals.iter().map(|deal| deal.hubspot_id.clone()).collect();
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let directory = Directory::of_deals(&tenant, &found.deals).await?;
    let hits = search::of_sources(&tenant, Kind::HubspotDeal, &ids).await?;
    tenant.commit().await?;
    let listed: Vec<Value> = found.deals.iter().map(|deal| listed(deal, &directory.named(deal))).collect();
    Ok(Output {
        summary: summary(&found),
        value: json!({ "status": "success", "total": found.total, "deals": listed }),
        hits,
    })
}

fn filter(args: &Args, caller: &Caller<'_>) -> Result<Filter> {
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
    if args.min_amount.zip(args.max_amount).is_some_and(|(least, most)| least > most) {
        return Err(Error::bad_request("min_amount must not be more than max_amount."));
    }
    let period = closing(args.date_filter.as_deref(), &caller.now)?;
    let query = args.query.as_deref().unwrap_or_default().to_lowercase();
    let words = query.split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '"' | '?'));
    Ok(Filter {
        words: words.filter(|word| !word.is_empty() && !ALL.contains(word)).map(str::to_owned).collect(),
        ids: None,
        stage: filled(&args.stage),
        owner: filled(&args.owner),
        contact_id: filled(&args.contact_id),
        open_only: args.open_only.unwrap_or(false),
        min_amount: args.min_amount,
        max_amount: args.max_amount,
        closes_since: period.since,
        closes_until: period.until,
    })
}

async fn find(caller: &Caller<'_>, filter: &Filter, limit: i64) -> Result<Found> {
    let mut db = caller.world.db().await?;
    let tenant = db.tenant(caller.owner).await?;
    let found = deals::find(&tenant, filter, limit).await?;
    tenant.commit().await?;
    Ok(found)
}

/// None is called that: those that say something like it.
async fn similar(caller: &Caller<'_>, query: &str, limit: i64) -> Result<Vec<String>> {
    let question = Question { text: query, kinds: &[Kind::HubspotDeal], since: None, until: None, limit };
    let found = retrieve(caller.world, caller.owner, &question).await?;
    Ok(found.hits.into_iter().filter(|hit| hit.similarity > ALIKE).map(|hit| hit.source_id).collect())
}

fn summary(found: &Found) -> String {
    let total = found.total;
    let mut said = match total {
        0 => return "No deal was found.".into(),
        1 => "One deal was found.".to_owned(),
        _ => format!("{total} deals were found."),
    };
    let shown = found.deals.len();
    if i64::try_from(shown).is_ok_and(|shown| shown < total) {
        said += &format!(" The first {shown} are shown.");
    }
    if let Some(sum) = found.sum.as_deref().filter(|_| total > 1) {
        said += &format!(" Their amounts are {} together.", grouped(sum));
    }
    said
}

pub(super) fn listed(deal: &Deal, named: &Named) -> Value {
    json!({
        "deal_id": deal.hubspot_id,
        "name": deal.name(),
        "amount": deal.amount.as_deref().and_then(|amount| amount.parse::<f64>().ok()),
        "stage": named.stage.as_ref().or(deal.stage_id.as_ref()),
        "pipeline": named.pipeline.as_ref().or(deal.pipeline_id.as_ref()),
        "close_date": deal.closes_at,
        "owner": named.owner,
        "is_closed": deal.is_closed,
        "is_won": deal.is_won,
        "contacts": named.contacts,
        "companies": named.companies,
    })
}

//! What Postgres makes of the search's statements: as the functions' role, with the policies on, with the values and without.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::{CANDIDATES, Texts};
use crate::store::search::{FUSED, VECTOR_ONLY};

const MODES: [&str; 2] = ["force_custom_plan", "force_generic_plan"];

/// So many the full-text index adds at most.
const RARE: i64 = 20;

pub async fn are_made_of_the_right_indexes(client: &Client, texts: &mut Texts) {
    let question = texts.direction().iter().map(f32::to_string).collect::<Vec<_>>().join(",");
    let of_meaning = "bigint, halfvec, smallint[], timestamptz, timestamptz, bigint, bigint, bigint";
    client
        .batch_execute(&format!(
            "set role fa_app; prepare vector_only ({of_meaning}) as {VECTOR_ONLY};
             prepare fused ({of_meaning}, text[], float8[], text[], float8[]) as {FUSED}"
        ))
        .await
        .unwrap();
    for mode in MODES {
        for (user, latest) in [(1, 0), (1, 1000), (5, 300), (10, 0)] {
            let meaning =
                format!("{user}, '[{question}]', '{{1,2}}', '-infinity', 'infinity', {CANDIDATES}, 10, {latest}");
            reads_little(&explained(client, mode, user, &format!("vector_only ({meaning})")).await, latest);
            let fused = format!("fused ({meaning}, '{{often1,seldom7}}', '{{1,2}}', '{{seldom7}}', '{{2}}')");
            reads_little(&explained(client, mode, user, &fused).await, latest);
        }
    }
    client.batch_execute("reset role").await.unwrap();
    exact_terms(client).await;
}

async fn explained(client: &Client, mode: &str, user: i64, execute: &str) -> String {
    let sql = format!(
        "begin; set local plan_cache_mode = {mode}; select set_config('app.user_id', '{user}', true);
         explain (analyze, costs off, timing off, summary off, buffers off) execute {execute}; commit"
    );
    let lines = client.simple_query(&sql).await.unwrap().into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    format!("{mode}, advisor {user}\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The scan of one advisor's codes reads their part of the index and nothing else, and nothing else reads more than was found.
fn reads_little(plan: &str, latest: i64) {
    let mut elsewhere: Vec<&str> = plan.lines().collect();
    for name in ["CTE bound", "CTE near"] {
        let part = part(plan, name);
        elsewhere.retain(|line| !part.contains(line));
        let scan = part.iter().position(|line| line.contains(" on chunk_vectors")).unwrap_or_else(|| panic!("{plan}"));
        let never = latest == 0 && name == "CTE bound";
        assert!(part[scan].contains("Index Only Scan") && part[scan].contains("using chunk_vectors_scan"), "{plan}");
        let detail = |name: &str| part[scan..].iter().find_map(|line| line.trim().strip_prefix(name));
        assert!(
            detail("Index Cond: ")
                .is_some_and(|cond| cond.starts_with("((user_id =") && cond.contains("occurred_at >=")),
            "{plan}"
        );
        assert!(never || detail("Heap Fetches: ") == Some("0"), "{plan}");
    }
    for line in elsewhere.into_iter().filter(|line| line.contains(" on chunk_") || line.contains(" on documents")) {
        let number = |name: &str| line.split(name).nth(1)?.split(['.', ' ', ')']).next()?.parse::<i64>().ok();
        let read = number("rows=").zip(number("loops=")).map_or(0, |(rows, loops)| rows * loops);
        assert!(read <= CANDIDATES + RARE, "{line}\n{plan}");
    }
}

/// What is indented below a line.
fn part<'a>(plan: &'a str, head: &str) -> Vec<&'a str> {
    let indented = |line: &str| line.len() - line.trim_start().len();
    let mut lines = plan.lines().skip_while(|line| line.trim() != head);
    let depth = lines.next().map_or(usize::MAX, indented);
    lines.take_while(|line| indented(line) > depth).collect()
}

/// What stands in the function, as it stands there, but for the names of what it is given. It is a plan of its own, which no plan of
/// its caller shows.
async fn exact_terms(client: &Client) {
    let sql = "select prosrc from pg_proc where oid = 'lookup.exact_terms'::regproc";
    let mut body: String = client.query_one(sql, &[]).await.unwrap().get(0);
    for (given, number) in [
        ("unnest(terms, weights)", "unnest($1, $2)"),
        ("any (kinds)", "any ($3)"),
        (">= since", ">= $4"),
        ("< until", "< $5"),
        ("limit most", "limit $6"),
    ] {
        assert!(body.contains(given), "{body}");
        body = body.replace(given, number);
    }
    client
        .batch_execute(&format!(
            "set role fa_lookup; prepare exact_terms (text[], float8[], smallint[], timestamptz, timestamptz, int) as {body}"
        ))
        .await
        .unwrap();
    for mode in MODES {
        for user in [1, 5, 10] {
            let execute = "exact_terms ('{seldom5,seldom7}', '{1,1}', '{1,2}', '-infinity', 'infinity', 20)";
            let plan = explained(client, mode, user, execute).await;
            let of_texts: Vec<&str> = plan.lines().filter(|line| line.contains("chunk_text")).map(str::trim).collect();
            assert!(
                matches!(of_texts[..], [heap, index] if heap.contains("Bitmap Heap Scan on chunk_text")
                    && index.contains("Bitmap Index Scan on chunk_text_terms")),
                "{plan}"
            );
            let of_documents = plan.lines().filter(|line| line.contains(" on documents"));
            assert!(
                of_documents.clone().count() == 1 && of_documents.clone().all(|line| line.contains("documents_pkey")),
                "{plan}"
            );
        }
    }
    client.batch_execute("reset role").await.unwrap();
}

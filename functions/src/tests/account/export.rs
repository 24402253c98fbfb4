//! Taking everything along.

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::BodyExt;
use shared::store::holdings::{Export, TABLES};

use super::*;

async fn list(person: &Person<'_>) -> Answer {
    person.call(Method::GET, "/api/account/export", &FRONTEND, None).await
}

/// All volumes, unpacked: the rows by table.
async fn taken(person: &Person<'_>) -> BTreeMap<String, Vec<Value>> {
    if list(person).await.status == 202 {
        person.app().work().await;
    }
    let ready = list(person).await;
    assert_eq!((ready.status.as_u16(), ready.json()["state"].clone()), (200, json!("ready")), "{}", ready.body);
    let mut tables: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (at, volume) in ready.json()["volumes"].as_array().unwrap().iter().enumerate() {
        let response = person.begin(Method::GET, volume["url"].as_str().unwrap(), &[], None).await;
        let (parts, body) = response.into_parts();
        assert_eq!(parts.headers["content-type"], "application/zip");
        let name = format!("attachment; filename=\"advisor-export-{}.zip\"", at + 1);
        assert_eq!(parts.headers["content-disposition"], name.as_str());
        let mut files = files(&body.collect().await.unwrap().to_bytes());
        let manifest: Value = serde_json::from_str(&files.remove("manifest.json").expect("it is whole")).unwrap();
        let mut rows = 0;
        for (file, text) in files {
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(manifest["rows"][&file], json!(lines.len()), "{file}");
            rows += lines.len();
            tables.entry(file.trim_end_matches(".jsonl").to_owned()).or_default().extend(lines);
        }
        assert_eq!(volume["rows"], json!(rows));
    }
    tables
}

#[tokio::test]
async fn everything_that_is_held_is_in_it_and_nothing_of_anybody_elses() {
    let app = TestApp::start().await;
    let (ada, bea) = plant(&app).await;

    let tables = taken(&ada.person).await;

    for table in TABLES.iter().filter(|table| matches!(table.export, Export::Without(_))) {
        let rows = tables.get(table.name).map_or(0, Vec::len);
        let held = app
            .count(&format!("select count(*) from {} where {} = {}", table.name, plant::key(table.name), ada.user))
            .await;
        // The list was a task itself, and the session was looked at since.
        assert_eq!(i64::try_from(rows).unwrap(), held, "{}", table.name);
    }
    let text = serde_json::to_string(&tables).unwrap().to_lowercase();
    assert!(text.matches(ada.word).count() > 60, "{}", text.matches(ada.word).count());
    for own in &bea.own {
        assert!(!text.contains(&own.to_lowercase()), "{own} of {}", bea.word);
    }
    // What she may read, as she may read it.
    let body = |table: &str, column: &str| tables[table].iter().any(|row| row[column].to_string().contains(ada.word));
    assert!(body("emails", "body") && body("messages", "content") && body("idempotency_keys", "body"));
    let dump = everything(&app).await;
    for (table, column) in
        [("connections", "sealed_tokens"), ("session_tokens", "token_hash"), ("watches", "token_hash")]
    {
        assert!(
            dump.iter().any(|row| row.starts_with(&format!("{table} ")) && row.contains(column)),
            "{table}.{column}"
        );
        assert!(tables[table].iter().all(|row| row.get(column).is_none()), "{table}.{column}");
    }
}

#[tokio::test]
async fn a_large_account_comes_in_volumes_and_in_pages_and_whole() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    let user = ada.user_id().await;
    // Beyond a page by number, beyond a volume by size.
    app.sql(&format!(
        "insert into emails (user_id, gmail_id, thread_id, history_id, subject, sender_name, sender_email, snippet, body, outbound, received_at)
         select {user}, 'g' || n, 't', 1, 'Subject ' || n, '', '', '', repeat('x', case when n % 1000 = 0 then 30000000 else 10 end), false, now()
           from generate_series(1, 3300) n"
    ))
    .await;

    let tables = taken(&ada).await;

    assert_eq!(list(&ada).await.json()["volumes"].as_array().unwrap().len(), 2);
    let mut ids: Vec<&str> = tables["emails"].iter().map(|row| row["gmail_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3300);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3300, "each once");
}

#[tokio::test]
async fn one_list_is_made_at_a_time_and_is_good_for_an_hour() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;

    let (first, second) = (list(&ada).await, list(&ada).await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (202, 202));
    assert_eq!(first.json()["job_id"], second.json()["job_id"]);
    assert_eq!(ada.get("/api/account/export/1").await.status, 404, "there is nothing yet");
    app.work().await;
    assert_eq!(list(&ada).await.json()["job_id"], first.json()["job_id"]);
    assert_eq!(ada.get("/api/account/export/1").await.status, 200);
    for number in ["0", "2", "-1", "99999999999999999999"] {
        assert_eq!(ada.get(&format!("/api/account/export/{number}")).await.status, 404, "{number}");
    }

    app.advance(Duration::from_secs(61 * 60));
    assert_eq!(ada.get("/api/account/export/1").await.status, 404);
    let again = list(&ada).await;
    assert_eq!(again.status, 202);
    assert_ne!(again.json()["job_id"], first.json()["job_id"]);
}

#[tokio::test]
async fn whoever_downloads_over_and_over_has_to_wait() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    list(&ada).await;
    app.work().await;

    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(ada.get("/api/account/export/1").await.status.as_u16());
    }

    assert_eq!(statuses, [[200; 10].as_slice(), &[429]].concat());
}

//! Calendars: windows, series, sync tokens, writes, free time.

use super::*;

const EVENTS: &str = "/calendar/v3/calendars/primary/events";

fn meeting(summary: &str, day: &str, from: u8, to: u8) -> Value {
    let time = |hour: u8| json!({ "dateTime": format!("{day}T{hour:02}:00:00"), "timeZone": "America/New_York" });
    json!({ "summary": summary, "start": time(from), "end": time(to) })
}

#[tokio::test]
async fn syncs_by_token_until_it_is_gone() {
    let test = Test::start().await;
    let api = test.api().await;
    for n in 0..3 {
        api.post(EVENTS, meeting(&format!("Meeting {n}"), "2026-12-01", 9, 10)).await;
    }
    let (_, page) = api.get(&format!("{EVENTS}?maxResults=2")).await;
    assert!(page["nextSyncToken"].is_null());
    let next = page["nextPageToken"].as_str().unwrap();
    let (_, rest) = api.get(&format!("{EVENTS}?maxResults=2&pageToken={next}")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let token = rest["nextSyncToken"].as_str().unwrap().to_owned();
    let path = format!("{EVENTS}?syncToken={token}");
    let (_, nothing) = api.get(&path).await;
    assert!(nothing["items"].as_array().unwrap().is_empty() && nothing["nextSyncToken"].is_string());

    let id = page["items"][0]["id"].as_str().unwrap();
    assert_eq!(api.delete(&format!("{EVENTS}/{id}")).await.0, 204);
    let (_, changed) = api.get(&path).await;
    assert_eq!(changed["items"][0]["status"], "cancelled");
    assert!(changed["items"][0]["summary"].is_null());
    assert_eq!(api.get(&format!("{path}&timeMin=2026-01-01T00:00:00Z")).await.0, 400);
    assert_eq!(api.get(&format!("{path}&showDeleted=false")).await.0, 400);

    test.google.expire_sync_tokens(ANNA);
    let (status, body) = api.get(&path).await;
    assert_eq!((status, reason(&body)), (410, "fullSyncRequired"));
    assert_eq!(api.get(&format!("{EVENTS}?syncToken=nonsense")).await.0, 410);
}

#[tokio::test]
async fn bounds_windows_by_end_and_start() {
    let test = Test::start().await;
    let api = test.api().await;
    api.post(EVENTS, meeting("Nine", "2026-12-01", 9, 10)).await;
    for (query, count) in [
        ("timeMin=2026-12-01T15:00:00Z", 0),
        ("timeMin=2026-12-01T14:59:00Z", 1),
        ("timeMax=2026-12-01T14:00:00Z", 0),
        ("timeMax=2026-12-01T14:01:00Z", 1),
        ("q=nine", 1),
        ("q=ten", 0),
    ] {
        let (_, list) = api.get(&format!("{EVENTS}?{query}")).await;
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{query}");
    }
    assert_eq!(api.get(&format!("{EVENTS}?timeMin=2026-12-01T00:00:00")).await.0, 400);
    assert_eq!(api.get(&format!("{EVENTS}?orderBy=startTime")).await.0, 400);
    assert_eq!(api.get("/calendar/v3/calendars/someone@x.example/events").await.0, 404);
}

#[tokio::test]
async fn expands_a_series_and_keeps_its_exceptions() {
    let test = Test::start().await;
    let api = test.api().await;
    let mut weekly = meeting("Weekly", "2026-12-01", 9, 10);
    weekly["recurrence"] = json!(["RRULE:FREQ=WEEKLY;COUNT=4"]);
    let (_, series) = api.post(EVENTS, weekly).await;
    let id = series["id"].as_str().unwrap();
    let (_, instances) = api.get(&format!("{EVENTS}/{id}/instances")).await;
    let dates = ids(&instances["items"]);
    assert_eq!(dates[1], format!("{id}_20261208T140000Z"));
    assert_eq!(api.delete(&format!("{EVENTS}/{}", dates[1])).await.0, 204);
    assert_eq!(api.delete(&format!("{EVENTS}/{}", dates[1])).await.0, 410);
    let (_, moved) = api.patch(&format!("{EVENTS}/{}", dates[2]), json!({ "summary": "Once" })).await;
    assert_eq!(moved["recurringEventId"], id);
    let (_, list) = api.get(&format!("{EVENTS}?singleEvents=true&orderBy=startTime")).await;
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| item["summary"].as_str().unwrap()).collect();
    assert_eq!(names, ["Weekly", "Once", "Weekly"]);
    assert_eq!(list["items"][0]["start"]["dateTime"], "2026-12-01T09:00:00-05:00");
    let (_, folded) = api.get(EVENTS).await;
    assert_eq!(folded["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn guards_writes() {
    let test = Test::start().await;
    let api = test.api().await;
    let mut event = meeting("Mine", "2026-12-01", 9, 10);
    event["id"] = json!("abc12");
    event["extendedProperties"] = json!({ "private": { "task": "t1", "other": "o" } });
    let (status, made) = api.post(EVENTS, event.clone()).await;
    assert_eq!(status, 200);
    assert!(made["htmlLink"].as_str().unwrap().starts_with(test.google.url()));
    let page = send(test.http.get(made["htmlLink"].as_str().unwrap())).await;
    assert!(page.text().await.unwrap().contains("<h1>Mine</h1>"));
    let (status, body) = api.post(EVENTS, event.clone()).await;
    assert_eq!((status, reason(&body)), (409, "duplicate"));
    event["id"] = json!("XYZ");
    assert_eq!(api.post(EVENTS, event).await.0, 400);
    assert_eq!(reason(&api.post(EVENTS, json!({ "summary": "x" })).await.1), "required");
    assert_eq!(reason(&api.post(EVENTS, meeting("x", "2026-12-01", 10, 9)).await.1), "timeRangeEmpty");

    let path = format!("{EVENTS}/abc12");
    let private = json!({ "private": { "other": null, "more": "m" } });
    let (_, patched) = api.patch(&path, json!({ "location": "Office", "extendedProperties": private })).await;
    assert_eq!(patched["summary"], "Mine");
    assert_eq!(patched["extendedProperties"]["private"], json!({ "task": "t1", "more": "m" }));
    let stale =
        test.http.patch(test.url(&path)).bearer_auth(&api.token).header("if-match", made["etag"].as_str().unwrap());
    let (status, body) = reply(stale.json(&json!({ "summary": "Late" }))).await;
    assert_eq!((status, reason(&body)), (412, "conditionNotMet"));
    let fresh =
        test.http.put(test.url(&path)).bearer_auth(&api.token).header("if-match", patched["etag"].as_str().unwrap());
    let (_, replaced) = reply(fresh.json(&meeting("New", "2026-12-02", 9, 10))).await;
    assert!(replaced["location"].is_null() && replaced["sequence"] == json!(2), "{replaced}");

    assert_eq!(api.delete(&path).await.0, 204);
    assert_eq!(reason(&api.delete(&path).await.1), "deleted");
    assert_eq!(api.get(&path).await.1["status"], "cancelled");
    assert_eq!(api.get(&format!("{EVENTS}/unknown")).await.0, 404);
    let reader = test.api_of(ANNA, "https://www.googleapis.com/auth/calendar.events.readonly").await;
    assert_eq!(reader.delete(&path).await.0, 403);
}

#[tokio::test]
async fn invites_accounts_that_are_here() {
    let test = Test::start().await;
    let anna = test.api().await;
    let mut event = meeting("Together", "2026-12-01", 9, 10);
    event["attendees"] = json!([{ "email": BEN }, { "email": "guest@x.example" }]);
    let (_, made) = anna.post(&format!("{EVENTS}?sendUpdates=all"), event).await;
    assert_eq!(made["attendees"][0]["responseStatus"], "needsAction");
    let ben = test.api_of(BEN, ALL).await;
    let path = format!("{EVENTS}/{}", made["id"].as_str().unwrap());
    let (_, copy) = ben.get(&path).await;
    assert_eq!(copy["organizer"]["email"], ANNA);
    assert_eq!(copy["attendees"][0]["self"], true);
    anna.delete(&path).await;
    assert_eq!(ben.get(&path).await.1["status"], "cancelled");
}

#[tokio::test]
async fn joins_busy_times() {
    let test = Test::start().await;
    let api = test.api().await;
    api.post(EVENTS, meeting("a", "2026-12-01", 9, 10)).await;
    api.post(EVENTS, meeting("b", "2026-12-01", 10, 11)).await;
    let mut free = meeting("c", "2026-12-01", 12, 13);
    free["transparency"] = json!("transparent");
    api.post(EVENTS, free).await;
    let query = json!({
        "timeMin": "2026-12-01T00:00:00-05:00", "timeMax": "2026-12-02T00:00:00-05:00", "timeZone": "America/New_York",
        "items": [{ "id": "primary" }, { "id": "else@x.example" }],
    });
    let (_, answer) = api.post("/calendar/v3/freeBusy", query.clone()).await;
    let busy = json!([{ "start": "2026-12-01T09:00:00-05:00", "end": "2026-12-01T11:00:00-05:00" }]);
    assert_eq!(answer["calendars"]["primary"]["busy"], busy);
    assert_eq!(answer["calendars"]["else@x.example"]["errors"][0]["reason"], "notFound");
    let narrow = test.api_of(ANNA, "https://www.googleapis.com/auth/calendar.events").await;
    assert_eq!(narrow.post("/calendar/v3/freeBusy", query).await.0, 403);
}

#[tokio::test]
async fn what_the_caller_has_already_is_not_sent_again() {
    let test = Test::start().await;
    let api = test.api().await;
    let time = |hour: u8| json!({ "dateTime": format!("2027-01-05T{hour:02}:00:00Z") });
    let body = json!({ "id": "kept1", "start": time(9), "end": time(10) });
    let (_, event) = api.post("/calendar/v3/calendars/primary/events", body).await;
    let path = "/calendar/v3/calendars/primary/events/kept1";
    let known = |etag: &str| test.http.get(test.url(path)).bearer_auth(&api.token).header("If-None-Match", etag);

    let same = reply(known(event["etag"].as_str().unwrap())).await;
    let other = reply(known("\"1\"")).await;

    assert_eq!(same, (304, Value::Null));
    assert_eq!(other.0, 200);
}

#[tokio::test]
async fn an_account_has_settings() {
    let test = Test::start().await;
    let api = test.api().await;

    let (_, zone) = api.get("/calendar/v3/users/me/settings/timezone").await;
    let (_, all) = api.get("/calendar/v3/users/me/settings").await;
    let unknown = api.get("/calendar/v3/users/me/settings/nope").await;
    let nowhere = api.post("/calendar/v3/users/me/settings", json!({})).await;

    assert_eq!(zone["value"], "America/New_York");
    assert!(ids(&all["items"]).contains(&"locale"));
    assert_eq!((unknown.0, nowhere.0), (404, 404));
}

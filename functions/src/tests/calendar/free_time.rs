use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{ADA, TestApp, at, call, denver, event, today};

fn wish(minutes: i64, from: Date, to: Date) -> Value {
    json!({
        "duration_minutes": minutes, "from": from.to_string(), "to": to.to_string(), "date_filter": null,
        "attendees": null, "earliest_hour": null, "latest_hour": null, "time_zone": null,
    })
}

/// The Friday before Denver's clocks change next, and the Monday after.
fn around_the_next_change(app: &TestApp) -> (Date, Date) {
    let changes = denver().following(app.app.now() + 72.hours()).next().unwrap().timestamp();
    let sunday = changes.to_zoned(denver()).date();
    (sunday.saturating_sub(2.days()), sunday.tomorrow().unwrap())
}

fn starts(result: &Value, name: &str) -> Vec<String> {
    result["slots"].as_array().unwrap().iter().map(|slot| slot[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_is_what_no_meeting_takes_on_both_clocks_when_the_clocks_change() {
    let app = TestApp::start().await;
    let (friday, monday) = around_the_next_change(&app);
    for day in [friday, monday] {
        app.google.put_event(&event(&format!("busy{}", day.day()), "Committee", &at(day, 9, 0), &at(day, 11, 0)));
    }
    let ada = app.advisor(ADA).await;
    app.work().await;

    let mut wish = wish(60, friday, monday);
    wish["latest_hour"] = json!(12);
    wish["time_zone"] = json!("Asia/Tokyo");
    wish["earliest_hour"] = json!(8);
    let (result, _) = call(&app, &ada, "find_free_time", wish.clone()).await;
    assert_eq!(starts(&result, "start"), Vec::<String>::new(), "nobody in Tokyo is asked at midnight");

    wish["time_zone"] = json!("Europe/London");
    let (result, told) = call(&app, &ada, "find_free_time", wish).await;
    let offset = |day: Date, zone: &str| {
        let zone = jiff::tz::TimeZone::get(zone).unwrap();
        day.at(11, 0, 0, 0)
            .to_zoned(denver())
            .unwrap()
            .with_time_zone(zone)
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    };
    let at_eleven = |day: Date| offset(day, "America/Denver");
    let own = starts(&result, "start");
    assert!(own.contains(&at_eleven(friday)) && own.contains(&at_eleven(monday)), "{own:?}");
    assert!(own.iter().all(|start| start.contains("T08:00") || start.contains("T11:00")), "{own:?}");
    assert_ne!(at_eleven(friday)[19..], at_eleven(monday)[19..], "the clocks have changed between them");
    let theirs = starts(&result, "client_start");
    assert!(theirs.contains(&offset(friday, "Europe/London")) && theirs.contains(&offset(monday, "Europe/London")));
    assert_eq!(
        (result["time_zone"].clone(), result["client_time_zone"].clone()),
        ("America/Denver".into(), "Europe/London".into())
    );
    assert!(told.contains("11:00–12:00 M") && told.contains("for the client: "), "{told}");
}

#[tokio::test]
async fn whoever_cannot_be_seen_is_named() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    let day = today(&app);
    let mut wish = wish(30, day, day.saturating_add(6.days()));
    wish["attendees"] = json!(["Sara@Smith.example", ADA]);

    let (result, told) = call(&app, &ada, "find_free_time", wish).await;

    assert_eq!(result["not_known"], json!(["sara@smith.example"]));
    assert!(told.contains("Not known is when these are free: sara@smith.example."), "{told}");
    assert!(result["total"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn nothing_over_and_no_day_off_is_offered() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    let day = today(&app);

    let (result, _) =
        call(&app, &ada, "find_free_time", wish(30, day.saturating_sub(3.days()), day.saturating_add(6.days()))).await;

    let now = app.app.now();
    let found = starts(&result, "start");
    assert!(!found.is_empty());
    for start in found {
        let start: jiff::Timestamp = start.parse().unwrap();
        let local = start.to_zoned(denver());
        assert!(
            start > now && local.weekday().to_monday_zero_offset() < 5 && (9..17).contains(&local.hour()),
            "{local}"
        );
    }
}

#[tokio::test]
async fn a_wish_that_makes_no_sense_is_refused_with_what_would() {
    let app = TestApp::start().await;
    let ada = app.advisor(ADA).await;
    app.work().await;
    let day = today(&app);

    for (name, value, says) in [
        ("duration_minutes", json!(0), "from 5 to 480"),
        ("earliest_hour", json!(18), "less than latest_hour"),
        ("time_zone", json!("Berlin time"), "IANA name such as Europe/Berlin"),
        ("attendees", json!(["Sara Smith"]), "e-mail addresses"),
        ("to", json!("2020-01-01"), "to must not be before from"),
        ("from", json!("next tuesday"), "YYYY-MM-DD"),
        ("date_filter", json!("tomorrow"), "not both"),
        ("to", json!(day.saturating_add(90.days()).to_string()), "at most 62 days"),
    ] {
        let mut wish = wish(30, day, day);
        wish[name] = value;
        let (_, told) = call(&app, &ada, "find_free_time", wish).await;
        assert!(told.starts_with("Error: ") && told.contains(says), "{name}: {told}");
    }
}

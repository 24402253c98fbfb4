//! Who is meant: one person behind several addresses, and several people behind one name.

use fakes::openai::Reply;

use super::*;

/// Three called Greg, two of them Greg Hall.
async fn namesakes(app: &TestApp) -> Person<'_> {
    let person = |id: &str, last: &str, job: &str, city: &str, email: &str| {
        let properties =
            [("firstname", "Greg"), ("lastname", last), ("jobtitle", job), ("city", city), ("email", email)];
        app.put("contacts", id, &properties, &[]);
    };
    person("511", "Hall", "Engineer", "Fort Collins", "greg@hall.example");
    person("512", "Novak", "Brewer", "Boulder", "greg@novak.example");
    person("513", "Hall", "Pilot", "Denver", "ghall@air.example");
    app.note("911", "512", "Greg asked about a safe-harbor plan.");
    app.google.deliver(&mail(ADA, ("Greg Hall", "greg@hall.example"), "Trains", "I like trains."));
    app.ready_advisor(ADA).await
}

/// What the model was told last.
fn told(app: &TestApp) -> String {
    app.openai.control().requests().pop().unwrap().body
}

#[tokio::test]
async fn a_first_name_that_several_have_makes_the_model_ask_and_tells_it_with_what() {
    let app = TestApp::start().await;
    let ada = namesakes(&app).await;
    app.openai.script(vec![
        Reply::call("search_contacts", json!({ "query": "Greg", "limit": 1 })),
        Reply::text("Which Greg?"),
    ]);

    let turn = ada.ask("What does Greg do?").await;

    assert!(turn.html.contains("Which Greg?"));
    let told = told(&app);
    assert!(told.contains("3 of them fit the name") && told.contains("ask the advisor"), "{told}");
    for mark in [
        "Greg Hall: Engineer; Fort Collins; greg@hall.example; last contact on",
        "Greg Novak: Brewer; Boulder; greg@novak.example; last contact on 4 May 2026; contact_id 512",
        "Greg Hall: Pilot; Denver; ghall@air.example; no contact yet; contact_id 513",
    ] {
        assert!(told.contains(mark), "{mark} is not in {told}");
    }
}

#[tokio::test]
async fn full_namesakes_are_told_apart_and_one_person_is_no_question() {
    let app = TestApp::start().await;
    let ada = namesakes(&app).await;
    let search = |query: &str| {
        vec![Reply::call("search_contacts", json!({ "query": query, "limit": null })), Reply::text("Done.")]
    };

    app.openai.script(search("Greg Hall"));
    ada.ask("Tell me of Greg Hall.").await;
    assert!(told(&app).contains("2 of them fit the name"), "{}", told(&app));

    app.openai.script(search("Greg Novak"));
    ada.ask("Tell me of Greg Novak.").await;
    assert!(told(&app).contains("One contact was found."), "{}", told(&app));
}

#[tokio::test]
async fn the_stand_in_asks_which_greg() {
    let app = TestApp::start().await;
    let ada = namesakes(&app).await;

    let first_name = ada.ask("Where does Greg live?").await.html;
    let full_name = ada.ask("What is the job title of Greg Hall?").await.html;

    assert!(first_name.contains("Which Greg do you mean"), "{first_name}");
    for mark in ["Greg Novak", "Greg Hall", "Brewer"] {
        assert!(first_name.contains(mark), "{mark} is not in {first_name}");
    }
    assert!(full_name.contains("Which Greg Hall do you mean"), "{full_name}");
    for mark in ["Engineer", "Pilot"] {
        assert!(full_name.contains(mark), "{mark} is not in {full_name}");
    }
}

#[tokio::test]
async fn one_person_is_known_by_any_of_their_addresses() {
    let app = TestApp::start().await;
    let properties = [
        ("firstname", "Priya"),
        ("lastname", "Raman"),
        ("email", "priya@mailbox.example"),
        ("hs_additional_emails", "praman@northfork.example;p.raman@old.example"),
    ];
    app.put("contacts", "521", &properties, &[]);
    app.put("contacts", "522", &[("firstname", "Anpriya"), ("email", "anpriya@mailbox.example")], &[]);
    app.google.deliver(&mail(ADA, ("PR", "praman@northfork.example"), "Escrow", "The escrow closes on Friday."));
    app.google.deliver(&mail(ADA, ("Priya Raman", "priya@mailbox.example"), "Lunch", "Lunch on Monday?"));
    app.google.deliver(&mail(ADA, ("Omar Reed", "omar@reed.example"), "Taxes", "Please send the 1099."));
    let ada = app.ready_advisor(ADA).await;

    let by_address = ada.does("find_contact", json!({ "query": "PRaman@northfork.example" })).await;
    assert_eq!((&by_address["total"], &by_address["contacts"][0]["id"]), (&json!(1), &json!("521")));
    let by_first = ada.does("find_contact", json!({ "query": "priya@mailbox.example" })).await;
    assert_eq!((&by_first["total"], &by_first["contacts"][0]["id"]), (&json!(1), &json!("521")));

    let newest = ada.does("search_emails", json!({ "sender_filter": "Priya Raman" })).await;
    let subjects = |found: &Value| -> Vec<String> {
        let mut subjects: Vec<String> = found["emails"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mail| mail["subject"].as_str().unwrap().to_owned())
            .collect();
        subjects.sort();
        subjects
    };
    assert_eq!(subjects(&newest), ["Escrow", "Lunch"]);
    let about = ada.does("search_emails", json!({ "sender_filter": "Priya", "query": "escrow" })).await;
    assert!(subjects(&about).contains(&"Escrow".to_owned()), "{about}");
    assert!(!subjects(&about).contains(&"Taxes".to_owned()));
}

#[tokio::test]
async fn an_alias_is_run_and_not_offered() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;
    app.openai.script(vec![Reply::text("Yes.")]);

    ada.ask("Are you there?").await;

    let request: Value = serde_json::from_str(&told(&app)).unwrap();
    let offered: Vec<&str> = request["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().or_else(|| tool["name"].as_str()).unwrap())
        .collect();
    assert!(offered.contains(&"search_contacts") && offered.contains(&"search_deals"), "{offered:?}");
    assert!(!offered.contains(&"find_contact"));
}

use fakes::openai::Reply;

use super::*;

/// Two more deals: one open without a contact, one lost.
fn more_deals(app: &TestApp) {
    let deal = |id: &str, name: &str, stage: &str, amount: &str, closes: &str, owner: &str| {
        let properties = [
            ("dealname", name),
            ("amount", amount),
            ("closedate", closes),
            ("dealstage", stage),
            ("pipeline", "default"),
            ("hubspot_owner_id", owner),
        ];
        app.put("deals", id, &properties, &[]);
    };
    deal("802", "Novak Brewing: safe-harbor plan", "decisionmakerboughtin", "5200.75", "2027-01-10T18:00:00Z", "12");
    deal("803", "Sundquist: disability insurance", "closedlost", "1600", "2026-07-19T18:00:00Z", "11");
}

async fn names(ada: &Person<'_>, arguments: Value) -> Vec<String> {
    let found = ada.does("search_deals", arguments).await;
    let deals = found["deals"].as_array().unwrap();
    assert_eq!(found["total"], deals.len());
    deals.iter().map(|deal| deal["name"].as_str().unwrap().split(':').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn deals_are_found_by_whatever_is_known_of_them() {
    let app = TestApp::start().await;
    more_deals(&app);
    let ada = practice(&app).await;

    assert_eq!(names(&ada, json!({})).await, ["Hall", "Novak Brewing", "Sundquist"]);
    assert_eq!(names(&ada, json!({ "query": "greg hall deal" })).await, ["Hall"], "by a contact's name");
    assert_eq!(names(&ada, json!({ "query": "Hall Engineering" })).await, ["Hall"], "by a company's name");
    assert_eq!(names(&ada, json!({ "stage": "contract sent" })).await, ["Hall"]);
    assert_eq!(names(&ada, json!({ "stage": "contractsent" })).await, ["Hall"]);
    assert_eq!(names(&ada, json!({ "owner": "bea" })).await, ["Novak Brewing"]);
    assert_eq!(names(&ada, json!({ "contact_id": "501" })).await, ["Hall"]);
    assert_eq!(names(&ada, json!({ "open_only": true })).await, ["Hall", "Novak Brewing"]);
    assert_eq!(names(&ada, json!({ "min_amount": 2000, "max_amount": 5000 })).await, ["Hall"]);
    assert_eq!(names(&ada, json!({ "date_filter": "2027-01" })).await, ["Novak Brewing"]);
    assert_eq!(names(&ada, json!({ "date_filter": "2026-07-19" })).await, ["Sundquist"]);
    assert_eq!(names(&ada, json!({ "query": "insurance in case of disability" })).await, ["Sundquist"], "by meaning");
    assert_eq!(names(&ada, json!({ "contact_id": "502" })).await, Vec::<String>::new());

    let deal = &ada.does("search_deals", json!({ "query": "Hall" })).await["deals"][0];
    assert_eq!(
        *deal,
        json!({
            "deal_id": "801", "name": "Hall: concentrated stock plan", "amount": 4000.0, "stage": "Contract Sent",
            "pipeline": "Sales Pipeline", "close_date": "2026-12-15T18:00:00Z", "owner": "Ada Lovett", "is_closed": false,
            "is_won": false, "contacts": ["Greg Hall"], "companies": ["Hall Engineering"],
        })
    );
}

#[tokio::test]
async fn a_search_for_deals_says_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    assert!(ada.is_refused("search_deals", json!({ "date_filter": "soon" })).await.contains("next_month"));
    assert!(ada.is_refused("search_deals", json!({ "min_amount": 2, "max_amount": 1 })).await.contains("max_amount"));
    assert!(ada.is_refused("search_deals", json!({ "amount": 2 })).await.contains("amount"));
}

#[tokio::test]
async fn a_question_about_a_deal_is_answered_with_a_link_to_it() {
    let app = TestApp::start().await;
    more_deals(&app);
    let ada = practice(&app).await;
    app.openai.script(vec![
        Reply::call("search_deals", json!({ "query": "safe-harbor", "open_only": null })),
        Reply::text("It stands at Decision Maker Bought-In [1]."),
    ]);

    let turn = ada.ask("Where does the safe-harbor plan stand?").await;

    let cited = turn.of_type("citations")[0][0].clone();
    assert_eq!((&cited["source_type"], &cited["source_id"]), (&json!("hubspot_deal"), &json!("802")), "{turn:?}");
    assert!(cited["url"].as_str().unwrap().ends_with("/record/0-3/802"));
    let told = app.openai.control().requests().pop().unwrap().body;
    assert!(told.contains("Amount: 5,200.75."), "the model was shown the deal");
}

#[tokio::test]
async fn the_stand_in_answers_a_question_about_deals() {
    let app = TestApp::start().await;
    more_deals(&app);
    let ada = practice(&app).await;

    let turn = ada.ask("What is the Hall deal worth?").await;

    assert!(turn.html.contains("4,000"), "{}", turn.html);
    assert_eq!(turn.of_type("citations")[0][0]["source_id"], "801");
}

#[tokio::test]
async fn a_contact_comes_with_its_company_owner_and_deals() {
    let app = TestApp::start().await;
    let ada = practice(&app).await;

    let contact = &ada.does("get_contact_by_id", json!({ "contact_id": "501" })).await["contact"];

    assert_eq!((&contact["company"], &contact["owner"]), (&json!("Hall Engineering"), &json!("Ada Lovett")));
    assert_eq!(contact["companies"], json!(["Hall Engineering"]));
    assert_eq!(contact["deals"][0]["name"], "Hall: concentrated stock plan");
    assert_eq!(contact["properties"]["email"], "greg@hall.example");
    let notes = ada.does("get_contact_notes", json!({ "contact_id": "501" })).await;
    assert_eq!((&notes["total"], &notes["notes"][0]["owner"]), (&json!(2), &Value::Null));
}

//! What `--demo` puts into an empty catalogue.

use serde_json::Value;

use crate::support::{Launch, Server};

#[tokio::test]
async fn the_demo_fills_an_empty_catalogue_once() {
    let launch = Launch::new().variable("BOOKING_DEMO", "1");
    let server = launch.start().await;
    let page = server.get("/v1/events?limit=100").await.expect(200);
    let found = page["items"].as_array().unwrap().len();
    assert_demo_is_wide(&server).await;
    assert_demo_has_specials(&server).await;
    let mut bookable = 0;
    for event in page["items"].as_array().unwrap() {
        let answer = server.book(event["id"].as_str().unwrap(), 1).await;
        bookable += usize::from(answer.status == 201);
    }
    assert!(bookable >= 5, "{bookable} events can be booked");
    let (_, launch) = server.stop().await;
    let server = launch.start().await;
    let again = server.get("/v1/events?limit=100").await.expect(200);
    assert_eq!(again["items"].as_array().unwrap().len(), found);
    server.assert_balanced().await;

    let server = Server::start().await;
    let page = server.get("/v1/events").await.expect(200);
    assert_eq!(page["items"], serde_json::json!([]), "without the flag there is nothing");
}

async fn assert_demo_is_wide(server: &Server) {
    let facets = server.get("/v1/events/facets").await.expect(200);
    assert!(facets["total"].as_u64().unwrap() >= 200, "{facets}");
    assert!(facets["countries"].as_array().unwrap().len() >= 40, "{facets}");
    // Currencies without a minor unit, and with one of three digits.
    for currency in ["JPY", "KWD"] {
        let query = format!("/v1/events?currency={currency}&price_max=1000000&limit=100");
        let events = server.get(&query).await.expect(200);
        let mut prices = events["items"].as_array().unwrap().iter().map(|event| &event["price"]);
        let is_priced = |price: &Value| price["amount"] != 0 && price["currency"] == currency;
        assert!(prices.any(is_priced), "{currency}: {events}");
    }
}

async fn assert_demo_has_specials(server: &Server) {
    let special = async |title: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", title)
            .append_pair("include_past", "true")
            .finish();
        let events = server.get(&format!("/v1/events?{query}")).await.expect(200);
        let mut events = events["items"].as_array().unwrap().clone();
        events.retain(|event| event["title"] == title);
        assert_eq!(events.len(), 1, "{title}");
        events.remove(0)
    };
    let refusal = async |event: &Value, slug: &str| {
        server.book(event["id"].as_str().unwrap(), 1).await.expect_problem(409, slug)
    };
    let sold_out = special("Five Chairs and a Piano").await;
    assert_eq!(sold_out["available"], 0);
    refusal(&sold_out, "sold-out").await;
    assert_eq!(special("Twelve at the Table").await["available"], 1);
    let not_yet = special("The Reunion Nobody Expected").await;
    assert!(refusal(&not_yet, "not-on-sale").await["on_sale_from"].is_string());
    let over = special("Last Week's Serenade").await;
    assert_eq!(refusal(&over, "not-on-sale").await["detail"], "the event is over");

    // Searches leave out what is called off, so its id is taken from the database.
    let mut tamperer = server.launch.database().tamper().await;
    let called_off = tamperer.ids("SELECT id FROM events WHERE status = 'cancelled'").await;
    tamperer.close().await;
    let [called_off] = &*called_off else { panic!("one event is called off") };
    let called_off = server.get(&format!("/v1/events/{called_off}")).await.expect(200);
    assert_eq!(called_off["status"], "cancelled");
    assert_eq!(called_off["title"], "Open Air on Thin Ice");
    refusal(&called_off, "not-on-sale").await;
}

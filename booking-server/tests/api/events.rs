//! Finding events.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, Listener, NOBODY, event, event_with, request};

/// Finds titles by a query string.
async fn titles(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("/v1/events?{query}")).await.expect(StatusCode::OK);
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

/// Three events: Alpha and Beta in Zürich and Berlin, Gamma online.
async fn three_events() -> Api {
    let api = Api::new();
    api.publish(&event_with(&json!({"title": "Alpha"}))).await;
    api.publish(&event_with(&json!({
        "title": "Beta", "category": "Theatre", "tags": ["stage"],
        "venue": {"city": "Berlin", "country": "DE", "latitude": 52.52, "longitude": 13.405},
        "starts_at": "2027-03-10T18:00:00Z", "ends_at": "2027-03-10T20:00:00Z",
        "price": {"amount": 2000, "currency": "EUR"}, "capacity": 5
    })))
    .await;
    api.publish(&event_with(&json!({
        "title": "Gamma", "venue": {"online": true, "url": "https://stream.example.org/"},
        "starts_at": "2027-03-11T00:00:00Z", "ends_at": "2027-03-11T02:00:00Z",
        "price": {"amount": 0, "currency": "JPY"}
    })))
    .await;
    api
}

#[tokio::test]
async fn an_event_is_shown_with_all_it_has() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let shown = api.get(&format!("/v1/events/{id}")).await.expect(StatusCode::OK);
    assert_eq!(
        shown,
        json!({
            "id": id,
            "title": "Nachtkonzert",
            "description": "Streichquartette bei Kerzenlicht.",
            "category": "concert",
            "tags": ["classical", "candles"],
            "online": false,
            "venue": {
                "name": "Tonhalle", "address": "Claridenstrasse 7", "city": "Zürich",
                "country": "CH", "latitude": 47.3663, "longitude": 8.5374
            },
            "starts_at": "2027-02-14T19:00:00Z",
            "ends_at": "2027-02-14T22:00:00Z",
            "all_day": false,
            "timezone": "Europe/Zurich",
            "on_sale_from": null,
            "on_sale_until": null,
            "price": {"amount": 4500, "currency": "EUR"},
            "capacity": 100,
            "available": 100,
            "max_per_booking": 10,
            "reminder_minutes": 1440,
            "status": "published",
            "url": null,
            "image_url": null,
            "created_at": "2027-01-15T12:00:00.123456Z",
            // Publishing changed it, and no two changes are at the same time.
            "updated_at": "2027-01-15T12:00:00.123457Z"
        })
    );
}

#[tokio::test]
async fn an_online_event_says_where_to_join() {
    let api = three_events().await;
    let list = api.get("/v1/events?q=gamma").await.expect(StatusCode::OK);
    let gamma = &list["items"][0];
    assert_eq!(gamma["online"], true);
    assert_eq!(gamma["venue"], json!({"online": true, "url": "https://stream.example.org/"}));
}

#[tokio::test]
async fn drafts_and_unknown_ids_are_not_found_and_cancelled_events_are() {
    let api = Api::new();
    let draft = api.create(&event()).await.expect(StatusCode::CREATED);
    let draft = format!("/v1/events/{}", draft["id"].as_str().unwrap());
    for path in [&draft, &format!("/v1/events/{NOBODY}"), "/v1/events/42", "/v1/events/%C3%A4"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.problem("event-not-found");
    }
    api.admin_post(&format!("{draft}/cancel")).await.expect(StatusCode::OK);
    let shown = api.get(&draft).await.expect(StatusCode::OK);
    assert_eq!(shown["status"], "cancelled");
}

#[tokio::test]
async fn a_current_copy_is_not_sent_again_and_an_old_one_is() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let path = format!("/v1/events/{id}");
    let first = api.get(&path).await;
    assert_eq!(first.header("cache-control"), "public, max-age=1, must-revalidate");
    let conditional = || {
        let mut request = request(Method::GET, &path);
        request.headers_mut().insert("if-none-match", first.headers["etag"].clone());
        request
    };
    let again = api.send(Listener::Public, conditional()).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(again.headers["etag"], first.headers["etag"]);
    api.book(&id, 1).await;
    let changed = api.send(Listener::Public, conditional()).await;
    assert_eq!(changed.expect(StatusCode::OK)["available"], 99);
}

#[tokio::test]
async fn every_filter_filters() {
    let api = three_events().await;
    let all = ["Alpha", "Beta", "Gamma"];
    for (query, expected) in [
        ("", &all[..]),
        ("q=berl", &["Beta"]),
        ("q=Z%C3%BCrich+TONHALLE", &["Alpha"]),
        ("category=Theatre", &["Beta"]),
        ("tag=stage", &["Beta"]),
        ("country=ch", &["Alpha"]),
        ("city=zurich", &["Alpha"]),
        ("starts_from=2027-03-10T18:00:00Z", &["Beta", "Gamma"]),
        ("starts_from=2027-03-10T18:00:00.000001Z", &["Gamma"]),
        ("starts_to=2027-03-10T18:00:00Z", &["Alpha", "Beta"]),
        ("starts_to=2027-03-10T17:59:59Z", &["Alpha"]),
        ("starts_from=2027-03-10&starts_to=2027-03-10", &["Beta"]),
        ("starts_from=2027-03-11&starts_to=2027-03-11", &["Gamma"]),
        ("starts_from=0000-01-01&starts_to=9999-12-31", &all),
        ("starts_from=9999-12-31&starts_to=9999-12-31", &[]),
        ("starts_from=0000-01-01&starts_to=0000-01-01", &[]),
        ("near=47.37,8.54", &["Alpha"]),
        ("near=47.37,%208.54&radius_km=1000", &["Alpha", "Beta"]),
        ("price_max=2000&currency=EUR", &["Beta"]),
        ("price_max=1999&currency=EUR", &[]),
        ("available=6", &["Alpha", "Gamma"]),
        ("include_past=true&category=", &all),
        ("country=DE&q=alpha", &[]),
    ] {
        assert_eq!(titles(&api, query).await, expected, "{query}");
    }
    api.advance(60 * 24 * 60 * 60);
    assert!(titles(&api, "").await.is_empty(), "all are over");
    assert_eq!(titles(&api, "include_past=true").await, all);
}

#[tokio::test]
async fn orders_are_as_asked_for() {
    let api = three_events().await;
    assert_eq!(titles(&api, "sort=price").await, ["Beta", "Alpha", "Gamma"]);
    assert_eq!(titles(&api, "near=52,13&radius_km=20000&sort=distance").await, ["Beta", "Alpha"]);
    assert_eq!(titles(&api, "sort=relevance").await, ["Alpha", "Beta", "Gamma"]);
    let concert = api.publish(&event_with(&json!({"title": "Beta concert nights"}))).await;
    assert!(!concert.is_empty());
    assert_eq!(titles(&api, "q=beta&sort=starts_at").await, ["Beta concert nights", "Beta"]);
}

#[tokio::test]
async fn everything_wrong_with_a_search_is_said_at_once() {
    let api = Api::new();
    let query = "limit=0&sort=size&country=XX&starts_from=yesterday&starts_to=2027-02-30&near=91,0\
                 &price_max=-1&currency=EURO&available=some&include_past=yes&q=a&q=b&Q=c&city=%21";
    let answer = api.get(&format!("/v1/events?{query}")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/Q",
            "/available",
            "/city",
            "/country",
            "/currency",
            "/include_past",
            "/limit",
            "/near",
            "/q",
            "/sort",
            "/starts_from",
            "/starts_to"
        ]
    );
}

#[tokio::test]
async fn parameters_that_need_each_other_are_asked_for() {
    let api = Api::new();
    for (query, pointer) in [
        ("sort=distance", "/sort"),
        ("radius_km=5", "/radius_km"),
        ("near=1,1&radius_km=0", "/radius_km"),
        ("near=1,1&radius_km=20101", "/radius_km"),
        ("near=1", "/near"),
        ("near=NaN,1", "/near"),
        ("price_max=5", "/currency"),
        ("currency=EUR", "/currency"),
        ("price_max=5.5&currency=EUR", "/price_max"),
        ("price_max=-1&currency=EUR", "/price_max"),
        ("starts_from=2027-03-02&starts_to=2027-03-01", "/starts_to"),
        ("starts_from=9999-12-31&starts_to=2027-03-01", "/starts_to"),
        ("starts_from=2027-03-02T00:00:00", "/starts_from"),
        ("limit=101", "/limit"),
        ("limit=%2B5", "/limit"),
        ("available=%2B1", "/available"),
        ("near=%2B1,1", "/near"),
        ("near=1,%2B1", "/near"),
        ("near=1,1&radius_km=%2B5", "/radius_km"),
        ("near=1,1&radius_km=inf", "/radius_km"),
        ("price_max=%2B5&currency=EUR", "/price_max"),
        ("page=2", "/page"),
    ] {
        assert_eq!(api.get(&format!("/v1/events?{query}")).await.pointers(), [pointer], "{query}");
    }
    let facets = api.get("/v1/events/facets?limit=5&sort=price&cursor=x").await;
    assert_eq!(facets.pointers(), ["/cursor", "/limit", "/sort"]);
    api.get("/v1/events?q=%zz").await.problem("malformed-request");
}

#[tokio::test]
async fn pages_hold_every_event_once_in_every_order() {
    let api = Api::new();
    for number in 0..7 {
        let event = event_with(&json!({
            "title": format!("Event {number}"),
            "price": {"amount": 100 * (number % 3), "currency": "EUR"}
        }));
        api.publish(&event).await;
    }
    for query in
        ["sort=starts_at", "sort=price", "q=event", "near=47,8&radius_km=500&sort=distance"]
    {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/events?{query}&limit=3{cursor}");
            let page = api.get(&path).await.expect(StatusCode::OK);
            let items = page["items"].as_array().unwrap();
            found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
            match &page["next_cursor"] {
                Value::String(next) => cursor = format!("&cursor={next}"),
                next => {
                    assert!(next.is_null());
                    break;
                }
            }
        }
        let unique: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!((found.len(), unique.len()), (7, 7), "{query}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_search_only() {
    let api = three_events().await;
    let page = api.get("/v1/events?limit=1").await.expect(StatusCode::OK);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = api.get(&format!("/v1/events?limit=2&cursor={cursor}")).await;
    assert_eq!(next.expect(StatusCode::OK)["items"].as_array().unwrap().len(), 2);

    let mut tampered = cursor.to_owned();
    let first = if tampered.remove(0) == 'A' { 'B' } else { 'A' };
    tampered.insert(0, first);
    for path in [
        format!("/v1/events?country=CH&cursor={cursor}"),
        format!("/v1/events?sort=price&cursor={cursor}"),
        format!("/v1/events?include_past=true&cursor={cursor}"),
        format!("/v1/events?cursor={tampered}"),
        "/v1/events?cursor=AAAA".to_owned(),
        "/v1/events?cursor=%2B%2B".to_owned(),
    ] {
        let answer = api.get(&path).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        answer.problem("invalid-cursor");
    }
}

#[tokio::test]
async fn what_was_typed_so_far_suggests_categories_cities_and_events() {
    let api = three_events().await;
    let none = json!({"categories": [], "cities": [], "events": []});
    let suggest = async |typed: &str| {
        api.get(&format!("/v1/events/suggest?q={typed}")).await.expect(StatusCode::OK)
    };
    assert_eq!(suggest("conc").await["categories"], json!(["concert"]));
    let zurich = json!([{"city": "Zürich", "country": "CH"}]);
    for typed in ["z", "zur", "Z%C3%9CRICH", "zurich%20switz", "zurihc"] {
        let suggestions = suggest(typed).await;
        assert_eq!(suggestions["cities"], zurich, "{typed}");
        assert_eq!(suggestions["categories"], json!([]), "{typed}");
        let event = &suggestions["events"][0];
        assert_eq!((&event["city"], &event["country"]), (&json!("Zürich"), &json!("CH")));
        assert!(event["id"].is_string() && event["title"].is_string(), "{event}");
    }
    for typed in ["%20!", "-zurich", "xyzzy"] {
        let suggestions = suggest(typed).await;
        assert_eq!(suggestions["cities"], none["cities"], "{typed:?}");
        assert_eq!(suggestions["categories"], none["categories"], "{typed:?}");
    }
    assert_eq!(suggest("%20!").await, none);
    for path in ["/v1/events/suggest", "/v1/events/suggest?q="] {
        assert_eq!(api.get(path).await.pointers(), ["/q"], "{path}");
    }
    assert_eq!(api.get("/v1/events/suggest?q=a&limit=5").await.pointers(), ["/limit"]);
    let long = "x".repeat(201);
    assert_eq!(api.get(&format!("/v1/events/suggest?q={long}")).await.pointers(), ["/q"]);
}

#[tokio::test]
async fn facets_count_what_a_search_would_find() {
    let api = three_events().await;
    let facets = api.get("/v1/events/facets").await.expect(StatusCode::OK);
    assert_eq!(
        facets,
        json!({
            "total": 3,
            "categories": [
                {"category": "concert", "count": 2},
                {"category": "theatre", "count": 1}
            ],
            "countries": [{"country": "CH", "count": 1}, {"country": "DE", "count": 1}],
            "months": [{"month": "2027-02", "count": 1}, {"month": "2027-03", "count": 2}]
        })
    );
    let facets = api.get("/v1/events/facets?country=DE").await.expect(StatusCode::OK);
    assert_eq!(facets["total"], 1);
}

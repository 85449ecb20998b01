//! What organisers do.

use std::time::Duration;

use booking_core::testkit::faulty::Fault;
use booking_server::app::AdminHosts;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Listener, NOBODY, event, event_with, request};

async fn draft(api: &Api) -> String {
    let created = api.create(&event()).await.expect(StatusCode::CREATED);
    created["id"].as_str().unwrap().to_owned()
}

async fn shown(api: &Api, id: &str) -> Value {
    api.admin_get(&format!("/v1/events/{id}")).await.expect(StatusCode::OK)
}

#[tokio::test]
async fn an_event_is_entered_as_a_draft() {
    let api = Api::new();
    let answer = api.create(&event()).await;
    let created = answer.expect(StatusCode::CREATED);
    let id = created["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/v1/events/{id}"));
    assert_eq!(created["status"], "draft");
    assert_eq!(created["max_per_booking"], 10);
    assert_eq!(created["reminder_minutes"], 1440, "a day");
    assert_eq!(shown(&api, id).await, created);
}

#[tokio::test]
async fn an_online_event_can_be_written_in_two_ways() {
    let api = Api::new();
    let mut short = event_with(&json!({"online": true}));
    short.as_object_mut().unwrap().remove("venue");
    let created = api.create(&short).await.expect(StatusCode::CREATED);
    assert_eq!(created["venue"], json!({"online": true, "url": null}));

    let venue = json!({"online": true, "url": "https://stream.example.org/"});
    let long = event_with(&json!({"venue": venue}));
    let created = api.create(&long).await.expect(StatusCode::CREATED);
    assert_eq!((&created["venue"], &created["online"]), (&venue, &json!(true)));

    let odd = event_with(&json!({"online": true}));
    assert_eq!(api.create(&odd).await.pointers(), ["/online"]);
}

#[tokio::test]
async fn everything_wrong_with_an_event_is_said_at_once() {
    let api = Api::new();
    let nothing = api.create(&json!({})).await;
    assert_eq!(
        nothing.pointers(),
        ["/title", "/venue", "/starts_at", "/ends_at", "/timezone", "/price", "/capacity"]
    );
    let wrong = event_with(&json!({
        "title": "", "tags": ["ok", ""], "ends_at": "2027-02-14T18:00:00Z", "timezone": "Mars",
        "venue": {"city": "", "country": "XX", "latitude": 91, "longitude": 0, "zip": "8000"},
        "price": {"amount": -1, "currency": "EUR"}, "capacity": 0, "max_per_booking": 1001,
        "reminder_minutes": 43201,
        "url": "javascript:alert(1)", "stock": 5, "all_day": "no"
    }));
    let answer = api.create(&wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/all_day",
            "/capacity",
            "/ends_at",
            "/max_per_booking",
            "/price/amount",
            "/reminder_minutes",
            "/stock",
            "/tags/1",
            "/timezone",
            "/title",
            "/url",
            "/venue/city",
            "/venue/country",
            "/venue/latitude",
            "/venue/zip"
        ]
    );
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_clears_what_is_null() {
    let api = Api::new();
    let id = draft(&api).await;
    let before = shown(&api, &id).await;
    let change = json!({
        "title": "Morgenkonzert", "description": null, "tags": null, "category": "Matinee",
        "on_sale_from": "2027-01-20T08:00:00Z", "price": {"amount": 5000, "currency": "JPY"},
        "venue": {"city": "Bern", "country": "CH"}, "capacity": 120, "max_per_booking": 4,
        "reminder_minutes": 90,
        "image_url": "https://img.example.org/1.jpg"
    });
    let changed = api.patch(&id, &change).await.expect(StatusCode::OK);
    assert_eq!(changed["title"], "Morgenkonzert");
    assert_eq!(changed["description"], "");
    assert_eq!(changed["tags"], json!([]));
    assert_eq!(changed["category"], "matinee");
    assert_eq!(changed["price"], json!({"amount": 5000, "currency": "JPY"}));
    assert_eq!(changed["capacity"], 120);
    assert_eq!(changed["reminder_minutes"], 90);
    assert_eq!(changed["available"], 120);
    assert_eq!(changed["venue"]["name"], "", "a venue is replaced as a whole");
    for same in ["starts_at", "ends_at", "timezone", "all_day", "created_at", "status"] {
        assert_eq!(changed[same], before[same], "{same}");
    }
    let cleared = json!({
        "on_sale_from": null, "image_url": null, "max_per_booking": null, "reminder_minutes": null
    });
    let cleared = api.patch(&id, &cleared).await.expect(StatusCode::OK);
    assert_eq!(cleared["on_sale_from"], Value::Null);
    assert_eq!(cleared["image_url"], Value::Null);
    assert_eq!(cleared["max_per_booking"], 10);
    assert_eq!(cleared["reminder_minutes"], 1440);
    assert_eq!(api.patch(&id, &json!({})).await.expect(StatusCode::OK), cleared);
    assert_eq!(shown(&api, &id).await, cleared);
}

#[tokio::test]
async fn a_patch_may_say_what_it_is() {
    let api = Api::new();
    let id = draft(&api).await;
    let send = async |content_type: &str| {
        let patch = Request::patch(format!("/v1/events/{id}")).header("content-type", content_type);
        api.send(Listener::Admin, patch.body("{\"title\": \"New\"}".to_owned()).unwrap()).await
    };
    assert_eq!(send("application/merge-patch+json").await.status, StatusCode::OK);
    send("text/plain").await.problem("unsupported-media-type");
}

#[tokio::test]
async fn a_patch_that_makes_no_sense_changes_nothing() {
    let api = Api::new();
    let id = draft(&api).await;
    let before = shown(&api, &id).await;
    let answer = api
        .patch(
            &id,
            &json!({
                "title": null, "price": null, "capacity": null, "venue": null, "starts_at": null,
                "ends_at": "2027-02-01T00:00:00Z", "status": "published", "id": NOBODY
            }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        ["/capacity", "/id", "/price", "/starts_at", "/status", "/title", "/venue"]
    );
    let late = api.patch(&id, &json!({"starts_at": "2027-02-15T00:00:00Z"})).await;
    assert_eq!(late.pointers(), ["/ends_at"]);
    assert_eq!(shown(&api, &id).await, before);
}

#[tokio::test]
async fn the_capacity_stays_above_what_is_sold_and_held() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let paid = api.book(&id, 3).await;
    api.pay(&paid).await;
    api.book(&id, 2).await;
    let answer = api.patch(&id, &json!({"capacity": 4})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert_eq!(answer.problem("capacity-too-low")["taken"], 5);
    let changed = api.patch(&id, &json!({"capacity": 5})).await.expect(StatusCode::OK);
    assert_eq!(changed["available"], 0);
    assert_eq!(
        api.stock(&id).await,
        json!({
            "capacity": 5, "stock": 2, "held": 2, "sold": 3, "available": 0,
            "cache": "up", "instock": null, "drift": null
        })
    );
}

#[tokio::test]
async fn stock_and_cache_are_shown_side_by_side() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    api.get(&format!("/v1/events/{id}")).await.expect(StatusCode::OK);
    let stock = api.stock(&id).await;
    let beside = |stock: &Value| json!([stock["cache"], stock["instock"], stock["drift"]]);
    assert_eq!(beside(&stock), json!(["up", 100, 0]));
    // What is held is in both; a correction that is lost leaves the count behind.
    let booking = api.book(&id, 3).await;
    assert_eq!(beside(&api.stock(&id).await), json!(["up", 97, 0]));
    api.cache.push_for("correct", Fault::Before);
    let path = format!("/v1/bookings/{}/cancel", booking["id"].as_str().unwrap());
    api.post(&path, &Value::Null).await.expect(StatusCode::OK);
    let stock = api.stock(&id).await;
    assert_eq!((beside(&stock), &stock["available"]), (json!(["up", 97, -3]), &json!(100)));
}

/// Whoever looks at the stock while the cache is in trouble wants to know what the database holds.
#[tokio::test(start_paused = true)]
async fn a_cache_that_does_not_answer_is_told_from_one_that_knows_nothing() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let beside = |stock: &Value| json!([stock["cache"], stock["instock"], stock["drift"]]);
    assert_eq!(beside(&api.stock(&id).await), json!(["up", null, null]));
    for fault in [Fault::Before, Fault::Hang] {
        api.cache.push_for("peek", fault);
        let stock = api.stock(&id).await;
        assert_eq!(beside(&stock), json!(["down", null, null]));
        assert_eq!(stock["available"], 100);
    }
}

#[tokio::test]
async fn publishing_and_cancelling_go_one_way() {
    let api = Api::new();
    let id = draft(&api).await;
    let act = async |action: &str| api.admin_post(&format!("/v1/events/{id}/{action}")).await;
    for _ in 0..2 {
        assert_eq!(act("publish").await.expect(StatusCode::OK)["status"], "published");
    }
    for _ in 0..2 {
        assert_eq!(act("cancel").await.expect(StatusCode::OK)["status"], "cancelled");
    }
    let refused: [Answer; 3] = [
        act("publish").await,
        api.patch(&id, &json!({"title": "New"})).await,
        api.patch(&id, &json!({})).await,
    ];
    for answer in refused {
        assert_eq!(answer.status, StatusCode::CONFLICT);
        answer.problem("event-not-editable");
    }
}

/// The admin listener asks nobody who they are, and ids of events are public.
#[tokio::test]
async fn pages_of_other_sites_cannot_change_anything() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let booking = api.book(&id, 1).await;
    api.pay(&booking).await;
    let refund = format!("/v1/bookings/{}/refund", booking["id"].as_str().unwrap());
    let cancel = format!("/v1/events/{id}/cancel");
    let ask = async |path: &str, name: &'static str, value: &'static str| {
        let mut asked = request(Method::POST, path);
        asked.headers_mut().insert("host", "127.0.0.1:8081".parse().unwrap());
        asked.headers_mut().insert(name, value.parse().unwrap());
        api.send(Listener::Admin, asked).await
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        // Another port of the same host is another site here: there is the shop.
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example.org"),
        ("origin", "http://127.0.0.1:8080"),
        ("origin", "null"),
        ("referer", "https://evil.example.org/"),
    ] {
        for path in [&refund, &cancel] {
            let answer = ask(path, name, value).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
            answer.problem("foreign-origin");
        }
    }
    assert_eq!(shown(&api, &id).await["status"], "published");
    assert_eq!(api.stock(&id).await["sold"], 1);
    ask(&refund, "origin", "http://127.0.0.1:8081").await.expect(StatusCode::OK);
    ask(&cancel, "sec-fetch-site", "same-origin").await.expect(StatusCode::OK);
}

#[tokio::test]
async fn what_nobody_knows_is_not_found() {
    let api = Api::new();
    for id in [NOBODY, "42"] {
        let event = format!("/v1/events/{id}");
        for path in [event.clone(), format!("{event}/stock"), format!("{event}/bookings")] {
            let answer = api.admin_get(&path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            answer.problem("event-not-found");
        }
        for action in ["publish", "cancel"] {
            api.admin_post(&format!("{event}/{action}")).await.problem("event-not-found");
        }
        api.patch(id, &json!({})).await.problem("event-not-found");
        let refund = format!("/v1/bookings/{id}/refund");
        api.admin_post(&refund).await.problem("booking-not-found");
    }
}

#[tokio::test]
async fn a_confirmed_booking_is_refunded_once() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let made = api.book(&id, 2).await;
    let path = format!("/v1/bookings/{}/refund", made["id"].as_str().unwrap());
    let answer = api.admin_post(&path).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem("not-refundable");
    api.pay(&made).await;
    for _ in 0..2 {
        let refund = api.admin_post(&path).await.expect(StatusCode::OK);
        assert_eq!(refund["status"], "refund_due");
        assert_eq!(refund["refund"]["status"], "due");
    }
    assert_eq!(api.stock(&id).await["stock"], 100);
}

#[tokio::test]
async fn the_door_list_is_paged_and_holds_no_payment_links() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(api.book(&id, 1).await["id"].clone());
    }
    let path = format!("/v1/events/{id}/bookings");
    let mut listed = Vec::new();
    let mut cursor = String::new();
    for expected in [2, 2, 1] {
        let page = api.admin_get(&format!("{path}?limit=2{cursor}")).await.expect(StatusCode::OK);
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), expected);
        assert!(items.iter().all(|item| item.get("payment_url").is_none()));
        listed.extend(items.iter().map(|item| item["id"].clone()));
        cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or("end"));
    }
    assert_eq!((listed, &*cursor), (made, "&cursor=end"));

    let first = api.admin_get(&format!("{path}?limit=2")).await.json();
    let other = api.publish(&event()).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let answer = api.admin_get(&format!("/v1/events/{other}/bookings?cursor={cursor}")).await;
    answer.problem("invalid-cursor");
    assert_eq!(
        api.admin_get(&format!("{path}?limit=%2B2&sort=x")).await.pointers(),
        ["/limit", "/sort"]
    );
}

#[tokio::test]
async fn the_door_list_is_a_table_for_who_wants_one() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let mut body = crate::harness::booking(&id, 2);
    body["customer"]["name"] = json!("=HYPERLINK(\"x\"), \"y\"");
    api.post("/v1/bookings", &body).await.expect(StatusCode::CREATED);
    api.book(&id, 1).await;
    let table = async |query: &str| {
        let mut asked = request(Method::GET, &format!("/v1/events/{id}/bookings{query}"));
        asked.headers_mut().insert("accept", "text/csv".parse().unwrap());
        api.send(Listener::Admin, asked).await
    };
    let whole = table("").await;
    assert_eq!(whole.status, StatusCode::OK);
    assert_eq!(whole.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!((whole.header("vary"), whole.header("link")), ("Accept", ""));
    let mut reader = csv::Reader::from_reader(&whole.body[..]);
    let header: Vec<_> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[..5], ["booking_id", "status", "quantity", "name", "email"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(&rows[0][3], "'=HYPERLINK(\"x\"), \"y\"");
    assert_eq!((&rows[1][1], &rows[1][5], &rows[1][6]), ("pending", "4500", "EUR"));

    let part = table("?limit=1").await;
    let link = part.header("link");
    let next = link.split(['<', '>']).nth(1).unwrap();
    assert!(link.ends_with("rel=\"next\""), "{link}");
    let rest = table(next.split_once("bookings").unwrap().1).await;
    assert_eq!(String::from_utf8_lossy(&rest.body).lines().count(), 2);
}

/// Organisers who change different fields at the same time: all changes stay.
#[tokio::test(start_paused = true)]
async fn changes_at_the_same_time_are_all_kept() {
    let api = Api::new();
    let id = draft(&api).await;
    api.advance(1);
    // Everybody has read the event before the first one writes it.
    for _ in 0..4 {
        api.database.push_for("change_event", Fault::Delay(Duration::from_secs(1)));
    }
    let (title, category) = (json!({"title": "New"}), json!({"category": "new"}));
    let (description, capacity) = (json!({"description": "New"}), json!({"capacity": 7}));
    let (title, category, description, capacity) = tokio::join!(
        api.patch(&id, &title),
        api.patch(&id, &category),
        api.patch(&id, &description),
        api.patch(&id, &capacity),
    );
    for answer in [title, category, description, capacity] {
        answer.expect(StatusCode::OK);
    }
    let reads = api.database.calls().iter().filter(|call| **call == "find_event").count();
    assert!(reads > 4, "somebody had to read again");
    let after = shown(&api, &id).await;
    assert_eq!((&after["title"], &after["category"]), (&json!("New"), &json!("new")));
    assert_eq!((&after["description"], &after["capacity"]), (&json!("New"), &json!(7)));
}

/// A stranger's name may lead to a loopback address, and to the browser the listener is then the
/// stranger's own site.
#[tokio::test]
async fn a_listener_on_loopback_is_asked_by_no_other_name() {
    let api = Api::new().administered_at(AdminHosts::Loopback);
    let event_id = api.administered_at(AdminHosts::Any).publish(&event()).await;
    let show = format!("/v1/events/{event_id}");
    let ask = |api: &Api, method: Method, path: &str, host: &str| {
        let (api, mut asked) = (api.clone(), request(method, path));
        asked.headers_mut().insert("host", host.parse().unwrap());
        asked.headers_mut().insert("sec-fetch-site", "same-origin".parse().unwrap());
        async move { api.send(Listener::Admin, asked).await }
    };
    let cancel = format!("{show}/cancel");
    for (method, path) in [(Method::GET, &*show), (Method::GET, "/docs"), (Method::POST, &cancel)] {
        let answer = ask(&api, method, path, "rebound.example:8081").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        answer.problem("foreign-origin");
    }
    for host in ["localhost:8081", "127.0.0.1:9000", "[::1]:8081"] {
        let shown = ask(&api, Method::GET, &show, host).await.expect(StatusCode::OK);
        assert_eq!(shown["status"], "published");
    }
    let anywhere = api.administered_at(AdminHosts::Any);
    ask(&anywhere, Method::GET, &show, "admin.internal:8081").await.expect(StatusCode::OK);
}

//! What every endpoint has in common.

use booking_core::testkit::faulty::Fault;
use booking_server::http::limits::Limits;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::harness::{Api, Listener, NOBODY, booking, event, request};

#[tokio::test]
async fn an_unknown_address_is_a_404_and_a_wrong_method_a_405() {
    let api = Api::new();
    for listener in [Listener::Public, Listener::Admin] {
        for path in ["/v1", "/v1/event", "/v1/events/", "/v2/events", "/v1/bookings/1/2/3"] {
            let answer = api.send(listener, request(Method::GET, path)).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            answer.problem("not-found");
        }
    }
    let answer = api.send(Listener::Public, request(Method::DELETE, "/v1/events")).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    answer.problem("method-not-allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
    let path = format!("/v1/events/{NOBODY}");
    let answer = api.send(Listener::Admin, request(Method::PUT, &path)).await;
    assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS, PATCH");
    let answer = api.send(Listener::Public, request(Method::OPTIONS, "/v1/bookings")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("allow"), "OPTIONS, POST");
}

/// Somebody who mistypes an address in a browser sees a page, a client of the API never does.
#[tokio::test]
async fn a_browser_gets_a_page_where_there_is_nothing() {
    let api = Api::new();
    let mut asked = request(Method::GET, "/nothing-here");
    asked.headers_mut().insert("accept", "text/html,*/*;q=0.8".parse().unwrap());
    let answer = api.send(Listener::Public, asked).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.header("content-type").starts_with("text/html"));
    let mut asked = request(Method::GET, "/v1/events/42");
    asked.headers_mut().insert("accept", "text/html,*/*;q=0.8".parse().unwrap());
    api.send(Listener::Public, asked).await.problem("event-not-found");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let api = Api::new();
    for (listener, path) in [(Listener::Public, "/v1/bookings"), (Listener::Admin, "/v1/events")] {
        let large = Request::post(path).header("content-type", "application/json");
        let answer = api.send(listener, large.body(" ".repeat(64 * 1024 + 1)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        answer.problem("payload-too-large");
    }
}

#[tokio::test]
async fn request_ids_are_echoed_if_they_are_sane() {
    let api = Api::new();
    let mut asked = request(Method::GET, "/healthz");
    asked.headers_mut().insert("x-request-id", "order-1".parse().unwrap());
    assert_eq!(api.send(Listener::Public, asked).await.header("x-request-id"), "order-1");
    assert_eq!(api.get("/healthz").await.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn what_is_too_much_is_shed_and_health_checks_are_not() {
    let api = Api::with_limits(Limits { max_in_flight: 0, ..Limits::default() });
    for path in ["/v1/events", "/docs"] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        answer.problem("overloaded");
        assert_eq!(answer.header("retry-after"), "1");
    }
    api.admin_get("/metrics").await.problem("overloaded");
    assert_eq!(api.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(api.get("/readyz").await.status, StatusCode::OK);
}

/// Runs one call of every kind while the database fails.
#[tokio::test(start_paused = true)]
async fn a_database_that_is_down_is_a_503_that_says_when_to_come_back() {
    let api = Api::new();
    let event_id = api.publish(&event()).await;
    let made = api.book(&event_id, 1).await;
    let booking_path = format!("/v1/bookings/{}", made["id"].as_str().unwrap());
    let event_path = format!("/v1/events/{event_id}");
    // Nothing is answered from the cache either.
    api.advance(600);
    let down = || {
        api.database.heal();
        for _ in 0..1_000 {
            api.database.push(Fault::Before);
        }
    };
    for path in
        ["/v1/events", "/v1/events/facets", "/v1/events/suggest?q=x", &event_path, &booking_path]
    {
        down();
        let answer = api.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        answer.problem("unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    let posts = [
        ("/v1/bookings".to_owned(), booking(&event_id, 1)),
        (format!("{booking_path}/cancel"), Value::Null),
    ];
    for (path, body) in posts {
        down();
        let answer = api.post(&path, &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(!text.contains("staged"), "the cause stays here: {text}");
    }
    for path in ["", "/stock", "/bookings"] {
        down();
        let answer = api.admin_get(&format!("{event_path}{path}")).await;
        answer.problem("unavailable");
    }
    for path in [&format!("{event_path}/publish"), &format!("{event_path}/cancel")] {
        down();
        api.admin_post(path).await.problem("unavailable");
    }
    down();
    api.create(&event()).await.problem("unavailable");
    api.database.heal();
    assert_eq!(api.get(&event_path).await.status, StatusCode::OK);
}

//! Every kind of problem, over the socket.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Ipn, Press, Server, booking, event};

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn post_raw(server: &Server, media_type: &str, body: &[u8]) -> crate::support::Answer {
    let headers = [("content-type", media_type)];
    let url = server.public("/v1/bookings");
    server.client.send(Method::POST, &url, &headers, body.to_vec()).await
}

#[tokio::test]
async fn what_cannot_be_read_is_400() {
    let server = Server::start().await;
    for body in [&b"{"[..], b"", b"{\"quantity\": 01}", b"\xff\xfe", b"{} {}"] {
        let answer = post_raw(&server, "application/json", body).await;
        answer.expect_problem(400, "malformed-json");
    }
    for query in ["q=%zz", "q=%ff"] {
        let answer = server.get(&format!("/v1/events?{query}")).await;
        answer.expect_problem(400, "malformed-request");
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let server = Server::start().await;
    for path in ["/v1/nothing", "/v2/events", "/v1/events/x/y", "/metrics", "/v1/bookings"] {
        let answer = server.get(path).await;
        if path == "/v1/bookings" {
            answer.expect_problem(405, "method-not-allowed");
        } else {
            answer.expect_problem(404, "not-found");
        }
    }
    for id in [UNKNOWN, "1", "not-a-uuid"] {
        let answer = server.get(&format!("/v1/events/{id}")).await;
        answer.expect_problem(404, "event-not-found");
        let answer = server.get(&format!("/v1/bookings/{id}")).await;
        answer.expect_problem(404, "booking-not-found");
        let refund = format!("/v1/bookings/{id}/refund");
        let answer = server.manage(Method::POST, &refund, &Value::Null).await;
        answer.expect_problem(404, "booking-not-found");
        let stock = format!("/v1/events/{id}/stock");
        let answer = server.manage(Method::GET, &stock, &Value::Null).await;
        answer.expect_problem(404, "event-not-found");
    }
    server.book(UNKNOWN, 1).await.expect_problem(404, "event-not-found");
    let draft = server.draft(1).await;
    let answer = server.get(&format!("/v1/events/{draft}")).await;
    answer.expect_problem(404, "event-not-found");
}

#[tokio::test]
async fn the_admin_calls_are_not_on_the_public_listener() {
    let server = Server::start().await;
    let id = server.event(1).await;
    let answer = server.post("/v1/events", &[], &event(1)).await;
    answer.expect_problem(405, "method-not-allowed");
    for path in [format!("/v1/events/{id}/publish"), format!("/v1/events/{id}/cancel")] {
        server.post(&path, &[], &json!({})).await.expect_problem(404, "not-found");
    }
    for path in [format!("/v1/events/{id}/stock"), format!("/v1/events/{id}/bookings")] {
        server.get(&path).await.expect_problem(404, "not-found");
    }
    server.get("/metrics").await.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_method_that_a_route_does_not_know_is_405_and_names_the_others() {
    let server = Server::start().await;
    for (method, path, allowed) in [
        (Method::DELETE, "/v1/events", "GET"),
        (Method::GET, "/v1/bookings", "POST"),
        (Method::PUT, "/v1/payments/ipn", "POST"),
    ] {
        let answer = server.client.send(method, &server.public(path), &[], "").await;
        answer.expect_problem(405, "method-not-allowed");
        let allow = answer.header("allow").unwrap();
        assert!(allow.split(", ").any(|method| method == allowed), "{path}: {allow}");
    }
}

#[tokio::test]
async fn bodies_and_addresses_that_are_too_long_are_refused() {
    let server = Server::start().await;
    let body = format!("{{\"x\": \"{}\"}}", "x".repeat(100_000));
    let answer = post_raw(&server, "application/json", body.as_bytes()).await;
    answer.expect_problem(413, "payload-too-large");
    let answer = server.get(&format!("/v1/events?q={}", "x".repeat(9_000))).await;
    answer.expect_problem(414, "uri-too-long");
}

#[tokio::test]
async fn another_media_type_is_415() {
    let server = Server::start().await;
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let answer = post_raw(&server, media_type, b"{}").await;
        answer.expect_problem(415, "unsupported-media-type");
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_at_once() {
    let server = Server::start().await;
    let body = json!({
        "event_id": "x",
        "quantity": 0,
        "customer": { "name": "", "email": "nobody" },
    });
    let problem =
        server.post("/v1/bookings", &[], &body).await.expect_problem(422, "invalid-request");
    let mut pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/customer/email", "/customer/name", "/event_id", "/quantity"]);

    let id = server.event(20).await;
    for quantity in [json!(11), json!(-1), json!(1.5), json!("2"), json!(null), json!(1u64 << 40)] {
        let mut body = booking(&id, 1);
        body["quantity"] = quantity.clone();
        let answer = server.post("/v1/bookings", &[], &body).await;
        let problem = answer.expect_problem(422, "invalid-request");
        assert_eq!(problem["errors"][0]["pointer"], "/quantity", "{quantity}");
    }
    for query in ["sort=best", "limit=0", "near=1", "starts_from=soon", "price_max=1", "country=XX"]
    {
        let answer = server.get(&format!("/v1/events?{query}")).await;
        answer.expect_problem(422, "invalid-request");
    }
    assert_eq!(server.stock(&id).await, [20, 20, 0, 0]);
}

#[tokio::test]
async fn a_cursor_is_good_for_the_search_that_it_came_from() {
    let server = Server::start().await;
    for _ in 0..3 {
        server.event(1).await;
    }
    let page = server.get("/v1/events?limit=2").await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = server.get(&format!("/v1/events?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(next["items"].as_array().unwrap().len(), 1);
    assert_eq!(next["next_cursor"], Value::Null);
    for query in [format!("category=concert&cursor={cursor}"), "cursor=x".to_owned()] {
        let answer = server.get(&format!("/v1/events?{query}")).await;
        answer.expect_problem(422, "invalid-cursor");
    }
}

#[tokio::test]
async fn an_event_that_is_not_on_sale_says_why() {
    let server = Server::start().await;
    let draft = server.draft(1).await;
    server.book(&draft, 1).await.expect_problem(409, "not-on-sale");

    let mut later = event(1);
    later["on_sale_from"] = json!("2098-01-01T00:00:00Z");
    let later = server.manage(Method::POST, "/v1/events", &later).await.expect(201);
    let id = later["id"].as_str().unwrap();
    let path = format!("/v1/events/{id}/publish");
    server.manage(Method::POST, &path, &Value::Null).await.expect(200);
    let problem = server.book(id, 1).await.expect_problem(409, "not-on-sale");
    assert_eq!(problem["on_sale_from"], "2098-01-01T00:00:00Z");

    let called_off = server.event(1).await;
    let path = format!("/v1/events/{called_off}/cancel");
    server.manage(Method::POST, &path, &Value::Null).await.expect(200);
    server.book(&called_off, 1).await.expect_problem(409, "not-on-sale");
}

#[tokio::test]
async fn sold_out_says_what_is_left() {
    let server = Server::start().await;
    let id = server.event(5).await;
    server.hold(&id, 3).await;
    let problem = server.book(&id, 3).await.expect_problem(409, "sold-out");
    assert_eq!(problem["available"], 2);
    server.hold(&id, 2).await;
    assert_eq!(server.book(&id, 1).await.expect_problem(409, "sold-out")["available"], 0);
}

#[tokio::test]
async fn what_the_organiser_cannot_do_is_409() {
    let server = Server::start().await;
    let id = server.event(5).await;
    let held = server.hold(&id, 3).await;
    let path = format!("/v1/events/{id}");
    let answer = server.manage(Method::PATCH, &path, &json!({ "capacity": 2 })).await;
    answer.expect_problem(409, "capacity-too-low");
    server.manage(Method::PATCH, &path, &json!({ "capacity": 4 })).await.expect(200);
    assert_eq!(server.stock(&id).await, [4, 4, 3, 0]);

    let refund = format!("/v1/bookings/{}/refund", held["id"].as_str().unwrap());
    let answer = server.manage(Method::POST, &refund, &Value::Null).await;
    answer.expect_problem(409, "not-refundable");
    server.press(&held, Press::Pay).await;
    server.wait_for(&held, "confirmed").await;
    server.cancel(&held).await.expect_problem(409, "not-cancellable");

    let cancel = format!("/v1/events/{id}/cancel");
    server.manage(Method::POST, &cancel, &Value::Null).await.expect(200);
    let answer = server.manage(Method::PATCH, &path, &json!({ "title": "Again" })).await;
    answer.expect_problem(409, "event-not-editable");
    let publish = format!("/v1/events/{id}/publish");
    let answer = server.manage(Method::POST, &publish, &Value::Null).await;
    answer.expect_problem(409, "event-not-editable");
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let server = Server::start().await;
    let address = server.public("");
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    let head = "POST /v1/bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                content-length: 10\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(crate::support::PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("the server does not wait for ever")
        .unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("/problems/request-timeout"), "{answer}");
}

/// Somebody else has locked the database: nothing can be made durable.
#[tokio::test]
async fn a_database_that_is_away_is_503_and_the_gateway_is_to_try_again() {
    let server = Server::start().await;
    let id = server.event(2).await;
    let held = server.hold(&id, 1).await;
    let mut tamperer = server.launch.database().tamper().await;
    tamperer.lock().await;

    let ipn = Ipn::succeeded(&held);
    let (paid, booked) = tokio::join!(server.notify(&ipn), server.book(&id, 1));
    for answer in [paid, booked] {
        let problem = answer.expect(503);
        let kind = problem["type"].as_str().unwrap();
        assert!(["/problems/unavailable", "/problems/overloaded"].contains(&kind), "{problem}");
        assert!(answer.header("retry-after").is_some());
        let text = answer.text().to_lowercase();
        assert!(!text.contains("sql") && !text.contains("locked"), "{text}");
    }
    tamperer.unlock().await;
    tamperer.close().await;

    assert_eq!(server.notify(&ipn).await.status, 200);
    assert_eq!(server.status(&held).await, "confirmed");
    assert_eq!(server.stock(&id).await, [2, 1, 0, 1]);
    server.assert_balanced().await;
}

/// A row that cannot be is our fault, and the answer does not tell what is wrong with it.
#[tokio::test]
async fn a_fault_of_ours_is_500_and_tells_nothing() {
    let server = Server::start().await;
    let id = server.event(2).await;
    let held = server.hold(&id, 1).await;
    let mut tamperer = server.launch.database().tamper().await;
    tamperer.execute("UPDATE bookings SET currency = 'zzz', customer_email = 'nobody'").await;
    tamperer.close().await;
    let answer = server.get(&format!("/v1/bookings/{}", held["id"].as_str().unwrap())).await;
    answer.expect_problem(500, "internal");
    for secret in ["bookings", "currency", "nobody", "sql", "postgres"] {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    assert!(!server.log().contains("nobody"), "personal data is not logged");
}

#[tokio::test]
async fn every_answer_bears_a_request_id() {
    let server = Server::start().await;
    let url = server.public("/v1/events");
    let sane = [("x-request-id", "from-the-client.1")];
    let answer = server.client.send(Method::GET, &url, &sane, "").await;
    assert_eq!(answer.header("x-request-id"), Some("from-the-client.1"));
    let insane = [("x-request-id", "two words")];
    let answer = server.client.send(Method::GET, &url, &insane, "").await;
    let id = answer.header("x-request-id").unwrap();
    assert!(uuid::Uuid::parse_str(id).is_ok(), "{id}");
}

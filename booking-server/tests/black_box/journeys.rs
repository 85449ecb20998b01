//! What buyers do, from the search to the ticket.

use http::Method;
use serde_json::{Value, json};

use crate::support::{Ipn, Launch, Press, Server, until};

#[tokio::test]
async fn a_buyer_finds_an_event_books_pays_and_has_tickets() {
    let server = Server::start().await;
    let event = server.event(5).await;

    let found = server.get("/v1/events?q=zurich%20orga&country=CH&available=3").await.expect(200);
    assert_eq!(found["items"][0]["id"], event, "{found}");
    let shown = server.get(&format!("/v1/events/{event}")).await;
    assert_eq!(shown.expect(200)["available"], 5);
    assert!(shown.header("etag").is_some());

    let answer = server.book(&event, 2).await;
    let booking = answer.expect(201);
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    assert!(answer.header("location").unwrap().ends_with(&path));
    assert_eq!(booking["status"], "pending");
    assert_eq!(booking["unit_price"], json!({ "amount": 4500, "currency": "CHF" }));
    assert_eq!(booking["total"], json!({ "amount": 9000, "currency": "CHF" }));
    assert_eq!(server.stock(&event).await, [5, 5, 2, 0]);

    let back = server.press(&booking, Press::Pay).await;
    assert_eq!(back.status, 303, "{}", back.text());
    let expected = format!("/bookings/{}", booking["id"].as_str().unwrap());
    assert!(back.header("location").unwrap().ends_with(&expected));
    let confirmed = server.wait_for(&booking, "confirmed").await;
    assert!(confirmed["confirmed_at"].is_string());
    assert_eq!(confirmed.get("payment_url"), None);
    assert_eq!(confirmed.get("expires_at"), None);
    assert_eq!(confirmed["event"]["title"], "Night of the Organ");
    assert_eq!(server.stock(&event).await, [5, 3, 0, 2]);

    let page = server.get(&format!("/bookings/{}", booking["id"].as_str().unwrap())).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let mails = server.folder().path().join("mail");
    until("the confirmation to be written", async || {
        let mail = std::fs::read_dir(&mails).ok()?.next()?.ok()?;
        let text = std::fs::read_to_string(mail.path()).ok()?;
        (text.contains("ada@example.org") && text.contains("text/calendar")).then_some(())
    })
    .await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_declined_payment_gives_the_tickets_back() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Decline).await;
    server.wait_for(&booking, "payment_failed").await;
    assert_eq!(server.stock(&event).await, [2, 2, 0, 0]);
    server.hold(&event, 2).await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_payment_that_is_given_up_gives_the_tickets_back() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::GiveUp).await;
    server.wait_for(&booking, "payment_failed").await;
    server.hold(&event, 2).await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn an_unpaid_booking_can_be_cancelled_again_and_again() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    let cancelled = server.cancel(&booking).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["cancelled_at"].is_string());
    assert_eq!(server.cancel(&booking).await.expect(200), cancelled);
    assert_eq!(server.stock(&event).await, [2, 2, 0, 0]);
    server.hold(&event, 2).await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_hold_that_nobody_pays_expires() {
    let server = Launch::new().flag("--hold-ttl", "1s").start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.wait_for(&booking, "expired").await;
    assert_eq!(server.stock(&event).await, [2, 2, 0, 0]);
    server.hold(&event, 2).await;
    server.assert_balanced().await;
    assert!(server.log().contains("less than a minute"), "a short hold is warned of");
}

/// Nothing asks for the first booking again: it is the next buyer who finds its tickets free.
#[tokio::test]
async fn tickets_of_an_overdue_hold_are_sold_before_sold_out_is_said() {
    let server = Launch::new().flag("--hold-ttl", "1s").start().await;
    let event = server.event(1).await;
    let first = server.hold(&event, 1).await;
    let second = until("the ticket to come free", async || {
        let answer = server.book(&event, 1).await;
        if answer.status == 201 {
            return Some(answer.json());
        }
        let refusal = answer.expect_problem(409, "sold-out");
        assert_eq!(refusal["available"], 0);
        None
    })
    .await;
    assert_ne!(first["id"], second["id"]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_confirmed_booking_is_refunded_and_its_tickets_are_sold_again() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    server.cancel(&booking).await.expect_problem(409, "not-cancellable");

    let path = format!("/v1/bookings/{}/refund", booking["id"].as_str().unwrap());
    let answer = server.manage(Method::POST, &path, &Value::Null).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    let refunded = server.wait_for(&booking, "refunded").await;
    assert_eq!(refunded["refund"]["amount"], json!({ "amount": 9000, "currency": "CHF" }));
    assert_eq!(server.stock(&event).await, [2, 2, 0, 0]);
    server.hold(&event, 2).await;
    server.assert_balanced().await;
}

#[tokio::test]
async fn an_event_that_is_called_off_pays_everybody_back() {
    let server = Server::start().await;
    let event = server.event(4).await;
    let (paid, unpaid) = (server.hold(&event, 2).await, server.hold(&event, 2).await);
    server.press(&paid, Press::Pay).await;
    server.wait_for(&paid, "confirmed").await;

    let path = format!("/v1/events/{event}/cancel");
    let answer = server.manage(Method::POST, &path, &Value::Null).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    server.wait_for(&paid, "refunded").await;
    server.wait_for(&unpaid, "cancelled").await;
    server.book(&event, 1).await.expect_problem(409, "not-on-sale");
    assert_eq!(server.stock(&event).await, [4, 4, 0, 0]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn the_browsers_return_decides_nothing() {
    let server = Server::start().await;
    let event = server.event(2).await;
    let booking = server.hold(&event, 2).await;
    // The buyer pays, and the gateway never says so.
    let back = server.press_with_fault(&booking, Press::Pay, "never").await;
    let location = back.header("location").unwrap();
    let path = url::Url::parse(location).unwrap().path().to_owned();
    for claim in ["", "?status=succeeded", "?payment_status=paid&success=true"] {
        assert_eq!(server.get(&format!("{path}{claim}")).await.status, 200);
    }
    assert_eq!(server.status(&booking).await, "pending");
    assert_eq!(server.stock(&event).await, [2, 2, 2, 0]);

    // It is the notification that counts, however late.
    assert_eq!(server.notify(&Ipn::succeeded(&booking)).await.status, 200);
    assert_eq!(server.status(&booking).await, "confirmed");
    server.assert_balanced().await;
}

#[tokio::test]
async fn a_free_event_needs_no_payment() {
    let server = Server::start().await;
    let mut body = crate::support::event(3);
    body["price"]["amount"] = json!(0);
    let event = server.manage(Method::POST, "/v1/events", &body).await.expect(201);
    let id = event["id"].as_str().unwrap();
    let path = format!("/v1/events/{id}/publish");
    server.manage(Method::POST, &path, &Value::Null).await.expect(200);
    let booking = server.hold(id, 3).await;
    assert_eq!(booking["status"], "confirmed", "{booking}");
    assert_eq!(server.stock(id).await, [3, 0, 0, 3]);
    server.assert_balanced().await;
}

#[tokio::test]
async fn sales_go_on_when_nothing_can_be_logged() {
    let launch = Launch::new().flag("--log", "trace");
    let log = launch.folder.path().join("server.log");
    std::os::unix::fs::symlink("/dev/full", log).unwrap();
    let server = launch.start().await;
    let event = server.event(5).await;
    let booking = server.book(&event, 2).await.expect(201);
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    let (status, _) = server.stop().await;
    assert!(status.success(), "{status}");
}

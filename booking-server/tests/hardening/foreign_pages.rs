//! What the page of another site can make a buyer's browser send.

use http::Method;
use serde_json::Value;

use crate::support::{Press, Server, booking};

const FORM: &str = "application/x-www-form-urlencoded";

/// Sets of headers that a browser sends with what another site's page made it ask for.
const FOREIGN: &[&[(&str, &str)]] = &[
    &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
    &[("sec-fetch-site", "same-site")],
    &[("referer", "https://evil.example/page")],
    &[("origin", "not an origin")],
    &[("origin", "http://127.0.0.1")],
    &[("origin", "file://")],
];

async fn submit(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
    let headers = [headers, &[("content-type", FORM)]].concat();
    let url = server.public(path);
    server.client.send(Method::POST, &url, &headers, body.to_owned()).await.status.as_u16()
}

#[tokio::test]
async fn the_booking_form_is_taken_from_no_other_site() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let form = "quantity=1&name=Ada&email=ada%40example.org";
    let book = format!("/events/{event}/book");
    for headers in FOREIGN {
        assert_eq!(submit(&server, &book, headers, form).await, 403, "{headers:?}");
    }
    // What a page says last does not outweigh what the browser says.
    let own = format!("http://{}", server.public("").trim_start_matches("http://"));
    let both = [("origin", &*own), ("sec-fetch-site", "cross-site")];
    assert_eq!(submit(&server, &book, &both, form).await, 403);
    assert_eq!(server.stock(&event).await, [5, 5, 0, 0], "nothing is held");
    println!("booking form: {} kinds of foreign requests refused", FOREIGN.len() + 1);

    // No page at all (a tool), and our own page.
    assert_eq!(submit(&server, &book, &[], form).await, 303);
    let same = [("origin", &*own), ("sec-fetch-site", "same-origin")];
    assert_eq!(submit(&server, &book, &same, form).await, 303);
    assert_eq!(server.stock(&event).await, [5, 5, 2, 0]);
}

/// Whoever has a booking of his own knows a link that is signed, and may put its form on a page of his.
#[tokio::test]
async fn the_payment_form_is_taken_from_no_other_site() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let pending = server.hold(&event, 1).await;
    let link = url::Url::parse(pending["payment_url"].as_str().unwrap()).unwrap();
    let signed = link.query().unwrap();
    let in_address = format!("{}?{signed}", link.path());
    let mut asked = 0;
    for action in ["pay", "decline", "give_up"] {
        let form = format!("{signed}&action={action}");
        for headers in FOREIGN {
            // The page hides its address, and so some browsers hide its origin; those that do say whose page it is besides.
            if headers == &[("origin", "null")] {
                continue;
            }
            assert_eq!(submit(&server, link.path(), headers, &form).await, 403, "{headers:?}");
            let short = format!("action={action}");
            assert_eq!(submit(&server, &in_address, headers, &short).await, 403, "{headers:?}");
            asked += 2;
        }
    }
    println!("payment form: {asked} signed forms of foreign pages refused");
    assert_eq!(server.status(&pending).await, "pending");
    let hidden = [("origin", "null"), ("sec-fetch-site", "same-origin")];
    let form = format!("{signed}&action=pay");
    assert_eq!(submit(&server, link.path(), &hidden, &form).await, 303);
    server.wait_for(&pending, "confirmed").await;
}

/// Who does not know the signed link can send nothing.
#[tokio::test]
async fn the_payment_form_is_worth_nothing_without_its_signature() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let pending = server.hold(&event, 1).await;
    let link = url::Url::parse(pending["payment_url"].as_str().unwrap()).unwrap();
    let signed = link.query().unwrap();
    let (unsigned, signature) = signed.split_once("&signature=").unwrap();
    let flipped = if signature.starts_with('0') { "1" } else { "0" };
    let sets = FOREIGN.iter().copied().chain([&[][..]]);
    let mut asked = 0;
    for headers in sets {
        for form in [
            "action=pay".to_owned(),
            format!("{unsigned}&action=pay"),
            format!("{unsigned}&signature=&action=pay"),
            format!("{unsigned}&signature={flipped}{}&action=pay", &signature[1..]),
            format!("{}&action=pay", signed.replace("amount=4500", "amount=1")),
        ] {
            let status = submit(&server, link.path(), headers, &form).await;
            assert_eq!(status, 403, "{headers:?} {form}");
            asked += 1;
        }
    }
    println!("payment form: {asked} forms without a right signature refused");
    // Of two signatures none is believed, though both be right.
    let doubled = format!("{signed}&signature={signature}&action=pay");
    for headers in FOREIGN.iter().copied().chain([&[][..]]) {
        let is_silent = headers.is_empty() || headers == [("origin", "null")];
        let expected = if is_silent { 422 } else { 403 };
        assert_eq!(submit(&server, link.path(), headers, &doubled).await, expected, "{headers:?}");
    }
    assert_eq!(server.status(&pending).await, "pending");
    // The page hides its address, so that some browsers hide its origin as well.
    let form = format!("{signed}&action=pay");
    let hidden = [("origin", "null")];
    assert_eq!(submit(&server, link.path(), &hidden, &form).await, 303);
    server.wait_for(&pending, "confirmed").await;
}

#[tokio::test]
async fn a_booking_is_given_up_from_no_other_site() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let pending = server.hold(&event, 1).await;
    let cancel = format!("/bookings/{}/cancel", pending["id"].as_str().unwrap());
    for headers in FOREIGN {
        // The booking's own page hides its address, and so its origin; its id is what others do not know.
        if headers == &[("origin", "null")] {
            continue;
        }
        assert_eq!(submit(&server, &cancel, headers, "").await, 403, "{headers:?}");
    }
    assert_eq!(server.status(&pending).await, "pending");
    server.press(&pending, Press::Pay).await;
    server.wait_for(&pending, "confirmed").await;
    // Tickets that were paid for are not given up by whoever has the address.
    assert_eq!(submit(&server, &cancel, &[], "").await, 409);
    assert_eq!(server.status(&pending).await, "confirmed");
}

/// What a page may have sent without asking first: no body at all, and the media types of forms and plain text.
const UNASKED: [Option<&str>; 4] =
    [None, Some("text/plain"), Some(FORM), Some("multipart/form-data; boundary=x")];

/// What browsers send by themselves, to where a page says, with a text that no page chooses.
const REPORT: Option<&str> = Some("application/reports+json");

async fn assert_no_leave(server: &Server, path: &str) {
    let asks = [
        ("origin", "https://evil.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = server.client.send(Method::OPTIONS, &server.public(path), &asks, "").await;
    let given = answer.headers.keys().find(|name| name.as_str().starts_with("access-control"));
    assert_eq!(given, None, "{path}");
    assert_eq!(answer.headers.get("set-cookie"), None::<&http::HeaderValue>);
}

/// The call needs no body, so there is nothing that a page would have to ask for.
#[tokio::test]
async fn the_api_gives_no_booking_up_for_what_a_page_can_send_without_asking() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let pending = server.hold(&event, 1).await;
    let path = format!("/v1/bookings/{}/cancel", pending["id"].as_str().unwrap());
    let url = server.public(&path);
    let mut asked = 0;
    for headers in FOREIGN {
        for kind in UNASKED.into_iter().chain([REPORT]) {
            let mut headers = headers.to_vec();
            headers.extend(kind.map(|kind| ("content-type", kind)));
            let answer = server.client.send(Method::POST, &url, &headers, "{}").await;
            answer.expect_problem(403, "foreign-origin");
            asked += 1;
        }
    }
    println!("cancelling by the API: {asked} foreign requests refused");
    assert_eq!(server.status(&pending).await, "pending");
    assert_eq!(server.stock(&event).await, [5, 5, 1, 0]);
    assert_no_leave(&server, &path).await;

    // A page of our own, and a program, which says nothing of pages.
    let own = server.public("");
    let same = [("origin", &*own), ("sec-fetch-site", "same-origin")];
    server.client.send(Method::POST, &url, &same, "").await.expect(200);
    assert_eq!(server.status(&pending).await, "cancelled");
    let other = server.hold(&event, 1).await;
    server.cancel(&other).await.expect(200);
    // Whoever was given leave, by a proxy that answers the browser's question, is not refused here.
    let third = server.hold(&event, 1).await;
    let url = server.public(&format!("/v1/bookings/{}/cancel", third["id"].as_str().unwrap()));
    let with_leave = [
        ("origin", "https://shop.example.org"),
        ("content-type", "application/json; charset=utf-8"),
    ];
    server.client.send(Method::POST, &url, &with_leave, "").await.expect(200);
    assert_eq!(server.stock(&event).await, [5, 5, 0, 0]);
}

/// The gateway is no browser; what a page sends bears no signature.
#[tokio::test]
async fn a_page_notifies_of_no_payment() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let pending = server.hold(&event, 1).await;
    let url = server.public("/v1/payments/ipn");
    for headers in FOREIGN {
        for kind in UNASKED {
            let mut headers = headers.to_vec();
            headers.extend(kind.map(|kind| ("content-type", kind)));
            let answer = server.client.send(Method::POST, &url, &headers, "{}").await;
            answer.expect_problem(401, "bad-signature");
        }
    }
    assert_eq!(server.status(&pending).await, "pending");
}

/// A page may send some media types without asking first; the API takes none of them.
#[tokio::test]
async fn the_api_books_nothing_that_a_page_can_send_without_asking() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let body = booking(&event, 1).to_string();
    let url = server.public("/v1/bookings");
    for headers in FOREIGN {
        for kind in UNASKED {
            let mut headers = headers.to_vec();
            headers.extend(kind.map(|kind| ("content-type", kind)));
            let answer = server.client.send(Method::POST, &url, &headers, body.clone()).await;
            answer.expect_problem(415, "unsupported-media-type");
        }
    }
    // For JSON it has to ask, and is given no leave.
    assert_no_leave(&server, "/v1/bookings").await;
    assert_eq!(server.stock(&event).await, [5, 5, 0, 0]);
    let shown: Value = server.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(shown["available"], 5);
}

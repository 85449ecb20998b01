//! What an application hears that wants events instead of mails.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::support::{Launch, Press, unix_now, until};

const KEY: &[u8] = b"twenty-four bytes at least";

/// What was accepted, and what was not.
type Inbox = Arc<Mutex<Vec<Value>>>;

/// Takes one message after the other. It wants to hear of tickets that were paid for, and of nothing else any more.
async fn serve(listener: TcpListener, inbox: Inbox) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let inbox = Arc::clone(&inbox);
        let service = service_fn(move |request| take(Arc::clone(&inbox), request));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn take(
    inbox: Inbox,
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    verify(&head.headers, &body);
    let message: Value = serde_json::from_slice(&body).unwrap();
    let status = if message["type"] == "booking.confirmed" { 204 } else { 410 };
    inbox.lock().unwrap().push(message);
    Ok(Response::builder().status(status).body(Empty::new()).unwrap())
}

fn verify(headers: &HeaderMap, body: &[u8]) {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, seconds) = (header("webhook-id"), header("webhook-timestamp"));
    assert!(seconds.parse::<i64>().unwrap().abs_diff(unix_now()) < 300);
    let signed = [id.as_bytes(), seconds.as_bytes(), body].join(&b'.');
    let mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap().chain_update(signed);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), signature);
}

#[tokio::test]
async fn an_application_hears_of_bookings_until_it_is_gone_and_no_mail_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let inbox = Inbox::default();
    let receiver = tokio::spawn(serve(listener, Arc::clone(&inbox)));
    let server = Launch::new()
        .flag("--webhook-url", &url)
        .variable("BOOKING_WEBHOOK_SECRET", &format!("whsec_{}", STANDARD.encode(KEY)))
        .variable("BOOKING_WEBHOOK_ALLOW_PRIVATE", "true")
        .start()
        .await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    until("the application to hear of it", async || inbox.lock().unwrap().first().cloned()).await;
    let message = inbox.lock().unwrap()[0].clone();
    // Everything that the API shows of a booking is told in the same words.
    let shown = server.wait_for(&booking, "confirmed").await;
    for (name, value) in shown.as_object().unwrap().iter().filter(|(name, _)| *name != "event") {
        assert_eq!(&message["data"][name], value, "{name}");
    }
    for (name, value) in shown["event"].as_object().unwrap() {
        assert_eq!(&message["data"]["event"][name], value, "{name}");
    }
    assert_eq!(message["data"]["event"]["id"], event);

    for _ in 0..2 {
        let declined = server.hold(&event, 1).await;
        server.press(&declined, Press::Decline).await;
        server.wait_for(&declined, "payment_failed").await;
    }
    until("the notices to be given up", async || {
        let text = server.manage(Method::GET, "/metrics", &Value::Null).await.text();
        let is_given_up = text.contains("booking_notices_dead_total{kind=\"payment_failed\"} 2\n");
        (is_given_up && text.contains("booking_webhook_disabled 1\n")).then_some(())
    })
    .await;
    let log = server.log();
    assert_eq!(log.matches("answered that it is gone").count(), 1, "{log}");
    assert!(!log.contains("ada@example.org"), "{log}");
    assert!(!server.folder().path().join("mail").exists());
    receiver.abort();
}

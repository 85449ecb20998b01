//! The notifier that posts webhooks keeps its contract.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use booking_core::adapters::webhook::{WebhookNotifier, WebhookSecrets, WebhookSettings};
use booking_core::ports::Notifier;
use booking_core::testkit::Harness;
use booking_core::testkit::notifier::{Delivered, NotifierHarness};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

struct Webhook;

/// A receiver that takes every message once.
struct Receiver {
    inbox: Inbox,
    server: JoinHandle<()>,
}

/// What was received, by the id of the message.
type Inbox = Arc<Mutex<BTreeMap<String, Delivered>>>;

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Harness for Webhook {}

impl NotifierHarness for Webhook {
    type Guard = Receiver;

    async fn fresh(&self) -> (Arc<dyn Notifier>, Receiver) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let inbox = Inbox::default();
        let server = tokio::spawn(serve(listener, Arc::clone(&inbox)));
        let secrets = WebhookSecrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let settings = WebhookSettings::new(url, secrets).allow_private_addresses();
        let notifier = WebhookNotifier::new(&settings).unwrap();
        (Arc::new(notifier), Receiver { inbox, server })
    }

    async fn delivered(&self, receiver: &Receiver) -> Vec<Delivered> {
        receiver.inbox.lock().unwrap().values().cloned().collect()
    }
}

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
    let identity = request.headers()["webhook-id"].to_str().unwrap().to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    assert!(body.len() < 20_000, "receivers want no more than that");
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    // An application that writes to the buyer takes the address from here.
    let recipients = vec![value["data"]["customer"]["email"].as_str().unwrap().to_owned()];
    let text = String::from_utf8(body.to_vec()).unwrap();
    let delivered = Delivered { identity: identity.clone(), recipients, text };
    inbox.lock().unwrap().insert(identity, delivered);
    Ok(Response::new(Empty::new()))
}

booking_core::notifier_contract!(Webhook);

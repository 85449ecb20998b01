//! The delivery over real sockets. Nothing here depends on how long anything takes.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

/// An endpoint for notifications, that first drops some connections without a word.
struct Endpoint {
    address: String,
    server: JoinHandle<()>,
}

impl Endpoint {
    async fn start(inbox: Inbox, clock: Arc<StillClock>, dropped: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1/payments/ipn", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            for _ in 0..dropped {
                drop(listener.accept().await.unwrap());
            }
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (inbox, clock) = (inbox.clone(), Arc::clone(&clock));
                let service =
                    service_fn(move |request| answer(inbox.clone(), Arc::clone(&clock), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, server }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    inbox: Inbox,
    clock: Arc<StillClock>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri().path(), "/v1/payments/ipn");
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
        .collect();
    let body = request.into_body().collect().await.unwrap().to_bytes().to_vec();
    let status = inbox.receive(IncomingNotification { headers, body });
    // The next attempt is made at another time.
    clock.advance(7);
    let answer = Full::new(Bytes::from_static(b"{\"received\":true}"));
    Ok(Response::builder().status(status).body(answer).unwrap())
}

/// Pays for booking 1, and waits until everything was delivered.
async fn pay_and_deliver(world: &World, script: &str, dropped: usize) -> MockGateway {
    let endpoint = Endpoint::start(world.inbox.clone(), Arc::clone(&world.clock), dropped).await;
    let gateway = world
        .builder()
        .ipn_url(&endpoint.address)
        .backoff(Duration::from_millis(1), Duration::from_millis(4))
        .default_script(script.parse().unwrap())
        .build()
        .unwrap();
    let worker = gateway.clone();
    let worker = tokio::spawn(async move { worker.run(std::future::pending()).await });
    assert!(gateway.pay_now(&link(&gateway, 1)).await.unwrap().is_accepted);
    gateway.wait_until_delivered().await;
    worker.abort();
    gateway
}

#[tokio::test]
async fn a_notification_is_sent_until_it_is_accepted() {
    let world = World::new(Inbox::answering(&[503, 404, 400, 302, 500]));
    let gateway = pay_and_deliver(&world, "", 2).await;
    let received = world.inbox.received();
    assert_eq!(received.len(), 6);
    for (index, message) in received.iter().enumerate() {
        assert_eq!(message.body, received[0].body);
        assert_eq!(message.header("content-type").collect::<Vec<_>>(), ["application/json"]);
        let seconds = START_SECS + 7 * i64::try_from(index).unwrap();
        let [signature] =
            message.header(signature::SIGNATURE_HEADER).collect::<Vec<_>>().try_into().unwrap();
        assert!(signature.starts_with(&format!("t={seconds},v1=")), "{signature}");
        let told = gateway.verify(message, Timestamp::from_secs(seconds).unwrap()).unwrap();
        assert_eq!(told.kind, NotificationKind::Succeeded);
        assert_eq!(told.occurred_at, Timestamp::from_secs(START_SECS).unwrap());
    }
}

#[tokio::test]
async fn a_repeat_follows_the_first_and_is_the_same() {
    let world = World::new(Inbox::answering(&[503]));
    let gateway = pay_and_deliver(&world, "twice", 0).await;
    let told = world.read(&gateway);
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|each| each == &told[0]));
}

#[tokio::test]
async fn a_failure_and_a_success_come_in_the_order_of_the_script() {
    use NotificationKind::{Failed, Succeeded};
    for (script, order) in [
        ("failed-then-succeeded", [Failed, Failed, Succeeded]),
        ("failed-then-succeeded,out-of-order", [Succeeded, Succeeded, Failed]),
    ] {
        let world = World::new(Inbox::answering(&[503]));
        let gateway = pay_and_deliver(&world, script, 0).await;
        let kinds: Vec<_> = world.read(&gateway).iter().map(|told| told.kind).collect();
        assert_eq!(kinds, order);
    }
}

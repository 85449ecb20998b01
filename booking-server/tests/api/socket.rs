//! What only a gateway that fails or a crowd brings out, seen from the other end of a real socket.

use std::sync::Arc;

use booking_server::http::limits::Limits;
use booking_server::http::listener::{self, Drained};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::gateway::SlowGateway;
use crate::harness::{Answer, Api, booking, event};

/// The public listener's service on a port of its own.
struct Server {
    address: String,
    shutdown: oneshot::Sender<()>,
    running: JoinHandle<Drained>,
}

impl Server {
    async fn start(api: &Api) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (shutdown, told) = oneshot::channel::<()>();
        let service = booking_server::service(api.app.clone());
        let limits = api.app.limits().clone();
        let running = tokio::spawn(listener::serve("public", listener, service, limits, async {
            // A test that ends without asking drops the sender, which is as good.
            let _ = told.await;
        }));
        Self { address, shutdown, running }
    }

    /// Sends a request on a connection of its own.
    async fn ask(&self, request: http::request::Builder, path: &str, body: &Value) -> Answer {
        let uri = format!("{}{path}", self.address);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.uri(uri).header("content-type", "application/json");
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let response = client.request(request.body(Full::from(body)).unwrap()).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    async fn book(&self, event_id: &str, key: &str) -> Answer {
        let request = Request::builder().method(Method::POST).header("idempotency-key", key);
        self.ask(request, "/v1/bookings", &booking(event_id, 1)).await
    }

    async fn stop(self) {
        self.shutdown.send(()).unwrap();
        assert_eq!(self.running.await.unwrap(), Drained { dropped_connections: 0 });
    }
}

#[tokio::test]
async fn a_gateway_that_fails_is_a_502_and_the_tickets_are_free_again() {
    let api = Api::with_gateway(|inner| {
        let (asked, may_answer) = (Arc::default(), Arc::default());
        Arc::new(SlowGateway { inner, asked, may_answer, refuses: true })
    });
    let event_id = api.publish(&event()).await;
    let server = Server::start(&api).await;
    // The key is free again as well: the same request gets a new try, and not a 409.
    for _ in 0..2 {
        let answer = server.book(&event_id, "k").await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
        answer.problem("payment-gateway");
        let stock = api.stock(&event_id).await;
        assert_eq!((&stock["held"], &stock["stock"]), (&0.into(), &100.into()));
    }
    server.stop().await;
}

#[tokio::test]
async fn while_a_gateway_hangs_its_booking_is_in_progress() {
    let (asked, may_answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let api = Api::with_gateway(|inner| {
        let (asked, may_answer) = (Arc::clone(&asked), Arc::clone(&may_answer));
        Arc::new(SlowGateway { inner, asked, may_answer, refuses: false })
    });
    let event_id = api.publish(&event()).await;
    let server = Server::start(&api).await;
    let meanwhile = async {
        asked.notified().await;
        let again = server.book(&event_id, "k").await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        again.problem("idempotency-in-progress");
        assert_eq!(again.header("retry-after"), "1");
        assert_eq!(api.stock(&event_id).await["held"], 1, "the first one holds its ticket");
        may_answer.notify_one();
    };
    let (first, ()) = tokio::join!(server.book(&event_id, "k"), meanwhile);
    let made = first.expect(StatusCode::CREATED);
    let replayed = server.book(&event_id, "k").await;
    assert_eq!(replayed.expect(StatusCode::CREATED), made);
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    server.stop().await;
}

#[tokio::test]
async fn who_finds_no_place_is_told_when_to_come_back() {
    let api = Api::with_limits(Limits { max_in_flight: 0, ..Limits::default() });
    let server = Server::start(&api).await;
    for (method, path) in [(Method::GET, "/"), (Method::GET, "/v1/events")] {
        let request = Request::builder().method(method);
        let answer = server.ask(request, path, &Value::Null).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        answer.problem("overloaded");
        assert_eq!(answer.header("retry-after"), "1");
    }
    let health = server.ask(Request::builder(), "/healthz", &Value::Null).await;
    assert_eq!(health.status, StatusCode::OK);
    let unsigned = Request::builder().method(Method::POST);
    let unsigned = server.ask(unsigned, "/v1/payments/ipn", &Value::Null).await;
    assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED, "there is a place for notifications");
    server.stop().await;
}

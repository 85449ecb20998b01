//! The limits of a listener, seen from the other end of a real socket.
//!
//! Nothing here measures time: limits are short where a test waits for them to strike, and long
//! where they must not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_server::http::body;
use booking_server::http::guard::{Guard, GuardConfig};
use booking_server::http::limits::Limits;
use booking_server::http::listener::{self, Drained};
use booking_server::http::problem::Problem;
use booking_server::http::reply::{self, Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Long enough that only a bug waits it out, short enough that the bug ends the test.
const NEVER: Duration = Duration::from_mins(1);
/// How long a test waits for a limit to strike.
const SOON: Duration = Duration::from_millis(100);

/// An answer that no kernel takes at once.
const LARGE: usize = 64 * 1024 * 1024;

/// Limits that strike only where a test sets them.
fn limits() -> Limits {
    Limits {
        header_timeout: NEVER,
        body_timeout: NEVER,
        request_timeout: NEVER,
        write_stall_timeout: NEVER,
        drain_timeout: NEVER,
        max_body_bytes: 256 * 1024,
        ..Limits::default()
    }
}

/// A server with handlers that wait, panic, and read JSON.
struct Server {
    address: SocketAddr,
    /// Told whenever `/wait` was entered.
    entered: Arc<Notify>,
    /// Lets one `/wait` answer.
    leave: Arc<Notify>,
    /// Who entered `/order`, one after the other.
    order: Order,
    shutdown: oneshot::Sender<()>,
    running: JoinHandle<Drained>,
}

type Order = Arc<Mutex<Vec<String>>>;

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let config = GuardConfig::new("public", &limits, Arc::new(uuid::Uuid::nil));
        let (in_handler, may_leave) = (Arc::clone(&entered), Arc::clone(&leave));
        let order = Order::default();
        let in_order = Arc::clone(&order);
        let guard = Guard::new(config, move |request: Request<Bytes>| {
            if request.uri().path() == "/order" {
                let name = request.uri().query().unwrap_or_default().to_owned();
                in_order.lock().unwrap().push(name);
            }
            handle(request, Arc::clone(&in_handler), Arc::clone(&may_leave))
        });
        let (shutdown, told) = oneshot::channel();
        let running = tokio::spawn(listener::serve("public", listener, guard, limits, async {
            // A test that ends without asking drops the sender, which is as good.
            let _ = told.await;
        }));
        Self { address, entered, leave, order, shutdown, running }
    }

    async fn connect(&self) -> Client {
        Client(BufReader::new(TcpStream::connect(self.address).await.unwrap()))
    }

    /// Sends one request on a connection of its own.
    async fn ask(&self, request: &[u8]) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await.expect("an answer")
    }
}

async fn handle(
    request: Request<Bytes>,
    entered: Arc<Notify>,
    leave: Arc<Notify>,
) -> Result<Response, Problem> {
    match request.uri().path() {
        "/wait" => {
            entered.notify_one();
            leave.notified().await;
            Ok(reply::no_content())
        }
        "/panic" => panic!("a secret"),
        "/large" => {
            let content = vec![b'x'; LARGE];
            Ok(reply::bytes(StatusCode::OK, "application/octet-stream", content))
        }
        "/json" => body::read_object(request.headers(), request.body(), |body| {
            body.required_integer("quantity")
        })
        .map(|quantity| reply::json(StatusCode::OK, &quantity)),
        _ => Ok(reply::json(StatusCode::OK, &request.body().len())),
    }
}

/// A client that says exactly what a test wants it to say.
struct Client(BufReader<TcpStream>);

#[derive(Debug)]
struct Answer {
    status: u16,
    /// In lower case.
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn problem(&self) -> String {
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

impl Client {
    /// The server may have closed already, which the answer will tell.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Reads one answer, or `None` if the connection ends first.
    async fn answer(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).await.unwrap_or(0) == 0 {
                return None;
            }
        }
        let head = head.to_lowercase();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.0.read_exact(&mut body).await.ok()?;
        Some(Answer { status, head, body })
    }

    /// Waits until the server closes, and returns what it still said.
    async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A reset is an end, too.
        let _ = self.0.read_to_end(&mut rest).await;
        rest
    }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const WAIT: &[u8] = b"GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn a_connection_serves_several_requests() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    for _ in 0..3 {
        client.send(GET).await;
        let answer = client.answer().await.unwrap();
        assert_eq!((answer.status, answer.json()), (200, 0.into()));
        assert!(answer.head.contains("x-request-id: "), "{}", answer.head);
    }
}

#[tokio::test]
async fn a_client_that_does_not_finish_its_head_is_cut_off() {
    let server = Server::start(Limits { header_timeout: SOON, ..limits() }).await;
    for start in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        let mut client = server.connect().await;
        client.send(start).await;
        assert_eq!(client.rest().await, b"", "nobody was served");
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::start(Limits { header_timeout: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    client.send(GET).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
    assert_eq!(client.rest().await, b"");
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_a_408() {
    let server = Server::start(Limits { body_timeout: SOON, ..limits() }).await;
    let answer = server.ask(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab").await;
    assert_eq!((answer.status, &*answer.problem()), (408, "/problems/request-timeout"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_that_the_client_gets_to_see() {
    let server = Server::start(Limits { max_body_bytes: 1000, ..limits() }).await;
    assert_eq!(server.ask(&post("/", &[b'a'; 1000])).await.json(), 1000);

    let answer = server.ask(&post("/", &vec![b'a'; 500_000])).await;
    assert_eq!((answer.status, &*answer.problem()), (413, "/problems/payload-too-large"));

    let mut chunked = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..500 {
        chunked.extend(b"3e8\r\n");
        chunked.extend([b'a'; 1000]);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let answer = server.ask(&chunked).await;
    assert_eq!((answer.status, &*answer.problem()), (413, "/problems/payload-too-large"));
}

#[tokio::test]
async fn a_client_that_asks_before_sending_too_much_is_told_not_to() {
    let server = Server::start(Limits { max_body_bytes: 1000, ..limits() }).await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length:";
    let answer = server.ask(format!("{head} 1001\r\n\r\n").as_bytes()).await;
    assert_eq!(answer.status, 413);

    let mut client = server.connect().await;
    client.send(format!("{head} 2\r\n\r\n").as_bytes()).await;
    assert_eq!(client.answer().await.unwrap().status, 100);
    client.send(b"ok").await;
    assert_eq!(client.answer().await.unwrap().json(), 2);
}

#[tokio::test]
async fn a_flood_of_headers_is_a_431() {
    let server = Server::start(limits()).await;
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(200));
    assert_eq!(server.ask(many.as_bytes()).await.status, 431);
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "b".repeat(20_000));
    assert_eq!(server.ask(long.as_bytes()).await.status, 431);
}

#[tokio::test]
async fn a_request_names_one_host_and_only_one_of_http_1_0_may_name_none() {
    let server = Server::start(limits()).await;
    for head in [
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nhost: x\r\nhost: x\r\n",
        "GET / HTTP/1.0\r\nhost: x\r\nhost: x\r\n",
        "GET / HTTP/1.1\r\nhost: x y\r\n",
        "GET / HTTP/1.0\r\nhost: x y\r\n",
    ] {
        let answer = server.ask(format!("{head}\r\n").as_bytes()).await;
        assert_eq!((answer.status, &*answer.problem()), (400, "/problems/malformed-request"));
    }
    assert_eq!(server.ask(b"GET / HTTP/1.1\r\nhost:\r\n\r\n").await.status, 200);
    assert_eq!(server.ask(b"GET / HTTP/1.0\r\n\r\n").await.status, 200);
    assert_eq!(server.ask(b"GET / HTTP/1.0\r\nhost: x\r\n\r\n").await.status, 200);
}

#[tokio::test]
async fn a_long_address_is_a_414() {
    let server = Server::start(limits()).await;
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(9000));
    let answer = server.ask(long.as_bytes()).await;
    assert_eq!((answer.status, &*answer.problem()), (414, "/problems/uri-too-long"));
}

#[tokio::test]
async fn a_connection_over_the_cap_waits_while_all_others_are_at_work() {
    let server = Server::start(Limits { max_connections: 1, ..limits() }).await;
    let mut first = server.connect().await;
    first.send(WAIT).await;
    server.entered.notified().await;
    let mut second = server.connect().await;
    second.send(&named("second")).await;
    // It asks before the first is answered, so if it were served its handler would be entered now. Several looks for
    // a connection that waits for its client pass meanwhile.
    assert!(tokio::time::timeout(2 * SOON, second.0.fill_buf()).await.is_err());
    assert_eq!(*server.order.lock().unwrap(), [""; 0]);
    server.leave.notify_one();
    assert_eq!(first.answer().await.unwrap().status, 204, "and it is not cut off");
    assert_eq!(second.answer().await.unwrap().status, 200);
}

/// As many silent clients as there is room for must not shut all others out.
#[tokio::test]
async fn those_make_room_that_have_kept_the_server_waiting_longest() {
    let server = Server::start(Limits { max_connections: 4, ..limits() }).await;
    let mut silent = server.connect().await;
    let mut known = server.connect().await;
    known.send(GET).await;
    assert_eq!(known.answer().await.unwrap().status, 200);
    let mut slow_head = server.connect().await;
    slow_head.send(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let mut slow_body = server.connect().await;
    slow_body.send(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab").await;
    let mut at_work = Vec::new();
    for slow in [&mut silent, &mut known, &mut slow_head, &mut slow_body] {
        let mut busy = server.connect().await;
        busy.send(WAIT).await;
        server.entered.notified().await;
        assert_eq!(slow.rest().await, b"", "it left for somebody who asks");
        at_work.push(busy);
    }
}

/// As many slow readers as there is room for must not, either; but who reads is let go of last.
#[tokio::test]
async fn the_slowest_reader_makes_room_if_nobody_is_idle() {
    /// No limit of time makes room here.
    const FOREVER: Duration = Duration::from_hours(24);
    let limits = Limits { header_timeout: FOREVER, write_stall_timeout: FOREVER, ..limits() };
    let server = Server::start(Limits { max_connections: 2, ..limits }).await;
    let story = async {
        let mut readers = Vec::new();
        for _ in 0..2 {
            let mut reader = server.connect().await;
            reader.send(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
            assert_ne!(reader.0.fill_buf().await.unwrap(), b"", "the answer has begun");
            readers.push(reader);
        }
        let mut idle = server.connect().await;
        idle.send(GET).await;
        assert_eq!(idle.answer().await.unwrap().status, 200);
        let mut busy = server.connect().await;
        busy.send(WAIT).await;
        server.entered.notified().await;
        assert_eq!(idle.rest().await, b"", "who is idle leaves before who reads");
        assert!(readers[0].rest().await.len() < LARGE, "the slowest left");
        assert_eq!(readers[1].answer().await.unwrap().body.len(), LARGE, "the other is served");
    };
    tokio::time::timeout(NEVER, story).await.expect("there is room for everybody who asks");
}

fn named(name: &str) -> Vec<u8> {
    format!("GET /order?{name} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn a_request_over_the_bound_is_shed_at_once() {
    let server = Server::start(Limits { max_in_flight: 1, ..limits() }).await;
    let mut first = server.connect().await;
    first.send(WAIT).await;
    server.entered.notified().await;

    let answer = server.ask(GET).await;
    assert_eq!((answer.status, &*answer.problem()), (503, "/problems/overloaded"));
    assert!(answer.head.contains("retry-after: 1\r\n"), "{}", answer.head);
    let health = server.ask(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(health.status, 200);

    server.leave.notify_one();
    assert_eq!(first.answer().await.unwrap().status, 204);
    assert_eq!(server.ask(GET).await.status, 200);
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place() {
    let server = Server::start(Limits { max_in_flight: 1, ..limits() }).await;
    let mut first = server.connect().await;
    first.send(WAIT).await;
    server.entered.notified().await;
    drop(first);
    // The server learns of it when it learns of it: ask until there is room.
    while server.ask(GET).await.status == 503 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_handler_out_of_time_is_a_503() {
    let server = Server::start(Limits { request_timeout: SOON, ..limits() }).await;
    let answer = server.ask(WAIT).await;
    assert_eq!((answer.status, &*answer.problem()), (503, "/problems/unavailable"));
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_connection_lives_on() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.send(b"GET /panic HTTP/1.1\r\nhost: x\r\nx-request-id: p-1\r\n\r\n").await;
    let answer = client.answer().await.unwrap();
    assert_eq!((answer.status, &*answer.problem()), (500, "/problems/internal"));
    assert!(answer.head.contains("x-request-id: p-1\r\n"), "{}", answer.head);
    assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    client.send(GET).await;
    assert_eq!(client.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_cut_off() {
    let server = Server::start(Limits { write_stall_timeout: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    client.send(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // Nothing is read until the server has given up, which ends its last task.
    server.shutdown.send(()).unwrap();
    assert_eq!(server.running.await.unwrap(), Drained { dropped_connections: 0 });
    assert!(client.rest().await.len() < LARGE);
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.send(b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let answer = String::from_utf8(client.rest().await).unwrap().to_lowercase();
    assert!(answer.contains("content-length: 1\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn bad_json_is_answered_not_suffered() {
    let server = Server::start(limits()).await;
    assert_eq!(server.ask(&post("/json", br#"{"quantity": 2}"#)).await.json(), 2);

    let deep = server.ask(&post("/json", &b"[".repeat(200_000))).await;
    assert_eq!((deep.status, &*deep.problem()), (400, "/problems/malformed-json"));
    let bytes = server.ask(&post("/json", b"{\"quantity\": \"\xff\"}")).await;
    assert_eq!((bytes.status, &*bytes.problem()), (400, "/problems/malformed-json"));
    let wrong = server.ask(&post("/json", br#"{"quantity": "2", "more": 1}"#)).await;
    assert_eq!((wrong.status, &*wrong.problem()), (422, "/problems/invalid-request"));
    assert_eq!(wrong.json()["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_shutdown_finishes_what_was_accepted_and_refuses_the_rest() {
    let server = Server::start(limits()).await;
    let mut idle = server.connect().await;
    idle.send(GET).await;
    assert_eq!(idle.answer().await.unwrap().status, 200);
    let mut busy = server.connect().await;
    busy.send(WAIT).await;
    server.entered.notified().await;

    server.shutdown.send(()).unwrap();
    assert_eq!(idle.rest().await, b"", "an idle connection is closed at once");
    assert!(TcpStream::connect(server.address).await.is_err());

    server.leave.notify_one();
    let answer = busy.answer().await.unwrap();
    assert_eq!(answer.status, 204);
    assert_eq!(busy.rest().await, b"");
    assert_eq!(server.running.await.unwrap(), Drained { dropped_connections: 0 });
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let server = Server::start(Limits { drain_timeout: SOON, ..limits() }).await;
    let mut busy = server.connect().await;
    busy.send(WAIT).await;
    server.entered.notified().await;
    server.shutdown.send(()).unwrap();
    assert_eq!(server.running.await.unwrap(), Drained { dropped_connections: 1 });
    assert!(busy.answer().await.is_none());
}

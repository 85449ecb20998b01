use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use http_body_util::{BodyExt, Empty, Full};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::sync::Notify;
use tower::ServiceExt;
use uuid::Uuid;

use super::*;
use crate::http::router::{Routed, Router};

fn config() -> GuardConfig {
    GuardConfig::new("public", &Limits::default(), Arc::new(Uuid::nil))
}

fn get(path: &str) -> Request<Empty<Bytes>> {
    Request::get(path).body(Empty::new()).unwrap()
}

async fn document(response: Response) -> serde_json::Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

/// Answers with the method and body it got.
async fn echo(request: Request<Bytes>) -> Response {
    let text = format!("{} {}", request.method(), request.body().len());
    reply::bytes(StatusCode::OK, "text/plain", text)
}

#[tokio::test]
async fn every_answer_bears_an_id_and_the_default_headers() {
    let guard = Guard::new(config(), |_| async { Problem::new(ProblemType::NotFound) });
    let answer = guard.clone().oneshot(get("/")).await.unwrap();
    assert_eq!(answer.status(), 404);
    assert_eq!(answer.headers()["x-request-id"], Uuid::nil().to_string());
    assert_eq!(answer.headers()["cache-control"], "no-store");

    let mut request = get("/");
    request.headers_mut().insert(X_REQUEST_ID, "mine-1".parse().unwrap());
    let answer = guard.oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
}

#[tokio::test]
async fn handlers_find_the_id_and_may_fail() {
    let guard = Guard::new(config(), |request: Request<Bytes>| async move {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        id.map(|id| reply::json(StatusCode::OK, &id)).ok_or_else(Problem::internal)
    });
    let answer = guard.oneshot(get("/")).await.unwrap();
    assert_eq!(document(answer).await, Uuid::nil().to_string());
}

#[tokio::test]
async fn head_runs_as_get_and_keeps_the_length() {
    let guard = Guard::new(config(), echo);
    let request = Request::head("/").body(Empty::<Bytes>::new()).unwrap();
    let answer = guard.oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["content-length"], "GET 0".len().to_string());
    assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn an_address_or_body_over_the_limit_never_reaches_the_handler() {
    let limits = Limits { max_uri_bytes: 10, max_body_bytes: 4, ..Limits::default() };
    let config = GuardConfig::new("public", &limits, Arc::new(Uuid::nil));
    let guard = Guard::new(config, |_| async { Problem::internal() });
    let answer = guard.clone().oneshot(get("/123456789?")).await.unwrap();
    assert_eq!(answer.status(), 414);
    let request = Request::post("/").body(Full::from("12345")).unwrap();
    assert_eq!(guard.oneshot(request).await.unwrap().status(), 413);
}

#[tokio::test]
async fn a_path_may_have_a_limit_of_its_own() {
    let limits = Limits { max_body_bytes: 4, ..Limits::default() };
    let config = GuardConfig {
        max_body_bytes_of: |head| (head.uri.path() == "/large").then_some(5),
        ..GuardConfig::new("public", &limits, Arc::new(Uuid::nil))
    };
    let guard = Guard::new(config, echo);
    for (path, length, status) in [("/", 5, 413), ("/large", 5, 200), ("/large", 6, 413)] {
        let request = Request::post(path).body(Full::from("x".repeat(length))).unwrap();
        assert_eq!(guard.clone().oneshot(request).await.unwrap().status(), status, "{path}");
    }
}

fn fail() -> Response {
    panic!("a secret")
}

#[tokio::test]
async fn a_panic_is_a_500_also_before_the_first_await() {
    let late = Guard::new(config(), |_| async {
        tokio::task::yield_now().await;
        fail()
    });
    let early =
        Guard::new(config(), |_| -> std::future::Ready<Response> { std::future::ready(fail()) });
    for answer in [late.oneshot(get("/")).await, early.oneshot(get("/")).await] {
        let answer = answer.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let document = document(answer).await;
        assert_eq!(document["type"], "/problems/internal");
        assert!(!document.to_string().contains("secret"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_out_of_time_is_a_503_that_says_what_to_do() {
    let guard = Guard::new(config(), |_| std::future::pending::<Response>());
    let answer = guard.oneshot(get("/")).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(document(answer).await["type"], "/problems/unavailable");
}

#[tokio::test]
async fn requests_over_the_bound_are_shed_but_health_checks_are_not() {
    let entered = Arc::new(Notify::new());
    let leave = Arc::new(Notify::new());
    let (in_handler, may_leave) = (Arc::clone(&entered), Arc::clone(&leave));
    let config = GuardConfig { max_in_flight: 1, ..config() };
    let guard = Guard::new(config, move |request: Request<Bytes>| {
        let (in_handler, may_leave) = (Arc::clone(&in_handler), Arc::clone(&may_leave));
        async move {
            if request.uri().path() == "/slow" {
                in_handler.notify_one();
                may_leave.notified().await;
            }
            reply::no_content()
        }
    });
    let slow = tokio::spawn(guard.clone().oneshot(get("/slow")));
    entered.notified().await;

    let answer = guard.clone().oneshot(get("/")).await.unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["retry-after"]),
        (503.try_into().unwrap(), &"1".parse().unwrap())
    );
    assert_eq!(document(answer).await["type"], "/problems/overloaded");
    assert_eq!(guard.clone().oneshot(get("/healthz")).await.unwrap().status(), 204);

    leave.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().status(), 204);
    assert_eq!(guard.oneshot(get("/")).await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_reserve_is_not_shed_with_the_crowd_and_has_an_end_of_its_own() {
    let reserve =
        Reserve { is_for: |path| path == "/paid", max_in_flight: 1, max_body_memory: 1024 };
    let config = GuardConfig { max_in_flight: 0, max_body_memory: 0, reserve, ..config() };
    let guard = Guard::new(config, |request: Request<Bytes>| async move {
        if request.body().is_empty() {
            std::future::pending::<()>().await;
        }
        reply::no_content()
    });
    let post = |path: &str| Request::post(path).body(Full::from("12345")).unwrap();
    let answer = guard.clone().oneshot(post("/")).await.unwrap();
    assert_eq!(document(answer).await["type"], "/problems/overloaded");
    assert_eq!(guard.clone().oneshot(post("/paid")).await.unwrap().status(), 204);

    let mut slow = guard.clone().call(get("/paid"));
    assert!(std::future::poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_pending())).await);
    let answer = guard.oneshot(post("/paid")).await.unwrap();
    assert_eq!(document(answer).await["type"], "/problems/overloaded");
}

#[tokio::test]
async fn what_is_costly_is_shed_while_there_is_room_for_the_rest() {
    let costly = Costly { is_for: |path| path == "/search", max_in_flight: 1 };
    let guard =
        Guard::new(GuardConfig { costly, ..config() }, |request: Request<Bytes>| async move {
            if request.uri().query() == Some("slow") {
                std::future::pending::<()>().await;
            }
            reply::no_content()
        });
    let mut slow = guard.clone().call(get("/search?slow"));
    assert!(std::future::poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_pending())).await);
    let answer = guard.clone().oneshot(get("/search")).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    assert_eq!(document(answer).await["type"], "/problems/overloaded");
    assert_eq!(guard.clone().oneshot(get("/buy")).await.unwrap().status(), 204);
    drop(slow);
    assert_eq!(guard.oneshot(get("/search")).await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_reserve_adds_to_the_places_that_everybody_has() {
    let reserve = Reserve { is_for: |path| path == "/paid", max_in_flight: 1, max_body_memory: 0 };
    let guard = Guard::new(GuardConfig { max_in_flight: 1, reserve, ..config() }, |_| {
        std::future::pending::<Response>()
    });
    let mut running = [guard.clone().call(get("/paid")), guard.clone().call(get("/paid"))];
    for slow in &mut running {
        assert!(std::future::poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_pending())).await);
    }
    for path in ["/paid", "/"] {
        let answer = guard.clone().oneshot(get(path)).await.unwrap();
        assert_eq!(document(answer).await["type"], "/problems/overloaded", "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_slowly_occupies_no_place() {
    let guard = Guard::new(GuardConfig { max_in_flight: 1, ..config() }, echo);
    let (sender, body) = http_body_util::channel::Channel::<Bytes, Infallible>::new(1);
    let slow = tokio::spawn(guard.clone().oneshot(Request::post("/").body(body).unwrap()));
    tokio::task::yield_now().await;
    assert_eq!(guard.oneshot(get("/")).await.unwrap().status(), 200);
    assert_eq!(slow.await.unwrap().unwrap().status(), 408);
    drop(sender);
}

#[tokio::test]
async fn a_client_that_leaves_drops_the_handler_and_frees_its_place() {
    struct CountDrop(Arc<AtomicUsize>);
    impl Drop for CountDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&drops);
    let config = GuardConfig { max_in_flight: 1, ..config() };
    let mut guard = Guard::new(config, move |request: Request<Bytes>| {
        let guard = CountDrop(Arc::clone(&counted));
        async move {
            if request.uri().path() == "/slow" {
                std::future::pending::<()>().await;
            }
            drop(guard);
            reply::no_content()
        }
    });
    let mut slow = guard.call(get("/slow"));
    assert!(std::future::poll_fn(|cx| Poll::Ready(slow.as_mut().poll(cx).is_pending())).await);
    drop(slow);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert_eq!(guard.oneshot(get("/")).await.unwrap().status(), 204);
}

#[test]
fn requests_are_counted_by_template_and_known_method() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let router = Arc::new(Router::new([(Method::GET, "/v1/events/{event_id}", ())]).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        describe_metrics();
        runtime.block_on(async {
            let guard = Guard::new(config(), move |request: Request<Bytes>| {
                let answer = match router.route(&request) {
                    Routed::Endpoint(_) => reply::no_content(),
                    Routed::Answer(answer) => answer,
                };
                std::future::ready(answer)
            });
            guard.clone().oneshot(get("/v1/events/1")).await.unwrap();
            guard.clone().oneshot(get("/v1/events/2?q=secret")).await.unwrap();
            let odd = Request::builder().method("BREW").uri("/x").body(Empty::<Bytes>::new());
            guard.oneshot(odd.unwrap()).await.unwrap();
        });
    });
    let text = recorder.handle().render();
    let counted = r#"http_requests_total{listener="public",route="/v1/events/{event_id}",method="GET",status="204"} 2"#;
    assert!(text.contains(counted), "{text}");
    let odd =
        r#"http_requests_total{listener="public",route="none",method="other",status="404"} 1"#;
    assert!(text.contains(odd), "{text}");
    assert!(text.contains(r#"http_requests_in_flight{listener="public"} 0"#), "{text}");
    let timed = r#"http_request_duration_seconds{listener="public",route="none",method="other","#;
    assert!(text.contains(timed), "{text}");
    assert!(!text.contains("secret") && !text.contains("BREW"), "{text}");
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns the lines of the access log at this level of answers that take so long.
async fn access_log(level: tracing::Level, takes: Duration) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let guard = Guard::new(config(), move |request: Request<Bytes>| async move {
        tokio::time::sleep(takes).await;
        match request.uri().path() {
            "/broken" => Err(Problem::internal()),
            "/shed" => Err(ProblemType::Overloaded.into()),
            "/missing" => Err(ProblemType::NotFound.into()),
            _ => Ok(reply::no_content()),
        }
    });
    for path in ["/broken", "/shed", "/missing", "/fine"] {
        guard.clone().oneshot(get(path)).await.unwrap();
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().filter(|line| line.contains("access: answered")).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn only_what_failed_or_was_slow_is_logged_without_being_asked_for() {
    let quick = access_log(tracing::Level::INFO, Duration::from_millis(999)).await;
    assert_eq!(quick.len(), 1, "{quick:?}");
    for part in ["http.status=500", "http.problem=\"internal\"", "duration_ms=999", "request.id="] {
        assert!(quick[0].contains(part), "{part} in {quick:?}");
    }
    let slow = access_log(tracing::Level::INFO, Duration::from_secs(1)).await;
    assert_eq!(slow.len(), 4, "{slow:?}");
    let all = access_log(tracing::Level::DEBUG, Duration::ZERO).await;
    assert_eq!(all.len(), 4, "{all:?}");
}

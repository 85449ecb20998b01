//! How the service is.

use std::time::Duration;

use booking_core::testkit::faulty::Fault;
use booking_server::app::DependencyKinds;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use crate::harness::{Api, Listener, request};

mod silence;

/// How long an answer about readiness is passed on.
const MOMENT: Duration = Duration::from_millis(250);

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_process_that_lives_says_so() {
    let api = Api::new();
    let answer = api.get("/healthz").await.expect(StatusCode::OK);
    assert_eq!(answer, json!({"status": "ok"}));
    let head = api.send(Listener::Public, request(Method::HEAD, "/healthz")).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[tokio::test(start_paused = true)]
async fn readiness_names_what_it_depends_on() {
    let api = Api::new();
    let ready = api.get("/readyz").await.expect(StatusCode::OK);
    let dependencies = json!({"database": "up", "cache": "up"});
    let expected = json!({"status": "ready", "degraded": false, "dependencies": dependencies});
    assert_eq!(ready, expected);

    tokio::time::advance(MOMENT).await;
    api.cache.push_for("ping", Fault::Before);
    let ready = api.get("/readyz").await.expect(StatusCode::OK);
    assert_eq!(ready["degraded"], true);
    assert_eq!(ready["dependencies"], json!({"database": "up", "cache": "down"}));

    tokio::time::advance(MOMENT).await;
    api.database.push_for("ping", Fault::Before);
    let answer = api.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let problem = answer.problem("unavailable");
    assert_eq!(problem["dependencies"], json!({"database": "down", "cache": "up"}));
    tokio::time::advance(MOMENT).await;
    assert_eq!(api.get("/readyz").await.status, StatusCode::OK, "it is back");
}

/// Health checks are never shed, so a crowd of them must not be a crowd at the database.
#[tokio::test(start_paused = true)]
async fn a_crowd_of_health_checks_asks_the_database_once() {
    let api = Api::new();
    // Whoever asked the database a second time would find it up.
    api.database.push_for("ping", Fault::Hang);
    let service = booking_server::service(api.app.clone());
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let request = http::Request::get("/readyz").body(http_body_util::Empty::new()).unwrap();
        crowd.spawn(tower::ServiceExt::oneshot(service.clone(), request));
    }
    for answer in crowd.join_all().await {
        assert_eq!(answer.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    tokio::time::advance(MOMENT).await;
    assert_eq!(api.get("/readyz").await.status, StatusCode::OK);
}

/// A load balancer that gets no answer for a second or two takes the server out, whatever the reason.
#[tokio::test(start_paused = true)]
async fn what_hangs_is_down_and_the_answer_is_in_time_all_the_same() {
    let api = Api::new();
    let asked = Instant::now();
    api.cache.push_for("ping", Fault::Hang);
    let ready = api.get("/readyz").await.expect(StatusCode::OK);
    assert_eq!(ready["degraded"], true);
    assert_eq!(ready["dependencies"], json!({"database": "up", "cache": "down"}));
    assert_eq!(asked.elapsed(), PATIENCE);

    tokio::time::advance(MOMENT).await;
    let asked = Instant::now();
    api.database.push_for("ping", Fault::Hang);
    api.cache.push_for("ping", Fault::Hang);
    let problem = api.get("/readyz").await.problem("unavailable");
    assert_eq!(problem["dependencies"], json!({"database": "down", "cache": "down"}));
    assert_eq!(asked.elapsed(), PATIENCE, "they are asked side by side");
}

/// Each of those who lose patience would else make the next one wait for a question of its own.
#[tokio::test(start_paused = true)]
async fn whoever_waits_behind_others_that_leave_is_answered_in_time() {
    let api = Api::new();
    for _ in 0..10 {
        api.database.push_for("ping", Fault::Hang);
    }
    let asked = Instant::now();
    let impatient = tokio::time::timeout(PATIENCE / 2, api.get("/readyz"));
    let (left, answer) = tokio::join!(impatient, api.get("/readyz"));
    assert!(left.is_err());
    assert_eq!(answer.problem("unavailable")["dependencies"]["database"], "down");
    assert_eq!(asked.elapsed(), PATIENCE);
}

#[tokio::test]
async fn readiness_says_what_database_and_cache_are_where_that_was_told() {
    let api = Api::new();
    let kinds = DependencyKinds { database: "postgresql-pgbouncer", cache: "redis-cluster" };
    let told = api.of_kinds(kinds);
    let expected = json!({"database": "postgresql-pgbouncer", "cache": "redis-cluster"});
    let ready = told.get("/readyz").await.expect(StatusCode::OK);
    assert_eq!(ready["kinds"], expected);
    assert_eq!(ready["dependencies"], json!({"database": "up", "cache": "up"}));
    told.app.start_draining();
    let problem = told.get("/readyz").await.problem("unavailable");
    assert_eq!(problem["kinds"], expected, "whoever looks for the reason needs it most");
    assert_eq!(api.get("/readyz").await.expect(StatusCode::OK).get("kinds"), None);
}

#[tokio::test]
async fn a_process_about_to_stop_is_not_ready_and_still_works() {
    let api = Api::new();
    api.app.start_draining();
    let answer = api.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["dependencies"]["database"], "up");
    assert_eq!(api.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(api.get("/v1/events").await.status, StatusCode::OK);
}

#[tokio::test]
async fn metrics_are_for_operators() {
    let api = Api::new();
    let answer = api.admin_get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(&answer.body[..], b"up 1\n");
    assert_eq!(api.get("/metrics").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_recorder_there_are_no_metrics() {
    let api = Api::new();
    let app = booking_server::app::App::from(api.app.system().clone());
    let service = booking_server::admin_service(app);
    let request = http::Request::get("/metrics").body(http_body_util::Empty::new()).unwrap();
    let answer = tower::ServiceExt::oneshot(service, request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

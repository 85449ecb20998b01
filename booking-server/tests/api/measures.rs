//! What is measured, as an operator reads it.

use std::future::Future;

use booking_core::testkit::faulty::Fault;
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};

use crate::harness::{Api, booking, event_with};

/// Returns the metrics after `work`. All of it runs on this thread, whose recorder is its own.
fn measured<F: Future<Output = ()>>(work: impl FnOnce(Api) -> F) -> String {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async { work(Api::new()).await });
        // Within it, so that what ends with the runtime is recorded here, too.
        drop(runtime);
    });
    recorder.handle().render()
}

#[track_caller]
fn assert_shows(metrics: &str, samples: &[&str]) {
    for sample in samples {
        assert!(metrics.lines().any(|line| line == *sample), "{sample} is not in:\n{metrics}");
    }
}

async fn refuse(api: &Api, event_id: &str) {
    let answer = api.post("/v1/bookings", &booking(event_id, 1)).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem("sold-out");
}

async fn show(api: &Api, event_id: &str) {
    api.get(&format!("/v1/events/{event_id}")).await.expect(StatusCode::OK);
}

#[test]
fn refusals_are_counted_by_who_refused() {
    let metrics = measured(async |api| {
        let id = api.publish(&event_with(&json!({"capacity": 1}))).await;
        api.book(&id, 1).await;
        for _ in 0..3 {
            refuse(&api, &id).await;
        }
        // The database is asked again a second later.
        api.advance(1);
        refuse(&api, &id).await;
    });
    assert_shows(
        &metrics,
        &[
            r#"booking_sold_out_total{by="database"} 2"#,
            r#"booking_sold_out_total{by="memory"} 2"#,
            r#"booking_requests_total{outcome="sold_out"} 4"#,
        ],
    );
}

#[test]
fn the_gates_verdict_stands_beside_the_databases() {
    let metrics = measured(async |api| {
        let id = api.publish(&event_with(&json!({"capacity": 3}))).await;
        // Reading the event for a booking caches it.
        api.book(&id, 2).await;
        api.cache.push_for("take", Fault::Before);
        api.book(&id, 1).await;
        refuse(&api, &id).await;
        api.advance(1);
        api.database.push_for("admit", Fault::Before);
        refuse(&api, &id).await;
    });
    assert_shows(
        &metrics,
        &[
            r#"booking_gate_verdicts_total{gate="taken",database="held"} 1"#,
            r#"booking_gate_verdicts_total{gate="miss",database="held"} 1"#,
            r#"booking_gate_verdicts_total{gate="too_few",database="sold_out"} 2"#,
            r#"booking_gate_verdicts_total{gate="too_few",database="failed"} 1"#,
            r#"booking_cache_failures_total{operation="take"} 1"#,
        ],
    );
    assert!(!metrics.contains(r#"found="gate""#), "gate and database agree: {metrics}");
}

#[test]
fn drift_is_measured_where_it_is_found_out() {
    let metrics = measured(async |api| {
        let id = api.publish(&event_with(&json!({"capacity": 10}))).await;
        show(&api, &id).await;
        // What is given up does not come back into the count: it is seven, and ten can be had.
        let given_up = api.book(&id, 3).await;
        api.cache.push_for("correct", Fault::Before);
        let path = format!("/v1/bookings/{}/cancel", given_up["id"].as_str().unwrap());
        api.post(&path, &Value::Null).await.expect(StatusCode::OK);
        assert_eq!(api.stock(&id).await["drift"], -3);
        // Seven are too few for nine, and the database knows better. It puts the count right.
        api.book(&id, 9).await;
        let stock = api.stock(&id).await;
        assert_eq!((&stock["instock"], &stock["drift"]), (&json!(1), &json!(0)));
    });
    assert_shows(
        &metrics,
        &[
            r#"booking_cache_drift_tickets_sum{found="stock",was="low"} 3"#,
            r#"booking_cache_drift_tickets_count{found="stock",was="low"} 1"#,
            r#"booking_cache_drift_tickets_sum{found="gate",was="low"} 2"#,
            // Seven were counted, and one is left.
            r#"booking_cache_drift_tickets_sum{found="correction",was="high"} 6"#,
            r#"booking_cache_corrections_total{was="high"} 1"#,
            r#"booking_cache_corrections_total{was="right"} 1"#,
            r#"booking_gate_verdicts_total{gate="too_few",database="held"} 1"#,
        ],
    );
}

#[test]
fn a_count_that_is_too_high_shows_when_the_database_refuses() {
    let metrics = measured(async |api| {
        let id = api.publish(&event_with(&json!({"capacity": 4}))).await;
        show(&api, &id).await;
        // Nobody takes from the count, nor puts it right: it stays at four when one is left.
        api.cache.push_for("take", Fault::Before);
        api.cache.push_for("correct", Fault::Before);
        api.book(&id, 3).await;
        let answer = api.post("/v1/bookings", &booking(&id, 3)).await;
        answer.problem("sold-out");
    });
    assert_shows(
        &metrics,
        &[
            r#"booking_gate_verdicts_total{gate="taken",database="sold_out"} 1"#,
            r#"booking_cache_drift_tickets_sum{found="gate",was="high"} 2"#,
        ],
    );
}

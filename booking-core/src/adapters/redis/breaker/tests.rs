use super::*;

const PAUSE: Duration = Duration::from_secs(1);
const ALMOST: Duration = Duration::from_millis(999);

fn breaker() -> (Arc<Breaker>, Arc<Tally>) {
    let tally = Arc::new(Tally::default());
    let settings = BreakerSettings { failures: 3, pause: PAUSE, seed: 7 };
    (Arc::new(Breaker::new(settings, Arc::clone(&tally))), tally)
}

fn go(breaker: &Arc<Breaker>) -> Permit {
    match breaker.admit() {
        Admission::Go(permit) => permit,
        other => panic!("the breaker is closed: {other:?}"),
    }
}

fn probe(breaker: &Arc<Breaker>) -> Permit {
    match breaker.admit() {
        Admission::Probe(permit) => permit,
        other => panic!("a probe is due: {other:?}"),
    }
}

fn opened(breaker: &Arc<Breaker>) {
    for _ in 0..3 {
        go(breaker).settle(false);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn only_failures_in_a_row_open_it() {
    let (breaker, tally) = breaker();
    for _ in 0..5 {
        go(&breaker).settle(false);
        go(&breaker).settle(false);
        go(&breaker).settle(true);
    }
    assert_eq!(tally.worst(), BreakerState::Closed);
    opened(&breaker);
    assert_eq!(tally.worst(), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn it_refuses_for_its_pause_and_then_asks_for_one_probe() {
    let (breaker, tally) = breaker();
    opened(&breaker);
    tokio::time::advance(ALMOST).await;
    assert!(matches!(breaker.admit(), Admission::Refused));
    tokio::time::advance(PAUSE + Duration::from_millis(2)).await;
    let trial = probe(&breaker);
    assert_eq!(tally.worst(), BreakerState::HalfOpen);
    assert!(matches!(breaker.admit(), Admission::Refused));
    assert!(breaker.admit_probe().is_none());
    trial.settle(true);
    assert_eq!(tally.worst(), BreakerState::Closed);
    go(&breaker).settle(true);
}

#[tokio::test(start_paused = true)]
async fn a_failed_or_forgotten_probe_opens_it_again() {
    let (breaker, _) = breaker();
    opened(&breaker);
    tokio::time::advance(PAUSE * 2).await;
    probe(&breaker).settle(false);
    assert!(matches!(breaker.admit(), Admission::Refused));
    tokio::time::advance(PAUSE * 2).await;
    drop(probe(&breaker));
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(matches!(breaker.admit(), Admission::Refused));
}

#[tokio::test(start_paused = true)]
async fn who_must_know_may_try_at_once() {
    let (breaker, _) = breaker();
    opened(&breaker);
    breaker.admit_probe().expect("nobody is trying").settle(true);
    go(&breaker).settle(true);
}

#[tokio::test(start_paused = true)]
async fn answers_from_before_it_opened_change_nothing() {
    let (breaker, _) = breaker();
    let (late, later) = (go(&breaker), go(&breaker));
    opened(&breaker);
    late.settle(true);
    assert_eq!(breaker.state(), BreakerState::Open);
    tokio::time::advance(PAUSE * 2).await;
    let trial = probe(&breaker);
    later.settle(false);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    trial.settle(true);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_given_up_tells_nothing() {
    let (breaker, _) = breaker();
    for _ in 0..9 {
        drop(go(&breaker));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_left_out_is_not_counted() {
    let (first, tally) = breaker();
    let settings = BreakerSettings { failures: 1, pause: PAUSE, seed: 7 };
    let second = Arc::new(Breaker::new(settings, Arc::clone(&tally)));
    go(&second).settle(false);
    assert_eq!(tally.worst(), BreakerState::Open);
    drop(second);
    assert_eq!(tally.worst(), first.state());
}

/// Keeps what the gauge was set to.
#[derive(Default)]
struct Gauges(Arc<Shown>);

#[derive(Default)]
struct Shown {
    values: Mutex<Vec<f64>>,
    openings: AtomicU64,
}

impl metrics::GaugeFn for Shown {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, value: f64) {
        self.values.lock().unwrap().push(value);
    }
}

impl metrics::CounterFn for Shown {
    fn increment(&self, by: u64) {
        self.openings.fetch_add(by, Ordering::Relaxed);
    }
    fn absolute(&self, _: u64) {}
}

impl metrics::Recorder for Gauges {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        assert_eq!(key.name(), "booking_cache_breaker_openings_total");
        metrics::Counter::from_arc(Arc::clone(&self.0))
    }
    fn register_gauge(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        assert_eq!(key.name(), "booking_cache_breaker_state");
        metrics::Gauge::from_arc(Arc::clone(&self.0))
    }
    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

#[test]
fn the_metrics_show_its_state_and_its_openings() {
    let gauges = Gauges::default();
    let shown = Arc::clone(&gauges.0);
    metrics::with_local_recorder(&gauges, || {
        let (breaker, _) = breaker();
        opened(&breaker);
        breaker.admit_probe().unwrap().settle(false);
        breaker.admit_probe().unwrap().settle(true);
    });
    let values: Vec<u32> = shown
        .values
        .lock()
        .unwrap()
        .iter()
        .map(|value| format!("{value}").parse().unwrap())
        .collect();
    // The last is that of a cache without servers.
    assert_eq!(values, [0, 2, 1, 2, 1, 0, 0]);
    assert_eq!(shown.openings.load(Ordering::Relaxed), 2);
}

use super::*;

const PAUSE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(1);

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
    tokio::time::advance(PAUSE - TICK).await;
    assert!(matches!(breaker.admit(), Admission::Refused));
    tokio::time::advance(PAUSE + TICK * 2).await;
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

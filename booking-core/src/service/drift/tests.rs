use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use super::*;
use crate::domain::event::SaleState;
use crate::domain::ids::EventId;
use crate::domain::ledger::SoldOut;

/// What was recorded: the labels of a metric in order, and the value.
type Lines = Arc<Mutex<Vec<(String, u64)>>>;

#[derive(Debug, Default)]
struct Notebook(Lines);

/// A metric that notes what it is told.
struct Noting {
    labels: String,
    lines: Lines,
}

impl Noting {
    fn new(key: &Key, lines: &Lines) -> Arc<Self> {
        let labels: Vec<&str> = key.labels().map(metrics::Label::value).collect();
        Arc::new(Self { labels: labels.join(" "), lines: Arc::clone(lines) })
    }

    fn note(&self, value: u64) {
        self.lines.lock().unwrap().push((self.labels.clone(), value));
    }
}

impl CounterFn for Noting {
    fn increment(&self, value: u64) {
        self.note(value);
    }

    fn absolute(&self, value: u64) {
        self.note(value);
    }
}

impl HistogramFn for Noting {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few tickets")]
    fn record(&self, value: f64) {
        self.note(value as u64);
    }
}

impl Recorder for Notebook {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Noting::new(key, &self.0))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Noting::new(key, &self.0))
    }
}

fn recorded(work: impl FnOnce()) -> Vec<(String, u64)> {
    let notebook = Notebook::default();
    metrics::with_local_recorder(&notebook, work);
    let mut lines = notebook.0.lock().unwrap().clone();
    lines.sort();
    lines
}

fn lines(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    expected.iter().map(|(labels, value)| ((*labels).to_owned(), *value)).collect()
}

#[test]
fn a_drift_is_recorded_with_its_direction_and_none_is_not() {
    assert_eq!(recorded(|| record("stock", 3)), lines(&[("stock high", 3)]));
    assert_eq!(recorded(|| record("stock", -2)), lines(&[("stock low", 2)]));
    assert_eq!(recorded(|| record("stock", 0)), []);
}

#[test]
fn each_verdict_of_the_gate_is_counted_beside_that_of_the_database() {
    let sold_out = HoldOutcome::SoldOut(SoldOut { available: 1, held: 0, next_release_at: None });
    let verdicts = [
        (TakeOutcome::Taken, sold_out.clone()),
        (TakeOutcome::Taken, HoldOutcome::NotOnSale(SaleState::Draft)),
        (TakeOutcome::TooFew { available: 0 }, sold_out),
        (TakeOutcome::Miss, HoldOutcome::KeyReused),
        (TakeOutcome::Miss, HoldOutcome::PriceChanged),
    ];
    let take = Take { event_id: EventId::new(uuid::Uuid::from_u128(1)), quantity: 4 };
    let takes = vec![take; verdicts.len()];
    let (gated, outcomes): (Vec<_>, Vec<_>) = verdicts.into_iter().unzip();
    let admitted = Ok(BatchOutcome { outcomes, stocks: Vec::new() });
    let expected = [
        ("gate high", 3), // Taken, although one ticket was left for four.
        ("miss other", 2),
        ("taken other", 1),
        ("taken sold_out", 1),
        ("too_few sold_out", 1),
    ];
    assert_eq!(recorded(|| count_verdicts(&takes, &gated, &admitted)), lines(&expected));
    let failed = Err(RepositoryError::Crowded);
    let expected = [("miss failed", 2), ("taken failed", 2), ("too_few failed", 1)];
    assert_eq!(recorded(|| count_verdicts(&takes, &gated, &failed)), lines(&expected));
}

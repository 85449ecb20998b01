//! What the rules themselves cost: admitting batches on values, without a database.
//!
//! `cargo bench -p booking-benches --bench domain`

use std::hint::black_box;
use std::time::Duration;

use booking_benches::shop::{customer, details};
use booking_core::domain::booking::{BookingStatus, Fingerprint};
use booking_core::domain::event::{EventStatus, ReminderLead};
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::ledger::{Books, EventLedger, HoldRequest};
use booking_core::domain::lifecycle::{Trigger, step};
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::domain::search::{SearchDocument, SearchText, fold};
use booking_core::domain::stock::Stock;
use booking_core::domain::time::Timestamp;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use uuid::Uuid;

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000).expect("it is within the range")
}

fn requests(number: u128) -> Vec<HoldRequest> {
    let details = details(0, now());
    (0..number)
        .map(|index| HoldRequest {
            booking_id: BookingId::new(Uuid::from_u128(index + 1)),
            event_id: EventId::new(Uuid::from_u128(0)),
            quantity: Quantity::new(2).expect("two are within the bounds"),
            customer: customer(),
            locale: Locale::ENGLISH,
            unit_price: details.price,
            idempotency: None,
            payment: None,
            expires_at: now().saturating_add(Duration::from_mins(15)),
        })
        .collect()
}

fn books() -> Books {
    let ledger = EventLedger {
        event_id: EventId::new(Uuid::from_u128(0)),
        terms: details(0, now()).terms(EventStatus::Published, ReminderLead::DAY),
        stock: Stock::new(Capacity::new(1_000_000).expect("it is within the bounds")),
    };
    Books::open(now(), [ledger])
}

fn admission(c: &mut Criterion) {
    let mut group = c.benchmark_group("domain/admit");
    for size in [1_u64, 64, 1_000] {
        let requests = requests(u128::from(size));
        group.throughput(Throughput::Elements(size));
        group.bench_with_input(BenchmarkId::from_parameter(size), &requests, |b, requests| {
            b.iter_batched(books, |mut books| books.admit(requests), BatchSize::SmallInput);
        });
    }
    group.finish();
}

fn rules(c: &mut Criterion) {
    c.bench_function("domain/step", |b| {
        b.iter(|| step(black_box(BookingStatus::Pending), black_box(Trigger::PaymentSucceeded)));
    });
    c.bench_function("domain/fingerprint", |b| {
        b.iter(|| Fingerprint::of(black_box(&[b"event".as_slice(), b"2", b"ada@example.org"])));
    });
    c.bench_function("domain/fold", |b| b.iter(|| fold(black_box("Grossmünster, Zürich: Łódź"))));
    let document = SearchDocument::of(&details(0, now()));
    let text = SearchText::new("evening conc").expect("it is short").expect("it has words");
    c.bench_function("domain/score", |b| b.iter(|| document.score(black_box(&text))));
}

criterion_group!(benches, admission, rules);
criterion_main!(benches);

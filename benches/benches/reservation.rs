//! Bookings a second through the whole library: cache, payment link, queue, database.
//!
//! `cargo bench -p booking-benches --bench reservation`
//!
//! Every combination is run with group commit (up to 1,000 bookings in a transaction) and without (one booking in
//! a transaction), so that the two can be compared within one run. Each caller waits for its answer before it
//! books again, and an answer comes after its commit.

use std::hint::black_box;

use booking_benches::shop::{Databases, Shop, all_backends};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

fn reservations(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime can be started");
    let databases = runtime.block_on(Databases::start());
    for (name, backend) in runtime.block_on(all_backends(&databases)) {
        for (spread, events) in [("one_event", 1), ("1000_events", 1_000)] {
            let mut group = c.benchmark_group(format!("book/{name}/{spread}"));
            group.sample_size(10).throughput(Throughput::Elements(1));
            for callers in [1_u64, 16, 64, 256, 1_000] {
                for (mode, batch_limit) in [("group_commit", 1_000), ("single", 1)] {
                    let shop = runtime.block_on(Shop::open(&backend, events, batch_limit));
                    let id = BenchmarkId::new(mode, callers);
                    group.bench_with_input(id, &callers, |bencher, &callers| {
                        // All callers run from beginning to end of a sample, however few bookings criterion
                        // asks for, so the number asked for is multiplied and the time divided again.
                        bencher.iter_custom(|bookings| {
                            let rounds = bookings.max(1) * callers;
                            let elapsed = runtime.block_on(shop.book(callers, rounds));
                            let elapsed = elapsed.as_secs_f64() * ratio(bookings, rounds);
                            black_box(std::time::Duration::from_secs_f64(elapsed))
                        });
                    });
                }
            }
            group.finish();
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "both are far below 2^52")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

criterion_group!(benches, reservations);
criterion_main!(benches);

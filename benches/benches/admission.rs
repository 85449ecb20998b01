//! What a batch of admissions costs the repositories alone.
//!
//! `cargo bench -p booking-benches --bench admission`

use booking_benches::shop::{Databases, Shop, all_backends};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

fn admission(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime can be started");
    let databases = runtime.block_on(Databases::start());
    for (spread, events) in [("one_event", 1), ("1000_events", 1_000)] {
        for (name, backend) in runtime.block_on(all_backends(&databases)) {
            let shop = runtime.block_on(Shop::open(&backend, events, 1_000));
            let mut group = c.benchmark_group(format!("admit/{name}/{spread}"));
            group.sample_size(10);
            for size in [1_u64, 64, 1_000] {
                group.throughput(Throughput::Elements(size));
                group.bench_with_input(BenchmarkId::from_parameter(size), &size, |b, &size| {
                    let size = usize::try_from(size).expect("sizes are small");
                    b.to_async(&runtime).iter(|| shop.admit(size));
                });
            }
            group.finish();
        }
    }
}

criterion_group!(benches, admission);
criterion_main!(benches);

//! What taking tickets from the cached count costs.
//!
//! `cargo bench -p booking-benches --bench gate`

use std::sync::Arc;

use booking_benches::shop::listing;
use booking_core::adapters::memory::MemoryStockCache;
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::assembly;
use booking_core::domain::ids::EventId;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheLookup, Take};
use booking_testbed::{Redis, RedisOptions};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tokio::runtime::Runtime;

fn gate(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime can be started");
    let redis = runtime.block_on(Redis::start(RedisOptions::default()));
    let urls = [redis.url()];
    let caches: [(&str, Arc<dyn StockCache>); 2] = runtime.block_on(async {
        let connected = RedisStockCache::connect(&urls, RedisCacheSettings::default());
        [
            ("memory", Arc::new(MemoryStockCache::default()) as Arc<dyn StockCache>),
            ("redis", Arc::new(connected.expect("the address is one"))),
        ]
    });
    let (clock, ids) = assembly::clock_and_ids();
    for (name, cache) in caches {
        let mut group = c.benchmark_group(format!("take/{name}"));
        for size in [1_u64, 64, 1_000] {
            group.throughput(Throughput::Elements(size));
            group.bench_with_input(BenchmarkId::from_parameter(size), &size, |b, &size| {
                let event_id = EventId::new(ids.next_id());
                runtime.block_on(fill(&*cache, event_id));
                let size = usize::try_from(size).expect("sizes are small");
                let takes = vec![Take { event_id, quantity: 1 }; size];
                b.to_async(&runtime).iter(|| cache.take(&takes, clock.now()));
            });
        }
        group.finish();
    }
}

async fn fill(cache: &dyn StockCache, event_id: EventId) {
    let now = assembly::clock_and_ids().0.now();
    let found = cache.find(event_id, now).await.expect("the cache answers");
    let CacheLookup::Miss { lease: Some(lease) } = found else { panic!("it is cached already") };
    let filled = cache.fill(lease, &listing(event_id, now), now).await;
    assert!(filled.expect("the cache answers"), "the lease is good");
}

criterion_group!(benches, gate);
criterion_main!(benches);

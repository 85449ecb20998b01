//! Servers that accept connections and never say a word, as one does whose machine has lost its disk.

use std::net::TcpListener;
use std::sync::Arc;

use booking_core::adapters::memory::MemoryNotifier;
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::ports::IdSource;
use booking_core::service::BookingSystem;
use booking_core::testkit::{ManualClock, SeededIds};
use serde_json::json;
use tokio::time::Instant;

use super::PATIENCE;
use crate::harness::{Api, SECRET};

/// Returns a system whose PostgreSQL and Redis are at `port`.
fn system_at(port: u16, redis: &[String]) -> BookingSystem {
    let clock = Arc::new(ManualClock::default());
    let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(1, clock.clone()));
    let options = PgOptions::parse(&format!("postgres://a:b@127.0.0.1:{port}/c")).unwrap();
    let database = PgDatabase::connect_lazily(&options);
    let secrets = IpnSecrets::parse(SECRET).unwrap();
    let gateway = MockGateway::builder(secrets, clock.clone(), Arc::clone(&ids)).build().unwrap();
    BookingSystem::builder()
        .repositories(
            Arc::new(PgEventRepository::new(database.clone(), Arc::clone(&ids))),
            Arc::new(PgBookingRepository::new(database, Arc::clone(&ids))),
        )
        .cache(Arc::new(RedisStockCache::connect(redis, RedisCacheSettings::default()).unwrap()))
        .gateway(Arc::new(gateway))
        .notifier(Arc::new(MemoryNotifier::new(1)))
        .time_and_ids(clock, ids)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn servers_that_never_answer_are_down_and_the_answer_is_in_time() {
    // The kernel accepts for it, and nobody reads.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let one = vec![format!("redis://127.0.0.1:{port}")];
    let cluster = vec![one[0].clone(); 3];
    for redis in [one, cluster] {
        let api = Api::over(system_at(port, &redis));
        let asked = Instant::now();
        let problem = api.get("/readyz").await.problem("unavailable");
        assert_eq!(problem["dependencies"], json!({"database": "down", "cache": "down"}));
        assert!(asked.elapsed() <= PATIENCE, "{:?}", asked.elapsed());
    }
}

//! Servers, three instances of the engine, and what breaks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::adapters::system::{SystemClock, SystemIds};
use booking_core::domain::booking::BookingStatus;
use booking_core::domain::ids::EventId;
use booking_core::domain::notice::NoticeKind;
use booking_core::domain::time::Timestamp;
use booking_core::ports::booking_repository::{NoticeRecord, NoticeState};
use booking_core::ports::{BookingRepository, Clock, EventRepository, IdSource};
use booking_core::service::audit::AuditReport;
use booking_core::service::{BookingSystem, Workers};
use booking_core::testkit::witness::{Bank, BankManners, Client, Courier, Desk, Postbox, Witness};
use booking_core::testkit::{Dice, until_answered};
use booking_testbed::{Postgres, PostgresOptions, Redis, RedisOptions};
use tokio::runtime::Runtime;

use crate::proxy::Proxy;

const DATABASE: &str = "history";
/// How long tickets are held.
pub(crate) const HOLD: Duration = Duration::from_secs(5);

/// How long a worker has a notice to itself.
pub(crate) const LEASE: Duration = Duration::from_secs(6);

/// One process, which can be killed: what its queues and workers have begun ends where it stands.
struct Instance {
    system: BookingSystem,
    _workers: Workers,
    runtime: Option<Runtime>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Everything that a history is made on.
pub(crate) struct Stage {
    pub(crate) witness: Arc<Witness>,
    pub(crate) bank: Bank,
    pub(crate) postbox: Postbox,
    pub(crate) courier: Courier,
    pub(crate) postgres: Postgres,
    redis: Redis,
    to_postgres: Proxy,
    to_redis: Proxy,
    instances: Vec<Instance>,
    /// A way to the database that nothing breaks but the database itself.
    pub(crate) bookings: Arc<dyn BookingRepository>,
    pub(crate) events: Arc<dyn EventRepository>,
}

/// What breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    InstanceKilled,
    AnswersOfTheDatabaseLost,
    ConnectionsTerminated,
    RedisKilled,
    DatabaseKilled,
    RedisPaused,
    LinesToRedisDead,
    AllInstancesKilled,
}

impl Fault {
    pub(crate) const ALL: [Self; 8] = [
        Self::InstanceKilled,
        Self::AnswersOfTheDatabaseLost,
        Self::ConnectionsTerminated,
        Self::RedisKilled,
        Self::DatabaseKilled,
        Self::RedisPaused,
        Self::LinesToRedisDead,
        Self::AllInstancesKilled,
    ];

    pub(crate) async fn strike(self, stage: &mut Stage) {
        match self {
            Self::InstanceKilled => stage.replace(0),
            Self::AnswersOfTheDatabaseLost => {
                for _ in 0..5 {
                    stage.to_postgres.cut_before_the_next_answer();
                    while !stage.to_postgres.has_cut() {
                        tokio::task::yield_now().await;
                    }
                }
            }
            Self::ConnectionsTerminated => stage.postgres.terminate_connections(DATABASE).await,
            Self::RedisKilled => stage.redis.kill9().await,
            Self::DatabaseKilled => stage.postgres.kill9().await,
            Self::RedisPaused => stage.redis.pause().await,
            Self::LinesToRedisDead => stage.to_redis.go_dead(),
            Self::AllInstancesKilled => {
                for index in 0..stage.instances.len() {
                    stage.replace(index);
                }
            }
        }
    }

    /// Tells whether somebody may not know because of it whether a message was sent.
    pub(crate) const fn repeats(self) -> bool {
        match self {
            Self::InstanceKilled
            | Self::AnswersOfTheDatabaseLost
            | Self::ConnectionsTerminated
            | Self::DatabaseKilled
            | Self::AllInstancesKilled => true,
            Self::RedisKilled | Self::RedisPaused | Self::LinesToRedisDead => false,
        }
    }

    pub(crate) async fn mend(self, stage: &mut Stage) {
        match self {
            Self::RedisKilled => stage.redis.start_again().await,
            Self::DatabaseKilled => stage.postgres.start_again().await,
            Self::RedisPaused => stage.redis.resume().await,
            Self::InstanceKilled
            | Self::AnswersOfTheDatabaseLost
            | Self::ConnectionsTerminated
            | Self::LinesToRedisDead
            | Self::AllInstancesKilled => {}
        }
    }
}

impl Stage {
    pub(crate) async fn build() -> Self {
        let postgres = Postgres::start(PostgresOptions::durable()).await;
        postgres.create_database(DATABASE).await;
        let direct = PgOptions::parse(&postgres.url(DATABASE)).unwrap();
        PgDatabase::migrate(&direct).await.unwrap();
        let redis = Redis::start(RedisOptions::default()).await;
        let (to_postgres, to_redis) =
            (Proxy::to(postgres.port()).await, Proxy::to(redis.port()).await);
        let (events, bookings) = repositories(&direct);
        let witness = Arc::new(Witness::default());
        let mut stage = Self {
            courier: Courier::new(Arc::clone(&witness)),
            witness,
            bank: Bank::new(BankManners {
                signs_links: false,
                refunds_at_once: false,
                takes_late_payments: true,
            }),
            postbox: Postbox::default(),
            postgres,
            redis,
            to_postgres,
            to_redis,
            instances: Vec::new(),
            bookings,
            events,
        };
        for _ in 0..3 {
            let instance = stage.start_instance();
            stage.instances.push(instance);
        }
        stage.open_desks();
        stage
    }

    fn start_instance(&self) -> Instance {
        let url = self.postgres.url(DATABASE);
        let (real, proxied) =
            (format!(":{}", self.postgres.port()), format!(":{}", self.to_postgres.port));
        let options = PgOptions::parse(&url.replace(&real, &proxied)).unwrap();
        let (events, bookings) = repositories(&options);
        let redis = format!("redis://127.0.0.1:{}", self.to_redis.port);
        let cache = RedisStockCache::connect(&[redis], RedisCacheSettings::default()).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::clone(&clock)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let inside = runtime.enter();
        let system = BookingSystem::builder()
            .repositories(events, bookings)
            .cache(Arc::new(cache))
            .gateway(Arc::new(self.bank.clone()))
            .notifier(Arc::new(self.postbox.clone()))
            .time_and_ids(clock, ids)
            .settings(|settings| {
                settings.hold_ttl = HOLD;
                settings.notice_lease = LEASE;
                settings.outbox_interval = Duration::from_millis(100);
            })
            .build()
            .unwrap();
        let workers = system.start_workers();
        drop(inside);
        Instance { system, _workers: workers, runtime: Some(runtime) }
    }

    /// Kills an instance in the middle of what it is doing in the background, and starts another.
    fn replace(&mut self, index: usize) {
        self.instances[index] = self.start_instance();
        self.open_desks();
    }

    fn open_desks(&self) {
        let desk = |instance: &Instance| Desk { system: instance.system.clone() };
        self.courier.set_desks(self.instances.iter().map(desk).collect());
    }

    /// Returns a client of one of the instances.
    pub(crate) fn client(&self, index: usize) -> Client {
        let system = self.instances[index % self.instances.len()].system.clone();
        Client { system, witness: Arc::clone(&self.witness) }
    }

    pub(crate) async fn audit(&self) -> AuditReport {
        self.instances[0].system.audit().await.unwrap()
    }

    /// Waits until nothing is left to do, and returns when.
    pub(crate) async fn wait_until_quiet(&self, bound: Duration) -> Timestamp {
        let (begin, dice) = (Instant::now(), Dice::new(0));
        loop {
            // What was given back meanwhile is told.
            for slip in self.bank.take_outgoing() {
                let carried = tokio::time::timeout(bound, self.courier.carry(&slip, &dice)).await;
                assert!(carried.is_ok(), "nobody answers for {slip:?}");
            }
            let left = self.left_to_do().await;
            if left.is_empty() {
                return SystemClock.now();
            }
            assert!(begin.elapsed() < bound, "left to do: {left:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn left_to_do(&self) -> Vec<String> {
        let waiting =
            until_answered(|| self.bookings.list_notices(NoticeState::Waiting, None, 1_000)).await;
        let now = SystemClock.now();
        let is_due = |record: &&NoticeRecord| {
            record.notice.kind != NoticeKind::EventReminder || record.run_at <= now
        };
        let mut left: Vec<String> = waiting
            .items
            .iter()
            .filter(is_due)
            .map(|record| record.notice.kind.as_str().to_owned())
            .collect();
        for event_id in self.event_ids().await {
            let page = until_answered(|| self.bookings.list_bookings(event_id, None, 10_000)).await;
            let open = page.items.iter().filter(|booking| {
                matches!(booking.status, BookingStatus::Pending | BookingStatus::RefundDue)
            });
            left.extend(open.map(|booking| booking.status.as_str().to_owned()));
        }
        left
    }

    async fn event_ids(&self) -> Vec<EventId> {
        let records = until_answered(|| self.bookings.audit_events(None, 100)).await;
        records.iter().map(|record| record.event_id).collect()
    }
}

fn repositories(options: &PgOptions) -> (Arc<dyn EventRepository>, Arc<dyn BookingRepository>) {
    let database = PgDatabase::connect_lazily(options);
    let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new(Arc::new(SystemClock)));
    let events = PgEventRepository::new(database.clone(), Arc::clone(&ids));
    (Arc::new(events), Arc::new(PgBookingRepository::new(database, ids)))
}

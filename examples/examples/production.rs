//! Two processes' worth of engine side by side: one PostgreSQL decides for both, one Redis counts for both.
//!
//! Run:    cargo run -p booking-examples --example production
//! Expect: sold by one, confirmed by the other: 98 tickets left, and both count the same
//! Needs:  PostgreSQL and Redis installed (`postgres`, `redis-server`); it starts private ones and removes them
//! Next:   `booking-server` is the same with an HTTP API, see "Going to production" in the README.

use std::sync::Arc;

use anyhow::{Context, bail};
use booking_core::adapters::memory::MemoryNotifier;
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::adapters::postgres::{
    PgBookingRepository, PgDatabase, PgEventRepository, PgOptions,
};
use booking_core::adapters::redis::{RedisCacheSettings, RedisStockCache};
use booking_core::assembly;
use booking_core::domain::booking::{BookingStatus, Customer};
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};
use booking_testbed::{Postgres, PostgresOptions, Redis, RedisOptions};

/// Makes an engine as each process of an application would. Nothing is connected until it is needed.
fn engine(
    database_url: &str,
    redis_url: &str,
    gateway: &MockGateway,
) -> anyhow::Result<BookingSystem> {
    let (clock, ids) = assembly::clock_and_ids();
    // Where the address leads to a pgbouncer in transaction mode, say so: `.pgbouncer(true)`.
    let database = PgDatabase::connect_lazily(&PgOptions::parse(database_url)?);
    // Several addresses are the nodes of a Redis Cluster. The seed makes entries of different processes end at
    // different times.
    let seed = ids.next_id().as_u64_pair().1;
    let settings = RedisCacheSettings { seed, ..RedisCacheSettings::default() };
    let cache = RedisStockCache::connect(&[redis_url.to_owned()], settings)?;
    let system = BookingSystem::builder()
        .repositories(
            Arc::new(PgEventRepository::new(database.clone(), ids.clone())),
            Arc::new(PgBookingRepository::new(database, ids.clone())),
        )
        .cache(Arc::new(cache))
        .gateway(Arc::new(gateway.clone()))
        // Mails are another example: see embedded.rs.
        .notifier(Arc::new(MemoryNotifier::default()))
        .time_and_ids(clock, ids)
        .build()?;
    Ok(system)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // An application takes both addresses from its configuration.
    let postgres = Postgres::start(PostgresOptions::durable()).await;
    let redis = Redis::start(RedisOptions::default()).await;
    postgres.create_database("booking").await;
    let (database_url, redis_url) = (postgres.url("booking"), redis.url());
    // On a direct connection. Processes that start at once may all do this.
    PgDatabase::migrate(&PgOptions::parse(&database_url)?).await?;

    let (clock, ids) = assembly::clock_and_ids();
    let secrets = IpnSecrets::parse("a secret of sixteen bytes or more")?;
    let gateway = MockGateway::builder(secrets, clock.clone(), ids);
    let (gateway, connect) = assembly::mock_gateway_in_process(gateway)?;
    let first = engine(&database_url, &redis_url, &gateway)?;
    let second = engine(&database_url, &redis_url, &gateway)?;
    // The gateway's notification may reach any of them.
    connect(&second);

    let details = booking_examples::concert(clock.now())?;
    let event = first.organiser().create(details, Capacity::new(100)?).await?.event;
    first.organiser().publish(event.id).await?;
    let request = BookRequest {
        event_id: event.id,
        quantity: Quantity::new(2)?,
        customer: Customer::new("Ada Lovelace", "ada@example.org")?,
        locale: Locale::ENGLISH,
        idempotency_key: None,
    };
    let booking = match first.bookings().book(request).await? {
        BookOutcome::Booked(booking) => booking,
        refused => bail!("not booked: {refused:?}"),
    };
    gateway.pay_now(booking.payment.as_ref().context("it can be paid for")?).await?;
    gateway.deliver_due().await;

    let booking = first.bookings().find(booking.id).await?.context("it is kept")?;
    let mut left = Vec::new();
    for system in [&first, &second] {
        let listing = system.catalogue().find_event(event.id).await?.context("it is kept")?;
        left.push(listing.stock.available());
    }
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert_eq!(left, [98, 98]);
    assert!(second.audit().await?.discrepancies.is_empty());
    println!(
        "sold by one, {} by the other: {} tickets left, and both count the same",
        booking.status.as_str(),
        left[0]
    );
    Ok(())
}

//! A small application with an engine of its own: bookings in a SQLite file, mails in a folder, and a restart.
//!
//! Run:    cargo run -p booking-examples --example embedded
//! Expect: after the restart: 1 confirmed, 1 pending, 97 tickets left; 1 mail written; the books balance
//! Next:   own_gateway.rs takes the money in another way, mount.rs serves the engine's HTTP API.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use booking_core::adapters::mail::{EmlNotifier, MailRenderer, MailSettings};
use booking_core::adapters::memory::MemoryStockCache;
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::adapters::sqlite::{
    SqliteBookingRepository, SqliteDatabase, SqliteEventRepository,
};
use booking_core::assembly;
use booking_core::domain::booking::{Booking, BookingStatus, Customer};
use booking_core::domain::ids::EventId;
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};

/// The application: it owns the engine, and could own much else.
struct TicketOffice {
    database: SqliteDatabase,
    gateway: MockGateway,
    system: BookingSystem,
}

impl TicketOffice {
    async fn open(folder: &Path) -> anyhow::Result<Self> {
        let url = format!("sqlite://{}", folder.join("office.db").display());
        let database = SqliteDatabase::open(&url).await?;
        database.migrate().await?;
        let (clock, ids) = assembly::clock_and_ids();
        let secrets = IpnSecrets::parse("a secret of sixteen bytes or more")?;
        let gateway = MockGateway::builder(secrets, clock.clone(), ids.clone())
            .journal(folder.join("payments.journal"));
        let (gateway, connect) = assembly::mock_gateway_in_process(gateway)?;
        let system = BookingSystem::builder()
            .repositories(
                Arc::new(SqliteEventRepository::new(database.clone(), ids.clone())),
                Arc::new(SqliteBookingRepository::new(database.clone(), ids.clone())),
            )
            .cache(Arc::new(MemoryStockCache::default()))
            .gateway(Arc::new(gateway.clone()))
            .notifier(Arc::new(mails(folder)?))
            .time_and_ids(clock, ids)
            .build()?;
        connect(&system);
        Ok(Self { database, gateway, system })
    }

    async fn sell(&self, event_id: EventId, quantity: u32) -> anyhow::Result<Booking> {
        let customer = Customer::new("Ada Lovelace", "ada@example.org")?;
        let quantity = Quantity::new(quantity)?;
        let locale = Locale::ENGLISH;
        let request = BookRequest { event_id, quantity, customer, locale, idempotency_key: None };
        match self.system.bookings().book(request).await? {
            BookOutcome::Booked(booking) => Ok(booking),
            refused => bail!("not booked: {refused:?}"),
        }
    }

    async fn close(self) {
        drop(self.system);
        self.database.close().await;
    }
}

fn mails(folder: &Path) -> anyhow::Result<EmlNotifier> {
    let settings = MailSettings {
        from: "Ticket office <office@example.org>".to_owned(),
        public_url: "https://tickets.example.org".to_owned(),
        domain: None,
    };
    let renderer = MailRenderer::new(&settings)
        .map_err(|(field, invalid)| anyhow::anyhow!("{field} {invalid}"))?;
    Ok(EmlNotifier::new(folder.join("mail"), renderer))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;

    let office = TicketOffice::open(folder.path()).await?;
    let organiser = office.system.organiser();
    let details = booking_examples::concert(office.system.clock().now())?;
    let event = organiser.create(details, Capacity::new(100)?).await?.event;
    organiser.publish(event.id).await?;
    let (paid, unpaid) = (office.sell(event.id, 2).await?, office.sell(event.id, 1).await?);
    office.gateway.pay_now(paid.payment.as_ref().context("it can be paid for")?).await?;
    office.gateway.deliver_due().await;
    office.close().await;

    // Whatever was answered is in the file, and the work that is left goes on where it stopped.
    let office = TicketOffice::open(folder.path()).await?;
    office.system.run_due_work().await?;
    let mut statuses = Vec::new();
    for booking in [paid, unpaid] {
        let booking = office.system.bookings().find(booking.id).await?.context("it is kept")?;
        statuses.push(booking.status);
    }
    let left = office.system.catalogue().find_event(event.id).await?.context("it is kept")?.stock;
    let mails = std::fs::read_dir(folder.path().join("mail"))?.count();
    assert!(office.system.audit().await?.discrepancies.is_empty());
    assert_eq!(statuses, [BookingStatus::Confirmed, BookingStatus::Pending]);
    assert_eq!((left.available(), mails), (97, 1));
    println!(
        "after the restart: 1 {}, 1 {}, {} tickets left; {mails} mail written; the books balance",
        statuses[0].as_str(),
        statuses[1].as_str(),
        left.available(),
    );
    office.close().await;
    Ok(())
}

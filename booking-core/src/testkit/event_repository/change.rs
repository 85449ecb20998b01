//! Changes that an organiser makes.

use crate::domain::event::{EventStatus, Listing, ReminderLead};
use crate::domain::ids::EventId;
use crate::domain::ledger::{HoldOutcome, SoldOut};
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::testkit::seed::{self, SECOND};
use crate::testkit::{Repositories, RepositoryHarness};

/// Makes a change, which must succeed; returns the event as it stands then, as answered and as stored.
pub(super) async fn changed(
    db: &Repositories,
    id: EventId,
    change: &EventChange,
    now: Timestamp,
) -> Listing {
    match db.events.change_event(id, change, now).await.expect("change_event") {
        ChangeOutcome::Changed(listing) => {
            assert_eq!(db.listing(id).await, listing, "what was answered is what is stored");
            listing
        }
        other => panic!("the event is not changed: {other:?}"),
    }
}

pub(super) fn details(title: &str) -> EventChange {
    EventChange { details: Some(seed::event(title).details()), ..EventChange::default() }
}

pub(super) fn capacity(capacity: u32) -> EventChange {
    EventChange { capacity: Some(seed::capacity(capacity)), ..EventChange::default() }
}

pub(super) fn status(status: EventStatus) -> EventChange {
    EventChange { status: Some(status), ..EventChange::default() }
}

/// New details replace the old ones; stock, status and other events stay.
pub async fn details_are_replaced_as_a_whole<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Old").tag("old").description("Old words").capacity(5)).await;
    let other = db.store(&seed::event("Other")).await;
    db.sell(seed::hold(id).quantity(2), seed::now()).await;
    let (before, bystander) = (db.listing(id).await, db.listing(other).await);
    let new = seed::event("New").tag("new").price(5_000, "JPY").online();
    let change = EventChange { details: Some(new.details()), ..EventChange::default() };
    let after = changed(&db, id, &change, seed::later(SECOND)).await;
    assert_eq!(after.event.details, new.details());
    assert_eq!(after.event.status, before.event.status);
    assert_eq!(after.event.created_at, before.event.created_at);
    assert_eq!(after.event.updated_at, seed::later(SECOND));
    assert_eq!((after.stock.stock(), after.stock.held()), (3, 0));
    assert_eq!(db.listing(other).await, bystander);

    let stale = db.admit(seed::hold(id), seed::later(SECOND)).await;
    assert_eq!(stale, HoldOutcome::PriceChanged, "sales go by the new price at once");
    db.hold(seed::hold(id).price(5_000, "JPY"), seed::later(SECOND)).await;
    db.assert_books_balance().await;
}

/// Contract 3: draft, published, cancelled; what is admitted after it sees it.
pub async fn a_status_goes_forwards<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Steps").draft()).await;
    let straight = db.store(&seed::event("Straight").draft()).await;
    let now = seed::later(SECOND);
    assert!(matches!(db.admit(seed::hold(id), now).await, HoldOutcome::NotOnSale(_)));
    let published = changed(&db, id, &status(EventStatus::Published), now).await;
    assert_eq!(published.event.status, EventStatus::Published);
    assert_eq!((published.event.updated_at, published.stock.version()), (now, 2));
    let booking = db.hold(seed::hold(id), now).await;
    let off = changed(&db, id, &status(EventStatus::Cancelled), now).await;
    assert_eq!((off.event.status, off.stock.held()), (EventStatus::Cancelled, 1));
    assert_eq!(db.booking(booking.id).await, booking, "bookings are settled later, one by one");
    assert!(matches!(db.admit(seed::hold(id), now).await, HoldOutcome::NotOnSale(_)));
    let off = changed(&db, straight, &status(EventStatus::Cancelled), now).await;
    assert_eq!(off.event.status, EventStatus::Cancelled, "a draft can be called off, too");
    db.assert_books_balance().await;
}

/// Contract 2: a new capacity moves the stock by the difference, and leaves what is taken.
pub async fn capacity_grows_and_shrinks_what_is_free<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Hall").capacity(10)).await;
    db.sell(seed::hold(id).quantity(3), seed::now()).await;
    db.hold(seed::hold(id).quantity(2), seed::now()).await;
    let larger = changed(&db, id, &capacity(20), seed::now()).await.stock;
    assert_eq!((larger.capacity(), larger.stock(), larger.held()), (20, 17, 2));
    let exact = changed(&db, id, &capacity(5), seed::now()).await.stock;
    assert_eq!((exact.capacity(), exact.stock(), exact.held()), (5, 2, 2));
    let sold_out = db.admit(seed::hold(id), seed::now()).await;
    let next_release_at = Some(seed::later(seed::HOLD));
    let expected = SoldOut { available: 0, held: 2, next_release_at };
    assert_eq!(sold_out, HoldOutcome::SoldOut(expected));
    db.assert_books_balance().await;
}

/// Contract 1: one change may carry all four parts, and makes them together.
pub async fn details_capacity_and_status_change_together<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Draft").draft().capacity(10)).await;
    let before = db.listing(id).await;
    let reminder = ReminderLead::from_minutes(90).expect("it is in range");
    let change = EventChange {
        details: details("Ready").details,
        capacity: capacity(12).capacity,
        status: Some(EventStatus::Published),
        reminder: Some(reminder),
        expected_updated_at: Some(before.event.updated_at),
    };
    let after = changed(&db, id, &change, seed::later(SECOND)).await;
    assert_eq!(after.event.details.title, "Ready");
    assert_eq!((after.stock.capacity(), after.stock.stock()), (12, 12));
    assert_eq!(after.event.status, EventStatus::Published);
    assert_eq!(after.event.reminder, reminder);
    assert_eq!(after.event.created_at, before.event.created_at);
    db.assert_books_balance().await;
}

/// Contract 2: each change is one version and one line in the journal, so that a cache sees them all.
pub async fn every_change_raises_the_version_by_one<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Versions").draft()).await;
    let changes = [
        details("Second"),
        capacity(50),
        status(EventStatus::Published),
        details("Fifth"),
        capacity(60),
        status(EventStatus::Cancelled),
    ];
    for (change, version) in changes.iter().zip(2_u32..) {
        let now = seed::later(SECOND * version);
        let listing = changed(&db, id, change, now).await;
        assert_eq!(listing.stock.version(), u64::from(version));
        let records = db.bookings.audit_events(None, 2).await.expect("audit_events");
        assert_eq!(records[0].movements, i64::from(version));
    }
    db.assert_books_balance().await;
}

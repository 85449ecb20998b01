//! Entering and importing events.

use crate::domain::event::{EventStatus, Listing};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::ports::event_repository::{NewEvent, StoreOutcome};
use crate::testkit::seed::{self, DAY, SECOND, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

async fn store_at(db: &Repositories, batch: &[NewEvent], now: Timestamp) -> Vec<StoreOutcome> {
    db.events.store_events(batch, now).await.expect("store_events")
}

/// Contract 2: a new event is version 1, all of it for sale, with one line in its journal.
pub async fn a_new_event_is_stored_with_its_full_stock<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let now = seed::later(SECOND);
    let events = [
        seed::event("Published").capacity(7).build(),
        seed::event("Draft").draft().capacity(1).build(),
    ];
    let outcomes = store_at(&db, &events, now).await;
    assert_eq!(outcomes, events.each_ref().map(|event| StoreOutcome::Created(event.id)));
    for event in &events {
        let stored = db.listing(event.id).await;
        assert_eq!(stored.stock, Stock::new(event.capacity));
        assert_eq!(stored.event.details, event.details);
        assert_eq!(stored.event.status, event.status);
        assert_eq!((stored.event.created_at, stored.event.updated_at), (now, now));
    }
    let records = db.bookings.audit_events(None, 10).await.expect("audit_events");
    assert!(records.iter().all(|record| record.movements == 1));
    assert!(store_at(&db, &[], now).await.is_empty());
    db.assert_books_balance().await;
}

/// Contract 1: what is stored is read back letter by letter, digit by digit and to the microsecond.
pub async fn every_field_of_an_event_is_kept<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let hostile = "Robert'); DROP TABLE events;-- \" % _ \\ \u{1F3B5} e\u{301} 李 ß İ";
    let full = seed::event(hostile)
        .capacity(crate::domain::quantity::Capacity::MAX)
        .category("Théâtre & Co")
        .tag("a,b")
        .tag("c\"d")
        .tag("['e']")
        .price(1_250, "KWD")
        .description(&format!("{hostile}\n\tsecond line\r\n{}", "x".repeat(15_000)))
        .venue("Ürümqi", "CN", Some((-43.825_592_123_456_78, 179.999_999_999)))
        .on_sale(Some(seed::now()), Some(seed::later(DAY)))
        .with(|draft| {
            draft.starts_at = seed::later(DAY + TICK);
            draft.ends_at = seed::later(DAY * 2 + TICK * 2);
            draft.all_day = true;
            "Asia/Kuwait".clone_into(&mut draft.timezone);
            draft.url = Some("https://example.org/a?b=c&d=%C3%A9#f".to_owned());
            draft.image_url = Some("http://example.org/\u{e9}.png".to_owned());
        });
    let ages = seed::event("Ages").with(|draft| {
        draft.starts_at = Timestamp::MIN;
        draft.ends_at = Timestamp::MAX;
    });
    let bare = seed::event("x")
        .category("")
        .free()
        .with(|draft| draft.location = crate::domain::event::LocationDraft::Online { url: None });
    let bare_venue = seed::event("y").venue("Zürich", "", None);
    for seed in [full, ages, bare, bare_venue] {
        let event = seed.build();
        store_at(&db, std::slice::from_ref(&event), seed::now()).await;
        let stored = db.listing(event.id).await;
        assert_eq!(stored.event.details, event.details);
        assert_eq!(stored.event.id, event.id);
        assert_eq!(stored.stock, Stock::new(event.capacity));
    }
}

/// An unknown id is no fault.
pub async fn an_unknown_event_is_none<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.store(&seed::event("Known")).await;
    assert_eq!(db.events.find_event(seed::event_id()).await.expect("find_event"), None);
}

/// A database is empty until the first event, of whatever status.
pub async fn an_empty_database_says_so<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    assert!(db.events.is_empty().await.expect("is_empty"));
    db.store(&seed::event("Draft").draft()).await;
    assert!(!db.events.is_empty().await.expect("is_empty"));
}

/// Contract 2: an event of a known source gets the new details; capacity, status and sales stay.
pub async fn the_same_source_again_updates<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Old title").source("feed/1").capacity(10)).await;
    let bystander = db.store(&seed::event("Old title").source("feed/2")).await;
    db.hold(seed::hold(id).quantity(2), seed::now()).await;
    let (before, other) = (db.listing(id).await, db.listing(bystander).await);
    let later = seed::later(SECOND);

    let update = seed::event("New title").source("feed/1").capacity(99).draft().build();
    let outcomes = store_at(&db, std::slice::from_ref(&update), later).await;
    assert_eq!(outcomes, [StoreOutcome::Updated(id)]);

    let after = db.listing(id).await;
    assert_eq!(after.event.details, update.details);
    assert_eq!(after.event.status, EventStatus::Published, "nothing is withdrawn by an import");
    assert_eq!((after.event.created_at, after.event.updated_at), (seed::now(), later));
    let expected = Stock::restore(10, 10, 2, before.stock.version() + 1).expect("in range");
    assert_eq!(after.stock, expected);
    assert_eq!(db.events.find_event(update.id).await.expect("find_event"), None);
    assert_eq!(db.listing(bystander).await, other);
    db.assert_books_balance().await;
}

/// Contract 2: no change, no new version.
pub async fn the_same_source_and_details_change_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let seed = seed::event("Same").source("feed/1").tag("a").tag("b");
    let id = db.store(&seed).await;
    let before = db.listing(id).await;
    let batch = [seed.clone().build(), seed.draft().capacity(5).build()];
    let outcomes = store_at(&db, &batch, seed::later(SECOND)).await;
    assert_eq!(outcomes, [StoreOutcome::Unchanged(id), StoreOutcome::Unchanged(id)]);
    assert_eq!(db.listing(id).await, before);
    db.assert_books_balance().await;
}

/// Contract 2: a draft is published if the new event is, with new details or without.
pub async fn an_import_publishes_a_draft<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let drafts = [
        seed::event("Draft one").source("feed/1").draft(),
        seed::event("Draft two").source("feed/2").draft(),
    ];
    let published = [
        seed::event("Draft one").source("feed/1").build(),
        seed::event("Draft two, with news").source("feed/2").build(),
    ];
    for (draft, published) in drafts.iter().zip(&published) {
        let id = db.store(draft).await;
        let version = db.stock(id).await.version();
        let outcomes = store_at(&db, std::slice::from_ref(published), seed::later(SECOND)).await;
        assert_eq!(outcomes, [StoreOutcome::Updated(id)]);
        let after = db.listing(id).await;
        assert_eq!(after.event.status, EventStatus::Published);
        assert_eq!(after.event.details, published.details);
        assert_eq!(after.event.updated_at, seed::later(SECOND));
        assert!(after.stock.version() > version);
    }
    db.assert_books_balance().await;
}

/// What was called off stays as it was, whatever a feed still says of it.
pub async fn a_called_off_event_is_left_alone<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let id = db.store(&seed::event("Off").source("feed/1")).await;
    db.call_off(id, seed::now()).await;
    let before: Listing = db.listing(id).await;
    let batch = [seed::event("On again").source("feed/1").build()];
    let outcomes = store_at(&db, &batch, seed::later(SECOND)).await;
    assert_eq!(outcomes, [StoreOutcome::CalledOff(id)]);
    assert_eq!(db.listing(id).await, before);
}

/// A batch is stored in order: what comes later sees what came before.
pub async fn a_batch_may_name_a_source_twice<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let batch = [
        seed::event("First").source("feed/1").build(),
        seed::event("First").source("feed/1").build(),
        seed::event("Last").source("feed/1").build(),
        seed::event("No source").build(),
        seed::event("No source").build(),
    ];
    let outcomes = store_at(&db, &batch, seed::now()).await;
    let id = batch[0].id;
    assert_eq!(
        outcomes,
        [
            StoreOutcome::Created(id),
            StoreOutcome::Unchanged(id),
            StoreOutcome::Updated(id),
            StoreOutcome::Created(batch[3].id),
            StoreOutcome::Created(batch[4].id),
        ]
    );
    assert_eq!(db.listing(id).await.event.details.title, "Last");
    db.assert_books_balance().await;
}

/// Contract 1: all of them or none; an id that exists is a fault.
pub async fn a_batch_with_a_known_id_stores_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let known = db.store(&seed::event("Known")).await;
    let before = db.listing(known).await;
    let first = seed::event("First").source("feed/1").build();
    let clash = NewEvent { id: known, ..seed::event("Clash").build() };
    let batch = [first.clone(), clash];
    assert!(db.events.store_events(&batch, seed::now()).await.is_err());
    assert_eq!(db.events.find_event(first.id).await.expect("find_event"), None);
    assert_eq!(db.listing(known).await, before);
    let outcomes = store_at(&db, std::slice::from_ref(&first), seed::now()).await;
    assert_eq!(outcomes, [StoreOutcome::Created(first.id)], "its source is still free");
    db.assert_books_balance().await;
}

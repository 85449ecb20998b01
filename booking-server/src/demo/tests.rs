use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::MemoryDatabase;
use booking_core::domain::country::Country;
use booking_core::domain::event::{Listing, SaleState};
use booking_core::domain::venue::Venue;
use booking_core::testkit::faulty::{
    Fault, FaultScript, FaultyBookingRepository, FaultyEventRepository,
};
use jiff::civil::Time;

use super::*;

fn now() -> Timestamp {
    "2027-01-15T12:00:00Z".parse().unwrap()
}

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        now()
    }
}

#[derive(Debug, Default)]
struct Counter(std::sync::atomic::AtomicU64);

impl IdSource for Counter {
    fn next_id(&self) -> uuid::Uuid {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        uuid::Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | n)
    }
}

fn venues(events: &[DemoEvent]) -> impl Iterator<Item = &Venue> {
    events.iter().filter_map(|event| event.details.location.venue())
}

#[test]
fn the_catalogue_is_wide() {
    let events = events(now());
    assert!(events.len() >= 240, "{}", events.len());
    let countries: BTreeSet<&str> =
        venues(&events).filter_map(Venue::country).map(Country::code).collect();
    assert!(countries.len() >= 45, "{}", countries.len());
    let currencies: BTreeSet<_> =
        events.iter().map(|event| event.details.price.currency().code()).collect();
    for code in ["EUR", "USD", "JPY", "KWD"] {
        assert!(currencies.contains(code), "{code}");
    }
    let categories: BTreeSet<_> = events.iter().map(|event| &event.details.category).collect();
    assert!(categories.len() >= 12, "{categories:?}");
    let count = |is: fn(&DemoEvent) -> bool| events.iter().filter(|event| is(event)).count();
    assert!(count(|event| event.details.location.venue().is_none()) >= 5, "some are online");
    assert!(count(|event| event.details.price.is_zero()) >= 10, "some are free");
    assert!(count(|event| event.details.all_day) >= 10, "some last whole days");
    let sizes = events.iter().map(|event| event.capacity.get());
    assert_eq!((sizes.clone().min(), sizes.max()), (Some(5), Some(100_000)));
    for city in ["Zürich", "São Paulo", "Łódź", "東京", "القاهرة"] {
        assert!(venues(&events).any(|venue| venue.city() == city), "{city}");
    }
}

#[test]
fn the_catalogue_is_the_same_for_a_day() {
    let morning = "2027-01-15T00:00:00Z".parse().unwrap();
    assert_eq!(events(morning), events("2027-01-15T23:59:59Z".parse().unwrap()));
    assert_ne!(events(morning), events("2027-01-16T00:00:00Z".parse().unwrap()));
}

#[test]
fn events_are_ahead_and_begin_at_times_when_people_are_awake() {
    // Summer and winter on both halves of the globe, and the end of a leap year's February.
    for day in ["2027-01-15", "2028-02-28", "2027-03-27", "2027-10-30"] {
        let now: Timestamp = format!("{day}T23:59:59Z").parse().unwrap();
        let all = events(now);
        let upcoming = all.iter().filter(|event| event.details.starts_at > now);
        assert_eq!(upcoming.clone().count(), all.len() - 1, "all but one are ahead");
        for event in upcoming {
            let details = &event.details;
            assert!(details.starts_at.since(now) < Duration::from_hours(24 * 312));
            let local = details.timezone.rules().to_datetime(details.starts_at.to_jiff());
            if details.all_day {
                assert_eq!(local.time(), Time::midnight(), "{}", details.title);
            } else {
                assert!((9..=21).contains(&local.hour()), "{}: {local}", details.title);
                assert!(local.minute() % 15 == 0, "{}: {local}", details.title);
            }
        }
    }
}

#[test]
fn prices_look_like_prices() {
    for event in events(now()) {
        let price = event.details.price;
        let (least, most) = match price.currency().code() {
            "JPY" => (300, 100_000),
            "KWD" => (2_000, 200_000),
            "EUR" | "USD" | "CHF" => (200, 80_000),
            _ => continue,
        };
        let amount = price.amount_minor();
        assert!(price.is_zero() || (least..=most).contains(&amount), "{price}");
    }
}

#[test]
fn no_city_has_an_act_twice() {
    let events = events(now());
    let mut seen = BTreeSet::new();
    for event in &events {
        let city = event.details.location.venue().map(Venue::city);
        assert!(seen.insert((city, &event.details.title)), "{city:?} {}", event.details.title);
    }
    let texts: BTreeSet<_> = events.iter().map(|event| &event.details.description).collect();
    assert!(texts.len() >= 120, "{}", texts.len());
}

async fn listing(
    events: &dyn EventRepository,
    bookings: &dyn BookingRepository,
    title: &str,
) -> Listing {
    let page = bookings.audit_events(None, 1_000).await.unwrap();
    for record in page {
        let listing = events.find_event(record.event_id).await.unwrap().unwrap();
        if listing.event.details.title == title {
            return listing;
        }
    }
    panic!("there is no {title}");
}

/// Whatever step it was interrupted at, and whether or not that step took effect.
#[tokio::test]
async fn a_fill_that_was_interrupted_is_completed_by_the_next() {
    for fault in [Fault::Before, Fault::After] {
        for step in ["store_events", "admit", "settle", "change_event"] {
            let ids: Arc<dyn IdSource> = Arc::new(Counter::default());
            let database = MemoryDatabase::new(Arc::clone(&ids));
            let script = FaultScript::none();
            let store = FaultyEventRepository::new(database.events(), script.clone());
            let sales = FaultyBookingRepository::new(database.bookings(), script.clone());
            script.push_for(step, fault);
            fill(&store, &sales, &Noon, &*ids).await.unwrap_err();
            fill(&store, &sales, &Noon, &*ids).await.unwrap();

            let sold_out = listing(&store, &sales, "Five Chairs and a Piano").await;
            assert_eq!(sold_out.stock.sold(), 5, "{step}");
            let one_left = listing(&store, &sales, "Twelve at the Table").await;
            assert_eq!((one_left.stock.available(), one_left.stock.held()), (1, 0), "{step}");
            let called_off = listing(&store, &sales, "Open Air on Thin Ice").await;
            assert_eq!(called_off.event.status, EventStatus::Cancelled, "{step}");
            let stored = sales.audit_events(None, 1_000).await.unwrap();
            assert_eq!(stored.len(), events(now()).len(), "{step}");
            assert!(stored.iter().all(|record| record.check().is_empty()), "{step}");
            assert_eq!(sales.audit_bookings(None, 1_000).await.unwrap().len(), 3, "{step}");
            assert_eq!(fill(&store, &sales, &Noon, &*ids).await.unwrap(), 0, "{step}");
        }
    }
}

#[test]
fn nobody_can_get_the_mails_of_the_demo() {
    let demo = specials::events(now());
    let id = EventId::new(uuid::Uuid::nil());
    let requests: Vec<_> = demo.iter().flat_map(|demo| requests(id, demo, now())).collect();
    assert!(!requests.is_empty());
    for request in requests {
        assert!(request.customer.email().ends_with(".invalid"), "{}", request.customer.email());
    }
}

#[tokio::test]
async fn only_an_empty_catalogue_is_filled_and_the_books_balance() {
    let ids: Arc<dyn IdSource> = Arc::new(Counter::default());
    let database = MemoryDatabase::new(Arc::clone(&ids));
    let (store, sales) = (database.events(), database.bookings());
    let filled = fill(&*store, &*sales, &Noon, &*ids).await.unwrap();
    assert_eq!(filled, events(now()).len());
    assert_eq!(fill(&*store, &*sales, &Noon, &*ids).await.unwrap(), 0, "it is filled once");

    let sold_out = listing(&*store, &*sales, "Five Chairs and a Piano").await;
    assert_eq!((sold_out.stock.available(), sold_out.stock.sold()), (0, 5));
    let one_left = listing(&*store, &*sales, "Twelve at the Table").await;
    assert_eq!((one_left.stock.available(), one_left.stock.held()), (1, 0));
    let state = |listing: &Listing| listing.event.terms().sale_state(now());
    let not_yet = listing(&*store, &*sales, "The Reunion Nobody Expected").await;
    assert!(matches!(state(&not_yet), SaleState::NotYet { .. }));
    let over = listing(&*store, &*sales, "Last Week's Serenade").await;
    assert_eq!(state(&over), SaleState::Ended);
    let called_off = listing(&*store, &*sales, "Open Air on Thin Ice").await;
    assert_eq!(state(&called_off), SaleState::Cancelled);
    assert_eq!(state(&one_left), SaleState::OnSale);

    for record in sales.audit_events(None, 1_000).await.unwrap() {
        assert_eq!(record.check(), []);
    }
    let bookings = sales.audit_bookings(None, 1_000).await.unwrap();
    assert_eq!(bookings.len(), 3, "3 bookings of at most 6 tickets make 5 and 11");
    for record in bookings {
        assert_eq!(record.check(), []);
    }
}

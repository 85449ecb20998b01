use super::*;
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus, LocationDraft};
use crate::domain::quantity::Capacity;
use crate::domain::stock::StockDelta;

const SECOND: Duration = Duration::from_secs(1);

fn now() -> Timestamp {
    Timestamp::from_secs(1_800_000_000).unwrap()
}

fn after(span: Duration) -> Timestamp {
    now().saturating_add(span)
}

fn event(number: u128) -> EventId {
    EventId::new(uuid::Uuid::from_u128(number))
}

/// A stock of 10 tickets at a version, of which so many are available.
fn stock(version: u64, available: u32) -> Stock {
    Stock::restore(10, available, 0, version).unwrap()
}

fn listing(number: u128, stock: Stock) -> Listing {
    let draft = EventDraft {
        title: "Night of the Organ".to_owned(),
        description: String::new(),
        category: String::new(),
        tags: Vec::new(),
        location: LocationDraft::Online { url: None },
        starts_at: after(SECOND),
        ends_at: after(SECOND),
        all_day: false,
        timezone: "UTC".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 0,
        currency: "EUR".to_owned(),
        max_per_booking: 10,
        url: None,
        image_url: None,
    };
    let details = EventDetails::check(draft).unwrap();
    let event = Event::entered(event(number), details, EventStatus::Published, now());
    Listing { event, stock }
}

async fn lease(cache: &MemoryStockCache, number: u128, now: Timestamp) -> Option<Lease> {
    match cache.find(event(number), now).await.unwrap() {
        CacheLookup::Miss { lease } => lease,
        CacheLookup::Hit { .. } => panic!("it is cached"),
    }
}

/// Caches an event with 10 tickets at version 1.
async fn cache(cache: &MemoryStockCache, number: u128) {
    let lease = lease(cache, number, now()).await.unwrap();
    assert!(cache.fill(lease, &listing(number, stock(1, 10)), now()).await.unwrap());
}

async fn filled(number: u128) -> MemoryStockCache {
    let made = MemoryStockCache::default();
    cache(&made, number).await;
    made
}

async fn count(cache: &MemoryStockCache, number: u128) -> Option<u32> {
    cache.peek(event(number), now()).await.unwrap()
}

fn take(number: u128, quantity: u32) -> Take {
    Take { event_id: event(number), quantity }
}

#[tokio::test]
async fn a_take_is_whole_or_not_at_all() {
    let cache = filled(1).await;
    let batch = [take(1, 7), take(1, 4), take(2, 1), take(1, 3), take(1, 1)];
    let outcomes = cache.take(&batch, now()).await.unwrap();
    let too_few = |available| TakeOutcome::TooFew { available };
    assert_eq!(
        outcomes,
        [TakeOutcome::Taken, too_few(3), TakeOutcome::Miss, TakeOutcome::Taken, too_few(0)]
    );
    cache.give_back(&[take(1, 2), take(2, 5)], now()).await.unwrap();
    assert_eq!((count(&cache, 1).await, count(&cache, 2).await), (Some(2), None));
    cache.give_back(&[take(1, u32::MAX)], now()).await.unwrap();
    assert_eq!(count(&cache, 1).await, Some(10), "no more comes back than is missing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn takes_that_race_share_out_the_count_once() {
    let cache = Arc::new(filled(1).await);
    let takers: Vec<_> = (0..40)
        .map(|_| {
            let cache = Arc::clone(&cache);
            tokio::spawn(async move { cache.take(&[take(1, 1)], now()).await.unwrap()[0] })
        })
        .collect();
    let mut taken = 0;
    for taker in takers {
        taken += usize::from(taker.await.unwrap() == TakeOutcome::Taken);
    }
    assert_eq!((taken, count(&cache, 1).await), (10, Some(0)));
}

#[tokio::test]
async fn what_was_filled_is_found_with_the_count_as_it_is() {
    let cache = filled(1).await;
    cache.take(&[take(1, 4)], now()).await.unwrap();
    let found = cache.find(event(1), now()).await.unwrap();
    let listing = std::sync::Arc::new(listing(1, stock(1, 10)));
    assert_eq!(found, CacheLookup::Hit { listing, available: 6 });
}

#[tokio::test]
async fn one_caller_at_a_time_may_fill_and_only_once() {
    let cache = MemoryStockCache::default();
    let first = lease(&cache, 1, now()).await.unwrap();
    assert_eq!(lease(&cache, 1, after(SECOND)).await, None);
    assert!(lease(&cache, 2, now()).await.is_some(), "each event has its own");
    let wrong = Lease { token: first.token + 100, ..first };
    assert!(!cache.fill(wrong, &listing(1, stock(1, 10)), now()).await.unwrap());
    assert!(!cache.fill(first, &listing(3, stock(1, 10)), now()).await.unwrap(), "another event");
    assert_eq!(count(&cache, 1).await, None);
    assert!(cache.fill(first, &listing(1, stock(1, 10)), now()).await.unwrap());
    assert!(!cache.fill(first, &listing(1, stock(9, 1)), now()).await.unwrap(), "it is used up");
    assert_eq!(count(&cache, 1).await, Some(10));
}

#[tokio::test]
async fn a_lease_runs_out_and_another_gets_one() {
    let cache = MemoryStockCache::default();
    let life = MemoryCacheSettings::default().lease_life;
    let slow = lease(&cache, 1, now()).await.unwrap();
    let just_before = after(life).saturating_sub(Duration::from_micros(1));
    assert_eq!(lease(&cache, 1, just_before).await, None);
    let next = lease(&cache, 1, after(life)).await.unwrap();
    assert_ne!(slow.token, next.token);
    assert!(!cache.fill(slow, &listing(1, stock(1, 10)), after(life)).await.unwrap());
    assert!(cache.fill(next, &listing(1, stock(1, 10)), after(life)).await.unwrap());

    let late = lease(&cache, 2, now()).await.unwrap();
    assert!(!cache.fill(late, &listing(2, stock(1, 10)), after(life)).await.unwrap());
}

#[tokio::test]
async fn a_clear_takes_the_entry_and_the_lease_away() {
    let cache = filled(1).await;
    let under_way = lease(&cache, 2, now()).await.unwrap();
    cache.clear(&[event(1), event(2), event(3)]).await.unwrap();
    assert_eq!(count(&cache, 1).await, None);
    assert!(!cache.fill(under_way, &listing(2, stock(1, 10)), now()).await.unwrap());
    assert_eq!(cache.take(&[take(1, 1)], now()).await.unwrap(), [TakeOutcome::Miss]);
    assert!(lease(&cache, 1, now()).await.is_some());
}

#[tokio::test]
async fn corrections_count_only_if_they_are_newer() {
    let cache = filled(1).await;
    cache.take(&[take(1, 9)], now()).await.unwrap();
    let correct = async |version, available| {
        cache.correct(&[(event(1), stock(version, available))], now()).await.unwrap();
        count(&cache, 1).await
    };
    assert_eq!(correct(1, 10).await, Some(1), "it is what was filled");
    assert_eq!(correct(5, 4).await, Some(4));
    assert_eq!(correct(3, 7).await, Some(4), "it came late");
    assert_eq!(correct(5, 6).await, Some(4), "it came twice");
    assert_eq!(correct(6, 0).await, Some(0));
}

#[tokio::test]
async fn a_correction_of_what_is_not_cached_takes_the_lease_away() {
    let cache = MemoryStockCache::default();
    let under_way = lease(&cache, 1, now()).await.unwrap();
    cache.correct(&[(event(1), stock(2, 3))], now()).await.unwrap();
    assert!(!cache.fill(under_way, &listing(1, stock(1, 10)), now()).await.unwrap());
    assert_eq!(count(&cache, 1).await, None, "it makes no entry");
    cache.give_back(&[take(1, 1)], now()).await.unwrap();
    assert_eq!(count(&cache, 1).await, None);
}

#[tokio::test]
async fn held_tickets_are_not_counted() {
    let held = Stock::new(Capacity::new(10).unwrap())
        .checked_apply(StockDelta { held: 4, ..StockDelta::default() })
        .unwrap();
    let cache = MemoryStockCache::default();
    let lease = lease(&cache, 1, now()).await.unwrap();
    cache.fill(lease, &listing(1, held), now()).await.unwrap();
    assert_eq!(count(&cache, 1).await, Some(6));
}

#[tokio::test]
async fn entries_live_a_minute_give_or_take_a_fifth_whatever_happens() {
    let cache = MemoryStockCache::default();
    let alive = async |number, at| cache.peek(event(number), at).await.unwrap().is_some();
    let mut ended_by_a_minute = 0;
    for number in 0..200 {
        self::cache(&cache, number).await;
        let later = after(47 * SECOND);
        cache.take(&[take(number, 1)], later).await.unwrap();
        cache.correct(&[(event(number), stock(2, 5))], later).await.unwrap();
        assert!(alive(number, later).await);
        ended_by_a_minute += u32::from(!alive(number, after(60 * SECOND)).await);
        assert!(!alive(number, after(72 * SECOND)).await);
        let gone = cache.take(&[take(number, 1)], after(72 * SECOND)).await.unwrap();
        assert_eq!(gone, [TakeOutcome::Miss]);
    }
    assert!((50..150).contains(&ended_by_a_minute), "{ended_by_a_minute} of 200");
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_eternal() {
    let cache = filled(1).await;
    let back = |span| now().saturating_sub(span);
    assert_eq!(cache.peek(event(1), back(SECOND)).await.unwrap(), Some(10));
    assert_eq!(cache.peek(event(1), back(3_600 * SECOND)).await.unwrap(), None);
    assert!(lease(&cache, 1, back(3_600 * SECOND)).await.is_some());
}

#[tokio::test]
async fn memory_is_bounded_and_what_ends_first_goes_first() {
    let settings = MemoryCacheSettings { max_events: 3, ..MemoryCacheSettings::default() };
    let cache = MemoryStockCache::new(settings);
    for number in 1..=3 {
        self::cache(&cache, number).await;
    }
    // A stranger asks for many events that do not exist: a single entry makes room for all their leases.
    for number in 100..200 {
        assert!(lease(&cache, number, now()).await.is_some());
    }
    let mut kept = 0;
    for number in 1..=3 {
        kept += u32::from(count(&cache, number).await.is_some());
    }
    assert_eq!(kept, 2);
    let slots = cache.slots.lock().unwrap();
    assert_eq!((slots.by_event.len(), slots.ends.len()), (3, 3));
}

#[test]
fn lives_follow_from_the_seed() {
    let life = |seed, token| {
        let settings = MemoryCacheSettings { seed, ..MemoryCacheSettings::default() };
        MemoryStockCache::new(settings).life_of(Lease { event_id: event(1), token })
    };
    assert_eq!(life(1, 1), life(1, 1));
    assert_ne!(life(1, 1), life(2, 1));
    assert_ne!(life(1, 1), life(1, 2));
}

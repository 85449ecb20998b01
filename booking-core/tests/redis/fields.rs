//! What other programs see, and what they may have done to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use booking_core::domain::event::Listing;
use booking_core::domain::ids::EventId;
use booking_core::domain::stock::Stock;
use booking_core::ports::StockCache;
use booking_core::ports::stock_cache::{CacheLookup, Lease, TakeOutcome};
use booking_core::testkit::seed;

use crate::servers::{Servers, key, patient};
use crate::support::{cached, connect, fill, listing, peek, take, wanted};

const PRIVATE: [&str; 5] = ["layout", "filled_stock", "filled_held", "filled_ver", "filled_count"];

async fn public_fields(servers: Servers, event: &Listing) -> Vec<(String, String)> {
    let cache = connect(&servers.urls(), patient());
    assert!(fill(&cache, event).await.unwrap());
    let id = event.event.id;
    let mut fields: BTreeMap<String, String> = servers.ask(id, &["HGETALL", &key(id)]).await;
    for private in PRIVATE {
        assert!(fields.remove(private).is_some(), "{private}");
    }
    fields.into_iter().collect()
}

fn expected(id: &str, differing: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = BTreeMap::from([
        ("id", id),
        ("status", "published"),
        ("title", "What others see"),
        ("description", ""),
        ("category", "concert"),
        ("tags", "[]"),
        ("is_online", "false"),
        ("online_url", ""),
        ("venue_name", "Tonhalle"),
        ("venue_address", "Claridenstrasse 7"),
        ("city", "Zürich"),
        ("country", "CH"),
        ("latitude", "47.3663"),
        ("longitude", "8.5374"),
        ("starts_at", "2027-02-14T12:00:00.123456Z"),
        ("ends_at", "2027-02-14T15:00:00.123456Z"),
        ("all_day", "false"),
        ("timezone", "Europe/Zurich"),
        ("on_sale_from", ""),
        ("on_sale_until", ""),
        ("price_minor", "4500"),
        ("currency", "EUR"),
        ("max_per_booking", "10"),
        ("url", ""),
        ("image_url", ""),
        ("created_at", "2027-01-15T12:00:00.123456Z"),
        ("updated_at", "2027-01-15T12:00:01.123456Z"),
        ("reminder_minutes", "90"),
        ("revision", "3"),
        ("capacity", "100"),
        ("instock", "40"),
        ("ver", "7"),
    ]);
    fields.extend(differing.iter().copied());
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn hgetall_shows_the_documented_fields() {
    for servers in [Servers::single(), Servers::cluster()] {
        let event = listing(&seed::event("What others see"), 40, 7);
        let id = event.event.id.to_string();
        assert_eq!(public_fields(servers, &event).await, expected(&id, &[]));
    }
}

#[tokio::test]
async fn what_an_event_does_not_have_is_empty_and_the_rest_is_as_the_api_writes_it() {
    let event = seed::event("What others see")
        .online()
        .draft()
        .tag("b")
        .tag("a \"quoted\" one")
        .price(1_250, "KWD")
        .on_sale(Some(seed::now()), Some(seed::later(seed::DAY)))
        .with(|draft| {
            draft.all_day = true;
            draft.url = Some("https://example.org/a".to_owned());
            draft.image_url = Some("https://example.org/b.png".to_owned());
        });
    let event = listing(&event, 40, 7);
    let id = event.event.id.to_string();
    let differing = [
        ("status", "draft"),
        ("tags", r#"["b","a \"quoted\" one"]"#),
        ("is_online", "true"),
        ("online_url", "https://stream.example.org/?a=1&b=2"),
        ("venue_name", ""),
        ("venue_address", ""),
        ("city", ""),
        ("country", ""),
        ("latitude", ""),
        ("longitude", ""),
        ("all_day", "true"),
        ("on_sale_from", "2027-01-15T12:00:00.123456Z"),
        ("on_sale_until", "2027-01-16T12:00:00.123456Z"),
        ("price_minor", "1250"),
        ("currency", "KWD"),
        ("url", "https://example.org/a"),
        ("image_url", "https://example.org/b.png"),
    ];
    assert_eq!(public_fields(Servers::single(), &event).await, expected(&id, &differing));
}

#[tokio::test]
async fn instock_and_ver_move_and_the_life_does_not() {
    for servers in [Servers::single(), Servers::cluster()] {
        let cache = connect(&servers.urls(), patient());
        let id = cached(&cache, 40).await;
        let key = key(id);
        let shown =
            async || servers.ask::<(u32, u64)>(id, &["HMGET", &key, "instock", "ver"]).await;
        let life: i64 = servers.ask(id, &["PTTL", &key]).await;
        assert!((1..=72_000).contains(&life), "{life}");
        servers.ask::<()>(id, &["PEXPIRE", &key, "9000"]).await;
        take(&cache, id, 3).await.unwrap();
        assert_eq!(shown().await, (37, 1));
        cache.give_back(&[wanted(id, 2)], seed::now()).await.unwrap();
        assert_eq!(shown().await, (39, 1));
        let stock = Stock::restore(100, 90, 55, 8).unwrap();
        cache.correct(&[(id, stock)], seed::now()).await.unwrap();
        assert_eq!(shown().await, (35, 8));
        let life: i64 = servers.ask(id, &["PTTL", &key]).await;
        assert!(life <= 9_000, "{life}");
        cache.clear(&[id]).await.unwrap();
        assert_eq!(servers.ask::<u32>(id, &["EXISTS", &key, &format!("{key}:lease")]).await, 0);
    }
}

#[tokio::test]
async fn lives_differ_by_a_fifth_at_most() {
    let servers = Servers::single();
    let cache = connect(&servers.urls(), patient());
    let mut lives = Vec::new();
    for _ in 0..40 {
        let id = cached(&cache, 1).await;
        lives.push(servers.ask::<i64>(id, &["PTTL", &key(id)]).await);
    }
    let (shortest, longest) = (lives.iter().min().unwrap(), lives.iter().max().unwrap());
    assert!(*shortest > 38_000 && *longest <= 72_000, "{lives:?}");
    assert!(longest - shortest > 8_000, "{lives:?}");
}

/// Ways in which another program, or a release with an error, spoils an entry. `{key}` is its key.
const SPOILT: [&str; 16] = [
    "DEL {key}|HINCRBY {key} instock -1",
    "DEL {key}|HSET {key} instock 5 ver 9 layout 3",
    "HDEL {key} title",
    "HDEL {key} url",
    "HDEL {key} ver",
    "HDEL {key} instock",
    "HDEL {key} title|HSET {key} other x",
    "HSET {key} instock -1",
    "HSET {key} instock 1.5",
    "HSET {key} instock 4294967296",
    "HSET {key} ver x",
    "HSET {key} ver 18446744073709551616|HSET {key} filled_ver 18446744073709551616",
    "HSET {key} layout 1",
    "PERSIST {key}",
    "SET {key} text PX 60000",
    "DEL {key}|RPUSH {key} a b c",
];

/// Those of them that do not concern who asks for the count only.
const FOUND_BY_FIND: [&str; 2] = [SPOILT[6], SPOILT[11]];

/// Ways that only a look at the whole event finds.
const UNREADABLE: [&str; 7] = [
    "HSET {key} price_minor -1",
    "HSET {key} starts_at yesterday",
    "HSET {key} tags [",
    "HSET {key} id 0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b",
    "HSET {key} filled_held 101",
    "HSET {key} title \u{1}",
    "HSET {key} on_sale_from never",
];

async fn spoil(servers: Servers, id: EventId, how: &str) {
    for command in how.split('|') {
        let command = command.replace("{key}", &key(id));
        let words: Vec<&str> = command.split(' ').collect();
        servers.ask::<redis::Value>(id, &words).await;
    }
}

#[tokio::test]
async fn what_is_not_a_whole_entry_is_a_miss_and_goes() {
    let servers = Servers::single();
    let cache = connect(&servers.urls(), patient());
    for how in SPOILT {
        let is_gone = async |id| servers.ask::<u32>(id, &["EXISTS", &key(id)]).await == 0;
        if !FOUND_BY_FIND.contains(&how) {
            let id = cached(&cache, 5).await;
            spoil(servers, id, how).await;
            assert_eq!(take(&cache, id, 1).await.unwrap(), TakeOutcome::Miss, "{how}");
            assert!(is_gone(id).await, "{how}");

            let id = cached(&cache, 5).await;
            spoil(servers, id, how).await;
            assert_eq!(peek(&cache, id).await.unwrap(), None, "{how}");
            assert!(is_gone(id).await, "{how}");
        }
        let id = cached(&cache, 5).await;
        spoil(servers, id, how).await;
        let found = cache.find(id, seed::now()).await.unwrap();
        assert!(matches!(found, CacheLookup::Miss { lease: Some(_) }), "{how}: {found:?}");
        assert!(is_gone(id).await, "{how}");
    }
}

#[tokio::test]
async fn what_is_not_a_valid_event_is_a_miss_and_is_filled_anew() {
    for servers in [Servers::single(), Servers::cluster()] {
        let cache = connect(&servers.urls(), patient());
        for how in UNREADABLE {
            let event = listing(&seed::event("Spoilt"), 5, 1);
            let id = event.event.id;
            assert!(fill(&cache, &event).await.unwrap());
            spoil(servers, id, how).await;
            assert!(fill(&cache, &event).await.unwrap(), "{how}");
            let hit = CacheLookup::Hit { listing: Arc::new(event), available: 5 };
            assert_eq!(cache.find(id, seed::now()).await.unwrap(), hit, "{how}");
        }
    }
}

#[tokio::test]
async fn a_fill_older_than_what_is_cached_is_refused_whatever_lease_it_has() {
    let servers = Servers::single();
    let cache = connect(&servers.urls(), patient());
    let mut event = listing(&seed::event("Newest"), 5, 10);
    let id = event.event.id;
    assert!(fill(&cache, &event).await.unwrap());
    let lease = Lease { event_id: id, token: 77 };
    for (version, is_accepted) in [(9, false), (10, true), (11, true)] {
        // The cache gives no lease on what it has. This one stands for an entry that came by another way.
        servers.ask::<()>(id, &["SET", &format!("{}:lease", key(id)), "77", "PX", "5000"]).await;
        event.stock = Stock::restore(100, 4, 0, version).unwrap();
        let accepted = cache.fill(lease, &event, seed::now()).await.unwrap();
        assert_eq!(accepted, is_accepted, "{version}");
        assert!(!cache.fill(lease, &event, seed::now()).await.unwrap(), "it is used up");
    }
}

#[tokio::test]
async fn a_batch_of_thousands_is_answered_in_order() {
    for servers in [Servers::single(), Servers::cluster()] {
        let cache = connect(&servers.urls(), patient());
        let mut batch = Vec::new();
        let mut expected = Vec::new();
        for number in 0..1_200 {
            let is_cached = number % 100 == 0;
            let id = if is_cached { cached(&cache, 1).await } else { seed::event_id() };
            batch.push(wanted(id, 1));
            expected.push(if is_cached { TakeOutcome::Taken } else { TakeOutcome::Miss });
        }
        assert_eq!(cache.take(&batch, seed::now()).await.unwrap(), expected);
        let ids: Vec<EventId> = batch.iter().map(|take| take.event_id).collect();
        cache.clear(&ids).await.unwrap();
        assert_eq!(peek(&cache, ids[0]).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_lease_that_is_not_ours_blocks_nobody() {
    let servers = Servers::single();
    let cache = connect(&servers.urls(), patient());
    let id = seed::event_id();
    let lease = format!("{}:lease", key(id));
    servers.ask::<()>(id, &["SET", &lease, "for ever"]).await;
    let found = cache.find(id, seed::now()).await.unwrap();
    assert!(matches!(found, CacheLookup::Miss { lease: Some(_) }), "{found:?}");
    let life: i64 = servers.ask(id, &["PTTL", &lease]).await;
    assert!((1..=5_000).contains(&life), "{life}");
}

//! The page of an event that everybody reloads.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::memory::{MemoryDatabase, MemoryNotifier, MemoryStockCache};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::ports::{IdSource, StockCache};
use booking_core::service::{BookingSystem, Settings};
use booking_core::testkit::faulty::Fault;
use booking_core::testkit::{ManualClock, SeededIds};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use crate::harness::{Answer, Api, Listener, NOBODY, SECRET, event, request};

async fn get_if_changed(api: &Api, path: &str, tag: &str) -> Answer {
    let mut request = request(Method::GET, path);
    request.headers_mut().insert("if-none-match", tag.parse().unwrap());
    api.send(Listener::Public, request).await
}

#[tokio::test]
async fn a_crowd_is_sent_one_rendering() {
    let api = Api::new();
    let path = format!("/v1/events/{}", api.publish(&event()).await);
    let readers = async {
        let mut readers = JoinSet::new();
        for _ in 0..1_000 {
            let (api, path) = (api.clone(), path.clone());
            readers.spawn_local(async move { api.get(&path).await });
        }
        readers.join_all().await
    };
    let answers = LocalSet::new().run_until(readers).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    // The same bytes at the same place: nobody rendered them again.
    let first = answers[0].body.as_ptr();
    assert!(answers.iter().all(|answer| answer.body.as_ptr() == first));
    let again = get_if_changed(&api, &path, answers[0].header("etag")).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(api.get(&path).await.body.as_ptr(), first, "a 304 renders nothing either");
}

#[tokio::test]
async fn whoever_books_sees_it_on_the_page_at_once() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let path = format!("/v1/events/{id}");
    let before = api.get(&path).await;
    let booking = api.book(&id, 2).await;
    let after = get_if_changed(&api, &path, before.header("etag")).await;
    assert_eq!(after.expect(StatusCode::OK)["available"], 98);
    let cancel = format!("/v1/bookings/{}/cancel", booking["id"].as_str().unwrap());
    api.post(&cancel, &json!(null)).await.expect(StatusCode::OK);
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["available"], 100);
    let booking = api.book(&id, 1).await;
    api.pay(&booking).await;
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["available"], 99);
}

#[tokio::test]
async fn whoever_changes_an_event_sees_it_on_the_page_at_once() {
    let api = Api::new();
    let id = api.publish(&event()).await;
    let path = format!("/v1/events/{id}");
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["title"], "Nachtkonzert");
    let booking = api.book(&id, 1).await;
    api.patch(&id, &json!({"title": "Matinee"})).await.expect(StatusCode::OK);
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["title"], "Matinee");
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["event"]["title"], "Matinee");
    api.admin_post(&format!("/v1/events/{id}/cancel")).await.expect(StatusCode::OK);
    let path = format!("/v1/events/{id}");
    assert_eq!(api.get(&path).await.expect(StatusCode::OK)["status"], "cancelled");
}

#[tokio::test]
async fn what_another_instance_sold_shows_within_the_bound() {
    let clock = ManualClock::default();
    let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(1, Arc::new(clock.clone())));
    let memory = MemoryDatabase::new(Arc::clone(&ids));
    let cache: Arc<dyn StockCache> = Arc::new(MemoryStockCache::default());
    let secrets = IpnSecrets::parse(SECRET).unwrap();
    let gateway = MockGateway::builder(secrets, Arc::new(clock.clone()), Arc::clone(&ids));
    let gateway = Arc::new(gateway.build().unwrap());
    let [here, there] = [(), ()].map(|()| {
        let system = BookingSystem::builder()
            .repositories(memory.events(), memory.bookings())
            .cache(Arc::clone(&cache))
            .gateway(gateway.clone())
            .notifier(Arc::new(MemoryNotifier::new(100)))
            .time_and_ids(Arc::new(clock.clone()), Arc::clone(&ids));
        Api::over(system.build().unwrap())
    });
    let id = here.publish(&event()).await;
    let path = format!("/v1/events/{id}");
    let before = here.get(&path).await;
    there.book(&id, 3).await;
    let early = get_if_changed(&here, &path, before.header("etag")).await;
    assert_eq!(early.status, StatusCode::NOT_MODIFIED, "this instance has not heard of it");
    let bound = Settings::default().event_memory;
    assert!(bound <= Duration::from_millis(250));
    clock.advance(bound);
    let late = get_if_changed(&here, &path, before.header("etag")).await;
    assert_eq!(late.expect(StatusCode::OK)["available"], 97);
}

#[tokio::test]
async fn a_page_is_not_kept_once_nobody_can_say_that_it_is_right() {
    let api = Api::new();
    let path = format!("/v1/events/{}", api.publish(&event()).await);
    api.get(&path).await.expect(StatusCode::OK);
    api.cache.push_for("find", Fault::Before);
    api.database.push_for("find_event", Fault::Before);
    api.get(&path).await.expect(StatusCode::OK);
    api.clock.advance(Settings::default().event_memory);
    api.get(&path).await.problem("unavailable");
    // A failure is not kept, and what does not exist neither.
    api.get(&path).await.expect(StatusCode::OK);
    api.get(&format!("/v1/events/{NOBODY}")).await.problem("event-not-found");
}

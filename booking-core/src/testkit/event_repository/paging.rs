//! Reading page after page.

use super::change::{changed, details};
use super::corpus;
use crate::domain::ids::EventId;
use crate::domain::search::{SearchFilter, SearchPage, SearchQuery, SearchText, Sort};
use crate::testkit::seed::{self, DAY};
use crate::testkit::{Repositories, RepositoryHarness};

async fn page(db: &Repositories, query: &SearchQuery) -> SearchPage {
    db.events.search_events(query, seed::now()).await.expect("search_events")
}

/// Contract 5: with any page size and order, each event is returned exactly once, in order.
pub async fn pages_of_any_size_return_each_event_once<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let ids = corpus::store(&db).await;
    let all = corpus::listings(&db, &ids).await;
    let filters = [
        SearchFilter::all(),
        corpus::text("night"),
        corpus::only(|filter| filter.near = Some(corpus::near(-15.0, 179.0, 20_000.0))),
    ];
    for filter in filters {
        for sort in corpus::sorts(&filter) {
            let mut query = SearchQuery { filter: filter.clone(), sort, after: None, limit: 1 };
            let expected = corpus::expected(&all, &query, seed::now());
            let count = u32::try_from(expected.len()).expect("it is small");
            assert!(count > 3, "there are several pages");
            for limit in 1..=count + 1 {
                query = SearchQuery { limit, after: None, ..query };
                let mut seen = Vec::new();
                loop {
                    let found = page(&db, &query).await;
                    assert!(found.items.len() <= limit as usize);
                    seen.extend(found.items.into_iter().map(|listing| listing.event.id));
                    let Some(next) = found.next else { break };
                    assert_eq!(next, expected[seen.len() - 1].0, "a page ends with its last item");
                    query.after = Some(next);
                }
                let expected: Vec<EventId> = expected.iter().map(|(at, _)| at.id).collect();
                assert_eq!(seen, expected, "{limit} on a page by {}", sort.as_str());
            }
        }
    }
}

/// Contract 5: events of equal rank come in order of their ids, across the edges of pages.
pub async fn ties_are_broken_by_the_id<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut batch: Vec<_> = (0..7).map(|_| seed::event("Twin").online().build()).collect();
    let expected: Vec<EventId> = batch.iter().map(|event| event.id).collect();
    batch.reverse();
    db.events.store_events(&batch, seed::now()).await.expect("store_events");
    for sort in Sort::ALL {
        let filter = corpus::text("twin");
        let mut query = SearchQuery { filter, sort, after: None, limit: 3 };
        let mut seen = Vec::new();
        loop {
            let found = page(&db, &query).await;
            seen.extend(found.items.into_iter().map(|listing| listing.event.id));
            let Some(next) = found.next else { break };
            query.after = Some(next);
        }
        assert_eq!(seen, expected, "by {}", sort.as_str());
    }
}

/// Contract 5: a next page is offered only if there is one.
pub async fn the_last_full_page_offers_no_next<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let filter = SearchFilter::all();
    let mut query = SearchQuery { filter, sort: Sort::StartsAt, after: None, limit: 2 };
    let empty = page(&db, &query).await;
    assert_eq!((empty.items, empty.next), (vec![], None));
    for _ in 0..4 {
        db.store(&seed::event("Page")).await;
    }
    let first = page(&db, &query).await;
    assert_eq!(first.items.len(), 2);
    query.after = first.next;
    assert!(query.after.is_some());
    let second = page(&db, &query).await;
    assert_eq!((second.items.len(), second.next), (2, None));
}

/// Contract 5: what changes between two pages does not repeat or skip what stays.
pub async fn changes_between_pages_do_not_move_the_others<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let mut ids = Vec::new();
    for day in 1..=8 {
        ids.push(db.store(&seed::event("Day").starts_at(seed::later(DAY * day))).await);
    }
    let filter = SearchFilter::all();
    let mut query = SearchQuery { filter, sort: Sort::StartsAt, after: None, limit: 3 };
    let first = page(&db, &query).await;
    query.after = first.next;
    // The very event that ended the page goes away; one appears before it; one of the next is renamed.
    db.call_off(ids[2], seed::now()).await;
    db.store(&seed::event("Earlier").starts_at(seed::later(DAY / 2))).await;
    db.call_off(ids[4], seed::now()).await;
    changed(&db, ids[7], &details("Later"), seed::now()).await;
    let second = page(&db, &query).await;
    let seen: Vec<EventId> = second.items.iter().map(|listing| listing.event.id).collect();
    assert_eq!(seen, [ids[3], ids[5], ids[6]]);
    query.after = second.next;
    let third = page(&db, &query).await;
    let seen: Vec<EventId> = third.items.iter().map(|listing| listing.event.id).collect();
    assert_eq!((seen, third.next), (vec![ids[7]], None));
}

/// Contract 5: whether typos are forgiven is decided for the first page, whatever is added or goes meanwhile.
pub async fn what_is_forgiven_on_the_first_page_is_forgiven_on_all<H: RepositoryHarness>(
    harness: &H,
) {
    for sort in [Sort::Relevance, Sort::StartsAt] {
        let (db, _guard) = harness.fresh().await;
        let day = |day| seed::later(DAY * day);
        let mut expected = Vec::new();
        for number in 1..=SearchText::ENOUGH {
            let at = day(u32::try_from(number).expect("it is small"));
            let title = if number % 2 == 0 { "Organ" } else { "Orgna" };
            expected.push(db.store(&seed::event(title).starts_at(at)).await);
        }
        let mut query = SearchQuery { filter: corpus::text("orgna"), sort, after: None, limit: 7 };
        let first = page(&db, &query).await;
        for _ in 0..SearchText::ENOUGH {
            db.store(&seed::event("Orgna").starts_at(day(1))).await;
        }
        query.after = first.next;
        let second = page(&db, &query).await;
        let mut seen: Vec<EventId> =
            first.items.iter().chain(&second.items).map(|listing| listing.event.id).collect();
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!((seen, second.next), (expected, None), "by {}", sort.as_str());

        // And the other way round: what was enough stays enough.
        query.after = None;
        let first = page(&db, &query).await;
        for listing in &first.items[..3] {
            db.call_off(listing.event.id, seed::now()).await;
        }
        query.after = first.next;
        query.limit = 100;
        let titles = page(&db, &query).await.items;
        assert!(titles.iter().all(|listing| listing.event.details.title == "Orgna"));
    }
}

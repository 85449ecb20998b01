//! Counting events.

use super::corpus;
use crate::domain::search::{Facets, SearchFilter};
use crate::testkit::RepositoryHarness;
use crate::testkit::seed;

/// Contract 4: facets count exactly the events that a search with the same filter finds.
pub async fn facets_count_what_a_search_finds<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let ids = corpus::store(&db).await;
    let all = corpus::listings(&db, &ids).await;
    for filter in corpus::filters() {
        let facets = db.events.count_facets(&filter, seed::now()).await.expect("count_facets");
        let expected = corpus::expected_facets(&all, &filter, seed::now());
        assert_eq!(facets, expected, "{filter:?}");
    }
}

/// Nothing to count is no fault.
pub async fn an_empty_database_has_no_facets<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let facets = db.events.count_facets(&SearchFilter::all(), seed::now()).await;
    assert_eq!(facets.expect("count_facets"), Facets::default());
}

/// The most frequent come first, equals by their names, and months in order.
pub async fn frequent_facets_come_first<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    for (category, country, month) in [
        ("theatre", "FR", 3),
        ("concert", "CH", 2),
        ("Theatre", "AT", 12),
        ("ballet", "CH", 3),
        ("", "", 2),
    ] {
        let starts_at = format!("2027-{month:02}-01T00:00:00Z").parse().expect("it is a time");
        let seed = seed::event("Facets").category(category).starts_at(starts_at);
        let seed = if country.is_empty() { seed.online() } else { seed.venue("X", country, None) };
        db.store(&seed).await;
    }
    let facets = db.events.count_facets(&SearchFilter::all(), seed::now()).await;
    let facets = facets.expect("count_facets");
    assert_eq!(facets.total, 5);
    let named = |name: &str, count| (name.to_owned(), count);
    let categories = [named("theatre", 2), named("ballet", 1), named("concert", 1)];
    assert_eq!(facets.categories, categories);
    let countries: Vec<_> = facets.countries.iter().map(|(c, count)| (c.code(), *count)).collect();
    assert_eq!(countries, [("CH", 2), ("AT", 1), ("FR", 1)]);
    let months = [named("2027-02", 2), named("2027-03", 2), named("2027-12", 1)];
    assert_eq!(facets.months, months);
}

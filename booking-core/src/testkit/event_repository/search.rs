//! Finding events.

use super::change::{capacity, changed, details, status};
use super::corpus;
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::ledger::Cause;
use crate::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use crate::domain::time::Timestamp;
use crate::testkit::seed::{self, DAY, TICK};
use crate::testkit::{Repositories, RepositoryHarness};

async fn find(db: &Repositories, filter: SearchFilter, sort: Sort, now: Timestamp) -> Vec<EventId> {
    let query = SearchQuery { filter, sort, after: None, limit: 1_000 };
    let page = db.events.search_events(&query, now).await.expect("search_events");
    assert_eq!(page.next, None);
    page.items.into_iter().map(|listing| listing.event.id).collect()
}

async fn found(db: &Repositories, words: &str) -> Vec<EventId> {
    find(db, corpus::text(words), Sort::Relevance, seed::now()).await
}

/// Contract 4: a period begins with its first instant, and ends before its last.
pub async fn a_period_ends_before_its_end<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let instant = seed::later(DAY);
    let event = db.store(&seed::event("Organ").starts_at(instant)).await;
    let in_period = async |from: Timestamp, before: Timestamp| {
        let (starts_from, starts_before) = (Some(from), Some(before));
        let filter = SearchFilter { starts_from, starts_before, ..SearchFilter::all() };
        find(&db, filter, Sort::StartsAt, seed::now()).await
    };
    let (just_before, just_after) = (instant.saturating_sub(TICK), instant.saturating_add(TICK));
    assert_eq!(in_period(instant, just_after).await, [event]);
    assert_eq!(in_period(just_before, instant).await, []);
    assert_eq!(in_period(just_after, seed::later(DAY * 2)).await, []);
}

/// Contract 4: title, labels and description count, in this order.
pub async fn words_are_found_in_every_text<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let described = db.store(&seed::event("A").description("about herons")).await;
    let labelled = db.store(&seed::event("B").tag("Herons")).await;
    let titled = db.store(&seed::event("Herons")).await;
    let begun = db.store(&seed::event("Heronsong")).await;
    let placed = db.store(&seed::event("C").venue("Herons", "GB", None)).await;
    let sorted = db.store(&seed::event("D").category("herons")).await;
    db.store(&seed::event("Egrets")).await;
    let expected = [titled, begun, labelled, placed, sorted, described];
    assert_eq!(found(&db, "herons").await, expected);
    assert_eq!(found(&db, "about herons").await, [described], "all words must be found");
    assert_eq!(found(&db, "herons herons HERONS").await, expected, "repeats ask for nothing new");
}

/// Contract 4: while a word is being typed it matches as a beginning; words before it are whole.
pub async fn only_the_last_word_matches_as_a_beginning<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Night of the Organ")).await;
    for words in ["n", "nig", "night", "night or", "organ night", "of the organ nigh"] {
        assert_eq!(found(&db, words).await, [event], "{words:?}");
    }
    for words in ["ight", "nig organ", "night rgan", "organist"] {
        assert_eq!(found(&db, words).await, [], "{words:?}");
    }
}

/// Contract 4: both sides are folded alike.
pub async fn accents_and_case_do_not_matter<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let titles = ["L'été à Łódź", "Große Oper", "O\u{2019}Brien & Sons", "東京 夜市", "İstanbul"];
    let mut ids = Vec::new();
    for title in titles {
        ids.push(db.store(&seed::event(title)).await);
    }
    for (words, index) in [
        ("ÉTÉ", Some(0)),
        ("lete", None),
        ("L\u{2019}E\u{301}TE\u{301} a lodz", Some(0)),
        ("grosse OPER", Some(1)),
        ("obrien", Some(2)),
        ("o'brien sons", Some(2)),
        ("夜", Some(3)),
        ("istanbul", Some(4)),
    ] {
        let expected: Vec<EventId> = index.map(|index: usize| ids[index]).into_iter().collect();
        assert_eq!(found(&db, words).await, expected, "{words:?}");
    }
}

/// Contract 4: words in quotes stand side by side in one text, and a hyphen before a word leaves out what has it.
pub async fn phrases_and_excluded_words_are_understood<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let open =
        db.store(&seed::event("Open Air Cinema").tag("big screen").tag("summer night")).await;
    let night = db.store(&seed::event("Night in the open").description("Fresh air, cinema")).await;
    for (words, expected) in [
        ("open air", vec![open, night]),
        ("\"open air\"", vec![open]),
        ("\"air open\"", vec![]),
        ("\"open cinema\"", vec![]),
        ("\"big screen\"", vec![open]),
        ("\"screen summer\"", vec![]),
        ("\"open air\" night", vec![open]),
        ("open -fresh", vec![open]),
        ("open -\"open air\"", vec![night]),
        ("open -\"air open\"", vec![open, night]),
        ("-screen", vec![night]),
    ] {
        assert_eq!(found(&db, words).await, expected, "{words}");
    }
}

/// Contract 4: where few events match, words that are spelt alike match as well, after all others.
pub async fn words_with_typos_come_after_exact_ones<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let organ = db.store(&seed::event("Organ")).await;
    let misspelt = db.store(&seed::event("X").description("The orgna of Bern")).await;
    assert_eq!(found(&db, "orgna").await, [misspelt, organ]);
    assert_eq!(found(&db, "organ").await, [organ, misspelt]);
    assert_eq!(found(&db, "xrgan").await, [], "the first letter is right");
    assert_eq!(found(&db, "orgna bren").await, [misspelt], "each word may have a typo");
    let by_start = find(&db, corpus::text("orgna"), Sort::StartsAt, seed::now()).await;
    assert_eq!(by_start, [organ, misspelt], "another order finds as much");
    for number in 0..SearchText::ENOUGH {
        db.store(&seed::event(&format!("Orgna {number}"))).await;
    }
    assert_eq!(found(&db, "orgna").await.len(), SearchText::ENOUGH + 1, "enough match exactly");
    changed(&db, organ, &details("Regal"), seed::now()).await;
    assert_eq!(found(&db, "organ").await.len(), SearchText::ENOUGH + 1, "no word is in the way");
}

/// Contract 4: scripts without spaces are searched by any part.
pub async fn any_part_of_a_title_without_spaces_is_found<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let market = db.store(&seed::event("東京夜市まつり")).await;
    let festival = db.store(&seed::event("서울재즈페스티벌")).await;
    for (words, expected) in [
        ("夜", vec![market]),
        ("京夜", vec![market]),
        ("まつり 東京", vec![market]),
        ("東夜", vec![]),
        ("페스티벌", vec![festival]),
        ("벌", vec![festival]),
    ] {
        assert_eq!(found(&db, words).await, expected, "{words}");
    }
}

/// Contract 4: no text is understood as anything but words.
pub async fn hostile_texts_find_nothing_and_break_nothing<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let ids = corpus::store(&db).await;
    let all = corpus::listings(&db, &ids).await;
    for words in [
        "'; DROP TABLE events; --",
        "\" OR 1=1",
        "night\" OR \"jazz",
        "night AND NOT jazz",
        "NEAR(night jazz, 5)",
        "title:night",
        "night*",
        "*",
        "^night",
        "-night",
        "night -jazz",
        "+night",
        "(night",
        "{a b} : night",
        "night & jazz | organ <-> walks:*",
        "!night",
        "%",
        "100%",
        "fun_",
        "_ight",
        "\\",
        "\\'",
        "$1 ?1 :a @b",
        "a:* b:*",
        "not or and near",
        "\u{0}night",
        "\u{202e}night",
        "夜 \u{1F3B5}",
    ] {
        let Ok(Some(text)) = SearchText::new(words) else { continue };
        let filter = SearchFilter { text: Some(text), ..SearchFilter::all() };
        for sort in [Sort::Relevance, Sort::StartsAt] {
            assert_finds(&db, &all, filter.clone(), sort, words).await;
        }
    }
    let many: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    assert_eq!(found(&db, &many.join(" ")).await, []);
    assert_eq!(found(&db, &"x".repeat(200)).await, []);
}

async fn assert_finds(
    db: &Repositories,
    all: &[crate::domain::event::Listing],
    filter: SearchFilter,
    sort: Sort,
    what: &str,
) {
    let query = SearchQuery { filter, sort, after: None, limit: 1_000 };
    let page = db.events.search_events(&query, seed::now()).await.expect("search_events");
    let expected: Vec<_> = corpus::expected(all, &query, seed::now())
        .into_iter()
        .map(|(_, listing)| listing)
        .collect();
    assert_eq!(page.items, expected, "{what}, by {}", sort.as_str());
}

/// Contract 4: each filter, alone and with others, admits what `SearchFilter::admits` admits.
pub async fn every_filter_admits_what_the_rules_admit<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let ids = corpus::store(&db).await;
    let all = corpus::listings(&db, &ids).await;
    let mut sizes = Vec::new();
    for filter in corpus::filters() {
        let what = format!("{filter:?}");
        assert_finds(&db, &all, filter.clone(), Sort::StartsAt, &what).await;
        sizes.push(find(&db, filter, Sort::StartsAt, seed::now()).await.len());
    }
    let telling = sizes.iter().filter(|size| (1..sizes[0]).contains(size)).count();
    assert!(telling > 15, "the filters tell something: {sizes:?}");
}

/// Contract 4: the order is that of `SearchQuery::rank`, for every filter and order.
pub async fn every_order_is_that_of_the_rules<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let ids = corpus::store(&db).await;
    let all = corpus::listings(&db, &ids).await;
    for filter in corpus::filters() {
        for sort in corpus::sorts(&filter) {
            assert_finds(&db, &all, filter.clone(), sort, &format!("{filter:?}")).await;
        }
    }
}

/// Contract 4: only published events are found, by any filter.
pub async fn drafts_and_called_off_events_are_never_found<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    db.store(&seed::event("Heron draft").draft()).await;
    let off = db.store(&seed::event("Heron off")).await;
    let on = db.store(&seed::event("Heron on")).await;
    db.call_off(off, seed::now()).await;
    assert_eq!(found(&db, "heron").await, [on]);
    let all = corpus::only(|filter| filter.include_past = true);
    assert_eq!(find(&db, all.clone(), Sort::Price, seed::now()).await, [on]);
    let facets = db.events.count_facets(&all, seed::now()).await.expect("count_facets");
    assert_eq!(facets.total, 1);
}

/// Contract 4: an event is over at its end, by the time of the search.
pub async fn past_events_are_found_only_on_request<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Soon over")).await;
    let end = db.listing(event).await.event.details.ends_at;
    let all = SearchFilter::all();
    let before = end.saturating_sub(TICK);
    assert_eq!(find(&db, all.clone(), Sort::StartsAt, before).await, [event]);
    assert_eq!(find(&db, all, Sort::StartsAt, end).await, []);
    let past = corpus::only(|filter| filter.include_past = true);
    assert_eq!(find(&db, past, Sort::StartsAt, seed::later(DAY * 999)).await, [event]);
}

/// Contract 4: a change is seen by the next search: new words, no old ones, and the new status.
pub async fn changes_are_seen_at_once<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Heron").draft().source("feed/1")).await;
    assert_eq!(found(&db, "heron").await, []);
    changed(&db, event, &status(EventStatus::Published), seed::now()).await;
    assert_eq!(found(&db, "heron").await, [event]);
    changed(&db, event, &details("Egret"), seed::now()).await;
    assert_eq!((found(&db, "heron").await, found(&db, "egret").await), (vec![], vec![event]));
    let import = seed::event("Stork").source("feed/1").tag("tall").build();
    db.events.store_events(&[import], seed::now()).await.expect("store_events");
    assert_eq!((found(&db, "egret").await, found(&db, "tall").await), (vec![], vec![event]));
    let tall = corpus::only(|filter| filter.tag = Some("tall".to_owned()));
    assert_eq!(find(&db, tall, Sort::StartsAt, seed::now()).await, [event]);
    db.call_off(event, seed::now()).await;
    assert_eq!(found(&db, "stork").await, []);
}

/// Contract 4: the filter by tickets sees every sale, hold, release and change of the capacity.
pub async fn sales_are_seen_at_once<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Two").capacity(2)).await;
    let two = corpus::only(|filter| filter.available = Some(2));
    let seen = async || find(&db, two.clone(), Sort::StartsAt, seed::now()).await;
    assert_eq!(seen().await, [event]);
    let booking = db.hold(seed::hold(event), seed::now()).await;
    assert_eq!(seen().await, []);
    db.settle(booking.id, Cause::CustomerCancelled, seed::now()).await;
    assert_eq!(seen().await, [event]);
    db.sell(seed::hold(event), seed::now()).await;
    assert_eq!(seen().await, []);
    changed(&db, event, &capacity(3), seed::now()).await;
    assert_eq!(seen().await, [event]);
}

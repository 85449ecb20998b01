//! What only databases ask of a search.

use super::*;
use crate::domain::money::Currency;

fn query(sort: Sort, limit: u32) -> SearchQuery {
    SearchQuery { filter: SearchFilter::all(), sort, after: None, limit }
}

#[test]
fn a_page_offers_the_next_one_if_more_was_found_than_fits() {
    let found: Vec<(Listing, u32)> =
        (1..=3).map(|score| (listing(&format!("Event {score}")), score)).collect();
    let by_score = query(Sort::Relevance, 2);
    for fits in 0..=2 {
        let page = by_score.page(found[..fits].to_vec(), false);
        assert_eq!((page.items.len(), page.next), (fits, None), "{fits} fit");
    }
    let page = by_score.page(found.clone(), true);
    assert_eq!(page.items, [found[0].0.clone(), found[1].0.clone()]);
    let last = &page.items[1].event;
    let rank = Rank::Relevance { distance: u32::MAX - 2, starts_at: last.details.starts_at };
    assert_eq!(page.next, Some(SearchPosition { rank, id: last.id, is_forgiving: true }));

    let next = SearchQuery { after: page.next, ..by_score };
    assert_eq!(next.after_score(), Some((2, last.details.starts_at, last.id)));
    let by_time = query(Sort::StartsAt, 2);
    assert_eq!(by_time.after_score(), None, "it begins at the beginning");
    let after = by_time.page(found, false).next;
    assert_eq!(SearchQuery { after, ..by_time }.after_score(), None, "it knows no scores");
}

/// Sets every condition.
fn narrow() -> SearchFilter {
    let centre = GeoPoint::new(47.37, 8.54).unwrap();
    SearchFilter {
        text: SearchText::new("organ").unwrap(),
        category: Some("concert".to_owned()),
        tag: Some("bach".to_owned()),
        country: Country::new("CH").ok(),
        city: SearchFilter::city("Zürich").ok(),
        starts_from: Some(seed::now()),
        starts_before: Some(seed::later(seed::DAY)),
        near: Near::new(centre, 5.0).ok(),
        price_max: Money::new(100, Currency::new("CHF").unwrap()).ok(),
        available: Some(1),
        include_past: true,
    }
}

#[test]
fn conditions_are_named_as_they_are_asked_for() {
    assert!(SearchFilter::all().conditions().is_empty());
    let names = [
        "q",
        "category",
        "tag",
        "country",
        "city",
        "starts_from",
        "starts_to",
        "near",
        "price_max",
        "available",
        "include_past",
    ];
    assert_eq!(narrow().conditions(), names);
}

#[test]
fn only_what_is_counted_by_whole_months_is_told_from_counts() {
    let (all, narrow) = (SearchFilter::all(), narrow());
    assert!(all.is_kept());
    let month = Month::of(seed::now()).beginning();
    let counted = SearchFilter {
        category: narrow.category.clone(),
        country: narrow.country,
        starts_from: Some(month),
        starts_before: Some(month),
        include_past: true,
        ..all.clone()
    };
    assert!(counted.is_kept());
    let later = Some(month.next());
    for other in [
        SearchFilter { text: narrow.text, ..all.clone() },
        SearchFilter { tag: narrow.tag, ..all.clone() },
        SearchFilter { city: narrow.city, ..all.clone() },
        SearchFilter { near: narrow.near, ..all.clone() },
        SearchFilter { price_max: narrow.price_max, ..all.clone() },
        SearchFilter { available: narrow.available, ..all.clone() },
        SearchFilter { starts_from: later, ..all.clone() },
        SearchFilter { starts_before: later, ..all.clone() },
        SearchFilter { starts_before: later, ..counted },
    ] {
        assert!(!other.is_kept(), "{other:?}");
    }
}

#[test]
fn what_runs_and_what_comes_is_all_that_is_not_over() {
    assert_eq!(Part::of(&SearchFilter::all()), [Part::Running, Part::Coming]);
    assert_eq!(Part::of(&narrow()), [Part::All]);
}

#[test]
fn counts_are_put_in_their_places_and_in_order() {
    let count = |kind: &str, name: &str, matches| (kind.to_owned(), name.to_owned(), matches);
    let facets = Facets::of_counts([
        count("month", "2027-04", 1),
        count("category", "talk", 2),
        count("country", "DE", 1),
        count("category", "concert", 2),
        count("total", "", 5),
        count("country", "CH", 4),
        count("country", "AT", 1),
        count("month", "2027-03", 4),
        count("category", "opera", 3),
    ]);
    let named = |name: &str, matches| (name.to_owned(), matches);
    let country = |code: &str, matches| (Country::new(code).unwrap(), matches);
    let expected = Facets {
        total: 5,
        categories: vec![named("opera", 3), named("concert", 2), named("talk", 2)],
        countries: vec![country("CH", 4), country("AT", 1), country("DE", 1)],
        months: vec![named("2027-03", 4), named("2027-04", 1)],
    };
    assert_eq!(facets, Ok(expected));
    assert!(Facets::of_counts([count("country", "Nowhere", 1)]).is_err());
}

#[test]
fn a_name_is_stored_in_parts() {
    let city = |name: &str, country: Option<&str>| {
        let country = country.map(|code| Country::new(code).unwrap());
        Name::City(City { name: name.to_owned(), country })
    };
    for (name, parts) in [
        (Name::Category("talk".to_owned()), ("category", "talk", "")),
        (city("Zürich", Some("CH")), ("city", "Zürich", "CH")),
        (city("Atlantis", None), ("city", "Atlantis", "")),
    ] {
        assert_eq!(name.parts(), parts);
        let (kind, text, country) = parts;
        assert_eq!(Name::of_parts(kind, text.to_owned(), country), Ok(name));
    }
    assert!(Name::of_parts("city", "Zürich".to_owned(), "Switzerland").is_err());
}

#[test]
fn a_text_is_looked_up_by_its_longest_word() {
    let lookup = |typed: &str| {
        let found = text(typed).lookup()?;
        assert!(found.words.is_empty());
        Some((found.from, found.before))
    };
    let range = |from: &str, end: char| Some((from.to_owned(), format!("{from}{end}")));
    assert_eq!(lookup("jazz festival"), range("festival", char::MAX), "it may be a beginning");
    assert_eq!(lookup("festival jazz"), range("festival", '\u{1}'));
    assert_eq!(lookup("\"festival night\" jazz"), range("festival", '\u{1}'));
    assert_eq!(lookup("東京夜市"), range("東京", '\u{1}'), "only its last pair may be one");
    assert_eq!(lookup("-festival"), None);
    let forgiving = text("festivla").forgiving(["festival", "jazz"]).unwrap();
    assert_eq!(forgiving.lookup().unwrap().words, ["festival"]);
}

#[test]
fn a_log_shows_no_word_that_is_not_known() {
    let typed = text("jazz \"open air\" -night 2027");
    let shelves = [("j4", "jazz"), ("o4", "open"), ("a3", "air"), ("n5", "night")];
    let shelves = shelves.map(|(shelf, word)| (shelf.to_owned(), word.to_owned()));
    assert_eq!(typed.on_shelves(), shelves);
    let known = ["jazz", "open"].map(str::to_owned).into();
    assert_eq!(typed.shown(&known), "jazz \"open ?\" ?* -?");
    assert_eq!(text("the jazz").shown(&known), "? jazz*");
}

/// Returns the levels of a text, which must be whole: each score once, the best first, with all that has it.
fn levels(text: &SearchText, combinations: usize) -> Vec<Level> {
    assert_eq!(Level::of(text, combinations - 1), None, "those are too many");
    let levels = Level::of(text, combinations).expect("there are no more than that");
    let mut order: Vec<(bool, u32)> = Vec::new();
    for level in &levels {
        let base = if level.is_exact { SearchDocument::EXACT } else { 0 };
        for combination in &level.combinations {
            let sum: u32 = combination.iter().map(|way| way.score).sum();
            assert_eq!((base + sum, combination.len()), (level.score, text.wanted().len()));
        }
        order.push((level.is_exact, level.score));
    }
    assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
    assert_eq!(levels.iter().map(|level| level.combinations.len()).sum::<usize>(), combinations);
    levels
}

#[test]
fn every_score_that_a_text_may_have_is_a_level() {
    // Three texts, and the last word in each of them as a whole or a beginning.
    let exact = levels(&text("organ night"), 3 * 6);
    assert!(exact.iter().all(|level| level.is_exact));
    assert_eq!(exact[0].score, SearchDocument::EXACT + 64 + 64);
    let typed = text("orgna");
    assert!(levels(&typed, 6).iter().all(|level| level.is_exact));
    let forgiving = levels(&typed.forgiving(["organ"]).unwrap(), 6 + 9);
    assert_eq!(forgiving[..6], levels(&typed, 6));
    assert!(forgiving[6..].iter().all(|level| !level.is_exact));
}

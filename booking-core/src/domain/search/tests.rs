mod names;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod stored;

use super::*;
use crate::domain::event::{Event, EventStatus};
use crate::domain::stock::Stock;
use crate::testkit::seed;

fn text(text: &str) -> SearchText {
    SearchText::new(text).unwrap().unwrap()
}

fn written(typed: &str) -> String {
    text(typed).to_string()
}

#[test]
fn accents_case_and_punctuation_do_not_matter() {
    assert_eq!(fold("Zürich, São PAULO"), "zurich  sao paulo");
    assert_eq!(fold("Łódź Straße Ærø İstanbul"), "lodz strasse aero istanbul");
    assert_eq!(fold("O’Brien's"), "obriens");
    assert_eq!(fold("Qu'est-ce que l'œuvre d’été"), "qu est ce que l oeuvre d ete");
    assert_eq!(fold("東京"), "東京");
    assert_eq!(fold("ガ"), fold("カ\u{3099}"));
    assert_eq!(fold("ｶﾞ"), "ガ");
    assert_ne!(fold("ベッド"), fold("ペット"), "a bed is no pet");
    assert_ne!(fold("काल"), fold("कील"), "vowels are no accents");
    assert_eq!(fold("हिन्दी"), "हिन्दी");
    assert_eq!(fold("ที่"), "ที่");
    assert_eq!(
        fold("C++ on Sea, C#, F# & Co. +1 ++ #1"),
        "cplusplus on sea  csharp  fsharp   co   1     1"
    );
    assert_ne!(fold("Rock+Pop"), fold("RockPop"));
    assert_eq!(fold("Kon\u{ad}zert"), "konzert");
    assert_eq!(fold("e\u{3099}"), "e", "it is the letter that says what its mark is");
    assert_eq!(fold("שָׁלוֹם"), "שלום");
    assert_eq!(fold("ســلام"), fold("سلام"));
    assert_eq!(fold("کنسرت یزد"), fold("كنسرت يزد"));
    assert_eq!(fold("서울"), "서울");
    assert_eq!(fold("ΧΟΡΟΣ"), fold("χορός"));
}

#[test]
fn a_text_without_words_asks_for_nothing() {
    for nothing in ["", " - \"* ", "\"\"", "-\"!\"", "-", "--", "🎷"] {
        assert_eq!(SearchText::new(nothing), Ok(None), "{nothing}");
    }
    assert!(SearchText::new(&"a".repeat(201)).is_err());
}

#[test]
fn words_phrases_and_what_is_excluded_are_read() {
    for (typed, read) in [
        ("Rust rust  Berlin", "+rust~1|+berlin*~1|"),
        ("berlin rust rust", "+berlin~1|+rust*~1|"),
        ("\"Open Air\" opera", "+open air~0|+opera*~1|"),
        ("opera \"Open Air\"", "+opera~1|+open air~0|"),
        ("opera -\"open air\" -carmen", "+opera~1|-open air~0|-carmen~0|"),
        ("-carmen", "-carmen~0|"),
        ("--carmen opera -", "+opera*~1|-carmen~0|"),
        ("post-rock", "+post~1|+rock*~1|"),
        ("opera -post-rock", "+opera~1|-post rock~0|"),
        ("\"open air", "+open~1|+air*~0|"),
        ("opera -\"open air", "+opera~1|-open air~0|"),
        ("\"a\"b", "+a~0|+b*~0|"),
        ("javascript 2027 x2", "+javascript~2|+2027~0|+x2*~0|"),
        ("東京夜市", "+東京 京夜 夜市*~0|"),
        ("夜", "+夜*~0|"),
        ("Rust東京 x", "+rust~1|+東京~0|+x*~0|"),
        ("\"東京 夜市\"", "+東京 京 夜市~0|"),
    ] {
        assert_eq!(written(typed), read, "{typed}");
    }
    let many: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    assert_eq!(text(&many.join(" ")).wanted().len(), 16);
    assert!(
        !text(&many.join("-")).wanted().iter().any(|clause| clause.is_beginning),
        "the last is cut off"
    );
    assert_eq!(
        written("abcd bcde cdef defg efgh fghi ghij hijk"),
        "+abcd~1|+bcde~1|+cdef~1|+defg~1|+efgh~1|+fghi~1|+ghij~0|+hijk*~0|"
    );
}

fn score(title: &str, labels: &str, description: &str, typed: &SearchText) -> Option<u32> {
    let seed = seed::event(title)
        .category("")
        .with(|draft| draft.tags = labels.split('|').map(str::to_owned).collect())
        .venue("Zürich", "CH", None)
        .description(description);
    SearchDocument::of(&seed.details()).score(typed)
}

#[test]
fn titles_count_more_and_only_the_last_word_may_be_a_beginning() {
    let score = |typed: &str| {
        score("Organ Night", "bach", "An evening of organ music in Zurich", &text(typed))
            .map(|score| score - SearchDocument::EXACT)
    };
    assert_eq!(score("organ"), Some(64));
    assert_eq!(score("zurich"), Some(24));
    assert_eq!(score("music"), Some(4));
    assert_eq!(score("music zur"), Some(16));
    assert_eq!(score("\"organ music\""), Some(4));
    assert_eq!(score("zur music"), None);
    assert_eq!(score("opera"), None);
    assert_eq!(score("organ -bach"), None);
    assert_eq!(score("organ -opera"), Some(64));
}

#[test]
fn a_phrase_stands_within_one_text_and_one_label() {
    let found =
        |typed: &str| score("Night of the Organ", "open air|jazz", "Bach", &text(typed)).is_some();
    assert!(found("\"night of the\"") && found("\"open air\"") && found("\"hall of zurich\""));
    assert!(!found("\"night the\"") && !found("\"organ bach\"") && !found("\"air jazz\""));
    let often = "la ".repeat(300);
    let last = format!("{often} end");
    assert!(score("A", "b", &last, &text("\"end\"")).is_some());
    assert!(score("A", "b", &last, &text("\"la end\"")).is_none(), "it stood there too often");
    for (times, is_found) in [(255, true), (256, false)] {
        let last = format!("{} end", "la ".repeat(times));
        assert_eq!(score("A", "b", &last, &text("\"la end\"")).is_some(), is_found, "{times}");
    }
}

#[test]
fn any_part_of_a_text_without_spaces_is_found() {
    let found = |typed: &str| score("東京夜市まつり", "재즈페스티벌", "", &text(typed)).is_some();
    for part in ["東", "夜", "り", "京夜", "東京夜市", "まつり", "페스티벌", "\"夜市\""]
    {
        assert!(found(part), "{part}");
    }
    for other in ["東夜", "市夜", "りま", "페벌"] {
        assert!(!found(other), "{other}");
    }
}

#[test]
fn words_that_are_spelt_alike_come_after_all_that_match_exactly() {
    let typed = text("orgna night");
    let known = ["organ", "night", "nigh", "organs", "nights", "orgnas"];
    let forgiving = typed.forgiving(known).unwrap();
    assert_eq!(score("Organ Night", "x", "", &typed), None);
    assert_eq!(score("Organ Night", "x", "", &forgiving), Some(16 + 64));
    assert_eq!(score("X", "x", "orgna night", &forgiving), Some(SearchDocument::EXACT + 8));
    assert_eq!(text("\"orgna\"").forgiving(known), None, "phrases are exact");
    assert_eq!(text("organ").forgiving(["organs"]), None, "a beginning is found anyway");
    assert_eq!(forgiving.exact(), typed);
}

#[test]
fn typos_are_letters_added_left_out_replaced_or_swapped() {
    for (word, typed, typos) in [
        ("zurich", "zurich", 0),
        ("zurich", "zurch", 1),
        ("zurich", "zuurich", 1),
        ("zurich", "zurihc", 1),
        ("zurich", "zorich", 1),
        ("javascript", "javascirpt", 1),
        ("javascript", "javoscrept", 2),
        ("javascript", "javscritp", 2),
        ("javascript", "jvaascribd", 3),
        ("zurich", "zuurick", 2),
        ("aachener", "achenor", 2),
        ("щелкунчик", "щелкунчек", 1),
    ] {
        assert!(spelling::is_close(word, typed, typos), "{typed}");
        assert!(typos == 0 || !spelling::is_close(word, typed, typos - 1), "{typed}");
    }
    assert!(!spelling::is_close("zurich", "xurich", 2), "the first letter is right");
    assert!(!spelling::is_close("x2road", "xroad", 2), "numbers are exact");
}

#[test]
fn every_word_that_is_spelt_alike_stands_on_one_of_the_shelves() {
    let typed = text("zurch javscript jaz 2027");
    let shelves = typed.shelves();
    for word in ["zurich", "javascript", "zrch"] {
        assert!(shelves.contains(&spelling::shelf(word).unwrap()), "{word}");
    }
    assert!(!shelves.contains(&spelling::shelf("jaz").unwrap()), "{shelves:?}");
    assert_eq!(spelling::shelf("2027"), None);
    assert!(text("jaz 2027 \"zurich\" 東京").shelves().is_empty());
}

fn listing(title: &str) -> Listing {
    let new = seed::event(title).build();
    let (created_at, status) = (seed::now(), EventStatus::Published);
    let event = Event::entered(new.id, new.details, status, created_at);
    Listing { event, stock: Stock::new(new.capacity) }
}

#[test]
fn suggestions_are_ten_at_most_and_each_title_stands_once() {
    let city = |name: &str| City { name: name.to_owned(), country: None };
    let names = |number: usize| Names {
        categories: (0..number).map(|number| format!("category {number}")).collect(),
        cities: (0..number).map(|number| city(&format!("City {number}"))).collect(),
    };
    let events = || (0..40).map(|number| listing(&format!("Event {}", number / 2))).collect();
    let all = Suggestions::choose(names(9), events());
    assert_eq!((all.categories.len(), all.cities.len(), all.events.len()), (2, 3, 5));
    let alone = Suggestions::choose(names(0), events());
    assert_eq!(alone.events.len(), Suggestions::MAX);
    let titles: Vec<&str> =
        alone.events[..3].iter().map(|listing| &*listing.event.details.title).collect();
    assert_eq!(titles, ["Event 0", "Event 1", "Event 2"]);
    let spelt = Suggestions::choose(names(0), vec![listing("Fête"), listing("FETE")]);
    assert_eq!(spelt.events.len(), 1);
}

#[test]
fn a_tally_has_what_changed_and_nothing_else() {
    let before = listing("One").event;
    let mut after = before.clone();
    after.details = seed::event("Another title").details();
    let same = Tally::of_change(&before, &after);
    assert_eq!((same.groups().count(), same.names().count()), (0, 0));
    after.status = EventStatus::Cancelled;
    let gone = Tally::of_change(&before, &after);
    assert!(gone.groups().all(|(_, by)| by == -1) && gone.groups().count() == 1);
    assert!(gone.names().all(|(.., by)| by == -1) && gone.names().count() > 0);
    let mut back = gone;
    back.enter(&before);
    assert_eq!((back.groups().count(), back.names().count()), (0, 0));
}

#[test]
fn a_circle_is_larger_than_a_point_and_no_larger_than_the_globe() {
    let centre = GeoPoint::new(47.37, 8.54).unwrap();
    for good in [0.001, 20_100.0] {
        assert_eq!(Near::new(centre, good).unwrap().radius_km.to_bits(), good.to_bits());
    }
    for bad in [0.0, -1.0, 20_100.1, f64::NAN, f64::INFINITY] {
        assert!(Near::new(centre, bad).is_err(), "{bad}");
    }
}

#[test]
fn a_city_is_asked_for_in_any_spelling_but_by_a_letter_at_least() {
    assert_eq!(
        SearchFilter::city(" Sao  Paulo").unwrap(),
        SearchFilter::city("SÃO PAULO").unwrap()
    );
    for bad in ["", " ", "-", &"a".repeat(201)] {
        assert!(SearchFilter::city(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_label_is_asked_for_in_any_case() {
    assert_eq!(SearchFilter::label(" Open AIR "), Ok("open air".to_owned()));
    assert!(SearchFilter::label(&"a".repeat(61)).is_err());
}

#[test]
fn letters_that_some_write_otherwise_are_the_same() {
    for (one, other) in [
        ("Straße", "strasse"),
        ("Æsir", "aesir"),
        ("cœur", "coeur"),
        ("Þór", "thor"),
        ("Tromsø", "tromso"),
        ("Łódź", "lodz"),
        ("Đà Nẵng", "da nang"),
        ("Ħamrun", "hamrun"),
        ("Diyarbakır", "diyarbakir"),
        ("λόγος", "ΛΟΓΟΣ"),
        ("یک", "يك"),
        ("مدرسة", "مدرسه"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
}

//! Searches at random: whatever is in the catalogue and whatever is asked for, the answer is that of the rules.

use std::time::Duration;

use super::corpus;
use crate::domain::catalogue::EventChange;
use crate::domain::country::Country;
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::money::{Currency, Money};
use crate::domain::search::{SearchFilter, SearchQuery, SearchText, Sort};
use crate::domain::time::{Month, Timestamp};
use crate::testkit::seed::{self, DAY, EventSeed};
use crate::testkit::{Repositories, RepositoryHarness};

const HOUR: Duration = Duration::from_hours(1);

/// How many events are in each catalogue. In the last one there are so many that a database may look for the best only.
const CATALOGUES: [usize; 5] = [45, 45, 45, 45, 500];
const QUERIES: usize = 60;

/// Few words, so that many events match, and many that are nearly the same.
const WORDS: [&str; 28] = [
    "jazz",
    "jazzy",
    "jaz",
    "night",
    "nights",
    "knight",
    "organ",
    "organs",
    "Orgel",
    "zürich",
    "zurch",
    "rock",
    "rook",
    "2027",
    "20",
    "x2",
    "open",
    "air",
    "été",
    "l'été",
    "Straße",
    "javascript",
    "javscript",
    "東京夜市",
    "夜",
    "京都",
    "재즈페스티벌",
    "ดนตรีสด",
];
const CATEGORIES: [&str; 4] = ["concert", "jazz", "meetup", ""];
const TAGS: [&str; 3] = ["family", "open air", "night"];
/// City, country if it is known, and latitude and longitude likewise.
type Place = (&'static str, &'static str, Option<(f64, f64)>);

const PLACES: [Place; 7] = [
    ("Zürich", "CH", Some((47.38, 8.54))),
    ("Bern", "CH", Some((46.95, 7.45))),
    ("Suva", "FJ", Some((-18.14, 178.44))),
    ("Apia", "WS", Some((-13.83, -171.77))),
    ("Longyearbyen", "SJ", Some((78.22, 15.65))),
    ("McMurdo", "AQ", Some((-77.85, 166.67))),
    ("Kyōto", "", None),
];

/// Numbers that are the same for the same seed (G. Steele et al., "Fast splittable pseudorandom number generators",
/// 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap_or(0)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.roll(number) == 0
    }

    fn words(&mut self, most: usize) -> String {
        let number = self.roll(most + 1);
        let words: Vec<&str> = (0..number).map(|_| self.pick(&WORDS)).collect();
        words.join(self.pick(&[" ", " ", ", ", "-"]))
    }

    fn event(&mut self) -> EventSeed {
        let (city, country, position) = self.pick(&PLACES);
        let (amount, currency) =
            self.pick(&[(0, "EUR"), (4_500, "EUR"), (4_500, "CHF"), (900, "JPY")]);
        let days = u32::try_from(self.roll(60)).unwrap_or(0);
        let starts_at = if self.one_in(4) {
            seed::now().saturating_sub(DAY * days)
        } else {
            // Some begin at the same instant.
            seed::later(DAY * (days / 4 * 3))
        };
        // Some take weeks, and some exactly as long as is not long yet.
        let takes =
            self.pick(&[HOUR * 3, HOUR * 3, HOUR * 3, DAY * 2, DAY * 7, DAY * 30, DAY * 90]);
        let title = format!("{} {}", self.pick(&WORDS), self.words(3));
        let mut event = seed::event(&title)
            .description(&self.words(12))
            .category(self.pick(&CATEGORIES))
            .venue(city, country, position)
            .price(amount, currency)
            .capacity(u32::try_from(self.roll(5)).unwrap_or(0) + 1)
            .starts_at(starts_at)
            .with(|draft| draft.ends_at = starts_at.saturating_add(takes));
        if self.one_in(3) {
            event = event.tag(self.pick(&TAGS));
        }
        if self.one_in(6) {
            event = event.online();
        }
        if self.one_in(9) { event.draft() } else { event }
    }

    /// Types a word, with a typo or without its end now and then.
    fn typed(&mut self) -> String {
        let mut letters: Vec<char> = self.pick(&WORDS).chars().collect();
        let at = self.roll(letters.len());
        match self.roll(8) {
            0 => letters.truncate(at + 1),
            1 if letters.len() > 1 => drop(letters.remove(at)),
            2 => letters.insert(at, 'e'),
            3 if at + 1 < letters.len() => letters.swap(at, at + 1),
            4 => letters[at] = 'o',
            _ => {}
        }
        letters.into_iter().collect()
    }

    /// Types a city, a category or a country, with a typo or without its end now and then.
    fn typed_name(&mut self) -> Option<SearchText> {
        const NAMES: [&str; 12] = [
            "zürich",
            "zurich",
            "zurihc",
            "bern",
            "suva",
            "kyoto",
            "concert",
            "concret",
            "jazz",
            "meetup",
            "switzerland",
            "longyearbyen",
        ];
        let name = self.pick(&NAMES);
        let end = if self.one_in(2) { name.chars().count() } else { self.roll(5) + 1 };
        let typed: String = name.chars().take(end).collect();
        let typed = if self.one_in(6) { format!("{typed} {}", self.typed()) } else { typed };
        SearchText::new(&typed).expect("it is short")
    }

    fn text(&mut self) -> Option<SearchText> {
        let mut parts = Vec::new();
        for _ in 0..self.roll(4) {
            let part = match self.roll(8) {
                0 => format!("\"{} {}\"", self.pick(&WORDS), self.pick(&WORDS)),
                1 => format!("\"{}\"", self.pick(&WORDS)),
                2 => format!("-{}", self.typed()),
                _ => self.typed(),
            };
            parts.push(part);
        }
        SearchText::new(&parts.join(" ")).expect("it is short")
    }

    /// Asks for what is counted with each change, alone or with more.
    fn facets(&mut self) -> SearchFilter {
        let mut filter = SearchFilter { include_past: self.one_in(3), ..SearchFilter::all() };
        if self.one_in(3) {
            filter.category = SearchFilter::label(self.pick(&CATEGORIES)).ok();
        }
        if self.one_in(3) {
            filter.country = Country::new(self.pick(&["CH", "FJ", "WS"])).ok();
        }
        let month =
            |days| Month::of(seed::now().saturating_sub(DAY * 60).saturating_add(DAY * days));
        if self.one_in(3) {
            filter.starts_from =
                Some(month(u32::try_from(self.roll(120)).unwrap_or(0)).beginning());
        }
        if self.one_in(3) {
            filter.starts_before = Some(month(u32::try_from(self.roll(150)).unwrap_or(0)).end());
        }
        if self.one_in(4) {
            filter.starts_from = filter.starts_from.map(Timestamp::next);
        }
        filter
    }

    fn query(&mut self) -> SearchQuery {
        let mut filter = SearchFilter { text: self.text(), ..SearchFilter::all() };
        let label = |name: &str| SearchFilter::label(name).ok();
        if self.one_in(5) {
            filter.category = label(self.pick(&CATEGORIES));
        }
        if self.one_in(6) {
            filter.tag = label(self.pick(&TAGS));
        }
        if self.one_in(6) {
            filter.country = Country::new(self.pick(&["CH", "FJ", "WS"])).ok();
        }
        if self.one_in(8) {
            filter.city = SearchFilter::city(self.pick(&PLACES).0).ok();
        }
        if self.one_in(6) {
            filter.starts_from = Some(seed::later(DAY * u32::try_from(self.roll(10)).unwrap_or(0)));
        }
        if self.one_in(6) {
            filter.starts_before =
                Some(seed::later(DAY * u32::try_from(self.roll(15)).unwrap_or(0)));
        }
        if self.one_in(3) {
            let centres =
                [(47.4, 8.5), (-16.0, 179.9), (-16.0, -179.9), (89.9, 10.0), (-90.0, 0.0)];
            let (latitude, longitude) = self.pick(&centres);
            let any = f64::from(u32::try_from(self.roll(20_000)).unwrap_or(0) + 1);
            let radius = self.pick(&[5.0, 150.0, any, any, any / 10.0, 20_100.0]);
            filter.near = Some(corpus::near(latitude, longitude, radius));
        }
        if self.one_in(6) {
            let euro = Currency::new(self.pick(&["EUR", "CHF"])).expect("it exists");
            filter.price_max = Money::new(self.pick(&[0, 4_500]), euro).ok();
        }
        filter.available = self.one_in(5).then(|| u32::try_from(self.roll(5)).unwrap_or(0) + 1);
        filter.include_past = self.one_in(3);
        let sorts: Vec<Sort> = corpus::sorts(&filter);
        let limit = u32::try_from(self.roll(9)).unwrap_or(0) + 1;
        SearchQuery { filter, sort: self.pick(&sorts), after: None, limit }
    }
}

async fn read_all(db: &Repositories, query: &SearchQuery) -> Vec<EventId> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = db.events.search_events(&query, seed::now()).await.expect("search_events");
        found.extend(page.items.iter().map(|listing| listing.event.id));
        let Some(next) = page.next else { return found };
        query.after = Some(next);
    }
}

/// Contract 4 and 5: for catalogues and queries made up at random, pages and facets are what a plain look at every
/// event says.
pub async fn whatever_is_asked_the_answer_is_that_of_the_rules<H: RepositoryHarness>(harness: &H) {
    let (mut answered, mut named) = (0, 0);
    for (seed, events) in (1..).zip(CATALOGUES) {
        let (db, _guard) = harness.fresh().await;
        let mut dice = Dice(seed);
        let batch: Vec<_> = (0..events).map(|_| dice.event().build()).collect();
        db.events.store_events(&batch, seed::now()).await.expect("store_events");
        for event in &batch {
            if dice.one_in(4) {
                let price = event.details.price;
                let hold =
                    seed::hold(event.id).price(price.amount_minor(), price.currency().code());
                db.admit(hold, seed::now()).await;
            }
        }
        let ids: Vec<EventId> = batch.iter().map(|event| event.id).collect();
        for id in &ids {
            let details = dice.one_in(5).then(|| dice.event().details());
            let status = dice.one_in(9).then_some(EventStatus::Cancelled);
            let change = EventChange { details, status, ..EventChange::default() };
            db.events.change_event(*id, &change, seed::now()).await.expect("change_event");
        }
        let all = corpus::listings(&db, &ids).await;
        for _ in 0..QUERIES {
            let mut query = dice.query();
            // About as many pages, however many events there are.
            query.limit *= u32::try_from(events / 45).unwrap_or(1);
            let expected = corpus::expected(&all, &query, seed::now());
            let expected: Vec<EventId> = expected.iter().map(|(position, _)| position.id).collect();
            assert_eq!(read_all(&db, &query).await, expected, "catalogue {seed}: {query:?}");
            let facets = db.events.count_facets(&query.filter, seed::now()).await;
            let expected_facets = corpus::expected_facets(&all, &query.filter, seed::now());
            assert_eq!(
                facets.expect("count_facets"),
                expected_facets,
                "catalogue {seed}: {query:?}"
            );
            answered += usize::from(!expected.is_empty());
            let filter = dice.facets();
            let facets = db.events.count_facets(&filter, seed::now()).await.expect("count_facets");
            let expected = corpus::expected_facets(&all, &filter, seed::now());
            assert_eq!(facets, expected, "catalogue {seed}: {filter:?}");
            if let Some(text) = dice.typed_name() {
                let found = db.events.find_names(&text, seed::now()).await.expect("find_names");
                let expected = corpus::expected_names(&all, &text, seed::now());
                assert_eq!(found, expected, "catalogue {seed}: {text}");
                named += usize::from(!found.is_empty());
            }
        }
    }
    assert!(answered > 60 && named > 60, "something is found: {answered}, {named}");
}

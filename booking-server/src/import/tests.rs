use std::fmt::Debug;
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use booking_core::domain::event::EventDetails;
use booking_core::domain::event::Listing;
use booking_core::domain::search::{
    Facets, Names, SearchFilter, SearchPage, SearchQuery, SearchText,
};
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::Venue;
use booking_core::ports::event_repository::{ChangeOutcome, EventChange};

use super::*;

const WILD: &str = include_str!("../../tests/data/events-in-the-wild.jsonld");

/// Keeps what it is given, by source, and fails when it is told to.
#[derive(Debug, Default)]
struct Shelf {
    events: Mutex<Vec<NewEvent>>,
    batches: Mutex<Vec<usize>>,
    fails_after: Option<usize>,
}

#[async_trait]
impl EventRepository for Shelf {
    async fn store_events(
        &self,
        batch: &[NewEvent],
        _now: Timestamp,
    ) -> Result<Vec<StoreOutcome>, RepositoryError> {
        let mut batches = self.batches.lock().unwrap();
        if self.fails_after == Some(batches.len()) {
            return Err(RepositoryError::Unavailable { source: "unplugged".into() });
        }
        batches.push(batch.len());
        let mut events = self.events.lock().unwrap();
        let outcomes = batch.iter().map(|new| {
            let known = events.iter_mut().find(|known| known.source == new.source);
            match known {
                Some(known) if known.details == new.details => StoreOutcome::Unchanged(known.id),
                Some(known) => {
                    known.details = new.details.clone();
                    StoreOutcome::Updated(known.id)
                }
                None => {
                    events.push(new.clone());
                    StoreOutcome::Created(new.id)
                }
            }
        });
        Ok(outcomes.collect())
    }

    async fn change_event(
        &self,
        _: EventId,
        _: &EventChange,
        _: Timestamp,
    ) -> Result<ChangeOutcome, RepositoryError> {
        unreachable!("an import changes nothing else")
    }

    async fn find_event(&self, _: EventId) -> Result<Option<Listing>, RepositoryError> {
        unreachable!("an import reads nothing")
    }

    async fn search_events(
        &self,
        _: &SearchQuery,
        _: Timestamp,
    ) -> Result<SearchPage, RepositoryError> {
        unreachable!("an import reads nothing")
    }

    async fn count_facets(
        &self,
        _: &SearchFilter,
        _: Timestamp,
    ) -> Result<Facets, RepositoryError> {
        unreachable!("an import reads nothing")
    }

    async fn find_names(&self, _: &SearchText, _: Timestamp) -> Result<Names, RepositoryError> {
        unreachable!("an import reads nothing")
    }

    async fn is_empty(&self) -> Result<bool, RepositoryError> {
        unreachable!("an import reads nothing")
    }
}

#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2027-01-15T12:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counter(AtomicU64);

impl IdSource for Counter {
    fn next_id(&self) -> uuid::Uuid {
        uuid::Uuid::from_u64_pair(0x7000, self.0.fetch_add(1, Ordering::Relaxed))
    }
}

async fn import_into(
    shelf: &Arc<Shelf>,
    input: impl BufRead,
    options: &ImportOptions,
) -> Result<ImportReport, ImportError> {
    let repository: Arc<dyn EventRepository> = shelf.clone();
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let ids: Arc<dyn IdSource> = Arc::new(Counter::default());
    run(input, options, &repository, &clock, &ids, |_| {}).await
}

fn zurich() -> ImportOptions {
    ImportOptions { timezone: ZoneName::new("Europe/Zurich").unwrap(), ..ImportOptions::default() }
}

/// Imports the one event in `text`.
async fn only(text: &str) -> NewEvent {
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
    assert_eq!(report.problems, [], "{text}");
    let mut events = shelf.events.lock().unwrap().clone();
    assert_eq!(events.len(), 1, "{text}");
    events.remove(0)
}

/// Returns why the one record in `text` was not imported.
async fn refused(text: &str) -> String {
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
    assert!(shelf.events.lock().unwrap().is_empty(), "{text}");
    assert_eq!(report.problems.len(), 1, "{text}");
    report.problems[0].reasons.join("; ")
}

fn event(more: &str) -> String {
    let base = r#""@type": "Event", "name": "E", "startDate": "2027-01-01""#;
    let place = if more.contains("\"location\"") { "" } else { r#", "location": "Bern, CH""# };
    format!("{{{base}{place}, {more}}}")
}

#[tokio::test]
async fn every_shape_of_the_wild_is_imported_or_reported_with_its_line() {
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, WILD.as_bytes(), &zurich()).await.unwrap();
    let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "line 34: warning: geo is not a point on the globe, and was left out",
            "line 37: skipped: is cancelled",
            "line 38: skipped: is postponed, with no new date yet",
            "line 40: skipped: is not an event",
            "line 41: skipped: is sold out",
            "line 44: skipped: is not an event",
            "line 45: warning: url is not a web address, and was left out",
            "line 48: rejected: is cut off: another record begins inside it",
            "line 49: warning: addressCountry is no country that is known, and was left out",
            "line 50: rejected: endDate is before startDate",
            "line 51: rejected: startDate is not a date of ISO 8601; location is missing; \
             offers: price is not a decimal amount such as 45.50; name is missing",
            "line 52: rejected: is not valid JSON: trailing comma (line 52, byte 72 of it)",
            "line 53: rejected: has no @type",
            "line 54: rejected: is not a JSON object",
            "line 55: skipped: repeats an earlier record",
            "line 56: rejected: has the @id or identifier of an earlier record, and another \
             startDate",
        ]
    );
    assert_eq!((report.records, report.created), (25, 12));
    assert_eq!((report.skipped, report.rejected, report.warnings), (6, 7, 3));
    assert_eq!(report.defaults.capacity, 9);
    assert_eq!(report.defaults.price, 7);
    assert_eq!(report.defaults.end, 1);
}

#[tokio::test]
async fn importing_again_updates_and_doubles_nothing() {
    let shelf = Arc::new(Shelf::default());
    let first = import_into(&shelf, WILD.as_bytes(), &zurich()).await.unwrap();
    let again = import_into(&shelf, WILD.as_bytes(), &zurich()).await.unwrap();
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, first.created));
    let changed = WILD.replace("Neue Musik", "Alte Musik");
    let third = import_into(&shelf, changed.as_bytes(), &zurich()).await.unwrap();
    assert_eq!((third.created, third.updated, third.unchanged), (0, 1, first.created - 1));
    // Local times mean other instants in another zone, and are the same events all the same.
    let fourth = import_into(&shelf, WILD.as_bytes(), &ImportOptions::default()).await.unwrap();
    assert_eq!(fourth.created, 0);
}

#[tokio::test]
async fn the_fields_of_the_wild_mean_what_they_say() {
    let shelf = Arc::new(Shelf::default());
    import_into(&shelf, WILD.as_bytes(), &zurich()).await.unwrap();
    let events = shelf.events.lock().unwrap().clone();
    let named = |title: &str| -> NewEvent {
        events.iter().find(|event| event.details.title == title).expect(title).clone()
    };
    let venue = |details: &EventDetails| -> Venue { details.location.venue().unwrap().clone() };

    let days = named("Days only").details;
    assert!(days.all_day);
    assert_eq!(days.starts_at.to_string(), "2027-04-30T22:00:00Z");
    assert_eq!(days.ends_at.to_string(), "2027-05-03T22:00:00Z");
    assert_eq!((venue(&days).name(), venue(&days).city()), ("", "Cape Town"));

    let concert = named("Töne & Räume");
    assert_eq!(concert.capacity.get(), 120);
    let details = &concert.details;
    assert_eq!(details.description, "Erster Satz.\n\nZweiter Satz.");
    assert_eq!(details.category, "concert");
    assert_eq!(details.starts_at.to_string(), "2027-06-12T18:00:00Z");
    assert_eq!(details.ends_at.to_string(), "2027-06-12T20:30:00Z");
    assert_eq!(details.price.to_string(), "45.50 CHF");
    assert_eq!(details.on_sale_from.unwrap().to_string(), "2027-01-09T23:00:00Z");
    assert_eq!(details.on_sale_until.unwrap().to_string(), "2027-06-11T22:00:00Z");
    assert_eq!(details.max_per_booking.get(), 4);
    assert_eq!(details.tags, ["klassik", "neue musik"]);
    assert_eq!(details.image_url.as_ref().unwrap().as_str(), "https://bilder.example.org/17.jpg");
    let hall = venue(details);
    assert_eq!((hall.name(), hall.address()), ("Große Halle", "Hallenweg 4, 8000"));
    assert_eq!((hall.city(), hall.country().unwrap().code()), ("Zürich", "CH"));
    assert!((hall.position().unwrap().latitude() - 47.37).abs() < 1e-9);

    let festival = named("夏祭り");
    assert_eq!(festival.details.price.to_string(), "3000 JPY");
    assert_eq!(festival.capacity.get(), 500);
    assert_eq!(venue(&festival.details).country().unwrap().code(), "JP");
    assert!(named("Webinar").details.location.venue().is_none());
    let both = named("Both ways");
    assert_eq!(both.capacity.get(), 12);
    assert_eq!(venue(&both.details).city(), "Dallas");
    assert_eq!(venue(&both.details).address(), "1 Main St, 75201, TX");
    assert_eq!(both.details.tags, ["hybrid", "data", "science", "7"]);
    assert_eq!(both.details.ends_at.to_string(), "2027-04-02T22:00:00Z");
    assert!(named("Moved").details.location.venue().is_none());
    let storm = named("Der Sturm").details;
    assert!(storm.all_day, "from midnight to midnight is two whole days");
    assert_eq!(storm.ends_at.to_string(), "2027-02-02T23:00:00Z");
    assert_eq!(venue(&storm).name(), "Schauspielhaus");
    assert_eq!(venue(&storm).address(), "Kirchenallee 39, 20099");
    assert_eq!(named("Final").details.category, "sport");
    assert_eq!(named("Last").details.price.to_string(), "1250.50 PLN");
    assert_eq!(venue(&named("Glued to it").details).city(), "Singapore");
}

#[tokio::test]
async fn a_file_may_be_one_array_or_one_graph_or_begin_with_a_mark() {
    let one = event(r#""url": "https://a.example.org""#);
    let two = event(r#""url": "https://b.example.org""#);
    for text in [
        format!("\u{feff}{one}\r\n\r\n{two}\r\n"),
        format!("[{one},{two}]"),
        format!("[[{one}],\n[{two}]]"),
        format!("{one}{two}"),
        format!("{{\"@context\":\"x\",\"@graph\":[{one},{two}],\"more\":{{\"a\":[1]}}}}"),
        format!("{{\"@graph\":[{one}]}}\n{{\"@graph\":[{two}],\n\"x\":1}}"),
        format!("{{\"@graph\":{one}}}\n{{\"dataFeedElement\":[{{\"item\":{two}}}]}}"),
        format!("\u{1e}{one}\n\u{1e}{two}\n"),
    ] {
        let shelf = Arc::new(Shelf::default());
        let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
        assert_eq!((report.created, report.problems.len()), (2, 0), "{text}");
    }
}

#[tokio::test]
async fn times_are_read_in_the_zone_they_belong_to() {
    let when = |more: &str| {
        let base = r#"{"@type": "Event", "name": "E", "location": "Bern, CH", "#;
        let text = format!("{base}{more}}}");
        async move {
            let details = only(&text).await.details;
            (details.starts_at.to_string(), details.ends_at.to_string(), details.all_day)
        }
    };
    let pair = |from: &str, to: &str, all_day| (from.to_owned(), to.to_owned(), all_day);
    // The clocks go forward on 28 March: the day has 23 hours, and 02:30 does not exist.
    assert_eq!(
        when(r#""startDate": "2027-03-28""#).await,
        pair("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", true)
    );
    assert_eq!(
        when(r#""startDate": "2027-03-28T02:30", "endDate": "2027-03-28T04:00""#).await,
        pair("2027-03-28T01:30:00Z", "2027-03-28T02:00:00Z", false)
    );
    assert_eq!(
        when(r#""startDate": "2027-01-02", "endDate": "2027-01-04T00:00:00""#).await,
        pair("2027-01-01T23:00:00Z", "2027-01-03T23:00:00Z", true),
        "midnight is the end of the day before"
    );
    assert_eq!(
        when(r#""startDate": "2027-01-02T20:00:00.500Z""#).await,
        pair("2027-01-02T20:00:00.5Z", "2027-01-02T23:00:00.5Z", false)
    );
    assert_eq!(
        when(
            r#""startDate": "2027-01-02T20:00", "endDate": "2027-01-02T22:00",
               "eventSchedule": {"@type": "Schedule", "scheduleTimezone": "Asia/Tokyo"}"#
        )
        .await,
        pair("2027-01-02T11:00:00Z", "2027-01-02T13:00:00Z", false)
    );
    for bad in ["2027-13-01", "1 May 2027", "2027-05", "12027-01-01", "2027-01-01T25:00"] {
        let text =
            format!(r#"{{"@type":"Event","name":"E","location":"Bern, CH","startDate":"{bad}"}}"#);
        assert_eq!(refused(&text).await, "startDate is not a date of ISO 8601", "{bad}");
    }
}

#[tokio::test]
async fn prices_are_exact_or_refused() {
    let offer = |offer: &str| event(&format!("\"offers\": {offer}"));
    for (text, price) in [
        (r#"{"price": 19.99, "priceCurrency": "EUR"}"#, "19.99 EUR"),
        (r#"{"price": "45,50", "priceCurrency": "EUR"}"#, "45.50 EUR"),
        (r#"{"price": "1,234,567.5", "priceCurrency": "EUR"}"#, "1234567.50 EUR"),
        (r#"{"price": "1.250", "priceCurrency": "KWD"}"#, "1.250 KWD"),
        (r#"{"price": 0, "priceCurrency": "USD"}"#, "0.00 USD"),
        (r#"{"price": "", "priceCurrency": "USD"}"#, "0.00 EUR"),
        (r#"{"priceSpecification": {"minPrice": "7", "priceCurrency": "GBP"}}"#, "7.00 GBP"),
        (
            r#"[{"price": 9, "priceCurrency": "EUR"}, {"price": 1, "priceCurrency": "USD"}]"#,
            "9.00 EUR",
        ),
    ] {
        assert_eq!(only(&offer(text)).await.details.price.to_string(), price, "{text}");
    }
    for text in [
        r#"{"price": "1,250", "priceCurrency": "EUR"}"#,
        r#"{"price": 19.999, "priceCurrency": "EUR"}"#,
        r#"{"price": -1, "priceCurrency": "EUR"}"#,
        r#"{"price": 1, "priceCurrency": "€"}"#,
        r#"{"price": 1e300, "priceCurrency": "EUR"}"#,
    ] {
        assert!(refused(&offer(text)).await.starts_with("offers: price"), "{text}");
    }
}

#[tokio::test]
async fn events_of_one_page_differ_by_year_title_and_place() {
    let text = [
        concat!(
            r#"{"@type":"Event","name":"A","startDate":"2027-01-01","#,
            r#""location":"Bern, CH","url":"https://x.org"}"#,
        ),
        concat!(
            r#"{"@type":"Event","name":"A","startDate":"2028-01-01","#,
            r#""location":"Bern, CH","url":"https://x.org"}"#,
        ),
        concat!(
            r#"{"@type":"Event","name":"B","startDate":"2027-01-01","#,
            r#""location":"Bern, CH","url":"https://x.org"}"#,
        ),
        concat!(
            r#"{"@type":"Event","name":"A","startDate":"2027-01-01","#,
            r#""location":"Basel, CH","url":"https://x.org"}"#,
        ),
        concat!(
            r#"{"@type":"Event","name":" a ","startDate":"2027-01-01","#,
            r#""location":"bern, CH","url":"http://x.org/","description":"again"}"#,
        ),
    ]
    .join("\n");
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
    assert_eq!((report.created, report.skipped), (4, 1));
}

#[tokio::test]
async fn numbers_are_unique_on_their_own_site_only() {
    let text = [
        event(r#""url": "https://a.org/1", "identifier": 1"#),
        event(r#""url": "https://a.org/1?new", "identifier": {"value": "1"}"#),
        event(r#""url": "https://b.org/1", "identifier": 1"#),
        event(r#""url": "https://b.org/2", "identifier": "urn:x:1""#),
        event(r#""url": "https://c.org/2", "identifier": "urn:x:1""#),
    ]
    .join("\n");
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
    assert_eq!((report.created, report.skipped), (4, 1), "{report}");
}

#[tokio::test]
async fn a_fault_of_the_database_stops_and_tells_how_far_it_got() {
    let line = |n: usize| event(&format!(r#""url": "https://x.org/{n}""#)) + "\n";
    let text: String = (0..BATCH * 3).map(line).collect();
    let shelf = Arc::new(Shelf { fails_after: Some(2), ..Shelf::default() });
    let error = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap_err();
    let ImportError::Repository { line, report, .. } = &error else { panic!("{error}") };
    assert_eq!(*line, u64::try_from(BATCH * 2 + 1).unwrap());
    assert_eq!(report.created, u64::try_from(BATCH * 2).unwrap());
    assert_eq!(*shelf.batches.lock().unwrap(), [BATCH, BATCH]);
}

#[tokio::test]
async fn the_list_of_problems_is_bounded_and_the_count_is_not() {
    let text = "nonsense\n".repeat(1_000);
    let shelf = Arc::new(Shelf::default());
    let report = import_into(&shelf, text.as_bytes(), &zurich()).await.unwrap();
    assert_eq!((report.rejected, report.problems.len()), (1_000, MAX_LISTED));
    assert_eq!(report.unlisted(), 900);
    assert!(report.to_string().contains("900 more problems"));
}

/// An array that is never all there, and that panics if somebody waits for its end.
struct Endless {
    events: usize,
    taken: Arc<AtomicU64>,
    rest: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            self.events += 1;
            let open = if self.events == 1 { "[" } else { "," };
            let more = format!(r#""url": "https://x.org/{}""#, self.events);
            self.rest = format!("{open}{}", event(&more)).into_bytes();
            let ahead = u64::try_from(self.events).unwrap() - self.taken.load(Ordering::Relaxed);
            assert!(ahead < 1_000, "events are stored as they come");
        }
        let n = out.len().min(self.rest.len());
        out[..n].copy_from_slice(&self.rest[..n]);
        self.rest.drain(..n);
        if self.events > 5_000 {
            return Err(std::io::Error::other("unplugged"));
        }
        Ok(n)
    }
}

#[tokio::test]
async fn an_array_is_stored_as_it_comes() {
    let taken = Arc::new(AtomicU64::new(0));
    let input = Endless { events: 0, taken: Arc::clone(&taken), rest: Vec::new() };
    let input = std::io::BufReader::new(input);
    let repository: Arc<dyn EventRepository> = Arc::new(Shelf::default());
    let clock: Arc<dyn Clock> = Arc::new(Noon);
    let ids: Arc<dyn IdSource> = Arc::new(Counter::default());
    let progress = |p: ImportProgress| taken.store(p.stored, Ordering::Relaxed);
    let options = zurich();
    let error = run(input, &options, &repository, &clock, &ids, progress).await.unwrap_err();
    let ImportError::Read { report, .. } = error else { panic!("{error}") };
    assert!(report.created >= 4_900, "what was read before the fault is stored: {report}");
}

//! Rows of events, with the words by which they are found.

use std::collections::BTreeSet;

use sqlx::QueryBuilder;
use sqlx::postgres::{PgRow, Postgres};

use super::books::Session;
use super::instant::Instant;
use super::rows::Fields;
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus, Listing, LocationDraft};
use crate::domain::ids::EventId;
use crate::domain::payment::ForeignId;
use crate::domain::search::{SearchDocument, SearchFilter};
use crate::domain::venue::{GeoPoint, Venue};
use crate::ports::fault::RepositoryError;

/// The columns of [`listing`], of aliases `e` for the event and `s` for its stock.
macro_rules! listing_columns {
    () => {
        "e.id, e.source, e.status, e.title, e.description, e.category, e.tags, e.is_online, \
         e.online_url, e.venue_name, e.venue_address, e.city, e.country, e.latitude, e.longitude, \
         e.starts_at, e.ends_at, e.all_day, e.timezone, e.on_sale_from, e.on_sale_until, \
         e.price_minor, e.currency, e.max_per_booking, e.url, e.image_url, e.created_at, \
         e.updated_at, e.reminder_minutes, e.revision, s.capacity, s.stock, s.held, s.version"
    };
}
pub(super) use listing_columns;

/// Events written by one statement; PostgreSQL takes 65,535 parameters.
const EVENTS_PER_STATEMENT: usize = 500;

const INSERT: &str = "
    INSERT INTO events (id, source, status, title, description, category, tags, is_online, online_url,
        venue_name, venue_address, city, city_folded, country, latitude, longitude,
        sphere_x, sphere_y, sphere_z, starts_at, ends_at, all_day, timezone, on_sale_from,
        on_sale_until, price_minor, currency, max_per_booking, url, image_url, created_at, updated_at,
        reminder_minutes, revision, words) ";

/// Source and time of entry are never overwritten.
const OVERWRITE: &str = "
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, title = excluded.title,
        description = excluded.description, category = excluded.category, tags = excluded.tags,
        is_online = excluded.is_online, online_url = excluded.online_url,
        venue_name = excluded.venue_name, venue_address = excluded.venue_address,
        city = excluded.city, city_folded = excluded.city_folded, country = excluded.country,
        latitude = excluded.latitude, longitude = excluded.longitude,
        sphere_x = excluded.sphere_x, sphere_y = excluded.sphere_y, sphere_z = excluded.sphere_z,
        starts_at = excluded.starts_at, ends_at = excluded.ends_at, all_day = excluded.all_day,
        timezone = excluded.timezone, on_sale_from = excluded.on_sale_from,
        on_sale_until = excluded.on_sale_until, price_minor = excluded.price_minor,
        currency = excluded.currency, max_per_booking = excluded.max_per_booking,
        url = excluded.url, image_url = excluded.image_url, updated_at = excluded.updated_at,
        reminder_minutes = excluded.reminder_minutes, revision = excluded.revision, words = excluded.words";

const REMEMBER: &str = "
    INSERT INTO search_words (shelf, word)
    SELECT n.shelf, n.word FROM unnest($1::text[], $2::text[]) AS n (shelf, word)
    WHERE NOT EXISTS (SELECT FROM search_words AS w WHERE w.shelf = n.shelf AND w.word = n.word)
    ORDER BY n.shelf COLLATE \"C\", n.word COLLATE \"C\"
    ON CONFLICT DO NOTHING";

/// The words of all events that a transaction writes, with their shelves.
#[derive(Debug, Default)]
pub(super) struct Vocabulary(BTreeSet<(String, String)>);

impl Vocabulary {
    /// Adds the words to those that are known. They are never removed: one that stands nowhere any more finds nothing.
    ///
    /// Whoever adds a word waits for others who do. So a transaction adds all of its words in one go, in order, and
    /// last: then nobody who is waited for waits for anybody else.
    pub(super) async fn remember(self, session: &mut Session<'_>) -> Result<(), RepositoryError> {
        let (shelves, words): (Vec<String>, Vec<String>) = self.0.into_iter().unzip();
        let added = session.database.query(REMEMBER).bind(shelves).bind(words);
        let added = added.execute(&mut *session.connection).await;
        added.map(drop).map_err(|error| session.database.not_applied(&error))
    }
}

/// An event to be written.
pub(super) struct EventWrite<'a> {
    pub(super) event: &'a Event,
    pub(super) source: Option<&'a ForeignId>,
}

/// Reads an event with its stock from [`listing_columns`].
pub(super) fn listing(row: &PgRow) -> Result<Listing, RepositoryError> {
    let fields = Fields::of(row, "events", "id")?;
    let details = EventDetails::check(draft(&fields)?).map_err(|violations| {
        let wrong: Vec<String> = violations
            .into_iter()
            .map(|violation| format!("{} {}", violation.pointer, violation.reason))
            .collect();
        fields.corrupt(wrong.join(", "))
    })?;
    Ok(Listing {
        event: Event {
            id: EventId::new(fields.id()),
            details,
            status: fields.check("status", EventStatus::parse(fields.take("status")?))?,
            reminder: fields.reminder()?,
            revision: fields.count("revision")?,
            created_at: fields.time("created_at")?,
            updated_at: fields.time("updated_at")?,
        },
        stock: fields.stock()?,
    })
}

fn draft(fields: &Fields<'_>) -> Result<EventDraft, RepositoryError> {
    let location = if fields.take("is_online")? {
        LocationDraft::Online { url: fields.take_optional("online_url")? }
    } else {
        LocationDraft::Venue {
            name: fields.take("venue_name")?,
            address: fields.take("venue_address")?,
            city: fields.take("city")?,
            country: fields.take_optional("country")?.unwrap_or_default(),
            latitude: fields.take_optional("latitude")?,
            longitude: fields.take_optional("longitude")?,
        }
    };
    Ok(EventDraft {
        title: fields.take("title")?,
        description: fields.take("description")?,
        category: fields.take("category")?,
        tags: fields.take("tags")?,
        location,
        starts_at: fields.time("starts_at")?,
        ends_at: fields.time("ends_at")?,
        all_day: fields.take("all_day")?,
        timezone: fields.take("timezone")?,
        on_sale_from: fields.optional_time("on_sale_from")?,
        on_sale_until: fields.optional_time("on_sale_until")?,
        price_minor: fields.take("price_minor")?,
        currency: fields.take("currency")?,
        max_per_booking: fields.count("max_per_booking")?,
        url: fields.take_optional("url")?,
        image_url: fields.take_optional("image_url")?,
    })
}

/// A number, as the database keeps it. Those that there are end far below what fits.
fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Enters events that are new: an id that is not makes it fail.
pub(super) async fn insert(
    session: &mut Session<'_>,
    events: &[EventWrite<'_>],
    vocabulary: &mut Vocabulary,
) -> Result<(), RepositoryError> {
    for some in events.chunks(EVENTS_PER_STATEMENT) {
        write_rows(session, some, "", vocabulary).await?;
    }
    Ok(())
}

/// Writes events over those of the same ids.
pub(super) async fn overwrite(
    session: &mut Session<'_>,
    events: &[EventWrite<'_>],
    vocabulary: &mut Vocabulary,
) -> Result<(), RepositoryError> {
    for some in events.chunks(EVENTS_PER_STATEMENT) {
        write_rows(session, some, OVERWRITE, vocabulary).await?;
    }
    Ok(())
}

async fn write_rows(
    session: &mut Session<'_>,
    events: &[EventWrite<'_>],
    on_conflict: &'static str,
    vocabulary: &mut Vocabulary,
) -> Result<(), RepositoryError> {
    let mut query = QueryBuilder::<Postgres>::new(INSERT);
    let documents: Vec<SearchDocument> =
        events.iter().map(|write| SearchDocument::of(&write.event.details)).collect();
    query.push_values(events.iter().zip(&documents), |mut row, (write, document)| {
        let details = &write.event.details;
        let draft = details.to_draft();
        let venue = details.location.venue();
        let position = venue.and_then(Venue::position);
        let sphere = position.map(GeoPoint::unit_vector);
        let (name, address, city, country, online_url) = match draft.location {
            LocationDraft::Venue { name, address, city, country, .. } => (
                Some(name),
                Some(address),
                Some(city),
                Some(country).filter(|c| !c.is_empty()),
                None,
            ),
            LocationDraft::Online { url } => (None, None, None, None, url),
        };
        row.push_bind(write.event.id.as_uuid())
            .push_bind(write.source.map(|source| source.as_str().to_owned()))
            .push_bind(write.event.status.as_str())
            .push_bind(draft.title)
            .push_bind(draft.description)
            .push_bind(draft.category)
            .push_bind(draft.tags)
            .push_bind(venue.is_none())
            .push_bind(online_url)
            .push_bind(name)
            .push_bind(address)
            .push_bind(city)
            .push_bind(venue.and_then(|venue| SearchFilter::city(venue.city()).ok()))
            .push_bind(country)
            .push_bind(position.map(GeoPoint::latitude))
            .push_bind(position.map(GeoPoint::longitude))
            .push_bind(sphere.map(|[x, _, _]| x))
            .push_bind(sphere.map(|[_, y, _]| y))
            .push_bind(sphere.map(|[_, _, z]| z))
            .push_bind(Instant::from(draft.starts_at))
            .push_bind(Instant::from(draft.ends_at))
            .push_bind(draft.all_day)
            .push_bind(draft.timezone)
            .push_bind(draft.on_sale_from.map(Instant::from))
            .push_bind(draft.on_sale_until.map(Instant::from))
            .push_bind(draft.price_minor)
            .push_bind(draft.currency)
            .push_bind(signed(draft.max_per_booking))
            .push_bind(draft.url)
            .push_bind(draft.image_url)
            .push_bind(Instant::from(write.event.created_at))
            .push_bind(Instant::from(write.event.updated_at))
            .push_bind(signed(write.event.reminder.minutes()))
            .push_bind(signed(write.event.revision))
            .push_bind(super::search::vector(document))
            .push_unseparated("::tsvector");
    });
    query.push(on_conflict);
    // The text depends on the number of rows, so keeping the statement would only push others out.
    let written = query.build().persistent(false).execute(&mut *session.connection).await;
    written.map_err(|error| session.database.not_applied(&error))?;
    for (shelf, word) in documents.iter().flat_map(SearchDocument::vocabulary) {
        vocabulary.0.insert((shelf, word.to_owned()));
    }
    Ok(())
}

//! Rows of events, with their tags and their texts in the index.

use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{QueryBuilder, SqliteConnection};

use super::error::not_applied;
use super::rows::{Fields, blob, json};
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus, Listing, LocationDraft};
use crate::domain::ids::EventId;
use crate::domain::payment::ForeignId;
use crate::domain::search::{Field, SearchDocument, SearchFilter};
use crate::domain::time::Timestamp;
use crate::domain::venue::{GeoPoint, Venue};
use crate::ports::fault::RepositoryError;

/// The columns of [`listing`], of aliases `e` for the event and `s` for its stock.
macro_rules! listing_columns {
    () => {
        "e.id, e.source, e.status, e.title, e.description, e.category, \
         (SELECT json_group_array(t.tag ORDER BY t.position) FROM event_tags AS t \
             WHERE t.number = e.number) AS tags, \
         e.is_online, e.online_url, e.venue_name, e.venue_address, e.city, e.country, e.latitude, \
         e.longitude, e.starts_at, e.ends_at, e.all_day, e.timezone, e.on_sale_from, \
         e.on_sale_until, e.price_minor, e.currency, e.max_per_booking, e.url, e.image_url, \
         e.created_at, e.updated_at, e.reminder_minutes, e.revision, s.capacity, s.stock, s.held, s.version"
    };
}
pub(super) use listing_columns;

/// Columns bound for each event; SQLite takes 32,766 parameters in a statement.
const EVENTS_PER_STATEMENT: usize = 500;

const INSERT: &str = "
    INSERT INTO events (id, source, status, title, description, category, is_online, online_url,
        venue_name, venue_address, city, city_folded, country, latitude, longitude,
        sphere_x, sphere_y, sphere_z, starts_at, ends_at, all_day, timezone, on_sale_from,
        on_sale_until, price_minor, currency, max_per_booking, url, image_url, created_at, updated_at,
        reminder_minutes, revision) ";

/// Source and time of entry are never overwritten.
const OVERWRITE: &str = "
    ON CONFLICT (id) DO UPDATE SET status = excluded.status, title = excluded.title,
        description = excluded.description, category = excluded.category,
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
        reminder_minutes = excluded.reminder_minutes, revision = excluded.revision";

const DELETE_TAGS: &str = "
    DELETE FROM event_tags WHERE number IN (
        SELECT e.number FROM jsonb_each(?1) AS j JOIN events AS e ON e.id = unhex(j.value ->> 0))";

const INSERT_TAGS: &str = "
    INSERT INTO event_tags (number, position, tag)
    SELECT e.number, t.key, t.value
    FROM jsonb_each(?1) AS j CROSS JOIN events AS e ON e.id = unhex(j.value ->> 0)
    CROSS JOIN json_each(j.value -> 4) AS t";

/// Stands between texts that do not touch: no folded text has it, and to the index it is a word.
const NOTHING: &str = "\u{fffc}";

/// Words are never removed: one that stands nowhere any more finds nothing.
const REMEMBER: &str = "
    INSERT OR IGNORE INTO search_words (shelf, word)
    SELECT j.value ->> 0, j.value ->> 1 FROM json_each(?1) AS j";

const DELETE_PLACES: &str = "
    DELETE FROM event_places WHERE number IN (
        SELECT e.number FROM jsonb_each(?1) AS j JOIN events AS e ON e.id = unhex(j.value ->> 0))";

const INSERT_PLACES: &str = "
    INSERT INTO event_places (number, west, east, south, north)
    SELECT e.number, e.longitude, e.longitude, e.latitude, e.latitude
    FROM jsonb_each(?1) AS j CROSS JOIN events AS e ON e.id = unhex(j.value ->> 0)
    WHERE e.latitude IS NOT NULL";

const REPLACE_TEXTS: &str = "
    INSERT OR REPLACE INTO event_texts (rowid, title, labels, description)
    SELECT e.number, j.value ->> 1, j.value ->> 2, j.value ->> 3
    FROM jsonb_each(?1) AS j CROSS JOIN events AS e ON e.id = unhex(j.value ->> 0)";

/// An event to be written.
pub(super) struct EventWrite<'a> {
    pub(super) event: &'a Event,
    pub(super) source: Option<&'a ForeignId>,
}

/// Reads an event with its stock from [`listing_columns`].
pub(super) fn listing(row: &SqliteRow) -> Result<Listing, RepositoryError> {
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
    let tags = serde_json::from_str(fields.take("tags")?)
        .map_err(|_| fields.corrupt("tags are not a list of texts"))?;
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
        tags,
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

/// Enters events that are new: an id that is not makes it fail.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    events: &[EventWrite<'_>],
) -> Result<(), RepositoryError> {
    for some in events.chunks(EVENTS_PER_STATEMENT) {
        write_rows(connection, some, "").await?;
        write_words(connection, some).await?;
    }
    Ok(())
}

/// Writes events over those of the same ids.
pub(super) async fn overwrite(
    connection: &mut SqliteConnection,
    events: &[EventWrite<'_>],
) -> Result<(), RepositoryError> {
    for some in events.chunks(EVENTS_PER_STATEMENT) {
        write_rows(connection, some, OVERWRITE).await?;
        write_words(connection, some).await?;
    }
    Ok(())
}

/// Coordinates are bound as they are: as text they might come back a trifle elsewhere.
async fn write_rows(
    connection: &mut SqliteConnection,
    events: &[EventWrite<'_>],
    on_conflict: &'static str,
) -> Result<(), RepositoryError> {
    let mut query = QueryBuilder::<Sqlite>::new(INSERT);
    query.push_values(events, |mut row, write| {
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
        row.push_bind(blob(write.event.id.as_uuid()))
            .push_bind(write.source.map(|source| source.as_str().to_owned()))
            .push_bind(write.event.status.as_str())
            .push_bind(draft.title)
            .push_bind(draft.description)
            .push_bind(draft.category)
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
            .push_bind(draft.starts_at.as_micros())
            .push_bind(draft.ends_at.as_micros())
            .push_bind(draft.all_day)
            .push_bind(draft.timezone)
            .push_bind(draft.on_sale_from.map(Timestamp::as_micros))
            .push_bind(draft.on_sale_until.map(Timestamp::as_micros))
            .push_bind(draft.price_minor)
            .push_bind(draft.currency)
            .push_bind(i64::from(draft.max_per_booking))
            .push_bind(draft.url)
            .push_bind(draft.image_url)
            .push_bind(write.event.created_at.as_micros())
            .push_bind(write.event.updated_at.as_micros())
            .push_bind(i64::from(write.event.reminder.minutes()))
            .push_bind(i64::from(write.event.revision));
    });
    query.push(on_conflict);
    // The text depends on the number of rows, so keeping the statement would only push others out.
    query.build().persistent(false).execute(connection).await.map(drop).map_err(not_applied)
}

/// Writes tags, places and folded texts anew.
async fn write_words(
    connection: &mut SqliteConnection,
    events: &[EventWrite<'_>],
) -> Result<(), RepositoryError> {
    let documents: Vec<SearchDocument> =
        events.iter().map(|write| SearchDocument::of(&write.event.details)).collect();
    let rows: Vec<_> = events
        .iter()
        .zip(&documents)
        .map(|(write, document)| {
            let [title, labels, description] =
                Field::ALL.map(|field| document.words(field).spaced(NOTHING));
            (
                write.event.id.as_uuid().simple(),
                title,
                labels,
                description,
                &write.event.details.tags,
            )
        })
        .collect();
    let words: Vec<_> = documents.iter().flat_map(SearchDocument::vocabulary).collect();
    let (rows, words) = (json(&rows)?, json(&words)?);
    sqlx::query(REMEMBER).bind(words).execute(&mut *connection).await.map_err(not_applied)?;
    for statement in [DELETE_TAGS, INSERT_TAGS, DELETE_PLACES, INSERT_PLACES, REPLACE_TEXTS] {
        sqlx::query(statement)
            .bind(rows.as_str())
            .execute(&mut *connection)
            .await
            .map_err(not_applied)?;
    }
    Ok(())
}

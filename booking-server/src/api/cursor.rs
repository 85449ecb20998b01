//! Opaque cursors: where the next page of a list begins.
//!
//! A cursor holds a position and a digest of it together with what the list was asked for, so that
//! one that was changed, or is used for another list, is refused. It protects from mistakes, not
//! from forgery: whoever forges one sees a page of the same public list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use booking_core::domain::booking::Fingerprint;
use booking_core::domain::ids::{BookingId, EventId};
use booking_core::domain::money::Currency;
use booking_core::domain::search::{Rank, SearchPosition, SearchQuery};
use booking_core::domain::time::Timestamp;
use booking_core::domain::venue::Chord;
use uuid::Uuid;

use crate::http::problem::{Problem, ProblemType};

/// How many bytes of the digest are kept: enough that no mistake passes.
const DIGEST_BYTES: usize = 12;

/// Which list a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListKey(Fingerprint);

impl ListKey {
    /// Names the list that a search gives, whatever its page.
    pub(crate) fn of_search(query: &SearchQuery) -> Self {
        let filter = &query.filter;
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let near = filter.near.map(|near| {
            let (latitude, longitude) = (near.centre.latitude(), near.centre.longitude());
            format!("{latitude} {longitude} {}", near.radius_km)
        });
        // Values of which the empty text is none: none of these may be empty.
        let parts = [
            "events".to_owned(),
            query.sort.as_str().to_owned(),
            filter.text.as_ref().map(ToString::to_string).unwrap_or_default(),
            filter.category.clone().unwrap_or_default(),
            filter.tag.clone().unwrap_or_default(),
            filter.country.map(|country| country.to_string()).unwrap_or_default(),
            filter.city.clone().unwrap_or_default(),
            instant(filter.starts_from),
            instant(filter.starts_before),
            near.unwrap_or_default(),
            filter
                .price_max
                .map(|max| format!("{} {}", max.amount_minor(), max.currency()))
                .unwrap_or_default(),
            filter.available.map(|count| count.to_string()).unwrap_or_default(),
            filter.include_past.to_string(),
        ];
        let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
        Self(Fingerprint::of(&parts))
    }

    /// Names the list of an event's bookings.
    pub(crate) fn of_bookings(event_id: EventId) -> Self {
        Self(Fingerprint::of(&[b"bookings", event_id.as_uuid().as_bytes()]))
    }

    fn seal(self, position: &[u8]) -> String {
        let mut bytes = position.to_vec();
        bytes.extend_from_slice(&self.digest(position));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(self, cursor: &str) -> Option<Vec<u8>> {
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let digest = bytes.split_off(bytes.len().checked_sub(DIGEST_BYTES)?);
        (digest == self.digest(&bytes)).then_some(bytes)
    }

    fn digest(self, position: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut kept = [0; DIGEST_BYTES];
        let whole = Fingerprint::of(&[self.0.as_bytes(), position]);
        kept.copy_from_slice(&whole.as_bytes()[..DIGEST_BYTES]);
        kept
    }
}

/// Writes where the next page of a search begins.
pub(crate) fn seal_search(list: ListKey, position: &SearchPosition) -> String {
    let mut bytes = Vec::with_capacity(40);
    match position.rank {
        Rank::StartsAt(starts_at) => {
            bytes.push(1);
            bytes.extend(starts_at.as_micros().to_be_bytes());
        }
        Rank::Relevance { distance, starts_at } => {
            bytes.push(2);
            bytes.extend(distance.to_be_bytes());
            bytes.extend(starts_at.as_micros().to_be_bytes());
        }
        Rank::Distance(chord) => {
            bytes.push(3);
            bytes.extend(chord.squared().to_be_bytes());
        }
        Rank::Price { currency, amount_minor } => {
            bytes.push(4);
            bytes.extend(currency.code().as_bytes());
            bytes.extend(amount_minor.to_be_bytes());
        }
    }
    bytes.extend(position.id.as_uuid().as_bytes());
    bytes.push(u8::from(position.is_forgiving));
    list.seal(&bytes)
}

/// Reads where a page of the search `list` begins.
pub(crate) fn open_search(list: ListKey, cursor: &str) -> Result<SearchPosition, Problem> {
    list.open(cursor).and_then(|bytes| read_position(&bytes)).ok_or_else(refused)
}

/// Writes where the next page of bookings begins.
pub(crate) fn seal_booking(list: ListKey, position: BookingId) -> String {
    list.seal(position.as_uuid().as_bytes())
}

/// Reads where a page of bookings begins.
pub(crate) fn open_booking(list: ListKey, cursor: &str) -> Result<BookingId, Problem> {
    let bytes = list.open(cursor).ok_or_else(refused)?;
    Uuid::from_slice(&bytes).map(BookingId::new).map_err(|_| refused())
}

fn refused() -> Problem {
    Problem::new(ProblemType::InvalidCursor)
        .detail("a cursor is good for the list, the filters and the order it was issued for")
        .error("/cursor", "was not issued for this list")
}

fn read_position(bytes: &[u8]) -> Option<SearchPosition> {
    let (is_forgiving, rest) = bytes.split_last()?;
    let (kind, rest) = rest.split_first()?;
    let (rank, id) = rest.split_at_checked(rest.len().checked_sub(size_of::<Uuid>())?)?;
    let rank = match kind {
        1 => Rank::StartsAt(read_instant(rank)?),
        2 => {
            let (distance, starts_at) = rank.split_first_chunk()?;
            Rank::Relevance {
                distance: u32::from_be_bytes(*distance),
                starts_at: read_instant(starts_at)?,
            }
        }
        3 => Rank::Distance(Chord::of_squared(f64::from_be_bytes(rank.try_into().ok()?))),
        4 => {
            let (code, amount) = rank.split_first_chunk::<3>()?;
            Rank::Price {
                currency: Currency::new(std::str::from_utf8(code).ok()?).ok()?,
                amount_minor: i64::from_be_bytes(amount.try_into().ok()?),
            }
        }
        _ => return None,
    };
    let id = EventId::new(Uuid::from_slice(id).ok()?);
    let is_forgiving = match is_forgiving {
        0 => false,
        1 => true,
        _ => return None,
    };
    Some(SearchPosition { rank, id, is_forgiving })
}

fn read_instant(bytes: &[u8]) -> Option<Timestamp> {
    Timestamp::from_micros(i64::from_be_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests;

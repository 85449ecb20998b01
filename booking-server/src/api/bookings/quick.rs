//! Reads the body of a booking that has nothing wrong with it, as nearly all have.
//!
//! It takes the fields straight out of the text. What it does not understand at once, be it wrong or only unusual, is
//! read again by the reader that names what is wrong; so the two must agree on what they both accept.

use booking_core::domain::booking::{Customer, IdempotencyKey};
use booking_core::domain::ids::EventId;
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::Quantity;
use booking_core::service::BookRequest;
use http::HeaderMap;
use serde::Deserialize;

use super::{KEY, client_key};
use crate::http::{body, language, value};

/// Texts with escapes are not borrowed, so they end here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order<'a> {
    event_id: &'a str,
    quantity: u32,
    #[serde(borrow)]
    customer: Person<'a>,
    #[serde(borrow)]
    locale: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person<'a> {
    name: &'a str,
    email: &'a str,
}

/// Reads a request, if it is plain.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Option<BookRequest> {
    // What is derived for structs reads arrays as well, by position.
    if !body::is_plainly_json(headers) || body.contains(&b'[') {
        return None;
    }
    let order: Order<'_> = serde_json::from_slice(body).ok()?;
    let Person { name, email } = order.customer;
    Some(BookRequest {
        event_id: value::uuid(order.event_id).map(EventId::new)?,
        quantity: Quantity::new(order.quantity).ok()?,
        customer: Customer::new(name, email).ok()?,
        locale: match order.locale {
            None => language::preferred(headers),
            Some(tag) => Locale::new(tag).ok()?,
        },
        idempotency_key: read_key(headers).ok()?,
    })
}

/// Something that is not plain.
struct Unusual;

fn read_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Unusual> {
    let mut values = headers.get_all(KEY).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => {
            let key = key.to_str().map_err(|_| Unusual)?;
            client_key(key).map(Some).map_err(|_| Unusual)
        }
        (Some(_), Some(_)) => Err(Unusual),
    }
}

#[cfg(test)]
mod tests;

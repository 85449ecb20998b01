//! Parameters of paths, queries and headers.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Required, Schema};

use crate::api::bookings::{IDEMPOTENCY_KEY, KEYS_OF_FORMS};
use crate::api::search_params::{DEFAULT_LIMIT, DEFAULT_RADIUS_KM, MAX_LIMIT};
use booking_core::domain::money::Money;
use booking_core::domain::search::{SearchText, Sort};

/// Two decimal numbers. How large they may be, a pattern cannot say.
const NEAR: &str = r"^$|^\s*-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*,\s*-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$";

/// A date, with or without a time. Which days a month has, a pattern cannot say.
const MOMENT: &str = concat!(
    "^$|^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    r"([Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-5]):[0-5][0-9]))?$",
);

/// Lists the parameters that stand in `path`: all of them are ids.
pub(super) fn of_path(path: &str) -> Vec<Parameter> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("Its id. One that is not a UUID names nothing: `404`."))
                .schema(Some(string().format(Some(custom("uuid")))))
                .build()
        })
        .collect()
}

/// Lists the filters of searches and counts.
pub(super) fn filters() -> Vec<Parameter> {
    vec![
        query(
            "q",
            "Words to be found in title, description, venue, city, country (by its \
             common English name), category and tags. All must be found; a text without letters and \
             digits asks for nothing. Accents and case do not matter, the last word matches by its beginning, \
             and any part of a text in a script without spaces is found. `\"Words in quotes\"` stand \
             side by side, each of them whole, and `-word` leaves out. If fewer than ten events match, \
             words with one typo (of four letters or more) or two (of eight) are found as well, after \
             all others; the first letter must be right, and the word have no digits. Of more than 16 \
             words and phrases the first 16 count, and typos are forgiven in the first six.",
            text().max_length(Some(SearchText::MAX_CHARS)),
        ),
        query("category", "Events of this category.", string().max_length(Some(60))),
        query("tag", "Events with this tag.", string().max_length(Some(60))),
        query(
            "country",
            "Events in this country: an ISO 3166-1 alpha-2 code.",
            code("^([A-Za-z]{2})?$").examples(["CH"]),
        ),
        query("city", "Events in this city. Accents and case do not matter.", string()),
        query(
            "starts_from",
            "Events that begin at this instant or later; a date means its first instant in UTC.",
            moment(),
        ),
        query(
            "starts_to",
            "Events that begin at this instant or earlier; a date includes the whole of its day \
             in UTC.",
            moment(),
        ),
        query(
            "near",
            "Events around this point: latitude and longitude in degrees.",
            string().pattern(Some(NEAR)).examples(["47.37,8.54"]),
        ),
        query(
            "radius_km",
            "How far around `near`, in kilometres.",
            number()
                .exclusive_minimum(Some(0.0))
                .maximum(Some(20_100.0))
                .default(Some(DEFAULT_RADIUS_KM.into())),
        ),
        query(
            "price_max",
            "Events whose tickets cost at most this, in the minor unit of `currency`, which is \
             required then.",
            integer().minimum(Some(0)).maximum(Some(Money::MAX_MINOR)),
        ),
        query(
            "currency",
            "The currency of `price_max`: an ISO 4217 code.",
            code("^([A-Z]{3})?$").examples(["EUR"]),
        ),
        query(
            "available",
            "Events with at least so many tickets left. The database is read at the moment of the \
             search: every hold, payment and expiry that was answered before counts. An answer may be \
             kept for a second (`Cache-Control`), and so may be late by that.",
            integer().minimum(Some(0)).maximum(Some(u32::MAX)),
        ),
        query(
            "include_past",
            "Whether events that are over are wanted, too.",
            ObjectBuilder::new().schema_type(Type::Boolean).default(Some(false.into())),
        ),
    ]
}

/// Returns what somebody has typed so far.
pub(super) fn typed() -> Parameter {
    let text = text().min_length(Some(1)).max_length(Some(SearchText::MAX_CHARS)).examples(["zür"]);
    let mut typed = query("q", "What was typed so far, read as in a search.", text);
    typed.required = Required::True;
    typed
}

/// Returns the order of a search.
pub(super) fn sort() -> Parameter {
    query(
        "sort",
        "The order. `starts_at`: the next event first, the default without `q`. `relevance`: the \
         best match first, the default with `q`, and the same as `starts_at` without. `distance`: \
         the nearest first; needs `near`. `price`: the cheapest first within each currency.",
        string().enum_values(Some(Sort::ALL.map(Sort::as_str))),
    )
}

/// Returns what cuts a list into pages.
pub(super) fn paging() -> [Parameter; 2] {
    let limit = integer().minimum(Some(1)).maximum(Some(MAX_LIMIT));
    [
        query("limit", "How many items at most.", limit.default(Some(DEFAULT_LIMIT.into()))),
        query("cursor", "The `next_cursor` of the page before.", string()),
    ]
}

/// Returns the header of a repeatable booking.
pub(super) fn idempotency_key() -> Parameter {
    header(
        IDEMPOTENCY_KEY,
        "The client's name for this request. Repeating it with the same body books nothing twice, \
         and is answered with the same booking as it stands then. Kept for 48 hours. It must not begin \
         with `page-form:`, as the keys of the shop's own form do.",
        string()
            .min_length(Some(1))
            .max_length(Some(255))
            .pattern(Some(format!("^(?!{KEYS_OF_FORMS})[\\x20-\\x7e]+$"))),
    )
}

/// Returns the header of a conditional request.
pub(super) fn if_none_match() -> Parameter {
    header("If-None-Match", "Entity tags of the copies that the client has.", string())
}

fn query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    parameter(ParameterIn::Query, name, description, schema)
}

fn header(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    parameter(ParameterIn::Header, name, description, schema)
}

fn parameter(
    place: ParameterIn,
    name: &str,
    description: &str,
    schema: ObjectBuilder,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(Schema::from(schema)))
        .build()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A text of any characters but U+0000, which databases do not store.
fn text() -> ObjectBuilder {
    string().pattern(Some(r"^[^\u0000]*$"))
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Number)
}

fn code(pattern: &str) -> ObjectBuilder {
    string().pattern(Some(pattern))
}

fn moment() -> ObjectBuilder {
    string().pattern(Some(MOMENT)).examples(["2027-03-28T18:00:00Z", "2027-03-28"])
}

fn custom(format: &str) -> SchemaFormat {
    SchemaFormat::Custom(format.to_owned())
}

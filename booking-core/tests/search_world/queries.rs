//! What people ask of the catalogue, and what they expect to be shown.
//!
//! Where the rules leave an answer open, a query states only the part that they fix: which events
//! come first, which are among the results, and which are not.

mod beginnings;
mod filters;
mod hostile;
mod phrases;
mod places;
mod ranking;
mod scripts;
mod typos;
mod words;

/// A search, and what is known of its results.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The rule that it covers.
    pub(super) why: &'static str,
    /// Free text; empty if there is none, like the others.
    pub(super) q: &'static str,
    /// Category.
    pub(super) category: &'static str,
    /// Tag.
    pub(super) tag: &'static str,
    /// Country of the venue.
    pub(super) country: &'static str,
    /// City of the venue.
    pub(super) city: &'static str,
    /// A date of UTC or an instant.
    pub(super) starts_from: &'static str,
    /// A date of UTC, which is included, or an instant.
    pub(super) starts_to: &'static str,
    /// The centre of a circle.
    pub(super) near: Option<(f64, f64)>,
    /// Its radius.
    pub(super) radius_km: f64,
    /// The highest price, in the minor unit of a currency.
    pub(super) price_max: Option<(i64, &'static str)>,
    /// How many tickets must be left; 0 if it does not matter.
    pub(super) available: u32,
    /// Whether events that are over are wanted, too.
    pub(super) include_past: bool,
    /// The order; empty for the usual one.
    pub(super) sort: &'static str,
    /// These come first, in this order.
    pub(super) first: &'static [&'static str],
    /// These are among the results.
    pub(super) has: &'static [&'static str],
    /// These are not.
    pub(super) lacks: &'static [&'static str],
    /// These are all of the results, in whichever order.
    pub(super) exactly: Option<&'static [&'static str]>,
}

/// Asks for everything, and expects nothing.
pub(super) const ANY: Asked = Asked {
    why: "",
    q: "",
    category: "",
    tag: "",
    country: "",
    city: "",
    starts_from: "",
    starts_to: "",
    near: None,
    radius_km: 50.0,
    price_max: None,
    available: 0,
    include_past: false,
    sort: "",
    first: &[],
    has: &[],
    lacks: &[],
    exactly: None,
};

/// Every query, in one list for each theme.
pub(super) const QUERIES: &[&[Asked]] = &[
    words::QUERIES,
    ranking::QUERIES,
    beginnings::QUERIES,
    typos::QUERIES,
    phrases::QUERIES,
    scripts::QUERIES,
    filters::QUERIES,
    places::QUERIES,
    hostile::QUERIES,
];

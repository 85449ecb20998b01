//! The JSON shapes of answers.
//!
//! They are types of their own, so that a change of the domain never changes the contract by
//! accident. Their comments are the descriptions in the OpenAPI document.

mod booking;
mod event;

pub use booking::{Booking, BookingEvent, BookingList, BookingStatus, Customer, Refund};
pub use event::{
    CategoryCount, CountryCount, Event, EventList, EventStatus, Facets, MonthCount, OnlineVenue,
    PhysicalVenue, SuggestedCity, SuggestedEvent, Suggestions, Venue,
};

use booking_core::domain::money;
use booking_core::service::{CachedCount, StockReport};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::DependencyKinds;

/// An amount of money.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Money {
    /// The amount in the minor unit of the currency: `4500` is 45.00 EUR, 4500 JPY and 4.500 KWD.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub amount: i64,
    /// The currency's ISO 4217 code.
    #[schema(min_length = 3, max_length = 3, examples("EUR"))]
    pub currency: &'static str,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.amount_minor(), currency: money.currency().code() }
    }
}

/// What came of a notification. Each of these is durable.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct NotificationReceipt {
    /// What the notification did.
    pub outcome: NotificationOutcome,
}

/// What a notification did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationOutcome {
    /// It moved the booking.
    Applied,
    /// It came too late to change anything, or said what was known.
    Unchanged,
    /// A notification with this id came before.
    Duplicate,
    /// Payment, amount or currency is not that of the booking: it was recorded for review.
    SetAside,
}

/// That the process lives.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: otherwise there is no answer.
    pub status: HealthStatus,
}

/// `ok`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It lives.
    Ok,
}

/// That bookings can be taken.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Readiness {
    /// Always `ready`: otherwise the answer is a problem.
    pub status: ReadinessStatus,
    /// Whether something is down that can be done without.
    pub degraded: bool,
    /// What the service depends on, and whether it answers.
    pub dependencies: Dependencies,
    /// What these are. Only where the service was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Kinds, required = false)]
    pub kinds: Option<Kinds>,
}

/// `ready`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessStatus {
    /// It is ready.
    Ready,
}

/// What the service depends on, and how that is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Dependencies {
    /// The database. Without it nothing can be booked.
    pub database: DependencyState,
    /// The stock cache. Without it everything works, at the database's speed.
    pub cache: DependencyState,
}

/// What the things are that the service depends on. A host with adapters of its own has words of its own.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Kinds {
    /// What the database is: `sqlite`, `postgresql`, or `postgresql-pgbouncer` behind a pgbouncer.
    #[schema(examples("postgresql"))]
    pub database: &'static str,
    /// What the stock cache is: `memory` of this process, `redis` or `redis-cluster`.
    #[schema(examples("redis-cluster"))]
    pub cache: &'static str,
}

impl From<DependencyKinds> for Kinds {
    fn from(DependencyKinds { database, cache }: DependencyKinds) -> Self {
        Self { database, cache }
    }
}

/// Whether something answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencyState {
    /// It answers.
    Up,
    /// It does not.
    Down,
}

impl DependencyState {
    /// Names the state.
    pub const fn of(is_up: bool) -> Self {
        if is_up { Self::Up } else { Self::Down }
    }
}

/// The stock of an event, in the database and in the cache.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Stock {
    /// All tickets.
    pub capacity: u32,
    /// Tickets that are not paid for: capacity less sold.
    pub stock: u32,
    /// Tickets of pending bookings.
    pub held: u32,
    /// Tickets that are paid for.
    pub sold: u32,
    /// Tickets that can be booked now: stock less held.
    pub available: u32,
    /// Whether the cache answers.
    pub cache: DependencyState,
    /// The count in the cache; `null` if the event is not cached or, where `cache` is `down`, if that is not known.
    #[schema(required)]
    pub instock: Option<u32>,
    /// How many tickets the cache counts too many, or too few if negative; `null` where `instock` is. The two are
    /// not read at one moment, so sales that go on show here. It passes by itself.
    #[schema(required)]
    pub drift: Option<i64>,
}

impl From<StockReport> for Stock {
    fn from(report: StockReport) -> Self {
        let stock = report.stock;
        let instock = match report.cached {
            CachedCount::Counted(count) => Some(count),
            CachedCount::NotCached | CachedCount::NoAnswer => None,
        };
        Self {
            capacity: stock.capacity(),
            stock: stock.stock(),
            held: stock.held(),
            sold: stock.sold(),
            available: stock.available(),
            cache: DependencyState::of(report.cached != CachedCount::NoAnswer),
            instock,
            drift: report.drift(),
        }
    }
}

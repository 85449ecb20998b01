//! In which order events are found, and where each of them stands in it.

use crate::domain::ids::EventId;
use crate::domain::invalid::Invalid;
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::venue::Chord;

/// How the results are ordered. The id breaks every tie, so that each order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The next event first.
    StartsAt,
    /// The best match of the text first, then the next event.
    Relevance,
    /// The nearest first. Needs [`SearchFilter::near`](super::SearchFilter::near); events without a position come last.
    Distance,
    /// The cheapest first within each currency, and the currencies by their codes.
    Price,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 4] = [Self::StartsAt, Self::Relevance, Self::Distance, Self::Price];

    /// Returns the name used in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartsAt => "starts_at",
            Self::Relevance => "relevance",
            Self::Distance => "distance",
            Self::Price => "price",
        }
    }

    /// Reads the name used in the API.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == name)
            .ok_or_else(|| Invalid::new("must be one of starts_at, relevance, distance and price"))
    }
}

/// Where a page ends: the next one begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SearchPosition {
    /// Where it stands in the order.
    pub rank: Rank,
    /// The event that it is.
    pub id: EventId,
    /// Whether words that are spelt like those of the text were accepted. Pages after the first go by it: what is added
    /// meanwhile does not change what the others find.
    pub is_forgiving: bool,
}

/// Where an event stands in an order. Smaller comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// For [`Sort::StartsAt`].
    StartsAt(Timestamp),
    /// For [`Sort::Relevance`].
    Relevance {
        /// `u32::MAX` less the score, so that the best comes first.
        distance: u32,
        /// Among equals, the next event first.
        starts_at: Timestamp,
    },
    /// For [`Sort::Distance`]; [`Chord::UNKNOWN`] without a position.
    Distance(Chord),
    /// For [`Sort::Price`].
    Price {
        /// The currency.
        currency: Currency,
        /// The price in its minor unit.
        amount_minor: i64,
    },
}

impl Rank {
    /// Returns the order that the rank belongs to.
    pub const fn sort(self) -> Sort {
        match self {
            Self::StartsAt(_) => Sort::StartsAt,
            Self::Relevance { .. } => Sort::Relevance,
            Self::Distance(_) => Sort::Distance,
            Self::Price { .. } => Sort::Price,
        }
    }
}

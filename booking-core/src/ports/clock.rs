//! Time and ids come from outside, so that everything can be tested on a clock that a test moves.

use std::fmt::Debug;

use uuid::Uuid;

use crate::domain::time::Timestamp;

/// Tells the time.
///
/// # Contract
///
/// 1. `now` MAY go backwards (clocks are set); no answer of the engine may be wrong because of it.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Debug + Send + Sync + 'static {
    /// Returns the time.
    fn now(&self) -> Timestamp;
}
const _: fn(&dyn Clock) = |_| {}; // Stays object safe.

/// Makes ids.
///
/// # Contract
///
/// 1. No id is ever made twice, by any process.
/// 2. Ids are UUID v7 (RFC 9562 §5.7), and each is greater than the one before it from the same source, also
///    within a millisecond and when the clock goes backwards.
/// 3. The parts that are not time cannot be guessed: who knows a booking's id may see the booking.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IdSource: Debug + Send + Sync + 'static {
    /// Makes an id.
    fn next_id(&self) -> Uuid;
}
const _: fn(&dyn IdSource) = |_| {}; // Stays object safe.

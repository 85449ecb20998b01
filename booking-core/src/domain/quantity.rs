//! How many tickets.

use std::fmt;
use std::num::NonZeroU32;

use super::invalid::Invalid;

/// How many tickets one booking is for: 1 to [`Quantity::MAX`].
///
/// An event may set a lower bound of its own, see
/// [`max_per_booking`](crate::domain::event::EventFields::max_per_booking).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(NonZeroU32);

impl Quantity {
    /// Keeps one request from emptying a large event.
    pub const MAX: u32 = 1_000;

    /// Accepts 1 to [`Quantity::MAX`].
    pub fn new(value: u32) -> Result<Self, Invalid> {
        match NonZeroU32::new(value) {
            Some(value) if value.get() <= Self::MAX => Ok(Self(value)),
            _ => Err(Invalid::new(format!("must be between 1 and {}", Self::MAX))),
        }
    }

    /// Returns the number of tickets.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many tickets an event has to sell: 1 to [`Capacity::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capacity(NonZeroU32);

impl Capacity {
    /// More than the largest gatherings on record, and far from the edge of 32 bits.
    pub const MAX: u32 = 100_000_000;

    /// Accepts 1 to [`Capacity::MAX`].
    pub fn new(value: u32) -> Result<Self, Invalid> {
        match NonZeroU32::new(value) {
            Some(value) if value.get() <= Self::MAX => Ok(Self(value)),
            _ => Err(Invalid::new(format!("must be between 1 and {}", Self::MAX))),
        }
    }

    /// Returns the number of tickets.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sensible_numbers_of_tickets_pass() {
        assert!(Quantity::new(0).is_err());
        assert_eq!(Quantity::new(1).unwrap().get(), 1);
        assert_eq!(Quantity::new(Quantity::MAX).unwrap().get(), Quantity::MAX);
        assert!(Quantity::new(Quantity::MAX + 1).is_err());
        assert!(Capacity::new(0).is_err());
        assert!(Capacity::new(Capacity::MAX).is_ok());
        assert!(Capacity::new(u32::MAX).is_err());
    }
}

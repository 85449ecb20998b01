//! The count of an event's tickets.

use super::invalid::Invalid;
use super::quantity::Capacity;

/// How many tickets an event has, how many of them are unpaid for, and how many of those are held.
///
/// Invariant: `held <= stock <= capacity`. The databases repeat it as a `CHECK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_field_names,
    reason = "stock is the word for tickets that are not paid for"
)]
pub struct Stock {
    capacity: u32,
    stock: u32,
    held: u32,
    version: u64,
}

/// What one transition does to an event's stock, in tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StockDelta {
    /// Change of the capacity.
    pub capacity: i64,
    /// Change of the tickets that are not paid for.
    pub stock: i64,
    /// Change of the tickets that pending bookings hold.
    pub held: i64,
}

impl Stock {
    /// Returns the stock of a new event, of which nothing is sold: version 1.
    pub const fn new(capacity: Capacity) -> Self {
        Self { capacity: capacity.get(), stock: capacity.get(), held: 0, version: 1 }
    }

    /// Restores a stock that was stored; one that breaks the invariant is refused.
    pub fn restore(capacity: u32, stock: u32, held: u32, version: u64) -> Result<Self, Invalid> {
        if held > stock || stock > capacity {
            return Err(Invalid::new("breaks held <= stock <= capacity"));
        }
        Ok(Self { capacity, stock, held, version })
    }

    /// Returns how many tickets there are in all.
    pub const fn capacity(self) -> u32 {
        self.capacity
    }

    /// Returns how many tickets are not paid for: capacity less sold.
    pub const fn stock(self) -> u32 {
        self.stock
    }

    /// Returns how many tickets pending bookings hold.
    pub const fn held(self) -> u32 {
        self.held
    }

    /// Returns how many tickets are paid for.
    pub const fn sold(self) -> u32 {
        self.capacity - self.stock
    }

    /// Returns how many tickets can be booked now.
    pub const fn available(self) -> u32 {
        self.stock - self.held
    }

    /// Returns what a cache makes of it that counts `available` tickets: the others that are not paid for are held.
    /// A count that is too high is not believed.
    pub(crate) fn with_available(self, available: u32) -> Self {
        Self { held: self.stock.saturating_sub(available), ..self }
    }

    /// Returns the number of the last change. It goes up by one with every movement.
    pub const fn version(self) -> u64 {
        self.version
    }

    /// Returns the stock after a change, with the next version, or `None` if that would break the
    /// invariant.
    pub fn checked_apply(self, delta: StockDelta) -> Option<Self> {
        let shift = |count: u32, by: i64| u32::try_from(i64::from(count).checked_add(by)?).ok();
        let capacity = shift(self.capacity, delta.capacity)?;
        let stock = shift(self.stock, delta.stock)?;
        let held = shift(self.held, delta.held)?;
        Self::restore(capacity, stock, held, self.version.checked_add(1)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cache_counts_is_available_but_no_more_than_is_unsold() {
        let stock = Stock::restore(9, 5, 1, 7).unwrap();
        for (counted, available) in [(0, 0), (3, 3), (5, 5), (6, 5)] {
            let shown = stock.with_available(counted);
            assert_eq!(shown.available(), available);
            assert_eq!((shown.capacity(), shown.sold(), shown.version()), (9, 4, 7));
        }
    }

    #[test]
    fn changes_that_break_the_invariant_are_refused() {
        let stock = Stock::new(Capacity::new(5).unwrap());
        let take = |n| StockDelta { held: n, ..StockDelta::default() };
        let held = stock.checked_apply(take(5)).unwrap();
        assert_eq!((held.available(), held.held(), held.version()), (0, 5, 2));
        assert_eq!(held.checked_apply(take(1)), None);
        assert_eq!(stock.checked_apply(take(-1)), None);
        assert_eq!(held.checked_apply(StockDelta { stock: -1, ..StockDelta::default() }), None);
        assert_eq!(stock.checked_apply(StockDelta { stock: 1, ..StockDelta::default() }), None);
        let sold = held.checked_apply(StockDelta { stock: -5, held: -5, capacity: 0 }).unwrap();
        assert_eq!((sold.sold(), sold.available()), (5, 0));
        assert!(Stock::restore(1, 2, 0, 1).is_err());
    }
}

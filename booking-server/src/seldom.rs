//! Log lines that strangers can cause.

use std::sync::atomic::{AtomicI64, Ordering};

use booking_core::domain::time::Timestamp;

/// Lets one line through each second. Whoever sends nonsense without end would fill the disk otherwise; how much there
/// was is counted.
#[derive(Debug, Default)]
pub(crate) struct Seldom {
    /// The second of the last line.
    last: AtomicI64,
}

impl Seldom {
    /// Tells whether a line is due, and takes it for written.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let second = now.as_secs();
        // A clock that steps back must not silence it.
        self.last.swap(second, Ordering::Relaxed) != second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_due_each_second() {
        let seldom = Seldom::default();
        let at = |seconds| Timestamp::from_secs(seconds).unwrap();
        let due = [1, 1, 2, 2, 2, 5, 4].map(|second| seldom.is_due(at(second)));
        assert_eq!(due, [true, false, true, false, false, true, true]);
    }
}

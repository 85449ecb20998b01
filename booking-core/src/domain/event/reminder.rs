//! How long before an event its buyers are reminded of it.

use std::time::Duration;

use crate::domain::invalid::Invalid;
use crate::domain::time::Timestamp;

/// How long before an event its buyers are reminded: whole minutes, up to 30 days, or never. A day by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReminderLead {
    minutes: u32,
}

impl ReminderLead {
    /// The longest lead: 30 days.
    pub const MAX_MINUTES: u32 = 30 * 24 * 60;
    /// Nobody is reminded.
    pub const NEVER: Self = Self { minutes: 0 };
    /// A day before.
    pub const DAY: Self = Self { minutes: 24 * 60 };

    /// Accepts 0 to 43,200 minutes; zero means that nobody is reminded.
    pub fn from_minutes(minutes: u32) -> Result<Self, Invalid> {
        if minutes > Self::MAX_MINUTES {
            return Err(Invalid::new(format!("must be 0 to {} minutes", Self::MAX_MINUTES)));
        }
        Ok(Self { minutes })
    }

    /// Returns the minutes; zero means that nobody is reminded.
    pub const fn minutes(self) -> u32 {
        self.minutes
    }

    /// Returns when to remind of something that begins at `starts_at`, if at all.
    pub fn before(self, starts_at: Timestamp) -> Option<Timestamp> {
        let lead = Duration::from_secs(u64::from(self.minutes) * 60);
        (self != Self::NEVER).then(|| starts_at.saturating_sub(lead))
    }
}

impl Default for ReminderLead {
    fn default() -> Self {
        Self::DAY
    }
}

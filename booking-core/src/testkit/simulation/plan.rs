//! What is played: a seed, and what of it is left out to make a failure easier to read.

use std::collections::BTreeSet;
use std::fmt;

/// A seed decides on everything. To shorten a failing run, steps and faults are left out of what it decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Steps that are not taken.
    pub without_steps: BTreeSet<u32>,
    /// Calls that would be lost or late, and are not. A call is numbered by its instance, in the upper half, and the
    /// instance's calls before it.
    pub without_faults: BTreeSet<u64>,
}

impl Plan {
    /// Plays all that a seed decides.
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(super) fn spares(&self, call: u64) -> bool {
        self.without_faults.contains(&call)
    }

    pub(super) fn takes(&self, step: u32) -> bool {
        !self.without_steps.contains(&step)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}", self.seed)?;
        if !self.without_steps.is_empty() || !self.without_faults.is_empty() {
            write!(f, " without steps {:?}", self.without_steps)?;
            write!(f, " and faults {:?}", self.without_faults)?;
        }
        Ok(())
    }
}

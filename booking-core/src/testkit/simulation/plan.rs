//! What is played: a seed, and what of it is left out to make a failure easier to read.

use std::collections::BTreeSet;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A seed decides on everything. To shorten a failing run, steps and faults are left out of what it decides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Steps that are not taken.
    pub without_steps: BTreeSet<u32>,
    /// Steps in which nothing breaks, whatever else happens in them: no instance is killed, nothing is away, and the cache
    /// forgets nothing.
    pub without_troubles: BTreeSet<u32>,
    /// Messages of the bank that come in time and once.
    pub without_delays: BTreeSet<u64>,
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

    pub(super) fn is_calm(&self, step: u32) -> bool {
        self.without_troubles.contains(&step)
    }

    pub(super) fn is_punctual(&self, slip: u64) -> bool {
        self.without_delays.contains(&slip)
    }

    pub(super) fn takes(&self, step: u32) -> bool {
        !self.without_steps.contains(&step)
    }
}

/// Writes it as [`FromStr`] reads it: the seed, then `-` and what is left out: a step by its number, what breaks in one by `t`
/// and its number, what befalls a message of the bank by `m` and its number, and the fault of a call by the numbers of
/// instance and call. `17 -3 -t5 -m2 -1.22`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seed)?;
        for step in &self.without_steps {
            write!(f, " -{step}")?;
        }
        for step in &self.without_troubles {
            write!(f, " -t{step}")?;
        }
        for slip in &self.without_delays {
            write!(f, " -m{slip}")?;
        }
        for call in &self.without_faults {
            write!(f, " -{}.{}", call >> 32, call & u64::from(u32::MAX))?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let mut words = text.split_whitespace();
        let mut plan = Self::of(words.next().unwrap_or_default().parse()?);
        for word in words {
            let word = word.trim_start_matches('-');
            if let Some(step) = word.strip_prefix('t') {
                plan.without_troubles.insert(step.parse()?);
            } else if let Some(slip) = word.strip_prefix('m') {
                plan.without_delays.insert(slip.parse()?);
            } else if let Some((instance, call)) = word.split_once('.') {
                let (instance, call): (u32, u32) = (instance.parse()?, call.parse()?);
                plan.without_faults.insert(u64::from(instance) << 32 | u64::from(call));
            } else {
                plan.without_steps.insert(word.parse()?);
            }
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_as_it_is_written() {
        let mut plan = Plan::of(17);
        assert_eq!(plan.to_string(), "17");
        plan.without_steps = BTreeSet::from([3, 35]);
        plan.without_faults = BTreeSet::from([(1 << 32) + 22, 12 << 32]);
        plan.without_troubles = BTreeSet::from([5]);
        plan.without_delays = BTreeSet::from([2]);
        assert_eq!(plan.to_string(), "17 -3 -35 -t5 -m2 -1.22 -12.0");
        assert_eq!(plan.to_string().parse(), Ok(plan));
        assert!("".parse::<Plan>().is_err() && "17 -x".parse::<Plan>().is_err());
        assert!("17 -t".parse::<Plan>().is_err() && "17 -mx".parse::<Plan>().is_err());
    }
}

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

/// Writes it as [`FromStr`] reads it: the seed, then `-` and what is left out: a step by its number, a fault by the numbers
/// of its instance and call. `17 -3 -1.22`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seed)?;
        for step in &self.without_steps {
            write!(f, " -{step}")?;
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
            match word.split_once('.') {
                None => drop(plan.without_steps.insert(word.parse()?)),
                Some((instance, call)) => {
                    let (instance, call): (u32, u32) = (instance.parse()?, call.parse()?);
                    plan.without_faults.insert(u64::from(instance) << 32 | u64::from(call));
                }
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
        plan.without_faults = BTreeSet::from([1 << 32 | 22, 12 << 32]);
        assert_eq!(plan.to_string(), "17 -3 -35 -1.22 -12.0");
        assert_eq!(plan.to_string().parse(), Ok(plan));
        assert!("".parse::<Plan>().is_err() && "17 -x".parse::<Plan>().is_err());
    }
}

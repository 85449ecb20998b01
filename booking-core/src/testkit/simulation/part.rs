//! What a seed decides, part by part.

use crate::testkit::dice::Dice;

/// What is decided apart from the rest: leaving one out changes no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The world as it is in the beginning.
    World,
    /// A call from an instance to another process.
    Call(u64),
    /// A message of the bank.
    Slip(u64),
    /// An instance.
    Instance(u32),
    /// What somebody does in a step.
    Step(u32),
    /// What goes wrong in a step.
    Trouble(u32),
}

impl Part {
    /// Returns the dice that decide on this part.
    pub(super) fn dice(self, seed: u64) -> Dice {
        match self {
            Self::World => Dice::of_part(seed, &[0]),
            Self::Call(number) => Dice::of_part(seed, &[1, number]),
            Self::Slip(number) => Dice::of_part(seed, &[2, number]),
            Self::Instance(number) => Dice::of_part(seed, &[3, number.into()]),
            Self::Step(number) => Dice::of_part(seed, &[4, number.into()]),
            Self::Trouble(number) => Dice::of_part(seed, &[5, number.into()]),
        }
    }
}

//! What goes wrong, how often, and what becomes of a single call.

use std::time::Duration;

use crate::dice::Dice;

/// How long a caller waits for the cache. Whatever lands later was given up before.
pub(crate) const CACHE_PATIENCE: Duration = Duration::from_millis(100);
/// How long a request to the database is under way at most, and its answer again.
pub(crate) const DATABASE_LONGEST: Duration = Duration::from_millis(400);
/// After this time, whatever was under way to the cache has landed.
pub(crate) const CACHE_LONGEST: Duration = Duration::from_secs(3);
/// By how much the clock of an instance may be ahead or behind.
pub(crate) const SKEW: Duration = Duration::from_millis(100);

/// How often what goes wrong, in a thousand calls or steps. Delays that everybody lives with are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Trouble {
    /// Of a thousand calls to the cache: the request or its answer is lost.
    pub(crate) cache_lost: u32,
    /// Of a thousand calls to the cache: the request lands after its caller gave up.
    pub(crate) cache_late: u32,
    /// Of a thousand steps: the cache restarts empty, or a replica takes over that lacks the last writes.
    pub(crate) cache_forgets: u32,
    /// Of a thousand calls to the database: the request or its answer is lost.
    pub(crate) database_lost: u32,
    /// Of a thousand steps: an instance is killed, at once or after some more calls.
    pub(crate) crash: u32,
    /// Whether clocks differ.
    pub(crate) is_skewed: bool,
    /// Whether anything takes time at all.
    pub(crate) is_slow: bool,
}

impl Trouble {
    /// Nothing goes wrong and nothing takes time.
    pub(crate) const NONE: Self = Self {
        cache_lost: 0,
        cache_late: 0,
        cache_forgets: 0,
        database_lost: 0,
        crash: 0,
        is_skewed: false,
        is_slow: false,
    };

    /// Returns the kind of trouble that a schedule has to live with. Single kinds come alone, too: what a
    /// protocol makes of one kind is not to hide behind what another kind excuses.
    pub(crate) fn of(dice: &Dice) -> Self {
        let slow = Self { is_slow: true, ..Self::NONE };
        match dice.below(6) {
            0 | 1 => slow,
            2 => Self { crash: 60, ..slow },
            3 => Self { cache_lost: 60, cache_late: 60, ..slow },
            4 => Self { cache_forgets: 80, is_skewed: true, ..slow },
            _ => Self {
                cache_lost: 30,
                cache_late: 30,
                cache_forgets: 30,
                database_lost: 40,
                crash: 30,
                is_skewed: true,
                is_slow: true,
            },
        }
    }
}

/// What is lost of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    Nothing,
    /// It never arrives.
    Request,
    /// It takes effect, and nobody hears of it.
    Answer,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// How long the request is under way.
    pub(crate) out: Duration,
    /// How long the answer is.
    pub(crate) back: Duration,
    pub(crate) loss: Loss,
}

impl Fate {
    pub(crate) fn of_cache_call(dice: &Dice, trouble: Trouble) -> Self {
        let loss = loss(dice, trouble.cache_lost);
        let out = if dice.chance(trouble.cache_late) {
            let longest = u32::try_from(CACHE_LONGEST.as_millis()).unwrap();
            dice.millis(101, longest)
        } else {
            cache_way(dice, trouble)
        };
        Self { out, back: cache_way(dice, trouble), loss }
    }

    pub(crate) fn of_database_call(dice: &Dice, trouble: Trouble) -> Self {
        let loss = loss(dice, trouble.database_lost);
        Self { out: database_way(dice, trouble), back: database_way(dice, trouble), loss }
    }
}

fn loss(dice: &Dice, per_mille: u32) -> Loss {
    match (dice.chance(per_mille), dice.below(2)) {
        (false, _) => Loss::Nothing,
        (true, 0) => Loss::Request,
        (true, _) => Loss::Answer,
    }
}

/// Out and back together stay below [`CACHE_PATIENCE`].
fn cache_way(dice: &Dice, trouble: Trouble) -> Duration {
    match dice.below(10) {
        _ if !trouble.is_slow => Duration::ZERO,
        0..5 => Duration::ZERO,
        5..9 => dice.millis(1, 8),
        _ => dice.millis(10, 45),
    }
}

fn database_way(dice: &Dice, trouble: Trouble) -> Duration {
    let longest = u32::try_from(DATABASE_LONGEST.as_millis()).unwrap();
    match dice.below(10) {
        _ if !trouble.is_slow => Duration::ZERO,
        0..4 => Duration::ZERO,
        4..8 => dice.millis(1, 10),
        _ => dice.millis(10, longest),
    }
}

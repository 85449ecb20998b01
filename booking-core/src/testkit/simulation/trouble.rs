//! What goes wrong, how often, and what becomes of a single call.

use std::time::Duration;

use crate::testkit::dice::Dice;

/// How long a caller waits for the cache. Whatever lands later was given up before.
pub(super) const CACHE_PATIENCE: Duration = Duration::from_millis(100);
/// How long a request to the database is under way at most, and its answer again.
pub(super) const DATABASE_LONGEST: Duration = Duration::from_millis(400);
/// After this time, whatever was under way to the cache has landed.
const CACHE_LONGEST_MS: u32 = 3_000;
/// By how much the clock of an instance may be ahead or behind at most.
pub(super) const MOST_SKEW: Duration = Duration::from_secs(3);
/// The same, in whole milliseconds.
const MOST_SKEW_MS: u32 = 3_000;

/// How often what goes wrong, in a thousand calls or steps. Delays that everybody lives with are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Trouble {
    /// Of a thousand calls to the cache: the request or its answer is lost.
    pub(super) cache_lost: u32,
    /// Of a thousand calls to the cache: the request lands after its caller gave up.
    pub(super) cache_late: u32,
    /// Of a thousand steps: the cache restarts empty, or a replica takes over that lacks the last writes.
    pub(super) cache_forgets: u32,
    /// Of a thousand calls to the database: the request or its answer is lost, or somebody else is in the way.
    pub(super) database_lost: u32,
    /// Of a thousand calls to the database: the request lands when its caller has given up.
    pub(super) database_late: u32,
    /// Of a thousand steps: the database is away for some seconds.
    pub(super) outages: u32,
    /// Of a thousand steps: the gateway and the notifier are away for some seconds.
    pub(super) others_away: u32,
    /// Of a thousand requests of clients: the client gives up.
    pub(super) impatience: u32,
    /// Of a thousand calls to the gateway or the notifier: the request or its answer is lost, or it takes for ever.
    pub(super) others_lost: u32,
    /// Of a thousand notifications: it is sent late, twice, or after a message that came later.
    pub(super) notifications: u32,
    /// Of a thousand steps: an instance is killed, at once or after some more calls.
    pub(super) crash: u32,
    /// By how many milliseconds the clock of an instance may be ahead or behind.
    pub(super) skew_ms: u32,
    /// Whether overdue holds are left alone for long, so that many things come before the sweeper.
    pub(super) is_unswept: bool,
    /// Whether anything takes time at all.
    pub(super) is_slow: bool,
}

impl Trouble {
    /// Nothing goes wrong and nothing takes time.
    pub(super) const NONE: Self = Self {
        cache_lost: 0,
        cache_late: 0,
        cache_forgets: 0,
        database_lost: 0,
        database_late: 0,
        outages: 0,
        impatience: 0,
        others_lost: 0,
        others_away: 0,
        notifications: 0,
        crash: 0,
        skew_ms: 0,
        is_unswept: false,
        is_slow: false,
    };

    /// Returns the kind of trouble that a schedule has to live with. Single kinds come alone, too: what a
    /// protocol makes of one kind is not to hide behind what another kind excuses.
    pub(super) fn of(dice: &Dice) -> Self {
        let slow = Self { is_slow: true, is_unswept: dice.chance(300), ..Self::NONE };
        match dice.below(9) {
            0 => slow,
            1 => Self { notifications: 500, impatience: 150, ..slow },
            2 => Self { crash: 60, ..slow },
            3 => Self { cache_lost: 60, cache_late: 60, ..slow },
            4 => Self { cache_forgets: 80, skew_ms: MOST_SKEW_MS, ..slow },
            5 => Self { others_lost: 150, others_away: 50, notifications: 300, ..slow },
            6 => Self {
                database_lost: 50,
                database_late: 4,
                outages: 20,
                impatience: 50,
                notifications: 100,
                ..slow
            },
            7 => Self { notifications: 300, skew_ms: MOST_SKEW_MS, ..slow },
            _ => Self {
                cache_lost: 30,
                cache_late: 30,
                cache_forgets: 30,
                database_lost: 40,
                database_late: 2,
                outages: 10,
                impatience: 50,
                others_lost: 60,
                others_away: 10,
                notifications: 200,
                crash: 30,
                skew_ms: 100,
                ..slow
            },
        }
    }
}

impl Trouble {
    /// Returns by how much the clock of an instance may be ahead or behind.
    pub(super) fn skew(self) -> Duration {
        Duration::from_millis(self.skew_ms.into())
    }

    /// Returns how often an instance looks for overdue holds.
    pub(super) const fn sweep_interval(self) -> Duration {
        if self.is_unswept { Duration::from_secs(90) } else { Duration::from_secs(2) }
    }
}

/// What is lost of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    Nothing,
    /// It never arrives.
    Request,
    /// It takes effect, and nobody hears of it.
    Answer,
    /// It never arrives, and nobody can know that.
    RequestUnknown,
    /// It arrives, and is undone because another writer is in the way.
    Contention,
    /// It arrives, and is undone for a reason that nobody understands.
    Odd,
}

impl Loss {
    /// Tells whether the call takes effect.
    pub(super) const fn has_effect(self) -> bool {
        matches!(self, Self::Nothing | Self::Answer)
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    /// How long the request is under way.
    pub(super) out: Duration,
    /// How long the answer is.
    pub(super) back: Duration,
    pub(super) loss: Loss,
    /// Whether it is more than everybody lives with.
    pub(super) is_fault: bool,
}

impl Fate {
    /// It arrives and is answered at once.
    pub(super) const CALM: Self =
        Self { out: Duration::ZERO, back: Duration::ZERO, loss: Loss::Nothing, is_fault: false };

    pub(super) fn of_cache_call(dice: &Dice, trouble: Trouble) -> Self {
        let loss = loss(dice, trouble.cache_lost);
        let is_late = dice.chance(trouble.cache_late);
        let out =
            if is_late { dice.millis(101, CACHE_LONGEST_MS) } else { cache_way(dice, trouble) };
        let is_fault = is_late || loss != Loss::Nothing;
        Self { out, back: cache_way(dice, trouble), loss, is_fault }
    }

    pub(super) fn of_database_call(dice: &Dice, trouble: Trouble) -> Self {
        let loss = database_loss(dice, trouble.database_lost);
        let is_late = dice.chance(trouble.database_late);
        let out = if is_late { dice.millis(20_500, 26_000) } else { database_way(dice, trouble) };
        let is_fault = is_late || loss != Loss::Nothing;
        Self { out, back: database_way(dice, trouble), loss, is_fault }
    }

    /// Of a call to the gateway or the notifier. One that takes for ever is longer under way than anybody waits.
    pub(super) fn of_other_call(dice: &Dice, trouble: Trouble) -> Self {
        let loss = loss(dice, trouble.others_lost);
        let is_endless = dice.chance(trouble.others_lost / 3);
        let out = if is_endless { dice.millis(8_000, 14_000) } else { database_way(dice, trouble) };
        let is_fault = is_endless || loss != Loss::Nothing;
        Self { out, back: database_way(dice, trouble), loss, is_fault }
    }
}

fn loss(dice: &Dice, per_mille: u32) -> Loss {
    match (dice.chance(per_mille), dice.below(5)) {
        (false, _) => Loss::Nothing,
        (true, 0..2) => Loss::Request,
        (true, 2) => Loss::RequestUnknown,
        (true, _) => Loss::Answer,
    }
}

fn database_loss(dice: &Dice, per_mille: u32) -> Loss {
    match (dice.chance(per_mille), dice.below(12)) {
        (false, _) => Loss::Nothing,
        (true, 0..3) => Loss::Request,
        (true, 3..5) => Loss::RequestUnknown,
        (true, 5..7) => Loss::Contention,
        (true, 7) => Loss::Odd,
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
    let longest = u32::try_from(DATABASE_LONGEST.as_millis()).unwrap_or(u32::MAX);
    match dice.below(10) {
        _ if !trouble.is_slow => Duration::ZERO,
        0..4 => Duration::ZERO,
        4..8 => dice.millis(1, 10),
        _ => dice.millis(10, longest),
    }
}

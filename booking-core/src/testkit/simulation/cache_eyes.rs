//! What every request does to the cache, and what it may not do.

use super::line::Line;
use super::op::{Answer, Op};
use super::world::World;
use crate::domain::ids::EventId;
use crate::ports::stock_cache::{CacheLookup, Take, TakeOutcome};
use crate::testkit::witness::Rule;

impl World {
    /// Carries a request to the cache out, and looks at what it did.
    pub(super) fn apply(&self, line: &Line, op: &Op) -> Answer {
        // A request that is late still bears the time at which it was sent, and the cache goes by that.
        let now = op.now().unwrap_or_else(|| self.now());
        let mut events = op.events();
        events.sort_unstable();
        events.dedup();
        let before: Vec<Option<u32>> =
            events.iter().map(|event_id| self.cache.count(*event_id, now)).collect();
        let answer = self.cache.apply(op);
        for (event_id, before) in events.into_iter().zip(before) {
            let after = self.cache.count(event_id, now);
            self.say(&format!("i{}", line.number), || {
                format!("{} {}: {before:?} -> {after:?}", brief_op(op), self.name(event_id))
            });
            self.look_at_entry(op, event_id, before, after);
            self.look_at_takes(op, &answer, event_id, (before, after));
        }
        self.look_at_answer(op, &answer);
        self.look_at_corrections(op);
        answer
    }

    /// A count is corrected to what the database held, if that version was seen.
    fn look_at_corrections(&self, op: &Op) {
        let Op::Correct(batch, _) = op else { return };
        for (event_id, stock) in batch {
            let held = self.versions.version(*event_id, stock.version());
            if let Some((held, _)) = held.filter(|(held, _)| held.stock != *stock) {
                let name = self.name(*event_id);
                let seen = format!("{name} is corrected to {stock:?}, and had {:?}", held.stock);
                self.find(Rule::WhatIsCorrectedWasTrue, seen);
            }
        }
    }

    fn look_at_entry(&self, op: &Op, event_id: EventId, before: Option<u32>, after: Option<u32>) {
        let version = self.versions.current(event_id);
        match op {
            Op::Clear(_) => {
                self.trace.count("clears");
                self.standings.clear(event_id, version);
            }
            Op::Correct(..) if after == Some(self.listing(event_id).stock.available()) => {
                self.standings.settle_count(event_id);
            }
            // A correction that finds nothing takes the lease away, so what is filled later is read later.
            Op::Correct(..) if before.is_none() => self.standings.raise_floor(event_id, version),
            Op::Find(..) | Op::Fill(..) | Op::Take(..) | Op::GiveBack(..) | Op::Correct(..) => {}
        }
        if !matches!(op, Op::Fill(..)) && before.is_none() && after.is_some() {
            self.find(Rule::TheCacheIsFilled, format!("{} came in by itself", self.name(event_id)));
        }
    }

    /// A count is lowered by what was taken, no more and no less.
    fn look_at_takes(
        &self,
        op: &Op,
        answer: &Answer,
        event_id: EventId,
        (before, after): (Option<u32>, Option<u32>),
    ) {
        let (Op::Take(batch, _), Answer::Taken(outcomes)) = (op, answer) else { return };
        let taken: u32 = batch
            .iter()
            .zip(outcomes)
            .filter(|(take, outcome)| take.event_id == event_id && **outcome == TakeOutcome::Taken)
            .map(|(take, _)| take.quantity)
            .sum();
        if before.unwrap_or(0).checked_sub(taken) != Some(after.unwrap_or(0)) {
            let name = self.name(event_id);
            let seen = format!("{taken} of {name} were taken: {before:?} became {after:?}");
            self.find(Rule::WhatIsTakenIsGone, seen);
        }
    }

    fn look_at_answer(&self, op: &Op, answer: &Answer) {
        match (op, answer) {
            (Op::Find(event_id, _), Answer::Found(CacheLookup::Hit { available, .. })) => {
                self.trace.count("hits");
                let most = self.versions.most_available(*event_id);
                if *available > most {
                    let name = self.name(*event_id);
                    let seen = format!("{name} has {available}, and never had over {most}");
                    self.find(Rule::TheCacheHasOnlyWhatThereIs, seen);
                }
            }
            (Op::Fill(..), Answer::Filled(is_filled)) => {
                self.trace.count(if *is_filled { "fills" } else { "refused fills" });
            }
            (Op::Take(..), Answer::Taken(outcomes))
                if outcomes.iter().any(|outcome| matches!(outcome, TakeOutcome::TooFew { .. })) =>
            {
                self.trace.count("too few");
            }
            _ => {}
        }
    }
}

fn brief_op(op: &Op) -> String {
    match op {
        Op::Find(..) => "find".to_owned(),
        Op::Fill(lease, listing, _) => {
            format!("fill under {} with version {}", lease.token, listing.stock.version())
        }
        Op::Take(batch, _) => format!("take {:?}", quantities(batch)),
        Op::GiveBack(batch, _) => format!("give back {:?}", quantities(batch)),
        Op::Correct(batch, _) => {
            let stocks = batch.iter().map(|(_, stock)| (stock.version(), stock.available()));
            format!("correct to (version, count) {:?}", stocks.collect::<Vec<_>>())
        }
        Op::Clear(_) => "clear".to_owned(),
    }
}

fn quantities(batch: &[Take]) -> Vec<u32> {
    batch.iter().map(|take| take.quantity).collect()
}

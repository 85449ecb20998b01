//! Notices that wait to be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use crate::domain::ids::{BookingId, NoticeId};
use crate::domain::notice::{NewNotice, Notice, NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{
    NoticePage, NoticeRecord, NoticeResult, NoticeState, OutboxDepth,
};
use crate::ports::clock::IdSource;

/// The notices that are not done. One that is done is forgotten, so that nothing brings it back.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    rows: BTreeMap<NoticeId, NoticeRow>,
    /// Those that wait, by the time at which they are due.
    waiting: BTreeSet<(Recipient, Timestamp, NoticeId)>,
    /// Those that wait and may be planned anew: of each kind one for a booking.
    planned: BTreeMap<(BookingId, NoticeKind), NoticeId>,
    dead: u64,
}

#[derive(Debug)]
struct NoticeRow {
    notice: Notice,
    /// Not to be sent before.
    run_at: Timestamp,
    /// Whoever claimed it has it until then.
    leased_until: Option<Timestamp>,
    /// Why the last attempt failed.
    last_error: Option<String>,
    is_dead: bool,
}

impl NoticeRow {
    fn place(&self) -> (Recipient, Timestamp, NoticeId) {
        (self.notice.kind.recipient(), self.run_at, self.notice.id)
    }
}

/// Returns the range of what is due for a recipient at `now`.
fn due(
    recipient: Recipient,
    now: Timestamp,
) -> std::ops::RangeInclusive<(Recipient, Timestamp, NoticeId)> {
    let (first, last) = (uuid::Uuid::nil(), uuid::Uuid::max());
    (recipient, Timestamp::MIN, NoticeId::new(first))..=(recipient, now, NoticeId::new(last))
}

impl Outbox {
    pub(super) fn queue(&mut self, new: &NewNotice, ids: &dyn IdSource) {
        let row = NoticeRow {
            notice: Notice {
                id: NoticeId::new(ids.next_id()),
                event_id: new.event_id,
                booking_id: new.booking_id,
                kind: new.kind,
                attempt: 0,
                claim: 0,
                edition: 0,
            },
            run_at: new.run_at,
            leased_until: None,
            last_error: None,
            is_dead: false,
        };
        self.waiting.insert(row.place());
        if new.kind.is_planned() {
            self.planned.insert((new.booking_id, new.kind), row.notice.id);
        }
        self.rows.insert(row.notice.id, row);
    }

    /// Queues a notice, or plans the one that waits already anew.
    pub(super) fn plan(&mut self, new: &NewNotice, ids: &dyn IdSource) {
        if !self.replan(new.booking_id, new.kind, |_| new.run_at) {
            self.queue(new, ids);
        }
    }

    /// Puts the notice of a kind that waits for a booking to another time; tells whether there is one.
    pub(super) fn replan(
        &mut self,
        booking_id: BookingId,
        kind: NoticeKind,
        run_at: impl FnOnce(Timestamp) -> Timestamp,
    ) -> bool {
        let id = self.planned.get(&(booking_id, kind));
        let Some(row) = id.and_then(|id| self.rows.get_mut(id)) else { return false };
        self.waiting.remove(&row.place());
        row.run_at = run_at(row.run_at);
        row.notice.edition = row.notice.edition.saturating_add(1);
        row.notice.attempt = 0;
        row.leased_until = None;
        self.waiting.insert(row.place());
        true
    }

    /// Drops the notice of a kind that waits for a booking, if there is one.
    pub(super) fn drop_planned(&mut self, booking_id: BookingId, kind: NoticeKind) {
        if let Some(row) =
            self.planned.remove(&(booking_id, kind)).and_then(|id| self.rows.remove(&id))
        {
            self.waiting.remove(&row.place());
        }
    }

    /// Claims what is due and not claimed by another, the longest due first.
    pub(super) fn claim(
        &mut self,
        recipient: Recipient,
        now: Timestamp,
        lease: Duration,
        limit: u32,
    ) -> Vec<Notice> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut claimed = Vec::new();
        for (_, _, id) in self.waiting.range(due(recipient, now)) {
            if claimed.len() >= limit {
                break;
            }
            if let Some(row) = self.rows.get_mut(id)
                && row.leased_until.is_none_or(|until| until <= now)
            {
                row.leased_until = Some(now.saturating_add(lease));
                row.notice.attempt = row.notice.attempt.saturating_add(1);
                row.notice.claim = row.notice.claim.saturating_add(1);
                claimed.push(row.notice);
            }
        }
        claimed
    }

    pub(super) fn finish(&mut self, notice: &Notice, result: &NoticeResult) {
        let Some(row) = self.rows.get_mut(&notice.id) else { return };
        // What was given back may be so again, because nobody heard the answer. Somebody whose lease ran out may come
        // late: what was planned anew stays so, and so does what was given up or is another's by now, unless it was
        // delivered after all.
        let is_done = *result == NoticeResult::Done;
        let is_his = !row.is_dead && row.leased_until.is_some() && row.notice.claim == notice.claim;
        if row.notice.edition != notice.edition || !(is_his || is_done) {
            return;
        }
        self.waiting.remove(&row.place());
        if !row.is_dead && !matches!(result, NoticeResult::Retry { .. }) {
            self.planned.remove(&(row.notice.booking_id, row.notice.kind));
        }
        match result {
            NoticeResult::Done => {
                self.dead -= u64::from(row.is_dead);
                self.rows.remove(&notice.id);
            }
            NoticeResult::Retry { at, reason, counts } => {
                row.notice.attempt -= u32::from(!counts);
                row.run_at = *at;
                row.leased_until = None;
                row.last_error = Some(reason.clone());
                self.waiting.insert(row.place());
            }
            NoticeResult::Dead { reason } => {
                row.last_error = Some(reason.clone());
                row.is_dead = true;
                self.dead += 1;
            }
        }
    }

    /// Has one that was given up delivered after all; tells whether it was.
    pub(super) fn revive(&mut self, id: NoticeId, now: Timestamp) -> bool {
        let Some(row) = self.rows.get_mut(&id).filter(|row| row.is_dead) else { return false };
        let plan = (row.notice.booking_id, row.notice.kind);
        if row.notice.kind.is_planned() {
            if self.planned.contains_key(&plan) {
                return false;
            }
            self.planned.insert(plan, id);
        }
        self.dead -= 1;
        row.is_dead = false;
        row.run_at = now;
        row.notice.attempt = 0;
        row.leased_until = None;
        self.waiting.insert(row.place());
        true
    }

    pub(super) fn list(
        &self,
        state: NoticeState,
        after: Option<NoticeId>,
        limit: usize,
    ) -> NoticePage {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let is_listed = |row: &&NoticeRow| match state {
            NoticeState::Waiting => !row.is_dead,
            NoticeState::Due(at) => !row.is_dead && row.run_at <= at,
            NoticeState::Dead => row.is_dead,
        };
        let rows = self.rows.range((after, Bound::Unbounded)).map(|(_, row)| row);
        let mut rows = rows.filter(is_listed);
        let items: Vec<NoticeRecord> = rows
            .by_ref()
            .take(limit)
            .map(|row| NoticeRecord {
                notice: row.notice,
                run_at: row.run_at,
                last_error: row.last_error.clone(),
            })
            .collect();
        let next = items.last().map(|record| record.notice.id).filter(|_| rows.next().is_some());
        NoticePage { items, next }
    }

    pub(super) fn depth(&self, now: Timestamp) -> OutboxDepth {
        let count = |recipient| self.waiting.range(due(recipient, now)).count();
        let due = count(Recipient::Buyer) + count(Recipient::Gateway);
        OutboxDepth { due: u64::try_from(due).unwrap_or(u64::MAX), dead: self.dead }
    }
}

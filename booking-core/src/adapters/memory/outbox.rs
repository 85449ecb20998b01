//! Notices that wait to be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::ids::NoticeId;
use crate::domain::notice::{NewNotice, Notice, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::booking_repository::{NoticeResult, OutboxDepth};
use crate::ports::clock::IdSource;

/// The notices that are not done. One that is done is forgotten, so that nothing brings it back.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    rows: BTreeMap<NoticeId, NoticeRow>,
    /// Those that wait, by the time at which they are due.
    waiting: BTreeSet<(Recipient, Timestamp, NoticeId)>,
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
            },
            run_at: new.run_at,
            leased_until: None,
            last_error: None,
            is_dead: false,
        };
        self.waiting.insert(row.place());
        self.rows.insert(row.notice.id, row);
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
                claimed.push(row.notice);
            }
        }
        claimed
    }

    pub(super) fn finish(&mut self, id: NoticeId, result: &NoticeResult) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        self.waiting.remove(&row.place());
        match result {
            NoticeResult::Done => {
                self.dead -= u64::from(row.is_dead);
                self.rows.remove(&id);
            }
            // Somebody whose lease ran out may come late; what was given up stays so.
            NoticeResult::Retry { .. } | NoticeResult::Dead { .. } if row.is_dead => {}
            NoticeResult::Retry { at, reason } => {
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

    pub(super) fn depth(&self, now: Timestamp) -> OutboxDepth {
        let count = |recipient| self.waiting.range(due(recipient, now)).count();
        let due = count(Recipient::Buyer) + count(Recipient::Gateway);
        OutboxDepth { due: u64::try_from(due).unwrap_or(u64::MAX), dead: self.dead }
    }
}

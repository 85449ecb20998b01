//! Looking at the outbox, and having what was given up tried again.

use std::collections::BTreeSet;

use anyhow::Context as _;
use booking_core::domain::ids::NoticeId;
use booking_core::ports::booking_repository::{NoticeRecord, NoticeState};

use super::{eprint_line, print};
use crate::Verdict;
use crate::cli::{OutboxAction, OutboxState};
use crate::config::Config;
use crate::telemetry;
use crate::wire::{IfMissing, Storage};

/// How many notices are read or written at a time.
const PAGE: u32 = 500;

/// Does what is asked for with the outbox of a database that servers may be using meanwhile.
pub(crate) async fn outbox(config: &Config, action: &OutboxAction) -> anyhow::Result<Verdict> {
    telemetry::start_logging(config)?;
    let storage = Storage::open(config, IfMissing::Fail).await?;
    let done = act(action, &storage).await;
    storage.close().await;
    done
}

async fn act(action: &OutboxAction, storage: &Storage) -> anyhow::Result<Verdict> {
    match action {
        OutboxAction::List { state, limit } => {
            list(storage, *state, *limit).await?;
            Ok(Verdict::Good)
        }
        OutboxAction::Retry { ids, all } => {
            let ids: BTreeSet<NoticeId> = ids.iter().copied().map(NoticeId::new).collect();
            let ids: Vec<NoticeId> = ids.into_iter().collect();
            let revived =
                if *all { retry_all(storage).await? } else { retry(storage, &ids).await? };
            let left_alone = u64::try_from(ids.len()).unwrap_or(u64::MAX).saturating_sub(revived);
            print(&format!("{} will be tried again", counted(revived)))?;
            if left_alone > 0 {
                eprint_line(&format!(
                    "{} left alone: unknown, not given up, or planned anew since",
                    counted(left_alone)
                ));
                return Ok(Verdict::Bad);
            }
            Ok(Verdict::Good)
        }
    }
}

fn counted(number: u64) -> String {
    if number == 1 { "1 notice".to_owned() } else { format!("{number} notices") }
}

async fn list(storage: &Storage, state: OutboxState, limit: u32) -> anyhow::Result<()> {
    let state = match state {
        OutboxState::Dead => NoticeState::Dead,
        OutboxState::Waiting => NoticeState::Waiting,
        OutboxState::Due => NoticeState::Due(storage.clock.now()),
    };
    let (mut after, mut left) = (None, limit);
    while left > 0 {
        let page = storage.bookings.list_notices(state, after, left.min(PAGE)).await;
        let page = page.context("the outbox cannot be read")?;
        for record in &page.items {
            print(&line(record))?;
        }
        if page.items.is_empty() && after.is_none() {
            eprint_line("there are none");
        }
        left -= u32::try_from(page.items.len()).unwrap_or(left).min(left);
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
    if after.is_some() {
        eprint_line("there are more; --limit shows more of them");
    }
    Ok(())
}

fn line(record: &NoticeRecord) -> String {
    let NoticeRecord { notice, run_at, last_error } = record;
    let error = last_error.as_deref().unwrap_or("-");
    format!(
        "{}\t{}\t{}\t{}\t{run_at}\t{error}",
        notice.id,
        notice.kind.as_str(),
        notice.booking_id,
        notice.attempt,
    )
}

async fn retry(storage: &Storage, ids: &[NoticeId]) -> anyhow::Result<u64> {
    let revived = storage.bookings.revive_notices(ids, storage.clock.now()).await;
    revived.context("the outbox cannot be written")
}

async fn retry_all(storage: &Storage) -> anyhow::Result<u64> {
    let (mut after, mut revived) = (None, 0);
    loop {
        let page = storage.bookings.list_notices(NoticeState::Dead, after, PAGE).await;
        let page = page.context("the outbox cannot be read")?;
        let ids: Vec<NoticeId> = page.items.iter().map(|record| record.notice.id).collect();
        revived += retry(storage, &ids).await?;
        after = page.next;
        if after.is_none() {
            return Ok(revived);
        }
    }
}

//! Looking at the outbox, and having what was given up delivered after all.

use super::notices::{claim, finish, retry, sell};
use crate::domain::booking::BookingStatus;
use crate::domain::ledger::Cause;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::ports::booking_repository::{NoticeResult, NoticeState, OutboxDepth};
use crate::testkit::RepositoryHarness;
use crate::testkit::seed::{self, HOLD, SECOND, TICK};

/// The list of what was given up comes in order of the ids, and says why.
pub async fn what_was_given_up_is_listed_page_by_page<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    sell(&db, 5).await;
    let mut claimed = claim(&db, Recipient::Buyer, seed::now()).await;
    let waiting = claimed.split_off(3);
    for notice in &claimed {
        let reason = "no such mailbox".to_owned();
        finish(&db, notice, NoticeResult::Dead { reason }, seed::later(SECOND)).await;
    }
    claimed.sort_by_key(|notice| notice.id);
    let list = async |state, after, limit| {
        db.bookings.list_notices(state, after, limit).await.expect("list_notices")
    };
    let first = list(NoticeState::Dead, None, 2).await;
    let second = list(NoticeState::Dead, first.next, 2).await;
    assert_eq!((first.items.len(), second.items.len(), second.next), (2, 1, None));
    assert_eq!(first.next, Some(claimed[1].id));
    let listed: Vec<_> = first.items.into_iter().chain(second.items).collect();
    for (record, notice) in listed.iter().zip(&claimed) {
        assert_eq!((record.notice, record.run_at), (*notice, seed::now()));
        assert_eq!(record.last_error.as_deref(), Some("no such mailbox"));
    }
    let mut left: Vec<_> = waiting.iter().map(|notice| notice.id).collect();
    left.sort_unstable();
    let page = list(NoticeState::Waiting, None, 2).await;
    assert_eq!(page.items.iter().map(|record| record.notice.id).collect::<Vec<_>>(), left);
    assert_eq!((page.items[0].last_error.as_deref(), page.next), (None, None));
}

/// Those that are due are told from those that have time, claimed or not.
pub async fn what_is_due_is_listed_without_what_has_time<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    sell(&db, 3).await;
    let mut claimed = claim(&db, Recipient::Buyer, seed::now()).await;
    claimed.sort_by_key(|notice| notice.id);
    let [later, gone, still] = &claimed[..] else { panic!("3 were sold: {claimed:?}") };
    finish(&db, later, retry(seed::later(SECOND)), seed::now()).await;
    let dead = NoticeResult::Dead { reason: "no such mailbox".to_owned() };
    finish(&db, gone, dead, seed::now()).await;
    for (at, due) in [
        (seed::now().saturating_sub(TICK), vec![]),
        (seed::now(), vec![still.id]),
        (seed::later(SECOND).saturating_sub(TICK), vec![still.id]),
        (seed::later(SECOND), vec![later.id, still.id]),
    ] {
        let page = db.bookings.list_notices(NoticeState::Due(at), None, 3).await;
        let page = page.expect("list_notices");
        assert_eq!(page.items.iter().map(|record| record.notice.id).collect::<Vec<_>>(), due);
        let depth = db.bookings.outbox_depth(at).await.expect("outbox_depth");
        assert_eq!(depth.due, u64::try_from(due.len()).expect("a few"));
    }
    let first = db.bookings.list_notices(NoticeState::Due(seed::later(SECOND)), None, 1).await;
    assert_eq!(first.expect("list_notices").next, Some(later.id));
}

/// Both recipients' notices are due, in order of the ids.
pub async fn what_is_due_is_listed_for_both_recipients<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    let event = db.store(&seed::event("Both").starts_at(seed::later(HOLD))).await;
    let sold = db.sell(seed::hold(event), seed::now()).await;
    db.drive(sold.id, Cause::RefundRequested, BookingStatus::RefundDue, seed::now()).await;
    let page = db.bookings.list_notices(NoticeState::Due(seed::now()), None, 10).await;
    let listed = page.expect("list_notices").items;
    assert!(listed.is_sorted_by_key(|record| record.notice.id));
    let mut kinds: Vec<_> = listed.iter().map(|record| record.notice.kind).collect();
    kinds.sort_unstable();
    let expected = [NoticeKind::BookingConfirmed, NoticeKind::RefundDue, NoticeKind::RequestRefund];
    assert_eq!(kinds, expected);
}

/// What was given up is tried again with all attempts, and nothing else is touched.
pub async fn what_was_given_up_is_delivered_after_all<H: RepositoryHarness>(harness: &H) {
    let (db, _guard) = harness.fresh().await;
    sell(&db, 3).await;
    let claimed = claim(&db, Recipient::Buyer, seed::now()).await;
    let dead = NoticeResult::Dead { reason: "no such mailbox".to_owned() };
    finish(&db, &claimed[0], dead, seed::now()).await;
    finish(&db, &claimed[1], NoticeResult::Done, seed::now()).await;
    let mut ids: Vec<_> = claimed.iter().map(|notice| notice.id).collect();
    ids.extend([ids[0], seed::notice_id()]);
    let now = seed::later(SECOND);
    assert_eq!(db.bookings.revive_notices(&ids, now).await.expect("revive_notices"), 1);
    assert_eq!(db.bookings.revive_notices(&ids, now).await.expect("revive_notices"), 0);
    assert_eq!(db.bookings.revive_notices(&[], now).await.expect("revive_notices"), 0);
    assert_eq!(claim(&db, Recipient::Buyer, now.saturating_sub(TICK)).await, []);
    let again = claim(&db, Recipient::Buyer, now).await;
    let expected = Notice { claim: claimed[0].claim + 1, ..claimed[0] };
    assert_eq!(again, [expected], "the third is claimed by another");
    finish(&db, &again[0], NoticeResult::Done, now).await;
    let depth = db.bookings.outbox_depth(now).await.expect("outbox_depth");
    assert_eq!(depth, OutboxDepth { due: 1, dead: 0 });
}

//! The model that judges the simulation judges the real thing as well: three instances on PostgreSQL and Redis, which are
//! killed, restarted, paused and cut off while everybody books, pays, cancels and changes events.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "real_history/books.rs"]
mod books;
#[path = "real_history/crowd.rs"]
mod crowd;
#[expect(dead_code, reason = "not all of what a line can do is needed here")]
#[path = "redis/proxy.rs"]
mod proxy;
#[path = "real_history/stage.rs"]
mod stage;

use std::time::Duration;

use booking_core::domain::booking::BookingStatus;
use booking_core::domain::notice::NoticeKind;
use booking_core::testkit::Dice;
use booking_core::testkit::witness::model::{self, Ending, EventBooks, Outside};
use booking_core::testkit::witness::{Finding, Sent};

use crate::crowd::Crowd;
use crate::stage::{Fault, Stage};

/// How many requests there are between two faults.
const REQUESTS: u32 = 120;

/// Whatever is to come to an end has to do so within this time. Only a failure waits for so long.
const BOUND: Duration = Duration::from_mins(3);

struct Run {
    stage: Stage,
    books: Vec<EventBooks>,
    sent: Vec<Sent>,
    ending: Ending,
}

impl Run {
    fn judge(&self) -> Vec<Finding> {
        let (facts, accounts) = (self.stage.witness.facts(), self.stage.bank.accounts());
        let skew = Duration::from_millis(50);
        let outside = Outside { facts: &facts, accounts: &accounts, sent: &self.sent, skew };
        model::judge(outside, &self.books, &self.ending)
    }
}

/// Plays everything, and returns what is left when it is over.
async fn play(seed: u64) -> Run {
    let mut stage = Stage::build().await;
    let mut crowd = Crowd::new(Dice::new(seed), &stage).await;
    let mut excused_repeats = 0;
    for fault in Fault::ALL {
        crowd.rush(&stage, REQUESTS / 2).await;
        fault.strike(&mut stage).await;
        crowd.rush(&stage, REQUESTS / 2).await;
        fault.mend(&mut stage).await;
        crowd.wait_for_some().await;
        // Each instance may have had as many messages under way as its line holds, and not have known of them.
        excused_repeats += 3 * 16;
    }
    let all = tokio::time::timeout(BOUND, crowd.wait_for_all()).await;
    assert!(all.is_ok(), "{} requests or notifications are never answered", crowd.waiting());
    let quiet_at = stage.wait_until_quiet(BOUND).await;
    let books = books::read(&stage, crowd.events()).await;
    let ending = Ending { quiet_at: Some(quiet_at), excused_repeats, ..Ending::default() };
    let sent = stage.postbox.sent();
    Run { stage, books, sent, ending }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_with_real_faults_keeps_every_rule() {
    let seed = 20_261_127;
    let mut run = play(seed).await;
    let findings = run.judge();
    assert!(findings.is_empty(), "seed {seed}: {findings:#?}");
    let report = run.stage.audit().await;
    assert!(report.discrepancies.is_empty(), "{:?}", report.discrepancies);
    let bookings = run.books.iter().flat_map(|event| &event.bookings);
    let confirmed = bookings.filter(|b| b.status == BookingStatus::Confirmed).count();
    let lines: usize = run.books.iter().map(|event| event.lines.len()).sum();
    let promises = run.stage.witness.facts().promises.len();
    println!(
        "{promises} promises, {lines} lines, {confirmed} confirmed, {} messages",
        run.sent.len()
    );
    assert!(promises > 100 && confirmed > 20, "too little happened");

    // The judge is not asleep: a history that was tampered with is found out.
    let is_confirmation = |sent: &Sent| sent.kind == NoticeKind::BookingConfirmed;
    let sent = run.sent.clone();
    run.sent.retain(|sent| !is_confirmation(sent));
    assert!(rules(&run.judge()).contains(&"everybody is told"));
    run.sent = sent;
    let lost = run.books[0].lines.remove(3);
    assert!(rules(&run.judge()).contains(&"the journal has no gap"));
    run.books[0].lines.insert(3, lost);
    let promised = run.stage.witness.facts().promises[0].booking.id;
    for event in &mut run.books {
        event.bookings.retain(|booking| booking.id != promised);
    }
    assert!(rules(&run.judge()).contains(&"a promise is kept"));
}

fn rules(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.rule).collect()
}

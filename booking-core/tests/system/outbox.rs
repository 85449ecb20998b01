//! Notices: sent, tried again, given up, dropped when they are no longer true.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::domain::event::ReminderLead;
use booking_core::domain::ids::BookingId;
use booking_core::domain::notice::{NoticeKind, Recipient};
use booking_core::ports::booking_repository::OutboxDepth;
use booking_core::ports::event_repository::EventChange;
use booking_core::ports::notifier::{BuyerMessage, NotifierError};
use booking_core::ports::{EventRepository as _, Notifier};
use booking_core::testkit::faulty::{Fault, FaultScript, FaultyBookingRepository};
use booking_core::testkit::seed::{self, DAY, SECOND};

use crate::bench::{Bench, Parts};

fn kinds(bench: &Bench) -> Vec<NoticeKind> {
    bench.notifier.messages().iter().map(|message| message.kind).collect()
}

#[tokio::test]
async fn the_buyer_hears_at_once_and_again_before_the_event() {
    let bench = Bench::new();
    let starts_at = seed::later(DAY * 3);
    let event = bench.stage(seed::event("Organ").starts_at(starts_at)).await;
    let booking = bench.booked(event, 1).await;
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [], "nothing is confirmed yet");
    bench.pay(&booking).await;
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed]);
    bench.clock.set(starts_at.saturating_sub(DAY));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed, NoticeKind::EventReminder]);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench).len(), 2, "once is enough");
}

#[tokio::test]
async fn a_reminder_of_tickets_that_were_given_back_is_not_sent() {
    let bench = Bench::new();
    let starts_at = seed::later(DAY * 3);
    let event = bench.stage(seed::event("Organ").starts_at(starts_at)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench.system.organiser().refund(booking.id).await.unwrap();
    bench.clock.set(starts_at);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::RefundDue], "neither confirmation nor reminder is true");
}

#[tokio::test]
async fn a_reminder_follows_an_event_that_is_moved() {
    let bench = Bench::new();
    let (first, later) = (seed::later(DAY * 3), seed::later(DAY * 10));
    let seed = seed::event("Organ").starts_at(first);
    let event = bench.stage(seed.clone()).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    let put_off = EventChange {
        details: Some(seed.clone().starts_at(later).details()),
        ..EventChange::default()
    };
    bench.system.organiser().change(event, &put_off).await.unwrap();
    bench.clock.set(first.saturating_sub(DAY));
    bench.system.run_due_work().await.unwrap();
    let told = [NoticeKind::BookingConfirmed, NoticeKind::EventChanged];
    assert_eq!(kinds(&bench), told, "the old date means nothing any more");
    bench.clock.set(later.saturating_sub(DAY));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [told[0], told[1], NoticeKind::EventReminder]);
}

#[tokio::test]
async fn a_reminder_comes_at_once_when_the_lead_grows_over_now() {
    let bench = Bench::new();
    let starts_at = seed::later(DAY * 3);
    let event = bench.stage(seed::event("Organ").starts_at(starts_at).reminder_minutes(60)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed]);
    let week = ReminderLead::from_minutes(7 * 24 * 60).unwrap();
    let earlier = EventChange { reminder: Some(week), ..EventChange::default() };
    bench.system.organiser().change(event, &earlier).await.unwrap();
    bench.system.run_due_work().await.unwrap();
    let told = [NoticeKind::BookingConfirmed, NoticeKind::EventReminder];
    assert_eq!(kinds(&bench), told, "and nobody is told of a change, because there is none");
    bench.clock.set(starts_at.saturating_sub(SECOND));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), told);
}

#[tokio::test]
async fn nobody_is_reminded_of_an_event_without_reminders() {
    let bench = Bench::new();
    let starts_at = seed::later(DAY * 3);
    let event = bench.stage(seed::event("Organ").starts_at(starts_at)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    let never = EventChange { reminder: Some(ReminderLead::NEVER), ..EventChange::default() };
    bench.system.organiser().change(event, &never).await.unwrap();
    bench.clock.set(starts_at.saturating_sub(SECOND));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed]);
}

#[tokio::test]
async fn whoever_gives_a_booking_up_is_told() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ")).await;
    let booking = bench.booked(event, 1).await;
    for _ in 0..2 {
        bench.system.bookings().cancel(booking.id).await.unwrap();
        bench.system.run_due_work().await.unwrap();
    }
    assert_eq!(kinds(&bench), [NoticeKind::BookingCancelled], "once");
}

#[tokio::test]
async fn nobody_is_reminded_of_an_event_that_has_begun() {
    let bench = Bench::new();
    let starts_at = seed::later(DAY * 3);
    let event = bench.stage(seed::event("Organ").starts_at(starts_at)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench.system.run_due_work().await.unwrap();
    bench.clock.set(starts_at);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed]);
}

/// Fails as often as it is told to, temporarily or for good.
#[derive(Debug, Default, Clone)]
struct Stumbling {
    failures: Arc<Mutex<Vec<NotifierError>>>,
    sent: Arc<Mutex<Vec<BuyerMessage>>>,
}

#[async_trait]
impl Notifier for Stumbling {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        if let Some(failure) = self.failures.lock().unwrap().pop() {
            return Err(failure);
        }
        self.sent.lock().unwrap().push(message.clone());
        Ok(())
    }
}

async fn confirmed_with(notifier: &Stumbling) -> Bench {
    let bench = Bench::with(|builder| builder.notifier(Arc::new(notifier.clone())));
    let event = bench.stage(seed::event("Organ")).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench
}

#[tokio::test]
async fn a_notice_that_could_not_be_sent_is_sent_later() {
    let notifier = Stumbling::default();
    let temporary = || NotifierError::Temporary { source: "the mailbox is busy".into() };
    *notifier.failures.lock().unwrap() = vec![temporary(), temporary()];
    let bench = confirmed_with(&notifier).await;
    bench.system.run_due_work().await.unwrap();
    assert!(notifier.sent.lock().unwrap().is_empty(), "not before its pause is over");
    for _ in 0..2 {
        bench.clock.advance(Duration::from_mins(1));
        bench.system.run_due_work().await.unwrap();
    }
    let sent = notifier.sent.lock().unwrap();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].kind, NoticeKind::BookingConfirmed);
}

#[tokio::test]
async fn a_notice_that_can_never_be_sent_is_given_up_and_seen() {
    let notifier = Stumbling::default();
    *notifier.failures.lock().unwrap() =
        vec![NotifierError::Permanent { reason: "no such mailbox".to_owned() }];
    let bench = confirmed_with(&notifier).await;
    bench.system.run_due_work().await.unwrap();
    bench.clock.advance(Duration::from_hours(1));
    bench.system.run_due_work().await.unwrap();
    assert!(notifier.sent.lock().unwrap().is_empty());
    let depth = bench.system.outbox_depth().await.unwrap();
    assert_eq!(depth, OutboxDepth { due: 0, dead: 1 });
}

/// Never answers about one booking.
#[derive(Debug, Clone)]
struct Deaf {
    to: Arc<Mutex<Option<BookingId>>>,
    others: Stumbling,
}

#[async_trait]
impl Notifier for Deaf {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let is_deaf = *self.to.lock().unwrap() == Some(message.booking.id);
        if is_deaf {
            std::future::pending::<()>().await;
        }
        self.others.send(message).await
    }
}

#[tokio::test(start_paused = true)]
async fn one_who_never_answers_keeps_nobody_waiting_for_ever() {
    let deaf = Deaf { to: Arc::default(), others: Stumbling::default() };
    let bench = Bench::with(|builder| builder.notifier(Arc::new(deaf.clone())));
    let event = bench.stage(seed::event("Organ")).await;
    let (stuck, other) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    *deaf.to.lock().unwrap() = Some(stuck.id);
    bench.pay(&stuck).await;
    bench.pay(&other).await;
    bench.system.run_due_work().await.unwrap();
    let told = || deaf.others.sent.lock().unwrap().iter().map(|m| m.booking.id).collect::<Vec<_>>();
    assert_eq!(told(), [other.id]);
    *deaf.to.lock().unwrap() = None;
    bench.clock.advance(Duration::from_mins(1));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(told(), [other.id, stuck.id], "it is tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_do_all_of_it_unasked_and_stop_when_told() {
    let bench = Bench::with(|builder| {
        builder.settings(|settings| {
            settings.sweep_interval = Duration::from_millis(5);
            settings.outbox_interval = Duration::from_millis(5);
        })
    });
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let (paid, unpaid) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    let workers = bench.system.start_workers();
    bench.pay(&paid).await;
    bench.clock.set(unpaid.expires_at);
    while bench.counts(event).await != (1, 0, 1) || bench.notifier.messages().len() < 2 {
        tokio::task::yield_now().await;
    }
    workers.stop().await;
    let mut told = kinds(&bench);
    told.sort();
    assert_eq!(told, [NoticeKind::BookingConfirmed, NoticeKind::HoldExpired]);
    bench.assert_balanced().await;
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_buyers_is_told_at_a_bounded_rate() {
    let bench = Bench::with(|builder| {
        builder.settings(|settings| {
            settings.notices_per_second = 10;
            settings.notice_concurrency = 4;
        })
    });
    let event = bench.stage(seed::event("Organ").capacity(100)).await;
    for _ in 0..40 {
        let booking = bench.booked(event, 1).await;
        bench.pay(&booking).await;
    }
    let workers = bench.system.start_workers();
    let mut told = Vec::new();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        told.push(bench.notifier.messages().len());
    }
    // Four at a time, and each four take 0.4 s.
    assert_eq!(told, [12, 20, 32, 40]);
    workers.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_who_never_answers_holds_one_place_up() {
    let deaf = Deaf { to: Arc::default(), others: Stumbling::default() };
    let bench = Bench::with(|builder| {
        builder.notifier(Arc::new(deaf.clone())).settings(|settings| {
            settings.notice_concurrency = 2;
        })
    });
    let event = bench.stage(seed::event("Organ")).await;
    let mut bookings = Vec::new();
    for _ in 0..9 {
        let booking = bench.booked(event, 1).await;
        bench.pay(&booking).await;
        bookings.push(booking.id);
    }
    *deaf.to.lock().unwrap() = Some(bookings[0]);
    let workers = bench.system.start_workers();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let told = || deaf.others.sent.lock().unwrap().iter().map(|m| m.booking.id).collect::<Vec<_>>();
    assert_eq!(told(), bookings[1..]);
    // It is told to the last place as well that its time is over.
    workers.stop().await;
    assert_eq!(bench.system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 0 });
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_sent_once_although_writing_that_down_failed_at_first() {
    let parts = Parts::new();
    let (script, notifier) = (FaultScript::none(), Stumbling::default());
    let bookings = FaultyBookingRepository::new(parts.database.bookings(), script.clone());
    let bench = Bench::with(|builder| {
        let builder = builder.repositories(parts.database.events(), Arc::new(bookings));
        builder.notifier(Arc::new(notifier.clone()))
    });
    let new = seed::event("Organ").build();
    parts.database.events().store_events(std::slice::from_ref(&new), seed::now()).await.unwrap();
    for _ in 0..5 {
        let booking = bench.booked(new.id, 1).await;
        bench.pay(&booking).await;
    }
    for fault in [Fault::Before, Fault::After, Fault::Before] {
        script.push_for("finish_notices", fault);
    }
    let workers = bench.system.start_workers();
    tokio::time::sleep(Duration::from_secs(30)).await;
    bench.clock.advance(Duration::from_mins(10));
    tokio::time::sleep(Duration::from_secs(30)).await;
    workers.stop().await;
    assert_eq!(notifier.sent.lock().unwrap().len(), 5);
    assert_eq!(bench.system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 0 });
}

#[tokio::test]
async fn nobodys_mail_is_given_up_because_the_server_is_away() {
    let unreachable = || NotifierError::Unreachable { source: "connection refused".into() };
    let temporary = || NotifierError::Temporary { source: "451".into() };
    for (failure, depth) in [
        (unreachable as fn() -> NotifierError, OutboxDepth { due: 1, dead: 0 }),
        (temporary, OutboxDepth { due: 0, dead: 1 }),
    ] {
        let notifier = Stumbling::default();
        *notifier.failures.lock().unwrap() = (0..20).map(|_| failure()).collect();
        let bench = Bench::with(|builder| {
            let builder = builder.notifier(Arc::new(notifier.clone()));
            builder.settings(|settings| settings.notice_attempts = 3)
        });
        let event = bench.stage(seed::event("Organ").reminder_minutes(0)).await;
        let booking = bench.booked(event, 1).await;
        bench.pay(&booking).await;
        for _ in 0..20 {
            bench.system.run_due_work().await.unwrap();
            // Longer than any pause.
            bench.clock.advance(Duration::from_hours(2));
        }
        assert_eq!(bench.system.outbox_depth().await.unwrap(), depth);
        bench.system.run_due_work().await.unwrap();
        assert_eq!(notifier.sent.lock().unwrap().len() as u64, depth.due, "once it is back");
    }
}

/// Says how long after `begin` a notice was due that failed like this so many times in a row, looking every tenth of a
/// second.
async fn pauses(failure: fn() -> NotifierError, failures: usize) -> Vec<Duration> {
    const LOOK: Duration = Duration::from_millis(100);
    let notifier = Stumbling::default();
    *notifier.failures.lock().unwrap() = (0..failures).map(|_| failure()).collect();
    let bench = confirmed_with(&notifier).await;
    let left = || notifier.failures.lock().unwrap().len();
    bench.system.run_due_work().await.unwrap();
    assert_eq!(left(), failures - 1, "the first attempt is made at once");
    let mut pauses = Vec::new();
    for failed in 1..=failures {
        let mut pause = Duration::ZERO;
        let is_tried = || match failures - failed {
            0 => !notifier.sent.lock().unwrap().is_empty(),
            more => left() < more,
        };
        while !is_tried() {
            bench.clock.advance(LOOK);
            pause += LOOK;
            bench.system.run_due_work().await.unwrap();
        }
        pauses.push(pause);
    }
    pauses
}

#[tokio::test]
async fn the_pauses_of_a_notice_that_fails_grow_and_are_never_the_same_for_all() {
    let postponed =
        || NotifierError::Postponed { reason: "busy".to_owned(), pause: Duration::ZERO };
    let pauses = pauses(postponed, 5).await;
    // Half of each is the same for all, and half is drawn, so that they do not all come back at once.
    for (pause, longest) in pauses.iter().zip([4, 8, 16, 32, 64]) {
        let longest = Duration::from_secs(longest);
        let is_right = *pause >= longest / 2 && *pause <= longest + Duration::from_millis(100);
        assert!(is_right, "{pauses:?}");
    }
}

#[tokio::test]
async fn what_fails_for_all_is_tried_again_soon_however_often_it_failed() {
    let unreachable = || NotifierError::Unreachable { source: "connection refused".into() };
    let pauses = pauses(unreachable, 6).await;
    // The transport asks for 15 seconds.
    let is_right = |pause: &Duration| (15..=20).contains(&pause.as_secs());
    assert!(pauses.iter().all(is_right), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_ends_before_another_worker_may_take_over() {
    let deaf = Deaf { to: Arc::default(), others: Stumbling::default() };
    let lease = Duration::from_mins(1);
    let bench = Bench::with(|builder| {
        let builder = builder.notifier(Arc::new(deaf.clone()));
        builder.settings(|settings| settings.notice_lease = lease)
    });
    let event = bench.stage(seed::event("Organ")).await;
    let booking = bench.booked(event, 1).await;
    *deaf.to.lock().unwrap() = Some(booking.id);
    bench.pay(&booking).await;
    let begin = tokio::time::Instant::now();
    bench.system.run_due_work().await.unwrap();
    assert!(begin.elapsed() < lease, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_notice_gets_as_many_attempts_as_the_settings_say() {
    let temporary = || NotifierError::Temporary { source: "451".into() };
    for (failures, sent) in [(2, 1), (3, 0)] {
        let notifier = Stumbling::default();
        *notifier.failures.lock().unwrap() = (0..failures).map(|_| temporary()).collect();
        let bench = Bench::with(|builder| {
            let builder = builder.notifier(Arc::new(notifier.clone()));
            builder.settings(|settings| settings.notice_attempts = 3)
        });
        let event = bench.stage(seed::event("Organ").reminder_minutes(0)).await;
        let booking = bench.booked(event, 1).await;
        bench.pay(&booking).await;
        for _ in 0..10 {
            bench.system.run_due_work().await.unwrap();
            bench.clock.advance(Duration::from_hours(2));
        }
        assert_eq!(notifier.sent.lock().unwrap().len(), sent, "after {failures} failures");
    }
}

#[tokio::test]
async fn a_notice_that_every_process_dies_of_is_given_up() {
    let bench = Bench::with(|builder| builder.settings(|settings| settings.notice_attempts = 2));
    let event = bench.stage(seed::event("Organ").reminder_minutes(0)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    let mut now = seed::now();
    for attempt in 1..=2 {
        // Somebody claims it, and is never heard of again.
        let claimed =
            bench.bookings.claim_notices(Recipient::Buyer, now, SECOND, 10).await.unwrap();
        assert_eq!(claimed.iter().map(|notice| notice.attempt).collect::<Vec<_>>(), [attempt]);
        now = now.saturating_add(SECOND);
    }
    bench.clock.set(now);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), []);
    assert_eq!(bench.system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 1 });
}

#[tokio::test]
async fn nobody_is_told_that_an_event_was_moved_when_it_is_over() {
    let bench = Bench::new();
    let seed = seed::event("Organ").starts_at(seed::later(DAY * 3)).reminder_minutes(0);
    let event = bench.stage(seed.clone()).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench.system.run_due_work().await.unwrap();
    let details = Some(seed.starts_at(seed::later(DAY * 4)).details());
    let moved = EventChange { details, ..EventChange::default() };
    bench.system.organiser().change(event, &moved).await.unwrap();
    while bench.system.organiser().spread_announcement().await.unwrap() {}
    bench.clock.set(bench.listing(event).await.event.details.ends_at);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(kinds(&bench), [NoticeKind::BookingConfirmed]);
    assert_eq!(bench.system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 0 });
}

/// Panics at the first message.
#[derive(Debug, Default)]
struct Panicking(Mutex<Vec<NoticeKind>>);

#[async_trait]
impl Notifier for Panicking {
    async fn send(&self, message: &BuyerMessage) -> Result<(), NotifierError> {
        let is_first = {
            let mut asked = self.0.lock().unwrap();
            asked.push(message.kind);
            asked.len() == 1
        };
        assert!(!is_first, "told to panic");
        Ok(())
    }
}

#[tokio::test]
async fn a_notifier_that_panics_is_asked_again_later() {
    let notifier = Arc::new(Panicking::default());
    let bench = Bench::with(|builder| builder.notifier(Arc::clone(&notifier) as Arc<dyn Notifier>));
    let event = bench.stage(seed::event("Organ").reminder_minutes(0)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    bench.system.run_due_work().await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    bench.system.run_due_work().await.unwrap();
    assert_eq!(*notifier.0.lock().unwrap(), [NoticeKind::BookingConfirmed; 2]);
    assert_eq!(bench.system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 0 });
}

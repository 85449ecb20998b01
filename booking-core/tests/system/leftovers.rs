//! Notices that the database should not hold: of what is gone, or of what they cannot be about. And such that come too
//! early, because the work that plans them anew is behind. And the line when nobody answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use booking_core::domain::booking::{Booking, BookingStatus};
use booking_core::domain::event::EventStatus;
use booking_core::domain::notice::{Notice, NoticeKind, Recipient};
use booking_core::ports::booking_repository::{MockBookingRepository, NoticeResult, OutboxDepth};
use booking_core::ports::event_repository::{EventChange, NewEvent};
use booking_core::ports::notifier::{BuyerMessage, NotifierError};
use booking_core::ports::{EventRepository as _, Notifier};
use booking_core::testkit::faulty::{Fault, FaultScript, FaultyBookingRepository};
use booking_core::testkit::seed::{self, DAY};

use crate::bench::{Bench, Parts, RemoteGateway};

/// Delivers one notice about a booking as a database claims to know it; returns what became of it.
async fn delivered(event: &NewEvent, kind: NoticeKind, booking: Option<Booking>) -> NoticeResult {
    let notice = Notice {
        id: seed::notice_id(),
        event_id: event.id,
        booking_id: booking.as_ref().map_or_else(seed::booking_id, |booking| booking.id),
        kind,
        attempt: 1,
        claim: 1,
        edition: 1,
    };
    let asked = match kind {
        NoticeKind::ExpirePayment | NoticeKind::RequestRefund => Recipient::Gateway,
        _ => Recipient::Buyer,
    };
    let results = Arc::new(Mutex::new(Vec::new()));
    let mut bookings = MockBookingRepository::new();
    bookings.expect_batches_at_once().return_const(1_usize);
    bookings.expect_list_overdue().returning(|_, _| Ok(Vec::new()));
    bookings.expect_list_called_off().returning(|_| Ok(Vec::new()));
    bookings.expect_spread_announcement().returning(|_, _| Ok(false));
    let queue = Mutex::new(vec![notice]);
    bookings.expect_claim_notices().returning(move |recipient, _, _, _| {
        let is_asked = recipient == asked;
        Ok(if is_asked { queue.lock().unwrap().drain(..).collect() } else { Vec::new() })
    });
    bookings.expect_find_booking().returning(move |_| Ok(booking.clone()));
    let written = Arc::clone(&results);
    bookings.expect_finish_notices().returning(move |finished, _| {
        written.lock().unwrap().extend(finished.iter().map(|(_, result)| result.clone()));
        Ok(())
    });
    let parts = Parts::new();
    let events = parts.database.events();
    events.store_events(std::slice::from_ref(event), seed::now()).await.unwrap();
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(events, Arc::new(bookings)).build().unwrap();
    system.run_due_work().await.unwrap();
    assert!(parts.notifier.messages().is_empty());
    let results = std::mem::take(&mut *results.lock().unwrap());
    let [result] = results.try_into().expect("one result for one notice");
    result
}

fn is_dead_because(result: &NoticeResult, why: &str) -> bool {
    matches!(result, NoticeResult::Dead { reason } if reason == why)
}

/// A booking that nothing was paid with.
async fn unpaid(status: BookingStatus) -> (NewEvent, Booking) {
    let bench = Bench::new();
    let event = seed::event("Organ").build();
    bench.events.store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    let hold = seed::hold(event.id).build();
    bench.bookings.admit(std::slice::from_ref(&hold), seed::now()).await.unwrap();
    let booking = bench.bookings.find_booking(hold.booking_id).await.unwrap().unwrap();
    assert_eq!(booking.payment, None);
    (event, Booking { status, ..booking })
}

#[tokio::test]
async fn a_notice_of_a_booking_that_is_gone_is_given_up() {
    let event = seed::event("Organ").build();
    let result = delivered(&event, NoticeKind::BookingConfirmed, None).await;
    assert!(is_dead_because(&result, "its booking does not exist"), "{result:?}");
}

#[tokio::test]
async fn money_is_not_asked_back_of_a_payment_that_nobody_knows() {
    let (event, booking) = unpaid(BookingStatus::RefundDue).await;
    let result = delivered(&event, NoticeKind::RequestRefund, Some(booking)).await;
    assert!(is_dead_because(&result, "its payment is not known"), "{result:?}");
}

#[tokio::test]
async fn a_payment_that_was_never_made_has_ended() {
    let (event, booking) = unpaid(BookingStatus::Expired).await;
    let result = delivered(&event, NoticeKind::ExpirePayment, Some(booking)).await;
    assert_eq!(result, NoticeResult::Done);
}

#[tokio::test]
async fn a_notice_of_an_event_that_is_gone_is_given_up() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").reminder_minutes(0)).await;
    let booking = bench.booked(event, 1).await;
    bench.pay(&booking).await;
    // The bookings are those of the one database, and the events are those of another.
    let parts = Parts::new();
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system =
        builder.repositories(parts.database.events(), bench.bookings.clone()).build().unwrap();
    system.run_due_work().await.unwrap();
    assert_eq!(system.outbox_depth().await.unwrap(), OutboxDepth { due: 0, dead: 1 });
    assert!(parts.notifier.messages().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_reminder_that_was_not_planned_anew_yet_waits_for_the_new_time() {
    let (parts, script) = (
        Parts::new(),
        FaultScript::choose(|method| match method {
            "spread_announcement" => Fault::Before,
            _ => Fault::None,
        }),
    );
    let bookings = FaultyBookingRepository::new(parts.database.bookings(), script.clone());
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(parts.database.events(), Arc::new(bookings)).build().unwrap();
    let (first, later) = (seed::later(DAY * 3), seed::later(DAY * 10));
    let seed = seed::event("Organ").free().starts_at(first);
    let new = seed.build();
    parts.database.events().store_events(std::slice::from_ref(&new), seed::now()).await.unwrap();
    system.bookings().book(crate::bench::request(new.id, 1)).await.unwrap();
    let details = Some(seed.starts_at(later).details());
    let put_off = EventChange { details, ..EventChange::default() };
    system.organiser().change(new.id, &put_off).await.unwrap();
    parts.clock.set(first.saturating_sub(DAY));
    let workers = system.start_workers();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let kinds = || parts.notifier.messages().iter().map(|told| told.kind).collect::<Vec<_>>();
    assert_eq!(kinds(), [NoticeKind::BookingConfirmed], "nobody is reminded of the old time");
    let found = system.catalogue().find_event_fresh(new.id).await.unwrap().unwrap();
    assert_eq!(found.event.status, EventStatus::Published);
    parts.clock.set(later.saturating_sub(DAY));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(kinds(), [NoticeKind::BookingConfirmed, NoticeKind::EventReminder]);
    workers.stop().await;
}

/// Counts those whom it was to tell, and never answers.
#[derive(Debug, Default)]
struct Hanging(AtomicUsize);

#[async_trait]
impl Notifier for Hanging {
    async fn send(&self, _: &BuyerMessage) -> Result<(), NotifierError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_are_under_way_than_the_settings_say() {
    let hanging = Arc::new(Hanging::default());
    let bench = Bench::with(|builder| {
        let builder = builder.notifier(Arc::clone(&hanging) as Arc<dyn Notifier>);
        builder.settings(|settings| settings.notice_concurrency = 2)
    });
    let event = bench.stage(seed::event("Organ").capacity(9)).await;
    for _ in 0..9 {
        let booking = bench.booked(event, 1).await;
        bench.pay(&booking).await;
    }
    let workers = bench.system.start_workers();
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(hanging.0.load(Ordering::SeqCst), 2);
    drop(workers);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_is_tried_once_a_second_and_three_times_at_the_end() {
    let (parts, script) = (Parts::new(), FaultScript::none());
    let bookings = FaultyBookingRepository::new(parts.database.bookings(), script.clone());
    let builder = parts.builder(Arc::new(RemoteGateway::default()));
    let system = builder.repositories(parts.database.events(), Arc::new(bookings)).build().unwrap();
    let new = seed::event("Organ").free().build();
    parts.database.events().store_events(std::slice::from_ref(&new), seed::now()).await.unwrap();
    system.bookings().book(crate::bench::request(new.id, 1)).await.unwrap();
    for _ in 0..100 {
        script.push_for("finish_notices", Fault::Before);
    }
    let tries = || script.calls().iter().filter(|call| **call == "finish_notices").count();
    let workers = system.start_workers();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(tries(), 1);
    workers.stop().await;
    assert_eq!(tries(), 3);
}

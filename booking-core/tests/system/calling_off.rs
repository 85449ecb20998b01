//! Calling events off, changing them, and giving money back.

use std::time::Duration;

use booking_core::domain::booking::BookingStatus;
use booking_core::domain::event::SaleState;
use booking_core::domain::notice::NoticeKind;
use booking_core::ports::event_repository::{ChangeOutcome, EventChange};
use booking_core::service::{BookOutcome, RefundOutcome};
use booking_core::testkit::seed;

use crate::bench::Bench;

#[tokio::test]
async fn calling_an_event_off_cancels_what_is_unpaid_and_refunds_what_is_paid() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let (pending, paid) = (bench.booked(event, 1).await, bench.booked(event, 2).await);
    bench.pay(&paid).await;
    let outcome = bench.system.organiser().cancel(event).await.unwrap();
    assert!(matches!(outcome, ChangeOutcome::Changed(_)));
    assert_eq!(bench.book(event, 1).await, BookOutcome::NotOnSale(SaleState::Cancelled));

    bench.system.run_due_work().await.unwrap();
    bench.gateway.deliver_due().await;
    bench.system.run_due_work().await.unwrap();
    assert_eq!(bench.status(pending.id).await, BookingStatus::Cancelled);
    assert_eq!(bench.status(paid.id).await, BookingStatus::Refunded);
    assert_eq!(bench.counts(event).await, (10, 0, 0));
    let told: Vec<_> =
        bench.notifier.messages().into_iter().map(|m| (m.booking.id, m.kind)).collect();
    assert!(told.contains(&(pending.id, NoticeKind::EventCancelled)));
    assert!(told.contains(&(paid.id, NoticeKind::EventCancelled)));
    assert!(told.contains(&(paid.id, NoticeKind::Refunded)));
    // Whoever pays a link of a called-off event is refused by the gateway.
    let payment = pending.payment.as_ref().unwrap();
    assert!(!bench.gateway.pay_now(payment).await.unwrap().is_accepted);
    bench.assert_balanced().await;
}

#[tokio::test(start_paused = true)]
async fn calling_off_wakes_the_worker() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ")).await;
    let pending = bench.booked(event, 1).await;
    let workers = bench.system.start_workers();
    let moment = Duration::from_millis(100); // Of a paused clock, and far less than the worker's interval.
    tokio::time::sleep(moment).await;
    bench.system.organiser().cancel(event).await.unwrap();
    tokio::time::sleep(moment).await;
    assert_eq!(bench.status(pending.id).await, BookingStatus::Cancelled);
    workers.stop().await;
}

#[tokio::test]
async fn money_that_arrives_for_a_called_off_event_goes_back() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
    bench.system.organiser().cancel(event).await.unwrap();
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::RefundDue);
    bench.system.run_due_work().await.unwrap();
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Refunded);
    bench.system.run_due_work().await.unwrap();
    let told: Vec<_> = bench.notifier.messages().into_iter().map(|m| m.kind).collect();
    assert_eq!(
        told,
        [NoticeKind::EventCancelled, NoticeKind::Refunded],
        "one reason is given, and it is the right one"
    );
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_refund_frees_the_tickets_at_once_and_can_be_asked_for_again() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let (paid, pending) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    bench.pay(&paid).await;
    let organiser = bench.system.organiser();
    for _ in 0..2 {
        let outcome = organiser.refund(paid.id).await.unwrap();
        assert!(matches!(outcome, RefundOutcome::Due(_)), "{outcome:?}");
    }
    assert_eq!(bench.counts(event).await, (1, 1, 0));
    let outcome = organiser.refund(pending.id).await.unwrap();
    assert!(matches!(outcome, RefundOutcome::NotRefundable(_)));
    assert_eq!(organiser.refund(seed::booking_id()).await.unwrap(), RefundOutcome::NotFound);
    bench.system.run_due_work().await.unwrap();
    assert_eq!(bench.gateway.deliver_due().await, 1, "the gateway gave it back once");
    assert_eq!(bench.status(paid.id).await, BookingStatus::Refunded);
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_free_booking_is_given_back_without_the_gateway() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Open day").free().capacity(2)).await;
    let booking = bench.booked(event, 1).await;
    bench.system.organiser().refund(booking.id).await.unwrap();
    bench.system.run_due_work().await.unwrap();
    assert_eq!(bench.status(booking.id).await, BookingStatus::Refunded);
    assert_eq!(bench.counts(event).await, (2, 0, 0));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_change_is_seen_by_the_next_buyer() {
    let bench = Bench::new();
    let seed = seed::event("Organ").capacity(1);
    let event = bench.stage(seed.clone()).await;
    bench.booked(event, 1).await;
    assert!(matches!(bench.book(event, 1).await, BookOutcome::SoldOut(_)));
    let more = EventChange { capacity: Some(seed::capacity(3)), ..EventChange::default() };
    bench.system.organiser().change(event, &more).await.unwrap();
    bench.booked(event, 2).await;
    let less = EventChange { capacity: Some(seed::capacity(2)), ..EventChange::default() };
    let refused = bench.system.organiser().change(event, &less).await.unwrap();
    assert_eq!(refused, ChangeOutcome::CapacityTooLow { taken: 3 });

    let renamed = seed.with(|draft| "Choir".clone_into(&mut draft.title)).details();
    let change = EventChange { details: Some(renamed), ..EventChange::default() };
    bench.system.organiser().change(event, &change).await.unwrap();
    let found = bench.system.catalogue().find_event(event).await.unwrap().unwrap();
    assert_eq!(found.event.details.title, "Choir");
    bench.assert_balanced().await;
}

/// Whoever was told that nothing was paid is told that something was.
#[tokio::test]
async fn money_that_arrives_after_the_notice_is_told_of() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(10)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
    bench.system.organiser().cancel(event).await.unwrap();
    bench.system.run_due_work().await.unwrap();
    bench.gateway.deliver_due().await;
    bench.system.run_due_work().await.unwrap();
    let told: Vec<_> = bench.notifier.messages().into_iter().map(|m| m.kind).collect();
    assert_eq!(told, [NoticeKind::EventCancelled, NoticeKind::RefundDue]);
}

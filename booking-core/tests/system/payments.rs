//! The gateway's notifications: twice, late, out of order, wrong.

use std::time::Duration;

use booking_core::adapters::mock_gateway::{Fault, ScriptTarget};
use booking_core::domain::booking::{Booking, BookingStatus};
use booking_core::domain::ledger::{Cause, Mismatch, Settlement};
use booking_core::ports::payment_gateway::IncomingNotification;
use booking_core::service::{CancelOutcome, PaymentError};
use booking_core::testkit::seed;

use crate::bench::Bench;

async fn refund_is_through(bench: &Bench, booking: &Booking) {
    assert_eq!(bench.status(booking.id).await, BookingStatus::RefundDue);
    bench.system.run_due_work().await.unwrap(); // Asks the gateway.
    bench.gateway.deliver_due().await; // The gateway says that it is done.
    assert_eq!(bench.status(booking.id).await, BookingStatus::Refunded);
}

#[tokio::test]
async fn a_notification_that_comes_twice_counts_once() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.script(ScriptTarget::Booking(booking.id), Fault::Twice.into());
    bench.pay(&booking).await;
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Confirmed);
    assert_eq!(bench.counts(event).await, (3, 0, 2));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_declined_payment_frees_the_tickets() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(5)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.decline_now(booking.payment.as_ref().unwrap()).await.unwrap();
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::PaymentFailed);
    assert_eq!(bench.counts(event).await, (5, 0, 0));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn money_paid_in_time_is_in_time_however_late_the_message_comes() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
    bench.clock.set(booking.expires_at.saturating_add(Duration::from_mins(5)));
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Confirmed);
    assert_eq!(bench.counts(event).await, (0, 0, 2));
}

#[tokio::test]
async fn a_success_after_giving_up_gets_the_tickets_if_there_are_any() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 2).await;
    bench.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
    let cancelled = bench.system.bookings().cancel(booking.id).await.unwrap();
    assert!(matches!(cancelled, CancelOutcome::Cancelled(_)));
    bench.gateway.deliver_due().await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Confirmed);
    assert_eq!(bench.counts(event).await, (0, 0, 2));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_success_after_the_tickets_went_to_somebody_else_is_refunded() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let late = bench.booked(event, 2).await;
    bench.gateway.pay_now(late.payment.as_ref().unwrap()).await.unwrap();
    bench.clock.set(late.expires_at);
    let lucky = bench.booked(event, 1).await;
    bench.gateway.deliver_due().await;
    refund_is_through(&bench, &late).await;
    bench.pay(&lucky).await;
    assert_eq!(bench.status(lucky.id).await, BookingStatus::Confirmed);
    assert_eq!(bench.counts(event).await, (1, 0, 1));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn a_wrong_amount_is_set_aside_and_confirms_nothing() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 1).await;
    let mut wrong = seed::succeeded(&booking, seed::now());
    wrong.amount_minor -= 1;
    let settlement = Settlement { booking_id: booking.id, cause: Cause::Notified(wrong) };
    bench.bookings.settle(&[settlement], seed::now()).await.unwrap();
    assert_eq!(bench.status(booking.id).await, BookingStatus::Pending);

    bench.gateway.script(ScriptTarget::Booking(booking.id), Fault::WrongAmount.into());
    bench.pay(&booking).await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Pending);
    assert_eq!(bench.counts(event).await, (1, 1, 0));
    bench.assert_balanced().await;
}

#[tokio::test]
async fn what_the_gateway_did_not_sign_changes_nothing() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 1).await;
    let forged = IncomingNotification {
        headers: vec![("payment-signature".to_owned(), "t=1,v1=00".to_owned())],
        body: format!(r#"{{"id":"x","booking_id":"{}"}}"#, booking.id).into_bytes(),
    };
    let refused = bench.system.payments().take_notification(&forged).await;
    assert!(matches!(refused, Err(PaymentError::Refused(_))), "{refused:?}");
    assert_eq!(bench.status(booking.id).await, BookingStatus::Pending);
}

#[tokio::test]
async fn a_notification_about_another_payment_of_the_booking_is_set_aside() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let (cheap, dear) = (bench.booked(event, 1).await, bench.booked(event, 1).await);
    let mut crossed = seed::succeeded(&cheap, seed::now());
    crossed.booking_id = dear.id;
    let outcomes = bench.bookings.settle(&[Settlement::notified(crossed)], seed::now()).await;
    let outcomes = outcomes.unwrap().outcomes;
    assert_eq!(
        outcomes,
        [booking_core::domain::ledger::SettleOutcome::SetAside(Mismatch::Payment)]
    );
    assert_eq!(bench.status(dear.id).await, BookingStatus::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_success_cancel_and_expiry_at_once_exactly_one_wins() {
    for round in 0..1_000 {
        let bench = Bench::new();
        let event = bench.stage(seed::event("Organ").capacity(1)).await;
        let booking = bench.booked(event, 1).await;
        bench.gateway.pay_now(booking.payment.as_ref().unwrap()).await.unwrap();
        bench.clock.set(booking.expires_at);
        let (bookings, id) = (bench.system.bookings().clone(), booking.id);
        let cancel = tokio::spawn(async move { bookings.cancel(id).await });
        let bookings = bench.system.bookings().clone();
        let expire = tokio::spawn(async move { bookings.find(id).await });
        bench.gateway.deliver_due().await;
        cancel.await.unwrap().unwrap();
        expire.await.unwrap().unwrap();
        // The money is here and nobody else wants the ticket, so it ends with the buyer in any order.
        assert_eq!(bench.status(id).await, BookingStatus::Confirmed, "round {round}");
        assert_eq!(bench.counts(event).await, (0, 0, 1));
        bench.assert_balanced().await;
    }
}

#[tokio::test]
async fn an_unknown_booking_is_said_to_be_unknown() {
    let bench = Bench::new();
    let event = bench.stage(seed::event("Organ").capacity(2)).await;
    let booking = bench.booked(event, 1).await;
    bench.gateway.script(ScriptTarget::Booking(booking.id), Fault::UnknownBooking.into());
    bench.pay(&booking).await;
    assert_eq!(bench.status(booking.id).await, BookingStatus::Pending);
    assert!(bench.gateway.undelivered() > 0, "the gateway goes on trying");
}

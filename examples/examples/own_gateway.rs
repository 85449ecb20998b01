//! Takes payments through a gateway of one's own: here, an invoice that an office clerk marks as paid.
//!
//! Run:    cargo run -p booking-examples --example own_gateway
//! Expect: invoice paid: confirmed; invoice not paid: expired
//! Next:   check a real gateway with the contract suite, `booking_core::payment_gateway_contract!`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use async_trait::async_trait;
use booking_core::assembly;
use booking_core::domain::booking::{Booking, BookingStatus, Customer};
use booking_core::domain::event::Event;
use booking_core::domain::ids::BookingId;
use booking_core::domain::locale::Locale;
use booking_core::domain::money::Money;
use booking_core::domain::payment::{ForeignId, Notification, NotificationKind, PaymentLink};
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::domain::time::Timestamp;
use booking_core::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentGateway, PaymentRequest,
    RefundOutcome,
};
use booking_core::service::{BookOutcome, BookRequest, BookingSystem};

/// The clerk's password takes the place of a signature. A real gateway signs the body.
const PASSWORD: &str = "only the office knows";

/// Asks for the money by invoice. Its notifications are what the clerk types in.
#[derive(Debug)]
struct InvoiceGateway;

#[async_trait]
impl PaymentGateway for InvoiceGateway {
    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        // The same booking always gets the same invoice, however often it is asked for.
        let number = format!("INV-{}", request.booking_id);
        let payment_id = ForeignId::new(number)
            .map_err(|invalid| GatewayError::Rejected { reason: invalid.reason().to_owned() })?;
        let url = format!("https://office.example/invoices/{payment_id}");
        Ok(PaymentLink { payment_id, url: url.into() })
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        now: Timestamp,
    ) -> Result<Notification, NotificationError> {
        if message.header("x-password").next() != Some(PASSWORD) {
            return Err(NotificationError::BadSignature("wrong password"));
        }
        let malformed =
            || NotificationError::Malformed("expected `booking amount code`".to_owned());
        let text = std::str::from_utf8(&message.body).map_err(|_| malformed())?;
        let [booking, amount, currency] =
            text.split(' ').collect::<Vec<_>>().try_into().map_err(|_| malformed())?;
        let id = |text: String| ForeignId::new(text).map_err(|_| malformed());
        Ok(Notification {
            // One payment of one invoice: typed in twice, it counts once.
            id: id(format!("paid-{booking}"))?,
            kind: NotificationKind::Succeeded,
            occurred_at: now,
            payment_id: id(format!("INV-{booking}"))?,
            booking_id: booking.parse().map_err(|_| malformed())?,
            amount_minor: amount.parse().map_err(|_| malformed())?,
            currency: currency.to_owned(),
        })
    }

    async fn expire_payment(&self, _: &ForeignId, _: Timestamp) -> Result<(), GatewayError> {
        Ok(()) // The invoice bears the date until which it can be paid.
    }

    async fn refund(
        &self,
        _: &ForeignId,
        _: BookingId,
        _: Money,
        _: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        Ok(RefundOutcome::Completed) // The clerk hands the money back at once.
    }
}

async fn book(system: &BookingSystem, event: &Event) -> anyhow::Result<Booking> {
    let customer = Customer::new("Ada Lovelace", "ada@example.org")?;
    let quantity = Quantity::new(1)?;
    let request = BookRequest {
        event_id: event.id,
        quantity,
        customer,
        locale: Locale::ENGLISH,
        idempotency_key: None,
    };
    match system.bookings().book(request).await? {
        BookOutcome::Booked(booking) => Ok(booking),
        refused => bail!("not booked: {refused:?}"),
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let hold_ttl = Duration::from_millis(200);
    let system = assembly::in_memory(Arc::new(InvoiceGateway))
        .settings(|settings| settings.hold_ttl = hold_ttl)
        .build()?;
    let details = booking_examples::concert(system.clock().now())?;
    let event = system.organiser().create(details, Capacity::new(2)?).await?.event;
    system.organiser().publish(event.id).await?;

    let (paid, unpaid) = (book(&system, &event).await?, book(&system, &event).await?);
    let typed_in = IncomingNotification {
        headers: vec![("x-password".to_owned(), PASSWORD.to_owned())],
        body: format!("{} 4500 CHF", paid.id).into_bytes(),
    };
    system.payments().take_notification(&typed_in).await?;
    system.payments().take_notification(&typed_in).await?; // Typed in twice.

    // A hold ends at its time, whether or not anybody sweeps.
    while system.clock().now() < unpaid.expires_at {
        tokio::time::sleep(hold_ttl / 4).await;
    }
    let paid = system.bookings().find(paid.id).await?.context("it is kept")?;
    let unpaid = system.bookings().find(unpaid.id).await?.context("it is kept")?;
    println!(
        "invoice paid: {}; invoice not paid: {}",
        paid.status.as_str(),
        unpaid.status.as_str()
    );
    assert_eq!(paid.status, BookingStatus::Confirmed);
    assert_eq!(unpaid.status, BookingStatus::Expired);
    assert!(system.audit().await?.discrepancies.is_empty());
    Ok(())
}

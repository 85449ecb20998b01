//! Sells two tickets with nothing but memory: no database, no network.
//!
//! Run:    cargo run -p booking-examples --example quickstart
//! Expect: confirmed 2 tickets of "Night of the Organ" for 90.00 CHF; 98 are left
//! Next:   embedded.rs keeps its bookings in a file.

use std::sync::Arc;

use anyhow::{Context, bail};
use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::assembly;
use booking_core::domain::booking::{BookingStatus, Customer};
use booking_core::domain::locale::Locale;
use booking_core::domain::quantity::{Capacity, Quantity};
use booking_core::service::{BookOutcome, BookRequest};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (clock, ids) = assembly::clock_and_ids();
    let secrets = IpnSecrets::parse("a secret of sixteen bytes or more")?;
    let gateway = MockGateway::builder(secrets, clock.clone(), ids);
    let (gateway, connect) = assembly::mock_gateway_in_process(gateway)?;
    let system = assembly::in_memory(Arc::new(gateway.clone())).build()?;
    connect(&system);

    let details = booking_examples::concert(clock.now())?;
    let event = system.organiser().create(details, Capacity::new(100)?).await?.event;
    system.organiser().publish(event.id).await?;

    let customer = Customer::new("Ada Lovelace", "ada@example.org")?;
    let quantity = Quantity::new(2)?;
    let request = BookRequest {
        event_id: event.id,
        quantity,
        customer,
        locale: Locale::ENGLISH,
        idempotency_key: None,
    };
    let BookOutcome::Booked(booking) = system.bookings().book(request).await? else {
        bail!("the tickets could not be had")
    };
    // A browser would follow the link. Only the gateway's notification confirms the booking.
    gateway.pay_now(booking.payment.as_ref().context("it can be paid for")?).await?;
    gateway.deliver_due().await;

    let booking = system.bookings().find(booking.id).await?.context("it is kept")?;
    let left = system.catalogue().find_event(event.id).await?.context("it is kept")?.stock;
    println!(
        "confirmed {} tickets of {:?} for {}; {} are left",
        booking.quantity,
        event.details.title,
        booking.total,
        left.available()
    );
    assert_eq!(booking.status, BookingStatus::Confirmed);
    assert_eq!((left.available(), left.sold()), (98, 2));
    Ok(())
}

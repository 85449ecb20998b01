//! A database that vanishes in the middle of a call, without a word.

use std::sync::Arc;

use booking_core::domain::ids::EventId;
use booking_core::ports::EventRepository as _;
use booking_core::ports::fault::RepositoryError;
use booking_core::service::{BookOutcome, BookingSystem, ServiceError};
use booking_core::testkit::faulty::{
    Fault, FaultScript, FaultyBookingRepository, FaultyEventRepository,
};
use booking_core::testkit::seed;

use crate::bench::{Parts, RemoteGateway, request};

/// A system whose calls to the database fail as a script says, with an event.
async fn system(script: &FaultScript) -> (BookingSystem, EventId) {
    let parts = Parts::new();
    let event = seed::event("Organ").capacity(5).build();
    parts.database.events().store_events(std::slice::from_ref(&event), seed::now()).await.unwrap();
    let events = FaultyEventRepository::new(parts.database.events(), script.clone());
    let bookings = FaultyBookingRepository::new(parts.database.bookings(), script.clone());
    let system = parts
        .builder(Arc::new(RemoteGateway::default()))
        .repositories(Arc::new(events), Arc::new(bookings))
        .build()
        .unwrap();
    (system, event.id)
}

fn is_away<T>(answer: Result<T, ServiceError>) -> bool {
    let Err(ServiceError::Repository { source }) = answer else { return false };
    matches!(*source, RepositoryError::Unavailable { .. })
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_reading_never_ends_is_read_again() {
    let script = FaultScript::none();
    let (system, event) = system(&script).await;
    script.push_for("find_event", Fault::Hang);
    let catalogue = system.catalogue();
    let (reader, waiting, buyer) = tokio::join!(
        catalogue.find_recent(event),
        catalogue.find_details(event),
        system.bookings().book(request(event, 1)),
    );
    assert!(is_away(reader) && is_away(waiting) && is_away(buyer), "all are told the same");
    assert_eq!(script.calls(), ["find_event"], "one has read for all of them");
    let booked = system.bookings().book(request(event, 1)).await.unwrap();
    assert!(matches!(booked, BookOutcome::Booked(_)), "{booked:?}");
}

#[tokio::test(start_paused = true)]
async fn no_call_to_the_database_is_waited_for_for_ever() {
    let script = FaultScript::none();
    let (system, event) = system(&script).await;
    let BookOutcome::Booked(booking) = system.bookings().book(request(event, 1)).await.unwrap()
    else {
        panic!("there are tickets")
    };
    script.push_for("find_booking", Fault::Hang);
    assert!(is_away(system.bookings().find(booking.id).await));
    script.push_for("claim_notices", Fault::Hang);
    assert!(system.run_due_work().await.is_err());
    system.run_due_work().await.unwrap();
}

//! Clients and organisers, whose questions and answers are kept.

use std::sync::Arc;

use super::{Finding, Promise, Wish, Witness, short};
use crate::domain::booking::{Booking, BookingStatus, Customer, IdempotencyKey};
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::locale::Locale;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::service::{BookOutcome, BookRequest, BookingSystem, CancelOutcome, ServiceError};
use crate::testkit::seed;

/// Somebody who talks to one instance.
#[derive(Debug, Clone)]
pub struct Client {
    /// The instance.
    pub system: BookingSystem,
    /// Who keeps what is said.
    pub witness: Arc<Witness>,
}

impl Client {
    /// Asks for tickets.
    pub async fn book(&self, wish: &Wish) -> Result<BookOutcome, ServiceError> {
        self.witness.facts().wishes.insert(wish.customer.clone(), wish.clone());
        let request = BookRequest {
            event_id: wish.event_id,
            quantity: seed::quantity(wish.quantity),
            customer: Customer::new("Somebody", &wish.customer).expect("it is an address"),
            locale: Locale::ENGLISH,
            idempotency_key: wish
                .key
                .as_ref()
                .map(|key| IdempotencyKey::new(key.as_str()).expect("the test names a valid key")),
        };
        let outcome = self.system.bookings().book(request).await;
        let mut facts = self.witness.facts();
        match &outcome {
            Ok(BookOutcome::Booked(booking) | BookOutcome::Replayed(booking)) => {
                let (wish, booking) = (wish.clone(), booking.clone());
                facts.promises.push(Promise { wish, booking });
            }
            Ok(BookOutcome::KeyReused) => facts.reused_keys.push(wish.clone()),
            Ok(BookOutcome::SoldOut(sold_out)) if sold_out.available >= wish.quantity => {
                let seen = format!("{} refused with {sold_out:?}", wish.quantity);
                facts.contradictions.push(Finding::new("a refusal is honest", seen));
            }
            Ok(BookOutcome::EventNotFound) => {
                let seen = format!("{} is said not to exist", wish.event_id);
                facts.contradictions.push(Finding::new("an event stays", seen));
            }
            _ => {}
        }
        drop(facts);
        outcome
    }

    /// Gives a booking up.
    pub async fn cancel(&self, booking: &Booking) -> Result<CancelOutcome, ServiceError> {
        self.witness.facts().cancels_asked.insert(booking.id);
        let outcome = self.system.bookings().cancel(booking.id).await;
        let mut facts = self.witness.facts();
        match &outcome {
            Ok(CancelOutcome::Cancelled(now) | CancelOutcome::NotCancellable(now)) => {
                facts.cancels_answered.push((booking.id, now.status));
                let is_given_up = matches!(outcome, Ok(CancelOutcome::Cancelled(_)));
                let holds = matches!(now.status, BookingStatus::Pending | BookingStatus::Confirmed);
                if is_given_up && holds {
                    let seen = format!("{} is given up and {:?}", short(booking.id), now.status);
                    facts.contradictions.push(Finding::new("what is given up is free", seen));
                }
            }
            Ok(CancelOutcome::NotFound) => {
                let seen = format!("{} is said not to exist", short(booking.id));
                facts.contradictions.push(Finding::new("a promise is kept", seen));
            }
            Err(_) => {}
        }
        drop(facts);
        outcome
    }

    /// Gives the money of a booking back.
    pub async fn refund(&self, booking: &Booking) -> Result<(), ServiceError> {
        self.witness.facts().refunds_asked.insert(booking.id);
        self.system.organiser().refund(booking.id).await.map(drop)
    }

    /// Changes an event.
    pub async fn change(
        &self,
        event_id: EventId,
        change: &EventChange,
    ) -> Result<ChangeOutcome, ServiceError> {
        let outcome = self.system.organiser().change(event_id, change).await;
        if let Ok(ChangeOutcome::Changed(listing) | ChangeOutcome::Unchanged(listing)) = &outcome
            && listing.event.status == EventStatus::Cancelled
        {
            self.witness.facts().called_off.insert(event_id);
        }
        outcome
    }
}

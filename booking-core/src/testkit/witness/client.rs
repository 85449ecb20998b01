//! Clients and organisers, whose questions and answers are kept.

use std::sync::Arc;

use super::{Finding, Promise, Rule, Wish, Witness, short};
use crate::domain::booking::{Booking, BookingStatus, Customer, IdempotencyKey};
use crate::domain::event::EventStatus;
use crate::domain::ids::EventId;
use crate::domain::locale::Locale;
use crate::ports::event_repository::{ChangeOutcome, EventChange};
use crate::service::{
    BookOutcome, BookRequest, BookingSystem, CancelOutcome, RefundOutcome, ServiceError,
};
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
                facts.statuses_told.push((booking.id, booking.status));
                let is_payable = booking.payment.is_some() || booking.total.is_zero();
                if booking.status == BookingStatus::Pending && !is_payable {
                    let seen = format!("{} has no link", short(booking.id));
                    facts.contradictions.push(Finding::new(Rule::WhatIsHeldCanBePaid, seen));
                }
                let (wish, booking) = (wish.clone(), booking.clone());
                facts.promises.push(Promise { wish, booking });
            }
            Ok(BookOutcome::KeyReused) => facts.reused_keys.push(wish.clone()),
            Ok(BookOutcome::SoldOut(sold_out)) if sold_out.available >= wish.quantity => {
                let seen = format!("{} refused with {sold_out:?}", wish.quantity);
                facts.contradictions.push(Finding::new(Rule::ARefusalIsHonest, seen));
            }
            Ok(BookOutcome::EventNotFound) => {
                let seen = format!("{} is said not to exist", wish.event_id);
                facts.contradictions.push(Finding::new(Rule::AnEventStays, seen));
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
                facts.statuses_told.push((booking.id, now.status));
                let is_given_up = matches!(outcome, Ok(CancelOutcome::Cancelled(_)));
                let is_free = matches!(
                    now.status,
                    BookingStatus::Cancelled
                        | BookingStatus::Expired
                        | BookingStatus::PaymentFailed
                );
                if is_given_up != is_free {
                    let seen = format!(
                        "{} is {:?}, and was {}given up",
                        short(booking.id),
                        now.status,
                        if is_given_up { "" } else { "not " }
                    );
                    facts.contradictions.push(Finding::new(Rule::WhatIsGivenUpIsFree, seen));
                }
            }
            Ok(CancelOutcome::NotFound) => {
                let seen = format!("{} is said not to exist", short(booking.id));
                facts.contradictions.push(Finding::new(Rule::APromiseIsKept, seen));
            }
            Err(_) => {}
        }
        drop(facts);
        outcome
    }

    /// Looks at a booking.
    pub async fn look_at(&self, booking: &Booking) -> Result<Option<Booking>, ServiceError> {
        let found = self.system.bookings().find(booking.id).await;
        let mut facts = self.witness.facts();
        match &found {
            Ok(Some(now)) => facts.statuses_told.push((now.id, now.status)),
            Ok(None) => {
                let seen = format!("{} is said not to exist", short(booking.id));
                facts.contradictions.push(Finding::new(Rule::APromiseIsKept, seen));
            }
            Err(_) => {}
        }
        drop(facts);
        found
    }

    /// Gives the money of a booking back.
    pub async fn refund(&self, booking: &Booking) -> Result<(), ServiceError> {
        self.witness.facts().refunds_asked.insert(booking.id);
        let outcome = self.system.organiser().refund(booking.id).await?;
        let mut facts = self.witness.facts();
        let (now, is_due) = match outcome {
            RefundOutcome::Due(now) => (now, true),
            RefundOutcome::NotRefundable(now) => (now, false),
            RefundOutcome::NotFound => {
                let seen = format!("{} is said not to exist", short(booking.id));
                facts.contradictions.push(Finding::new(Rule::APromiseIsKept, seen));
                return Ok(());
            }
        };
        facts.statuses_told.push((now.id, now.status));
        if is_due {
            facts.refunds_promised.insert(now.id);
        }
        if is_due != matches!(now.status, BookingStatus::RefundDue | BookingStatus::Refunded) {
            let seen = format!("{} is {:?}", short(now.id), now.status);
            facts.contradictions.push(Finding::new(Rule::MoneyThatIsDueComesBack, seen));
        }
        Ok(())
    }

    /// Changes an event.
    pub async fn change(
        &self,
        event_id: EventId,
        change: &EventChange,
    ) -> Result<ChangeOutcome, ServiceError> {
        let lines = match change.status {
            Some(EventStatus::Published) => &["event_published", "event_edited"][..],
            Some(EventStatus::Cancelled) => &["event_called_off"],
            Some(EventStatus::Draft) | None => &["event_edited"],
        };
        let asked = lines.iter().map(|line| (event_id, *line));
        {
            let mut facts = self.witness.facts();
            facts.changes_asked.extend(asked);
            let prices = facts.prices.get_mut(&event_id);
            if let (Some(prices), Some(details)) = (prices, &change.details) {
                prices.push(details.price);
            }
        }
        let outcome = self.system.organiser().change(event_id, change).await;
        if let Ok(ChangeOutcome::Changed(listing) | ChangeOutcome::Unchanged(listing)) = &outcome
            && listing.event.status == EventStatus::Cancelled
        {
            self.witness.facts().called_off.insert(event_id);
        }
        outcome
    }
}

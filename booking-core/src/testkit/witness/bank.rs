//! A payment gateway that knows what really happened to the money.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::super::lock::lock;
use crate::domain::booking::Booking;
use crate::domain::ids::BookingId;
use crate::domain::money::Money;
use crate::domain::payment::{ForeignId, Notification, NotificationKind, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::PaymentGateway;
use crate::ports::payment_gateway::{
    GatewayError, IncomingNotification, NotificationError, PaymentRequest, RefundOutcome,
};

/// What happened to the money for one booking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// What the buyer paid, in minor units; zero if nothing.
    pub received: i64,
    /// When the buyer paid.
    pub paid_at: Option<Timestamp>,
    /// Whether the buyer's payment was ever declined.
    pub is_declined: bool,
    /// Whether nobody may pay any more.
    pub is_closed: bool,
    /// How often the money was given back.
    pub refunds: u32,
    /// What the engine asked to be given back, each time that it asked, in minor units.
    pub asked_back: Vec<i64>,
    /// Whether the message of the payment was kept back for ever: then nobody can know of it.
    pub is_silent: bool,
}

/// A message of the bank that is to be carried to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// What it says.
    pub notification: Notification,
    /// Whether it is right: not with another amount or another's payment.
    pub is_sound: bool,
}

impl Slip {
    /// Returns the message as it is sent.
    pub fn message(&self) -> IncomingNotification {
        let body = self.notification.id.as_str().as_bytes().to_vec();
        IncomingNotification { headers: Vec::new(), body }
    }
}

/// How a bank behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BankManners {
    /// Whether its links are made by signing alone.
    pub signs_links: bool,
    /// Whether a refund is done when it is answered; else a notification follows.
    pub refunds_at_once: bool,
    /// Whether buyers may pay after the end of their holds.
    pub takes_late_payments: bool,
}

/// A bank: the gateway of every instance, and the truth about the money. Clones are the same bank.
#[derive(Debug, Clone)]
pub struct Bank {
    manners: BankManners,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    accounts: BTreeMap<BookingId, Account>,
    /// The end of each payment.
    ends: BTreeMap<BookingId, Timestamp>,
    /// Messages by their ids: what was never sent does not verify.
    sent: BTreeMap<ForeignId, Notification>,
    /// Messages that nobody has carried yet.
    outgoing: Vec<Slip>,
    last_number: u64,
}

fn payment_of(booking_id: BookingId) -> ForeignId {
    ForeignId::new(format!("pay-{booking_id}")).expect("it is short and printable")
}

impl Bank {
    /// Opens a bank.
    pub fn new(manners: BankManners) -> Self {
        Self { manners, state: Arc::default() }
    }

    /// Returns all accounts.
    pub fn accounts(&self) -> BTreeMap<BookingId, Account> {
        lock(&self.state).accounts.clone()
    }

    /// Returns the account of a booking.
    pub fn account(&self, booking_id: BookingId) -> Account {
        lock(&self.state).accounts.get(&booking_id).cloned().unwrap_or_default()
    }

    /// Takes the messages that are to be carried to the instances.
    pub fn take_outgoing(&self) -> Vec<Slip> {
        std::mem::take(&mut lock(&self.state).outgoing)
    }

    /// The buyer of a booking pays, as far as the bank lets them; tells whether they could. `received` is what arrives,
    /// which may be another amount than the price.
    pub fn pay(&self, booking: &Booking, received: i64, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let end = *state.ends.entry(booking.id).or_insert(booking.expires_at);
        let account = state.accounts.entry(booking.id).or_default();
        let is_over = now > end && !self.manners.takes_late_payments;
        if account.is_closed || account.paid_at.is_some() || is_over {
            return false;
        }
        account.paid_at = Some(now);
        account.received = received;
        state.send(booking, NotificationKind::Succeeded, received, now);
        true
    }

    /// The bank takes the missing rest, after it had sent the wrong amount, and says so; tells whether there was one.
    pub fn settle_difference(&self, booking: &Booking, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let account = state.accounts.entry(booking.id).or_default();
        let total = booking.total.amount_minor();
        if account.received == total || account.paid_at.is_none() || account.refunds > 0 {
            return false;
        }
        account.received = total;
        state.send(booking, NotificationKind::Succeeded, total, now);
        true
    }

    /// The buyer's card is declined, unless it has paid; tells whether it was.
    pub fn decline(&self, booking: &Booking, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let account = state.accounts.entry(booking.id).or_default();
        if account.paid_at.is_some() {
            return false;
        }
        account.is_declined = true;
        state.send(booking, NotificationKind::Failed, booking.total.amount_minor(), now);
        true
    }

    /// The buyer's bank takes the money back, without anybody's asking; tells whether there was any.
    pub fn charge_back(&self, booking: &Booking, now: Timestamp) -> bool {
        let mut state = lock(&self.state);
        let account = state.accounts.entry(booking.id).or_default();
        let is_whole = account.received == booking.total.amount_minor();
        if account.paid_at.is_none() || !is_whole || account.refunds > 0 || account.is_silent {
            return false;
        }
        account.refunds = 1;
        state.send(booking, NotificationKind::Refunded, booking.total.amount_minor(), now);
        true
    }

    /// Somebody's message gets mixed up: it says that one booking was paid by the payment of another. Nothing is mixed up
    /// with a booking whose payment is not on record: nobody could tell. Says whether it happened.
    pub fn mix_up(&self, paid: &Booking, named: &Booking, now: Timestamp) -> bool {
        if named.payment.is_none() || paid.id == named.id {
            return false;
        }
        let mut state = lock(&self.state);
        let id = state.next_id("mixed-up", named.id);
        let notification = Notification {
            id: id.clone(),
            kind: NotificationKind::Succeeded,
            occurred_at: now,
            payment_id: payment_of(paid.id),
            booking_id: named.id,
            amount_minor: named.total.amount_minor(),
            currency: named.total.currency().code().to_owned(),
        };
        state.sent.insert(id, notification.clone());
        state.outgoing.push(Slip { notification, is_sound: false });
        true
    }

    /// Nobody will ever hear of the payment of a booking.
    pub fn silence(&self, booking_id: BookingId) {
        lock(&self.state).accounts.entry(booking_id).or_default().is_silent = true;
    }
}

impl State {
    fn next_id(&mut self, what: &str, booking_id: BookingId) -> ForeignId {
        self.last_number += 1;
        let id = format!("{what}-{}-{booking_id}", self.last_number);
        ForeignId::new(id).expect("it is short and printable")
    }

    fn send(
        &mut self,
        booking: &Booking,
        kind: NotificationKind,
        amount_minor: i64,
        now: Timestamp,
    ) {
        let is_wrong = amount_minor != booking.total.amount_minor();
        let id = self.next_id(if is_wrong { "wrong-amount" } else { kind.as_str() }, booking.id);
        let notification = Notification {
            id: id.clone(),
            kind,
            occurred_at: now,
            payment_id: payment_of(booking.id),
            booking_id: booking.id,
            amount_minor,
            currency: booking.total.currency().code().to_owned(),
        };
        self.sent.insert(id, notification.clone());
        self.outgoing.push(Slip { notification, is_sound: !is_wrong });
    }
}

#[async_trait]
impl PaymentGateway for Bank {
    fn sign_link(&self, request: &PaymentRequest) -> Option<PaymentLink> {
        let payment_id = payment_of(request.booking_id);
        let url = format!("https://pay.example.org/{payment_id}").into();
        self.manners.signs_links.then_some(PaymentLink { payment_id, url })
    }

    async fn create_payment(&self, request: &PaymentRequest) -> Result<PaymentLink, GatewayError> {
        let payment_id = payment_of(request.booking_id);
        let mut state = lock(&self.state);
        state.ends.entry(request.booking_id).or_insert(request.expires_at);
        state.accounts.entry(request.booking_id).or_default();
        let url = format!("https://pay.example.org/{payment_id}").into();
        Ok(PaymentLink { payment_id, url })
    }

    fn verify(
        &self,
        message: &IncomingNotification,
        _: Timestamp,
    ) -> Result<Notification, NotificationError> {
        let unknown = NotificationError::BadSignature("the bank did not send it");
        let id = std::str::from_utf8(&message.body).map_err(|_| unknown.clone())?;
        let id = ForeignId::new(id).map_err(|_| unknown.clone())?;
        lock(&self.state).sent.get(&id).cloned().ok_or(unknown)
    }

    async fn expire_payment(
        &self,
        payment_id: &ForeignId,
        _: Timestamp,
    ) -> Result<(), GatewayError> {
        let booking_id = payment_id.as_str().strip_prefix("pay-").and_then(|id| id.parse().ok());
        let Some(booking_id) = booking_id else {
            return Err(GatewayError::Rejected { reason: "there is no such payment".to_owned() });
        };
        let mut state = lock(&self.state);
        let account = state.accounts.entry(booking_id).or_default();
        account.is_closed |= account.paid_at.is_none();
        Ok(())
    }

    async fn refund(
        &self,
        payment_id: &ForeignId,
        booking_id: BookingId,
        amount: Money,
        now: Timestamp,
    ) -> Result<RefundOutcome, GatewayError> {
        let mut state = lock(&self.state);
        let account = state.accounts.entry(booking_id).or_default();
        if account.paid_at.is_none() || payment_of(booking_id) != *payment_id {
            return Err(GatewayError::Rejected { reason: "nobody paid that".to_owned() });
        }
        let is_first = account.refunds == 0;
        account.asked_back.push(amount.amount_minor());
        account.refunds = 1;
        if self.manners.refunds_at_once {
            return Ok(RefundOutcome::Completed);
        }
        if is_first {
            let id = state.next_id(NotificationKind::Refunded.as_str(), booking_id);
            let notification = Notification {
                id: id.clone(),
                kind: NotificationKind::Refunded,
                occurred_at: now,
                payment_id: payment_id.clone(),
                booking_id,
                amount_minor: amount.amount_minor(),
                currency: amount.currency().code().to_owned(),
            };
            state.sent.insert(id, notification.clone());
            state.outgoing.push(Slip { notification, is_sound: true });
        }
        Ok(RefundOutcome::Accepted)
    }
}

//! What every contender writes: the rows that the engine writes for one booking, column by column.

use std::sync::{Arc, LazyLock};

use booking_core::assembly;
use booking_core::domain::booking::Booking;
use booking_core::ports::IdSource;
use uuid::Uuid;

/// The values of a booking that the engine made. Contenders write them again and again under new ids.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) price: i64,
    pub(crate) currency: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) payment: String,
    pub(crate) url: String,
    pub(crate) created_at: String,
    pub(crate) expires_at: String,
}

impl From<&Booking> for Sample {
    fn from(booking: &Booking) -> Self {
        let payment = booking.payment.as_ref();
        Self {
            price: booking.unit_price.amount_minor(),
            currency: booking.unit_price.currency().code().to_owned(),
            name: booking.customer.name().to_owned(),
            email: booking.customer.email().to_owned(),
            payment: payment.map(|link| link.payment_id.as_str().to_owned()).unwrap_or_default(),
            url: payment.map(|link| link.url.to_string()).unwrap_or_default(),
            created_at: booking.created_at.to_string(),
            expires_at: booking.expires_at.to_string(),
        }
    }
}

/// Makes ids as the engine does: they go up, so that indexes grow at one end.
pub(crate) fn new_id() -> Uuid {
    static IDS: LazyLock<Arc<dyn IdSource>> = LazyLock::new(|| assembly::clock_and_ids().1);
    IDS.next_id()
}

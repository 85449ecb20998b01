//! The adapters of one system, for the use cases to share.

use std::sync::Arc;

use crate::ports::{
    BookingRepository, Clock, EventRepository, IdSource, Notifier, PaymentGateway, StockCache,
};

/// One of each port. Cloning it shares them.
#[derive(Debug, Clone)]
pub(super) struct Adapters {
    pub(super) events: Arc<dyn EventRepository>,
    pub(super) bookings: Arc<dyn BookingRepository>,
    pub(super) cache: Arc<dyn StockCache>,
    pub(super) gateway: Arc<dyn PaymentGateway>,
    pub(super) notifier: Arc<dyn Notifier>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
}

//! The traits through which the engine reaches the world, and the rules that each implementation keeps.
//!
//! Every trait is object safe and used as `Arc<dyn …>`. The rules are numbered on each trait; the suites of
//! `testkit` (feature of the same name) check them against any implementation.

pub mod booking_repository;
pub mod clock;
pub mod event_repository;
pub mod fault;
pub mod notifier;
pub mod payment_gateway;
pub mod stock_cache;

pub use booking_repository::BookingRepository;
pub use clock::{Clock, IdSource};
pub use event_repository::EventRepository;
pub use fault::{BoxError, Classify, Effect, Retry};
pub use notifier::Notifier;
pub use payment_gateway::PaymentGateway;
pub use stock_cache::StockCache;

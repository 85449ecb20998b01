//! A booking engine for tickets that holds its promises when everybody comes at once.
//!
//! It never sells a ticket twice, loses a payment, or leaves a buyer without an answer. A [`BookingSystem`] puts
//! the use cases of [`service`] on one set of adapters; [`ports`] says what an adapter has to keep, [`domain`]
//! holds the rules, and [`assembly`] makes systems that are ready to use.
//!
//! # Example
//!
//! A booking from an event to the confirmation, in memory and on a mock gateway (feature `mock-gateway`):
//!
#![cfg_attr(feature = "mock-gateway", doc = "```")]
#![cfg_attr(not(feature = "mock-gateway"), doc = "```ignore")]
//! # use std::{sync::Arc, time::Duration};
//! # use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
//! # use booking_core::domain::booking::{BookingStatus, Customer};
//! # use booking_core::domain::event::{EventDetails, EventDraft};
//! # use booking_core::domain::locale::Locale;
//! # use booking_core::domain::money::{Currency, Money};
//! # use booking_core::domain::quantity::{Capacity, Quantity};
//! # use booking_core::{BookOutcome, BookRequest, assembly};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (clock, ids) = assembly::clock_and_ids();
//! let secrets = IpnSecrets::parse("a secret of sixteen bytes or more")?;
//! let gateway = MockGateway::builder(secrets, clock.clone(), ids);
//! let (gateway, connect) = assembly::mock_gateway_in_process(gateway)?;
//! let system = assembly::in_memory(Arc::new(gateway.clone())).build()?;
//! connect(&system);
//!
//! let starts_at = clock.now().saturating_add(Duration::from_hours(240));
//! let price = Money::parse_decimal("45.00", Currency::new("CHF")?)?;
//! let draft = EventDraft::new("Night of the Organ", starts_at, Duration::from_hours(3), price);
//! let details = EventDetails::check(draft)?;
//! let event = system.organiser().create(details, Capacity::new(100)?).await?.event;
//! system.organiser().publish(event.id).await?;
//!
//! let customer = Customer::new("Ada Lovelace", "ada@example.org")?;
//! let (quantity, locale) = (Quantity::new(2)?, Locale::ENGLISH);
//! let request = BookRequest { event_id: event.id, quantity, customer, locale, idempotency_key: None };
//! let BookOutcome::Booked(booking) = system.bookings().book(request).await? else { panic!("sold out") };
//! gateway.pay_now(booking.payment.as_ref().expect("it has a price")).await?;
//! gateway.deliver_due().await; // The gateway's notification confirms the booking, nothing else.
//! let booking = system.bookings().find(booking.id).await?.expect("it is kept");
//! assert_eq!(booking.status, BookingStatus::Confirmed);
//! # Ok(())
//! # }
//! ```
//!
//! A system that runs for longer than a moment needs [`BookingSystem::start_workers`]: they release the tickets of
//! holds that ran out, tell buyers and the gateway, and settle the bookings of events that are called off.
//!
//! # Features
//!
//! None is on by default. None takes anything away.
//!
//! | Feature | Adds |
//! | --- | --- |
//! | *(none)* | rules, ports, use cases, adapters in memory, the system's clock and ids |
//! | `sqlite` | [`adapters`]`::sqlite`; compiles SQLite from its C source |
//! | `postgres` | [`adapters`]`::postgres`, directly or through pgbouncer |
//! | `redis` | [`adapters`]`::redis`: the stock cache in Redis or a Redis Cluster |
//! | `tls-rustls` | encrypted connections to PostgreSQL and Redis |
//! | `mock-gateway` | [`adapters`]`::mock_gateway`: signed links, notifications over HTTP, faults on demand |
//! | `mail` | [`adapters`]`::mail`: mails to buyers, written to files |
//! | `smtp` | [`adapters`]`::mail::smtp`: mails handed to a mail server |
//! | `webhook` | [`adapters`]`::webhook`: signed webhooks to an application, in place of mails |
//! | `mock` | `mockall` doubles of every port |
//! | `testkit` | contract suites, a manual clock, ports that fail on demand; exempt from semver |
//! | `serde` | `Serialize` and `Deserialize` on domain values |
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(missing_docs)]

pub mod adapters;
pub mod assembly;
pub mod domain;
pub mod ports;
pub mod service;
#[cfg(feature = "testkit")]
#[cfg_attr(docsrs, doc(cfg(feature = "testkit")))]
pub mod testkit;

pub use service::{BookOutcome, BookRequest, BookingSystem};

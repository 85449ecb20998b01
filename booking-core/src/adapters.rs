//! Implementations of the ports, one module for each technology.

pub mod memory;
pub mod system;

mod corrections;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod slow_searches;

#[cfg(feature = "mail")]
#[cfg_attr(docsrs, doc(cfg(feature = "mail")))]
pub mod mail;
#[cfg(feature = "mock-gateway")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock-gateway")))]
pub mod mock_gateway;
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub mod postgres;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub mod redis;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub mod sqlite;
#[cfg(feature = "webhook")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhook")))]
pub mod webhook;

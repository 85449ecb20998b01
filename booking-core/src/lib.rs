//! A booking engine for tickets that holds its promises when everybody comes at once.
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

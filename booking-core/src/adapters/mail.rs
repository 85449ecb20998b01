//! Mails to buyers: how they read, and a notifier that writes them to files.
//!
//! [`MailRenderer`] makes a [`lettre::Message`] of a notice and knows nothing of where it goes, so that every
//! notifier that sends mails can use it. [`EmlNotifier`] puts the mails into a folder.

mod calendar;
mod eml;
mod html;
mod letter;
mod render;
mod when;

#[cfg(test)]
mod tests;

pub use eml::EmlNotifier;
pub use render::{MailRenderer, MailSettings};

//! Mails to buyers: how they read, and notifiers that write them to files or hand them to a mail server.
//!
//! [`MailRenderer`] makes a [`lettre::Message`] of a notice and knows nothing of where it goes, so that every
//! notifier that sends mails can use it. [`EmlNotifier`] puts the mails into a folder;
#![cfg_attr(feature = "smtp", doc = "[`SmtpNotifier`](smtp::SmtpNotifier) sends them.")]
#![cfg_attr(not(feature = "smtp"), doc = "`SmtpNotifier`, of the feature `smtp`, sends them.")]
//!
//! They are written in the language of the booking if there are texts in it, else in English, and in the event's local
//! time. Other words and another layout are put in with [`MailTemplates`].

mod calendar;
mod eml;
mod language;
mod letter;
mod render;
mod reservation;
mod story;
mod templates;
mod text;
mod when;

#[cfg(feature = "smtp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smtp")))]
pub mod smtp;

#[cfg(test)]
mod tests;

pub use eml::EmlNotifier;
pub use language::is_spoken;
pub use render::{MailRenderer, MailSettings};
pub use templates::{BuiltInTemplates, MailContent, MailLinks, MailTemplates};

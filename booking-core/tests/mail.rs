//! Mails as others see them: read by Python's parsers, and handed to real mail servers.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

#[path = "mail/calendars.rs"]
mod calendars;
#[path = "mail/hostile.rs"]
mod hostile;
#[path = "mail/letters.rs"]
mod letters;
#[path = "mail/reading.rs"]
mod reading;
#[path = "mail/smtp.rs"]
mod smtp;
#[path = "mail/world.rs"]
mod world;

//! Webhooks: what happens to bookings is posted to an application, signed (<https://www.standardwebhooks.com>, 1.0).
//!
//! [`WebhookNotifier`] takes the place of mails where an application wants events, and writes to buyers itself.
//!
//! # What is sent
//!
//! A `POST` of `{"type": …, "timestamp": …, "data": …}`. The type is one of `booking.confirmed`, `event.reminder`,
//! `booking.payment_failed`, `booking.expired`, `booking.cancelled`, `event.changed`, `event.cancelled`,
//! `booking.refund_due` and `booking.refunded`; the timestamp is when that came about; the data is the booking as the
//! HTTP API shows it, with its customer, and with more of its event.
//!
//! # What a receiver does
//!
//! 1. It takes the body as it came, byte for byte, and the headers `webhook-id`, `webhook-timestamp` (Unix seconds of
//!    the attempt) and `webhook-signature`.
//! 2. It refuses a timestamp that is more than five minutes away from its own clock.
//! 3. It computes HMAC-SHA256 of `{id}.{timestamp}.{body}`. The key is what follows `whsec_` in the secret, read as
//!    base64. The result in base64, behind `v1,`, has to be one of the signatures, which stand apart by spaces: while a
//!    secret is being replaced there are several. It compares in constant time.
//! 4. It remembers the id, which is the same at every attempt: messages come at least once.
//! 5. It does not rely on their order: one that had to be repeated comes after later ones. `data.status` says where the
//!    booking stood when the message was sent.
//! 6. It answers with any status from 200 to 299, within 15 seconds. Everything else is a failed attempt.
//!
//! # What becomes of failures
//!
//! There are ten attempts within 76 hours: the pauses are 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each
//! longer by up to a fifth. `Retry-After` (of an answer 429 or 503) makes a pause longer, up to an hour. Redirects are
//! not followed. `410 Gone` ends it: the notifier sends nothing more for as long as it lives, and gives up whatever it
//! is to send, which stays in the outbox and in the metrics; a new process asks the endpoint again.
//!
//! # What cannot be reached
//!
//! An address that is not reachable from the whole internet, such as 127.0.0.1, 10.0.0.1 or the 169.254.169.254 of
//! clouds, unless [`WebhookSettings::allow_private_addresses`] says so. What a name leads to is checked at each
//! connection, on the very address that is connected to. No proxy is used.

mod address;
mod connect;
mod notifier;
mod payload;
mod schedule;
mod secrets;
mod settings;

#[cfg(test)]
mod tests;

pub use notifier::WebhookNotifier;
pub use secrets::WebhookSecrets;
pub use settings::WebhookSettings;

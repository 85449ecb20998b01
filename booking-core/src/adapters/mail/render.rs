//! Makes a mail of a message.

use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::calendar::{self, Method, Publisher};
use super::html;
use super::letter::{self, Addresses};
use crate::domain::invalid::Invalid;
use crate::domain::notice::NoticeKind;
use crate::domain::text::WebUrl;
use crate::domain::time::Timestamp;
use crate::ports::notifier::{BuyerMessage, NotifierError};

/// What mails are made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// Who sends them: `tickets@example.org`, or `Tickets <tickets@example.org>`.
    pub from: String,
    /// What links begin with.
    pub public_url: String,
    /// The domain of `Message-ID`s and calendar entries; that of `from` if `None`. Once mails were sent it
    /// should stay as it is, because programs recognise repeats by it.
    pub domain: Option<String>,
}

/// Makes mails of messages. The same message gives the same mail.
#[derive(Debug, Clone)]
pub struct MailRenderer {
    from: Mailbox,
    public_url: String,
    domain: String,
}

impl MailRenderer {
    /// Checks the settings, and names the field that is not acceptable.
    pub fn new(settings: &MailSettings) -> Result<Self, (&'static str, Invalid)> {
        let malformed = |_| ("from", Invalid::new("is not a mail address"));
        if settings.from.chars().any(char::is_control) {
            return Err(("from", Invalid::new("must not contain control characters")));
        }
        let from: Mailbox = settings.from.parse().map_err(malformed)?;
        let public_url = WebUrl::new(&settings.public_url).map_err(|e| ("public_url", e))?;
        if public_url.as_str().contains(['?', '#']) {
            return Err(("public_url", Invalid::new("must not have a query or fragment")));
        }
        let domain = match &settings.domain {
            Some(domain) => check_domain(domain).map_err(|e| ("domain", e))?,
            None => from.email.domain().to_owned(),
        };
        Ok(Self { from, public_url: public_url.as_str().trim_end_matches('/').to_owned(), domain })
    }

    /// Makes the mail.
    ///
    /// # Errors
    /// - [`NotifierError::Permanent`] if the message is not for buyers, or the buyer's address cannot stand in
    ///   a mail.
    pub fn render(&self, message: &BuyerMessage) -> Result<Message, NotifierError> {
        let booking_url = format!("{}/bookings/{}", self.public_url, message.booking.id);
        let event_url = format!("{}/events/{}", self.public_url, message.event.id);
        let addresses = Addresses { booking: &booking_url, event: &event_url };
        let letter = letter::write(message, addresses)
            .ok_or_else(|| permanent("this kind of notice is not for buyers"))?;
        let customer = &message.booking.customer;
        let to: Address = customer
            .email()
            .parse()
            .map_err(|_| permanent("the buyer's address cannot stand in a mail"))?;
        // Taken from here, and never read back from the headers, where a name might pass for an address.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| permanent("the buyer's address cannot stand in a mail"))?;

        let bodies = MultiPart::alternative()
            .boundary(format!("alternative-{}", message.id))
            .singlepart(SinglePart::plain(letter::to_plain(&letter)))
            .singlepart(SinglePart::html(html::render(&letter)));
        let content = match self.calendar_part(message, &booking_url) {
            None => bodies,
            Some(calendar) => MultiPart::mixed()
                .boundary(format!("mixed-{}", message.id))
                .multipart(bodies)
                .singlepart(calendar),
        };
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(letter::presentable_name(customer.name()), to))
            .subject(letter.subject)
            .date(date_of(message.now))
            .message_id(Some(format!("<{}@{}>", message.id, self.domain)))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .envelope(envelope)
            .multipart(content)
            .map_err(|_| permanent("the mail cannot be put together"))
    }

    /// Makes the calendar file of a booking that became valid, or of one that no longer is.
    fn calendar_part(&self, message: &BuyerMessage, booking_url: &str) -> Option<SinglePart> {
        let method = match message.kind {
            NoticeKind::BookingConfirmed | NoticeKind::EventChanged => Method::Publish,
            NoticeKind::EventCancelled | NoticeKind::RefundDue
                if message.booking.confirmed_at.is_some() =>
            {
                Method::Cancel
            }
            NoticeKind::EventCancelled
            | NoticeKind::RefundDue
            | NoticeKind::EventReminder
            | NoticeKind::PaymentFailed
            | NoticeKind::HoldExpired
            | NoticeKind::BookingCancelled
            | NoticeKind::Refunded
            | NoticeKind::ExpirePayment
            | NoticeKind::RequestRefund => return None,
        };
        let publisher =
            Publisher { address: self.from.email.as_ref(), domain: &self.domain, booking_url };
        let file = calendar::file(method, message, publisher);
        // The method is told twice, and has to be the same (RFC 6047 §2.4).
        let kind = format!("text/calendar; charset=UTF-8; method={}", method.as_str());
        let kind = ContentType::parse(&kind).expect("the media type is well formed");
        Some(Attachment::new("booking.ics".to_owned()).body(file, kind))
    }
}

fn permanent(reason: &str) -> NotifierError {
    NotifierError::Permanent { reason: reason.to_owned() }
}

fn check_domain(domain: &str) -> Result<String, Invalid> {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if domain.len() > 253 || !domain.split('.').all(is_label) {
        return Err(Invalid::new("is not a domain name"));
    }
    Ok(domain.to_owned())
}

fn date_of(instant: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(instant.as_unix_millis())
}

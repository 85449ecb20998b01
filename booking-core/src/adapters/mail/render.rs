//! Makes a mail of a message.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::calendar::{self, Method, Publisher};
use super::story::{self, Standing};
use super::templates::{BuiltInTemplates, MailLinks, MailTemplates};
use super::text::{clip, presentable_name};
use crate::domain::invalid::Invalid;
use crate::domain::notice::{NoticeKind, Recipient};
use crate::domain::text::WebUrl;
use crate::domain::time::Timestamp;
use crate::ports::notifier::{BuyerMessage, NotifierError};

/// Subjects that are longer are cut off by most programs that show them, anyway.
const MAX_SUBJECT: usize = 150;

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
    templates: Arc<dyn MailTemplates>,
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
        let public_url = public_url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { from, public_url, domain, templates: Arc::new(BuiltInTemplates) })
    }

    /// Puts other words and another layout in the place of those that are compiled in.
    pub fn with_templates(self, templates: Arc<dyn MailTemplates>) -> Self {
        Self { templates, ..self }
    }

    /// Returns the domain of `Message-ID`s and calendar entries.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Makes the mail.
    ///
    /// # Errors
    /// - [`NotifierError::Permanent`] if the message is not for buyers, or the buyer's address cannot stand in
    ///   a mail.
    pub fn render(&self, message: &BuyerMessage) -> Result<Message, NotifierError> {
        if message.kind.recipient() != Recipient::Buyer {
            return Err(permanent("this kind of notice is not for buyers"));
        }
        let links = self.links(message);
        let content = self.templates.write(message, &links);
        let customer = &message.booking.customer;
        let to: Address = customer
            .email()
            .parse()
            .map_err(|_| permanent("the buyer's address cannot stand in a mail"))?;
        // Taken from here, and never read back from the headers, where a name might pass for an address.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![to.clone()])
            .map_err(|_| permanent("the buyer's address cannot stand in a mail"))?;

        let bodies = MultiPart::alternative()
            .boundary(format!("alternative-{}", message.identity()))
            .singlepart(SinglePart::plain(content.text))
            .singlepart(SinglePart::html(content.html));
        let body = match self.calendar_part(message, &links.booking) {
            None => bodies,
            Some(calendar) => MultiPart::mixed()
                .boundary(format!("mixed-{}", message.identity()))
                .multipart(bodies)
                .singlepart(calendar),
        };
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(presentable_name(customer.name()), to))
            .subject(clip(&content.subject, MAX_SUBJECT))
            .date(date_of(message.now))
            .message_id(Some(format!("<{}@{}>", message.identity(), self.domain)))
            // Programs that answer by themselves are to leave this unanswered (RFC 3834 §5).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            // Exchange does not look at that, and would send the box office every buyer's notice of absence. Not `All`:
            // reports that a mail could not be delivered are of use.
            .raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"))
            .envelope(envelope)
            .multipart(body)
            .map_err(|_| permanent("the mail cannot be put together"))
    }

    fn links(&self, message: &BuyerMessage) -> MailLinks {
        let booking = format!("{}/bookings/{}", self.public_url, message.booking.id);
        MailLinks {
            event: format!("{}/events/{}", self.public_url, message.event.id),
            google_calendar: calendar::google_link(message, &booking),
            booking,
        }
    }

    /// Makes the calendar file of a booking that became valid, or of one that no longer is.
    fn calendar_part(&self, message: &BuyerMessage, booking_url: &str) -> Option<SinglePart> {
        let method = match story::standing(message)? {
            // The entry is in the calendar since the booking was confirmed. If it was taken out, it is to stay out.
            Standing::Valid if message.kind == NoticeKind::EventReminder => return None,
            Standing::Valid => Method::Publish,
            Standing::Withdrawn => Method::Cancel,
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

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
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

//! Words and layout: those that are compiled in, and how to put others in their place.

use std::fmt::Debug;

use askama::Template;

use super::letter::{self, Letter};
use crate::ports::notifier::BuyerMessage;

/// Where the links of a mail lead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailLinks {
    /// The page of the booking.
    pub booking: String,
    /// The page of the event, where it can be booked again.
    pub event: String,
    /// A form at Google Calendar that is filled in with the event.
    pub google_calendar: String,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailContent {
    /// The subject. A long one is cut off, and line breaks are taken out.
    pub subject: String,
    /// The plain text, for whoever reads no HTML.
    pub text: String,
    /// The same as a whole HTML document. What comes from outside has to be escaped.
    pub html: String,
}

/// Words and layout of mails. Put others into a [`MailRenderer`](super::MailRenderer) with
/// [`with_templates`](super::MailRenderer::with_templates); addresses, headers and the calendar file are not
/// their concern.
///
/// # Contract
///
/// 1. The same message and links MUST make the same content: a repeat is to be the same mail.
/// 2. Names and titles may hold anything, and MUST be escaped in HTML.
/// 3. It is asked for notices to buyers only, and MUST write something for each of them.
///
/// # Example
///
/// One subject is another, and everything else is as it was:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use booking_core::adapters::mail::{
///     BuiltInTemplates, MailContent, MailLinks, MailRenderer, MailSettings, MailTemplates,
/// };
/// use booking_core::domain::notice::NoticeKind;
/// use booking_core::ports::notifier::BuyerMessage;
///
/// #[derive(Debug)]
/// struct OurWords;
///
/// impl MailTemplates for OurWords {
///     fn write(&self, message: &BuyerMessage, links: &MailLinks) -> MailContent {
///         let mut content = BuiltInTemplates.write(message, links);
///         if message.kind == NoticeKind::BookingConfirmed {
///             content.subject = format!("See you at {}!", message.event.details.title);
///         }
///         content
///     }
/// }
///
/// let settings = MailSettings {
///     from: "Tickets <tickets@example.org>".to_owned(),
///     public_url: "https://tickets.example.org".to_owned(),
///     domain: None,
/// };
/// let renderer = MailRenderer::new(&settings).map_err(|(field, reason)| format!("{field} {reason}"))?;
/// let renderer = renderer.with_templates(Arc::new(OurWords));
/// # drop(renderer);
/// # Ok(())
/// # }
/// ```
pub trait MailTemplates: Debug + Send + Sync + 'static {
    /// Writes what a mail says.
    fn write(&self, message: &BuyerMessage, links: &MailLinks) -> MailContent;
}
const _: fn(&dyn MailTemplates) = |_| {}; // Stays object safe.

/// The words and the layout that are compiled in: English and German, for large screens and small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuiltInTemplates;

impl MailTemplates for BuiltInTemplates {
    fn write(&self, message: &BuyerMessage, links: &MailLinks) -> MailContent {
        let Some(letter) = letter::write(message, links) else {
            let (subject, text, html) = (String::new(), String::new(), String::new());
            return MailContent { subject, text, html };
        };
        let html = Page { letter: &letter }.render().expect("writing to a string does not fail");
        let text = letter.to_plain();
        MailContent { subject: letter.subject, text, html }
    }
}

/// The HTML form of a letter.
#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    letter: &'a Letter,
}

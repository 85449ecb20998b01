//! What becomes of texts in mails.

use booking_core::adapters::mail::{MailRenderer, MailSettings};
use booking_core::domain::ids::NoticeId;
use booking_core::domain::notice::NoticeKind;
use booking_core::ports::notifier::BuyerMessage;

use crate::harness::{Api, PUBLIC_URL};

/// Every buyer can be written to, and nothing that was typed becomes a header of the mail, or markup in it.
pub(super) async fn assert_sound(api: &Api, booking_id: &str) {
    let system = api.app.system();
    let booking = system.bookings().find(booking_id.parse().unwrap()).await.unwrap().unwrap();
    let event = system.catalogue().find_details(booking.event_id).await.unwrap().unwrap();
    let email = booking.customer.email().to_owned();
    let message = BuyerMessage {
        id: NoticeId::new(booking.id.as_uuid()),
        kind: NoticeKind::BookingConfirmed,
        booking,
        event: event.listing().event.clone(),
        now: api.app.now(),
        attempt: 1,
        edition: 0,
    };
    let settings = MailSettings {
        from: "Tickets <tickets@example.org>".to_owned(),
        public_url: PUBLIC_URL.to_owned(),
        domain: None,
    };
    let mail = MailRenderer::new(&settings).unwrap().render(&message);
    let mail = mail.unwrap_or_else(|error| panic!("{email} cannot be written to: {error:?}"));
    let recipients: Vec<String> = mail.envelope().to().iter().map(ToString::to_string).collect();
    assert_eq!(recipients, [email], "it goes to whoever booked, and to nobody else");
    let text = String::from_utf8_lossy(&mail.formatted()).into_owned();
    let headers = text.split("\r\n\r\n").next().unwrap();
    assert!(!headers.replace("\r\n", "").contains(['\r', '\n']), "{headers}");
    // A line that begins with a space belongs to the one before it (RFC 5322 §2.2.3).
    let unfolded = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
    let count = |name: &str| {
        let is_named = |line: &&str| line.to_ascii_lowercase().starts_with(name);
        unfolded.split("\r\n").filter(is_named).count()
    };
    for (name, times) in
        [("to:", 1), ("from:", 1), ("subject:", 1), ("message-id:", 1), ("cc:", 0), ("bcc:", 0)]
    {
        assert_eq!(count(name), times, "{name} {unfolded}");
    }
}

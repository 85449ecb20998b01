//! Writes every mail that buyers get to a folder, in English: open the files with a mail program, to see how they look.
//!
//! Run:    cargo run -p booking-examples --example mails -- FOLDER
//! Expect: wrote 9 mails to mails
//! Next:   the documentation of MailTemplates, which says how to put other words in their place.

use std::path::PathBuf;

use anyhow::{anyhow, ensure};
use booking_core::adapters::mail::{EmlNotifier, MailRenderer, MailSettings};
use booking_core::assembly;
use booking_core::domain::booking::{Booking, BookingStatus, Customer};
use booking_core::domain::event::{Event, EventStatus};
use booking_core::domain::ids::{BookingId, EventId, NoticeId};
use booking_core::domain::locale::Locale;
use booking_core::domain::notice::{NoticeKind, Recipient};
use booking_core::domain::quantity::Quantity;
use booking_core::ports::Notifier;
use booking_core::ports::notifier::BuyerMessage;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("mails"), PathBuf::from);
    let settings = MailSettings {
        from: "Organ Nights <tickets@example.org>".to_owned(),
        public_url: "https://tickets.example.org".to_owned(),
        domain: None,
    };
    let renderer = MailRenderer::new(&settings).map_err(|(field, why)| anyhow!("{field} {why}"))?;
    let (clock, ids) = assembly::clock_and_ids();
    let now = clock.now();

    let mut written = 0;
    for kind in NoticeKind::ALL.into_iter().filter(|kind| kind.recipient() == Recipient::Buyer) {
        let details = booking_examples::concert(now)?;
        let (price, quantity) = (details.price, Quantity::new(2)?);
        let id = EventId::new(ids.next_id());
        let event = Event::entered(id, details, EventStatus::Published, now);
        let was_confirmed = !matches!(
            kind,
            NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled
        );
        let booking = Booking {
            id: BookingId::new(ids.next_id()),
            event_id: event.id,
            quantity,
            unit_price: price,
            total: price.checked_mul(quantity.get()).ok_or_else(|| anyhow!("it is too much"))?,
            customer: Customer::new("Ada Lovelace", "ada@example.org")?,
            locale: Locale::ENGLISH,
            status: status(kind),
            payment: None,
            expires_at: now,
            created_at: now,
            confirmed_at: was_confirmed.then_some(now),
            cancelled_at: None,
        };
        let id = NoticeId::new(ids.next_id());
        let message = BuyerMessage { id, kind, booking, event, now, attempt: 1, edition: 0 };
        // One folder for each kind, as a name that people can read.
        let notifier = EmlNotifier::new(folder.join(kind.as_str()), renderer.clone());
        notifier.send(&message).await?;
        let mail = std::fs::read_to_string(notifier.path_of(&message))?;
        ensure!(mail.contains("ada@example.org") && mail.contains("text/html"));
        ensure!(mail.contains(&message.booking.id.to_string()), "it names the booking");
        written += 1;
    }
    println!("wrote {written} mails to {}", folder.display());
    Ok(())
}

/// Returns how a booking stands when such a notice goes out.
fn status(kind: NoticeKind) -> BookingStatus {
    match kind {
        NoticeKind::PaymentFailed => BookingStatus::PaymentFailed,
        NoticeKind::HoldExpired => BookingStatus::Expired,
        NoticeKind::BookingCancelled => BookingStatus::Cancelled,
        NoticeKind::EventCancelled | NoticeKind::RefundDue => BookingStatus::RefundDue,
        NoticeKind::Refunded => BookingStatus::Refunded,
        _ => BookingStatus::Confirmed,
    }
}

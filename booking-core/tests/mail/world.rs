//! Messages to make mails of.

use booking_core::adapters::mail::{MailRenderer, MailSettings};
use booking_core::domain::booking::{Booking, BookingStatus, Customer};
use booking_core::domain::event::{Event, EventDetails, EventDraft, EventStatus, LocationDraft};
use booking_core::domain::locale::Locale;
use booking_core::domain::notice::{NoticeKind, Recipient};
use booking_core::domain::time::Timestamp;
use booking_core::ports::notifier::BuyerMessage;
use booking_core::testkit::seed;

pub(crate) const SHOP: &str = "https://shop.example.org";

/// Every kind that is for buyers.
pub(crate) fn kinds() -> impl Iterator<Item = NoticeKind> {
    NoticeKind::ALL.into_iter().filter(|kind| kind.recipient() == Recipient::Buyer)
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn renderer() -> MailRenderer {
    let settings = MailSettings {
        from: "Box office <tickets@shop.example.org>".to_owned(),
        public_url: SHOP.to_owned(),
        domain: None,
    };
    MailRenderer::new(&settings).unwrap()
}

pub(crate) fn draft() -> EventDraft {
    EventDraft {
        title: "Night of the Organ".to_owned(),
        description: "Four organists, one instrument.".to_owned(),
        category: "concert".to_owned(),
        tags: Vec::new(),
        location: LocationDraft::Venue {
            name: "Grossmünster".to_owned(),
            address: "Grossmünsterplatz; left, then right".to_owned(),
            city: "Zürich".to_owned(),
            country: "CH".to_owned(),
            latitude: None,
            longitude: None,
        },
        starts_at: at("2027-05-08T20:00:00+02:00"),
        ends_at: at("2027-05-08T23:00:00+02:00"),
        all_day: false,
        timezone: "Europe/Zurich".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 61_725,
        currency: "CHF".to_owned(),
        max_per_booking: 8,
        url: None,
        image_url: None,
    }
}

pub(crate) fn customer() -> Customer {
    Customer::new("Zoë Ångström", "zoe@mail.example.org").unwrap()
}

/// Makes a message about a booking that stands as it does when such a notice goes out.
pub(crate) fn message(kind: NoticeKind, draft: EventDraft, customer: Customer) -> BuyerMessage {
    let details = EventDetails::check(draft).unwrap();
    let now = at("2027-02-01T08:30:15Z");
    let quantity = seed::quantity(2);
    let status = match kind {
        NoticeKind::PaymentFailed => BookingStatus::PaymentFailed,
        NoticeKind::HoldExpired => BookingStatus::Expired,
        NoticeKind::BookingCancelled => BookingStatus::Cancelled,
        NoticeKind::EventCancelled | NoticeKind::RefundDue => BookingStatus::RefundDue,
        NoticeKind::Refunded => BookingStatus::Refunded,
        _ => BookingStatus::Confirmed,
    };
    let was_confirmed = !matches!(
        kind,
        NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled
    );
    let event_status = match kind {
        NoticeKind::EventCancelled => EventStatus::Cancelled,
        _ => EventStatus::Published,
    };
    let unit_price = details.price;
    let event = Event::entered(seed::event("any").build().id, details, event_status, now);
    let booking = Booking {
        id: seed::booking_id(),
        event_id: event.id,
        quantity,
        unit_price,
        total: unit_price.checked_mul(quantity.get()).unwrap(),
        customer,
        locale: Locale::ENGLISH,
        status,
        payment: None,
        expires_at: at("2027-02-01T08:45:00Z"),
        created_at: now,
        confirmed_at: was_confirmed.then_some(now),
        cancelled_at: None,
    };
    BuyerMessage { id: seed::notice_id(), kind, booking, event, now, attempt: 1, edition: 0 }
}

pub(crate) fn any(kind: NoticeKind) -> BuyerMessage {
    message(kind, draft(), customer())
}

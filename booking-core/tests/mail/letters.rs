//! Every kind of mail, and what stands in it.

use booking_core::domain::locale::Locale;
use booking_core::domain::notice::NoticeKind;
use serde_json::{Value, json};

use crate::reading::{assert_sound, header, read};
use crate::world::{SHOP, any, kinds};

fn contains(mail: &Value, text: &str) -> bool {
    let texts = mail["page"]["texts"].as_array().unwrap();
    let in_page = texts.iter().any(|part| part.as_str().unwrap().contains(text));
    let in_plain = mail["text"].as_str().unwrap().contains(text);
    assert_eq!(in_page, in_plain, "text and HTML say the same of {text:?}");
    in_page
}

#[tokio::test]
async fn every_mail_says_what_it_is_about_in_text_and_html() {
    let messages: Vec<_> = kinds().map(any).collect();
    for (message, mail) in messages.iter().zip(read(&messages).await) {
        assert_sound(&mail, message);
        for text in [
            "Zoë Ångström",
            "Night of the Organ",
            "Saturday, 8 May 2027, 20:00 to 23:00 (Europe/Zurich, CEST, UTC+02:00)",
            "Grossmünster, Grossmünsterplatz; left, then right, Zürich, CH",
            "CHF 1,234.50",
            &message.booking.id.to_string(),
            "because tickets were booked with this address",
        ] {
            assert!(contains(&mail, text), "{:?} lacks {text}", message.kind);
        }
        assert_eq!(contains(&mail, "Add to Google Calendar"), mail["google"].is_object());
        assert!(header(&mail, "subject").ends_with(": Night of the Organ"));
        assert_eq!(mail["page"]["title"], header(&mail, "subject"));
        assert_eq!(mail["page"]["language"], "en");
        assert_eq!(mail["page"]["direction"], "ltr");
        let booking = format!("{SHOP}/bookings/{}", message.booking.id);
        let links = mail["page"]["links"].as_array().unwrap();
        assert!(links.contains(&json!(booking)));
        let again = format!("{SHOP}/events/{}", message.event.id);
        let is_lost = matches!(
            message.kind,
            NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled
        );
        assert_eq!(links.contains(&json!(again)), is_lost);
        for link in links {
            assert!(mail["text"].as_str().unwrap().contains(link.as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn mail_programs_can_read_the_reservation() {
    let messages: Vec<_> = kinds().map(any).collect();
    for (message, mail) in messages.iter().zip(read(&messages).await) {
        let status = match message.kind {
            NoticeKind::BookingConfirmed | NoticeKind::EventReminder | NoticeKind::EventChanged => {
                "http://schema.org/ReservationConfirmed"
            }
            NoticeKind::EventCancelled | NoticeKind::RefundDue | NoticeKind::Refunded => {
                "http://schema.org/ReservationCancelled"
            }
            _ => {
                assert_eq!(mail["page"]["data"], json!([]), "{:?}", message.kind);
                continue;
            }
        };
        let expected = json!({
            "@context": "http://schema.org",
            "@type": "EventReservation",
            "reservationNumber": message.booking.id.to_string(),
            "reservationStatus": status,
            "underName": { "@type": "Person", "name": "Zoë Ångström" },
            "numSeats": 2,
            "url": format!("{SHOP}/bookings/{}", message.booking.id),
            "totalPrice": "1234.50",
            "priceCurrency": "CHF",
            "reservationFor": {
                "@type": "Event",
                "name": "Night of the Organ",
                "startDate": "2027-05-08T20:00:00+02:00",
                "endDate": "2027-05-08T23:00:00+02:00",
                "location": {
                    "@type": "Place",
                    "name": "Grossmünster",
                    "address": {
                        "@type": "PostalAddress",
                        "streetAddress": "Grossmünsterplatz; left, then right",
                        "addressLocality": "Zürich",
                        "addressCountry": "CH",
                    },
                },
            },
        });
        assert_eq!(mail["page"]["data"], json!([expected]), "{:?}", message.kind);
    }
}

#[tokio::test]
async fn calendars_come_with_what_changes_them_alone() {
    let messages: Vec<_> = kinds().map(any).collect();
    for (message, mail) in messages.iter().zip(read(&messages).await) {
        let method = match message.kind {
            NoticeKind::BookingConfirmed | NoticeKind::EventChanged => "PUBLISH",
            NoticeKind::EventCancelled | NoticeKind::RefundDue | NoticeKind::Refunded => "CANCEL",
            _ => {
                let kinds = json!(["multipart/alternative", "text/plain", "text/html"]);
                assert_eq!((&mail["calendar"], &mail["kinds"]), (&Value::Null, &kinds));
                continue;
            }
        };
        assert_eq!(
            mail["kinds"],
            json!([
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "text/calendar"
            ])
        );
        let calendar = &mail["calendar"];
        assert_eq!((&calendar["method"], &calendar["told"]), (&json!(method), &json!(method)));
    }
}

#[tokio::test]
async fn mails_are_in_the_language_of_the_booking() {
    let messages = ["de-CH", "de", "fr"].map(|tag| {
        let mut message = any(NoticeKind::BookingConfirmed);
        message.booking.locale = Locale::new(tag).unwrap();
        message
    });
    let mails = read(&messages).await;
    for (message, mail) in messages.iter().zip(&mails) {
        assert_sound(mail, message);
    }
    for mail in &mails[..2] {
        assert_eq!(mail["page"]["language"], "de");
        assert_eq!(header(mail, "subject"), "Ihre Tickets: Night of the Organ");
        for text in [
            "Guten Tag Zoë Ångström,",
            "Samstag, 8. Mai 2027, 20:00 Uhr bis 23:00 Uhr (Europe/Zurich, CEST, UTC+02:00)",
            "1.234,50 CHF",
            "Zu Ihrer Buchung",
        ] {
            assert!(contains(mail, text), "{text}");
        }
        assert!(
            mail["calendar"]["description"]
                .as_str()
                .unwrap()
                .starts_with("Tickets: 2\nBuchungsnummer: ")
        );
    }
    assert_eq!(mails[2]["page"]["language"], "en", "there are no texts in French");
}

//! German.

use jiff::civil::{Date, Time, Weekday};

use super::{Labels, Language, Telling, number};
use crate::adapters::mail::story::{Refund, Story};
use crate::domain::money::Money;

const SHOW_NUMBER: &str = "Bitte zeigen Sie am Eingang die Buchungsnummer.";
const BOOK_AGAIN: &str = "Wenn Sie noch kommen möchten, buchen Sie bitte erneut.";
const NOTHING_TO_DO: &str = "Sie müssen nichts weiter tun.";

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[derive(Debug)]
pub(super) struct German;

impl Language for German {
    fn tag(&self) -> &'static str {
        "de"
    }

    fn labels(&self) -> &'static Labels {
        &Labels {
            event: "Veranstaltung",
            when: "Wann",
            place: "Wo",
            tickets: "Tickets",
            total: "Gesamtpreis",
            booking_number: "Buchungsnummer",
            held_until: "Reserviert bis",
            online: "Online",
            see_booking: "Zu Ihrer Buchung",
            add_to_google: "Zum Google Kalender hinzufügen",
            book_again: "Erneut buchen",
            why: "Sie erhalten diese E-Mail, weil mit dieser Adresse Tickets gebucht wurden. Sie wurde automatisch \
                  verfasst.",
        }
    }

    fn greeting(&self, name: Option<&str>) -> String {
        match name {
            Some(name) => format!("Guten Tag {name},"),
            None => "Guten Tag,".to_owned(),
        }
    }

    fn tell(&self, story: Story, total: &str) -> Telling {
        let (subject, heading) = titles(story);
        Telling { subject, heading, paragraphs: paragraphs(story, total) }
    }

    fn date(&self, date: Date) -> String {
        let weekday = match date.weekday() {
            Weekday::Monday => "Montag",
            Weekday::Tuesday => "Dienstag",
            Weekday::Wednesday => "Mittwoch",
            Weekday::Thursday => "Donnerstag",
            Weekday::Friday => "Freitag",
            Weekday::Saturday => "Samstag",
            Weekday::Sunday => "Sonntag",
        };
        let month = usize::from(date.month().unsigned_abs()) - 1;
        format!("{weekday}, {}. {} {}", date.day(), MONTHS[month], date.year())
    }

    fn time(&self, time: Time) -> String {
        time.strftime("%H:%M Uhr").to_string()
    }

    fn span(&self, from: &str, to: &str) -> String {
        format!("{from} bis {to}")
    }

    fn clock_change(&self, minutes: i32) -> String {
        let direction = if minutes < 0 { "zurückgestellt" } else { "vorgestellt" };
        let by = match minutes.unsigned_abs() {
            60 => "eine Stunde".to_owned(),
            minutes => format!("{minutes} Minuten"),
        };
        format!("Während der Veranstaltung werden die Uhren um {by} {direction}.")
    }

    fn money(&self, money: Money) -> String {
        format!("{} {}", number::amount(money, ".", ","), money.currency())
    }
}

/// Returns the beginning of the subject, and the heading.
const fn titles(story: Story) -> (&'static str, &'static str) {
    match story {
        Story::Confirmed { .. } => ("Ihre Tickets", "Ihre Buchung ist bestätigt"),
        Story::Reminder => ("Erinnerung", "Ihre Veranstaltung steht bevor"),
        Story::PaymentFailed => ("Zahlung fehlgeschlagen", "Ihre Zahlung ist fehlgeschlagen"),
        Story::Expired => ("Buchung abgelaufen", "Ihre Buchung ist abgelaufen"),
        Story::GivenUp => ("Buchung storniert", "Ihre Buchung ist storniert"),
        Story::Changed => ("Veranstaltung geändert", "Ihre Veranstaltung hat sich geändert"),
        Story::EventCancelled(_) => ("Veranstaltung abgesagt", "Die Veranstaltung ist abgesagt"),
        Story::Withdrawn => ("Buchung storniert", "Sie erhalten Ihr Geld zurück"),
        Story::PaidTooLate => ("Rückzahlung veranlasst", "Sie erhalten Ihr Geld zurück"),
        Story::Refunded => ("Rückzahlung", "Ihr Geld ist zurückgezahlt"),
        Story::Closed => ("Buchung storniert", "Ihre Buchung ist beendet"),
    }
}

fn paragraphs(story: Story, total: &str) -> Vec<String> {
    let will_refund = || format!("Sie erhalten Ihr Geld zurück: {total}. {NOTHING_TO_DO}");
    let (first, second) = match story {
        Story::Confirmed { is_free: false } => (
            "Vielen Dank für Ihre Buchung. Ihre Zahlung ist eingegangen, und die Tickets gehören Ihnen.",
            SHOW_NUMBER.to_owned(),
        ),
        Story::Confirmed { is_free: true } => {
            ("Vielen Dank für Ihre Buchung. Die Tickets gehören Ihnen.", SHOW_NUMBER.to_owned())
        }
        Story::Reminder => (
            "Wir möchten Sie an die Veranstaltung erinnern, für die Sie Tickets haben.",
            SHOW_NUMBER.to_owned(),
        ),
        Story::PaymentFailed => (
            "Ihre Zahlung war nicht erfolgreich. Die Tickets sind wieder im Verkauf.",
            BOOK_AGAIN.to_owned(),
        ),
        Story::Expired => (
            "Die Tickets wurden nicht rechtzeitig bezahlt und sind deshalb wieder im Verkauf.",
            format!(
                "{BOOK_AGAIN} Falls eine Zahlung von Ihnen unterwegs ist, erhalten Sie entweder die \
                 Tickets oder Ihr Geld zurück."
            ),
        ),
        Story::GivenUp => {
            ("Sie haben Ihre Buchung vor der Bezahlung storniert.", BOOK_AGAIN.to_owned())
        }
        Story::Changed => (
            "Zeit oder Ort Ihrer Veranstaltung haben sich geändert. Ihre Tickets bleiben gültig.",
            format!("Unten steht, was von nun an gilt. {SHOW_NUMBER}"),
        ),
        Story::EventCancelled(refund) => (
            "Es tut uns leid: Die Veranstaltung, die Sie gebucht haben, ist abgesagt.",
            match refund {
                Refund::UnderWay => will_refund(),
                Refund::Done => format!("Ihr Geld wurde zurückgezahlt: {total}."),
                Refund::NothingPaid => {
                    format!("Für Ihre Buchung wurde nichts bezahlt. {NOTHING_TO_DO}")
                }
            },
        ),
        Story::Withdrawn => {
            ("Ihre Buchung wurde storniert. Die Tickets sind nicht mehr gültig.", will_refund())
        }
        Story::PaidTooLate => (
            "Es tut uns leid: Als Ihre Zahlung eintraf, waren die Tickets schon vergeben.",
            will_refund(),
        ),
        Story::Refunded => (
            "Wir haben Ihr Geld zurückgezahlt.",
            format!("Es sind {total}. Es kann einige Tage dauern, bis Sie es sehen."),
        ),
        Story::Closed => {
            ("Ihre Buchung ist storniert. Sie war kostenlos.", NOTHING_TO_DO.to_owned())
        }
    };
    vec![first.to_owned(), second]
}

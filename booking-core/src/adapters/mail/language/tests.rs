use jiff::civil::{date, time};

use super::*;
use crate::adapters::mail::story::Refund;
use crate::domain::money::Currency;

const STORIES: [Story; 14] = [
    Story::Confirmed { is_free: false },
    Story::Confirmed { is_free: true },
    Story::Reminder,
    Story::PaymentFailed,
    Story::Expired,
    Story::GivenUp,
    Story::Changed,
    Story::EventCancelled(Refund::UnderWay),
    Story::EventCancelled(Refund::Done),
    Story::EventCancelled(Refund::NothingPaid),
    Story::Withdrawn,
    Story::PaidTooLate,
    Story::Refunded,
    Story::Closed,
];

fn language(tag: &str) -> &'static dyn Language {
    of(Locale::new(tag).unwrap())
}

fn money(minor: i64, currency: &str) -> Money {
    Money::new(minor, Currency::new(currency).unwrap()).unwrap()
}

#[test]
fn a_language_is_found_by_its_first_part_and_else_it_is_english() {
    for (tag, found) in
        [("en", "en"), ("en-GB", "en"), ("de-CH", "de"), ("de", "de"), ("fr", "en"), ("gsw", "en")]
    {
        assert_eq!(language(tag).tag(), found, "{tag}");
    }
}

#[test]
fn money_has_the_decimals_of_its_currency_in_every_language() {
    for (amount, english, german) in [
        (money(123_450, "CHF"), "CHF 1,234.50", "1.234,50 CHF"),
        (money(5, "EUR"), "EUR 0.05", "0,05 EUR"),
        (money(0, "EUR"), "EUR 0.00", "0,00 EUR"),
        (money(99_999, "EUR"), "EUR 999.99", "999,99 EUR"),
        (money(5_000, "JPY"), "JPY 5,000", "5.000 JPY"),
        (money(0, "JPY"), "JPY 0", "0 JPY"),
        (money(1_250, "KWD"), "KWD 1.250", "1,250 KWD"),
        (money(Money::MAX_MINOR, "USD"), "USD 10,000,000,000.00", "10.000.000.000,00 USD"),
    ] {
        assert_eq!(language("en").money(amount), english);
        assert_eq!(language("de").money(amount), german);
    }
}

#[test]
fn days_have_their_names() {
    let (day, at) = (date(2027, 3, 7), time(9, 5, 0, 0));
    assert_eq!(language("en").date_and_time(day, at), "Sunday, 7 March 2027, 09:05");
    assert_eq!(language("de").date_and_time(day, at), "Sonntag, 7. März 2027, 09:05 Uhr");
    assert_eq!(language("de").date(date(2028, 12, 31)), "Sonntag, 31. Dezember 2028");
    assert_eq!(language("de").date(date(2028, 1, 1)), "Samstag, 1. Januar 2028");
}

#[test]
fn clocks_go_forward_and_back() {
    let english = language("en");
    assert_eq!(english.clock_change(60), "The clocks go forward by one hour during the event.");
    assert_eq!(english.clock_change(-30), "The clocks go back by 30 minutes during the event.");
    let german = language("de").clock_change(-60);
    assert_eq!(german, "Während der Veranstaltung werden die Uhren um eine Stunde zurückgestellt.");
}

/// Contract of a language: it says something everywhere, and names the money wherever it goes back.
#[test]
fn every_language_tells_every_story() {
    for language in ALL {
        for story in STORIES {
            let told = language.tell(story, "EUR 12.34");
            assert!(!told.subject.is_empty() && told.subject.chars().count() <= 40, "{story:?}");
            assert!(!told.heading.is_empty() && told.paragraphs.len() == 2, "{story:?}");
            let names_money = told.paragraphs.iter().any(|it| it.contains("EUR 12.34"));
            let is_refund = matches!(
                story,
                Story::EventCancelled(Refund::UnderWay | Refund::Done)
                    | Story::Withdrawn
                    | Story::PaidTooLate
                    | Story::Refunded
            );
            assert_eq!(names_money, is_refund, "{story:?}");
        }
    }
}

#[test]
fn no_language_copies_another() {
    for story in STORIES {
        let (english, german) = (language("en").tell(story, "x"), language("de").tell(story, "x"));
        assert_ne!(english.heading, german.heading);
        assert!(english.paragraphs.iter().all(|it| !german.paragraphs.contains(it)));
    }
    assert_ne!(language("en").labels().why, language("de").labels().why);
}

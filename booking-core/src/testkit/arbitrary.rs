//! Strategies for property tests: domain values that are valid, with the awkward ones among them.

use proptest::prelude::*;
use proptest::{collection, option, sample};

use crate::domain::booking::{BookingStatus, Customer};
use crate::domain::event::{EventDetails, EventDraft, LocationDraft};
use crate::domain::lifecycle::Trigger;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{ForeignId, Notification, NotificationKind};
use crate::domain::quantity::{Capacity, Quantity};
use crate::domain::stock::Stock;
use crate::domain::time::Timestamp;
use crate::domain::{ids::BookingId, ids::EventId};

/// Makes a line of text of up to `max` characters: letters of many alphabets, quotes and wild cards.
pub fn line(max: usize) -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => sample::select("abcXYZ019 -_".chars().collect::<Vec<_>>()),
        1 => sample::select("'\"\\%;:,<>{}()*&$?@#=+/|~^".chars().collect::<Vec<_>>()),
        1 => sample::select("éÅßøłİı李京\u{301}\u{202e}\u{1F3B5}".chars().collect::<Vec<_>>()),
    ];
    let begins = sample::select("aZ0é李".chars().collect::<Vec<_>>());
    (begins, collection::vec(character, 0..max))
        .prop_map(|(first, rest)| std::iter::once(first).chain(rest).collect::<String>())
}

/// Makes an instant of any year that can be written down.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        1 => Just(Timestamp::MIN),
        1 => Just(Timestamp::MAX),
        8 => (Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros())
            .prop_map(|micros| Timestamp::from_micros(micros).expect("it is in range")),
    ]
}

/// Makes an instant within a few years, where most events are.
pub fn near_timestamp() -> impl Strategy<Value = Timestamp> {
    (1_700_000_000_000_000_i64..2_000_000_000_000_000)
        .prop_map(|micros| Timestamp::from_micros(micros).expect("it is in range"))
}

/// Makes a currency with no, two or three decimals.
pub fn currency() -> impl Strategy<Value = Currency> {
    sample::select(vec!["EUR", "USD", "CHF", "JPY", "KRW", "KWD", "BHD"])
        .prop_map(|code| Currency::new(code).expect("it exists"))
}

/// Makes an amount, free of charge now and then.
pub fn money() -> impl Strategy<Value = Money> {
    let amount = prop_oneof![1 => Just(0), 6 => 1..100_000_i64, 1 => Just(Money::MAX_MINOR)];
    (amount, currency())
        .prop_map(|(amount, currency)| Money::new(amount, currency).expect("it is in range"))
}

/// Makes a number of tickets, mostly small.
pub fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![6 => 1..=4_u32, 1 => 1..=Quantity::MAX]
        .prop_map(|number| Quantity::new(number).expect("it is in range"))
}

/// Makes a capacity, mostly small.
pub fn capacity() -> impl Strategy<Value = Capacity> {
    prop_oneof![6 => 1..=20_u32, 1 => 1..=Capacity::MAX]
        .prop_map(|number| Capacity::new(number).expect("it is in range"))
}

/// Makes a stock that keeps its invariant.
pub fn stock() -> impl Strategy<Value = Stock> {
    (capacity(), any::<u32>(), any::<u32>(), 1..1_000_u64).prop_map(|(capacity, a, b, version)| {
        let stock = a % (capacity.get() + 1);
        let held = b % (stock + 1);
        Stock::restore(capacity.get(), stock, held, version).expect("it keeps the invariant")
    })
}

/// Makes a customer.
pub fn customer() -> impl Strategy<Value = Customer> {
    (line(40), "[a-z]{1,12}(\\+[a-z]{1,4})?").prop_map(|(name, mailbox)| {
        Customer::new(&name, &format!("{mailbox}@mail.example.org")).expect("it is valid")
    })
}

/// Makes an id of one of few bookings, so that ids meet again.
pub fn booking_id() -> impl Strategy<Value = BookingId> {
    (0..8_u128).prop_map(|n| BookingId::new(uuid::Uuid::from_u128(0x7 << 76 | 0b10 << 62 | n)))
}

/// Makes an id of one of few events, so that ids meet again.
pub fn event_id() -> impl Strategy<Value = EventId> {
    (0..4_u128).prop_map(|n| EventId::new(uuid::Uuid::from_u128(0x7 << 76 | 0b10 << 62 | n)))
}

/// Makes a status.
pub fn booking_status() -> impl Strategy<Value = BookingStatus> {
    sample::select(BookingStatus::ALL.to_vec())
}

/// Makes a trigger.
pub fn trigger() -> impl Strategy<Value = Trigger> {
    sample::select(Trigger::ALL.to_vec())
}

/// Makes a notification, about one of few bookings, that may or may not match it.
pub fn notification() -> impl Strategy<Value = Notification> {
    let kind = sample::select(NotificationKind::ALL.to_vec());
    (0..20_u32, kind, near_timestamp(), 0..8_u32, booking_id(), money()).prop_map(
        |(id, kind, occurred_at, payment, booking_id, amount)| Notification {
            id: ForeignId::new(format!("evt_{id}")).expect("it is valid"),
            kind,
            occurred_at,
            payment_id: ForeignId::new(format!("pay_{payment}")).expect("it is valid"),
            booking_id,
            amount_minor: amount.amount_minor(),
            currency: amount.currency().code().to_owned(),
        },
    )
}

/// Makes a place: a venue with or without position, or none.
pub fn location() -> impl Strategy<Value = LocationDraft> {
    let country = sample::select(vec!["CH", "US", "FJ", "JP", "KW", ""]);
    let position = option::of((-90.0..=90.0, -180.0..=180.0));
    let venue =
        (line(30), line(30), country, position).prop_map(|(name, city, country, position)| {
            LocationDraft::Venue {
                name,
                address: String::new(),
                city,
                country: country.to_owned(),
                latitude: position.map(|(latitude, _)| latitude),
                longitude: position.map(|(_, longitude)| longitude),
            }
        });
    let url = option::of(Just("https://stream.example.org/?a=1".to_owned()));
    prop_oneof![4 => venue, 1 => url.prop_map(|url| LocationDraft::Online { url })]
}

/// Makes what an organiser says of an event; [`EventDetails::check`] accepts it.
pub fn event_draft() -> impl Strategy<Value = EventDraft> {
    let texts = (line(80), line(300), line(20), collection::vec(line(15), 0..5));
    let times = (near_timestamp(), 0..10_000_000_u64, any::<bool>());
    let zone = sample::select(vec!["UTC", "Europe/Zurich", "Asia/Kuwait", "Pacific/Apia"]);
    let price = (0..1_000_000_i64, currency(), 1..=Quantity::MAX);
    let window = option::of((near_timestamp(), 1..10_000_000_u64));
    (texts, location(), times, zone, price, window).prop_map(
        |(texts, location, (starts_at, seconds, all_day), zone, price, window)| EventDraft {
            title: texts.0,
            description: texts.1,
            category: texts.2,
            tags: texts.3,
            location,
            starts_at,
            ends_at: starts_at.saturating_add(std::time::Duration::from_secs(seconds)),
            all_day,
            timezone: zone.to_owned(),
            on_sale_from: window.map(|(from, _)| from),
            on_sale_until: window.map(|(from, seconds)| {
                from.saturating_add(std::time::Duration::from_secs(seconds))
            }),
            price_minor: price.0,
            currency: price.1.code().to_owned(),
            max_per_booking: price.2,
            url: None,
            image_url: None,
        },
    )
}

/// Makes the details of an event.
pub fn event_details() -> impl Strategy<Value = EventDetails> {
    event_draft()
        .prop_map(|draft| EventDetails::check(draft).expect("the strategy makes valid ones"))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest! {
        #[test]
        fn every_value_is_valid(
            details in event_details(),
            _customer in customer(),
            stock in stock(),
            at in timestamp(),
            _notification in notification(),
        ) {
            prop_assert_eq!(EventDetails::check(details.to_draft()), Ok(details));
            prop_assert!(stock.held() <= stock.stock() && stock.stock() <= stock.capacity());
            prop_assert_eq!(at.to_string().parse(), Ok(at));
        }
    }
}

//! Sending messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::NotifierHarness;
use crate::domain::booking::{Booking, BookingStatus, Customer};
use crate::domain::event::Event;
use crate::domain::locale::Locale;
use crate::domain::notice::{NoticeKind, Recipient};
use crate::domain::time::Timestamp;
use crate::ports::notifier::BuyerMessage;
use crate::testkit::seed::{self, EventSeed, SECOND};

/// Makes a message of any kind about an event and a customer.
fn message(kind: NoticeKind, seed: &EventSeed, customer: Customer) -> BuyerMessage {
    let new = seed.build();
    let details = new.details;
    let now = seed::now();
    let quantity = seed::quantity(2);
    let booking = Booking {
        id: seed::booking_id(),
        event_id: new.id,
        quantity,
        unit_price: details.price,
        total: details.price.checked_mul(quantity.get()).expect("it is in range"),
        customer,
        locale: Locale::ENGLISH,
        status: BookingStatus::Confirmed,
        payment: Some(seed::payment()),
        expires_at: seed::later(seed::HOLD),
        created_at: now,
        confirmed_at: Some(now),
        cancelled_at: None,
    };
    let event = Event::entered(new.id, details, new.status, now);
    BuyerMessage { id: seed::notice_id(), kind, booking, event, now, attempt: 1, edition: 0 }
}

fn kinds() -> impl Iterator<Item = NoticeKind> {
    NoticeKind::ALL.into_iter().filter(|kind| kind.recipient() == Recipient::Buyer)
}

/// Contract 1: every kind of message reaches its buyer, and nobody else.
pub async fn what_was_answered_is_delivered<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let mut sent = 0;
    for kind in kinds() {
        let message = message(kind, &seed::event("Heron watching"), seed::customer());
        notifier.send(&message).await.expect("send");
        sent += 1;
        let delivered = harness.delivered(&guard).await;
        assert_eq!(delivered.len(), sent, "{kind:?}");
    }
    for delivered in harness.delivered(&guard).await {
        assert_eq!(delivered.recipients, [seed::customer().email()]);
        assert!(delivered.text.contains("Heron watching"), "it says which event it is about");
    }
}

/// Contract 2: the same id makes the same identity, at every attempt and after a restart of the clock.
pub async fn the_same_message_has_the_same_identity<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let message = message(NoticeKind::BookingConfirmed, &seed::event("Again"), seed::customer());
    for attempt in 0..3 {
        let now = seed::later(SECOND * 90 * attempt);
        let again = BuyerMessage { now, ..message.clone() };
        notifier.send(&again).await.expect("send");
    }
    let delivered = harness.delivered(&guard).await;
    assert!(!delivered.is_empty());
    let identities: BTreeSet<_> = delivered.iter().map(|message| &message.identity).collect();
    assert_eq!(identities.len(), 1);
    assert!(!delivered[0].identity.is_empty());
}

/// Contract 2: different messages are not taken for repeats, even of the same booking and kind.
pub async fn other_messages_have_other_identities<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let first = message(NoticeKind::BookingConfirmed, &seed::event("One"), seed::customer());
    let second = BuyerMessage { id: seed::notice_id(), ..first.clone() };
    let third = BuyerMessage {
        kind: NoticeKind::RefundDue,
        ..message(NoticeKind::RefundDue, &seed::event("One"), seed::customer())
    };
    // It says something else than the one that may have been sent before it was planned anew.
    let anew = BuyerMessage { edition: 1, ..first.clone() };
    for message in [&first, &second, &third, &anew] {
        notifier.send(message).await.expect("send");
    }
    let delivered = harness.delivered(&guard).await;
    let identities: BTreeSet<_> = delivered.iter().map(|message| &message.identity).collect();
    assert_eq!(identities.len(), 4);
}

/// Contract 1: whatever stands in a name or title, the message goes to the buyer alone, once.
pub async fn hostile_names_and_titles_do_no_harm<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let hostile = [
        "Bcc: thief@mail.example.com",
        "\" <thief@mail.example.com>, \"",
        "thief@mail.example.com, x",
        "=?utf-8?Q?x=0D=0ABcc:_thief@mail.example.com?=",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        ".",
        "END:VEVENT; BEGIN:VALARM\\n,;:",
        "{{ name }} ${name} %s %n",
        "\u{202e}\u{1F3B5} e\u{301} 李 \u{feff}",
    ];
    for (index, text) in hostile.into_iter().enumerate() {
        let customer = Customer::new(text, "o'brien+x@mail.example.org").expect("it is valid");
        let event =
            seed::event(text).description(&format!("{text}\r\n.\r\n{text}\n")).category(text);
        notifier
            .send(&message(NoticeKind::BookingConfirmed, &event, customer))
            .await
            .expect("send");
        assert_eq!(harness.delivered(&guard).await.len(), index + 1, "{text:?}");
    }
    for delivered in harness.delivered(&guard).await {
        assert_eq!(delivered.recipients, ["o'brien+x@mail.example.org"]);
    }
}

/// Contract 1: the longest texts and the ends of time can be told of, too.
pub async fn extreme_events_can_be_told_of<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let name = "\u{1F3B5}".repeat(200);
    let customer = Customer::new(&name, "zoe@mail.example.org").expect("it is valid");
    let seeds = [
        seed::event(&"李".repeat(300)).description(&"x".repeat(20_000)).online(),
        seed::event("Ages").with(|draft| {
            draft.starts_at = Timestamp::MIN;
            draft.ends_at = Timestamp::MAX;
        }),
        seed::event("All day").free().with(|draft| {
            draft.all_day = true;
            "Pacific/Kiritimati".clone_into(&mut draft.timezone);
        }),
    ];
    let mut sent = 0;
    for seed in &seeds {
        for kind in kinds() {
            notifier.send(&message(kind, seed, customer.clone())).await.expect("send");
            sent += 1;
        }
    }
    assert_eq!(harness.delivered(&guard).await.len(), sent);
}

/// Contract 1: messages that are sent at once do not disturb each other.
pub async fn messages_may_be_sent_at_once<H: NotifierHarness>(harness: &H) {
    let (notifier, guard) = harness.fresh().await;
    let mut senders = JoinSet::new();
    for _ in 0..16 {
        let notifier = Arc::clone(&notifier);
        let message =
            message(NoticeKind::BookingConfirmed, &seed::event("At once"), seed::customer());
        senders.spawn(async move { notifier.send(&message).await.expect("send") });
    }
    senders.join_all().await;
    let delivered = harness.delivered(&guard).await;
    let identities: BTreeSet<_> = delivered.iter().map(|message| &message.identity).collect();
    assert_eq!((delivered.len(), identities.len()), (16, 16));
}

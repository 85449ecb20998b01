//! Telling the gateway's messages from everybody else's.

use super::GatewayHarness;
use crate::domain::payment::{ForeignId, Notification, NotificationKind};
use crate::ports::PaymentGateway;
use crate::ports::payment_gateway::{IncomingNotification, NotificationError};
use crate::testkit::seed::{self, SECOND};

fn notification(kind: NotificationKind) -> Notification {
    Notification {
        id: seed::foreign_id("evt"),
        kind,
        occurred_at: seed::now(),
        payment_id: seed::foreign_id("pay"),
        booking_id: seed::booking_id(),
        amount_minor: 4_500,
        currency: "EUR".to_owned(),
    }
}

fn message<H: GatewayHarness>(harness: &H, guard: &H::Guard) -> IncomingNotification {
    harness.sign(guard, &notification(NotificationKind::Succeeded), seed::now())
}

fn assert_refused(gateway: &dyn PaymentGateway, message: &IncomingNotification, why: &str) {
    let verified = gateway.verify(message, seed::now());
    assert!(matches!(verified, Err(NotificationError::BadSignature(_))), "{why}: {verified:?}");
}

/// Contract 3: what the gateway signed is accepted, and read as it was meant, as often as one likes.
pub async fn its_own_messages_are_understood<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    for kind in NotificationKind::ALL {
        for (amount_minor, currency) in [(4_500, "EUR"), (0, "JPY"), (i64::MAX, "KWD")] {
            let id = ForeignId::new(format!("evt \"'\\<&> {amount_minor}")).expect("it is valid");
            let currency = currency.to_owned();
            let says = Notification { id, amount_minor, currency, ..notification(kind) };
            let message = harness.sign(&guard, &says, seed::now());
            for _ in 0..2 {
                assert_eq!(gateway.verify(&message, seed::now()), Ok(says.clone()));
            }
        }
    }
}

/// Contract 3: the signature covers every byte.
pub async fn changed_bodies_are_refused<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let good = message(harness, &guard);
    for index in 0..good.body.len() {
        let mut changed = good.clone();
        changed.body[index] ^= 1;
        assert_refused(&*gateway, &changed, &format!("byte {index} was changed"));
    }
    for ending in [&b" "[..], b"\n", b"\0", b"{}"] {
        let mut longer = good.clone();
        longer.body.extend_from_slice(ending);
        assert_refused(&*gateway, &longer, "something was added");
    }
    let mut shorter = good.clone();
    shorter.body.pop();
    assert_refused(&*gateway, &shorter, "something was cut off");
    let empty = IncomingNotification { body: Vec::new(), ..good.clone() };
    assert_refused(&*gateway, &empty, "everything was cut off");
    assert!(gateway.verify(&good, seed::now()).is_ok(), "and the original is still good");
}

/// Contract 3: only the gateway's secret counts.
pub async fn signatures_by_another_secret_are_refused<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let good = message(harness, &guard);
    let forged = harness.forge(&guard, &good.body, seed::now());
    assert_refused(&*gateway, &forged, "another secret");
    let nonsense = harness.forge(&guard, b"not even a notification", seed::now());
    assert_refused(&*gateway, &nonsense, "the signature is looked at before the content");
}

/// Contract 3: without a whole signature nothing is accepted, and nothing breaks.
pub async fn missing_and_broken_signatures_are_refused<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let good = message(harness, &guard);
    let bare = IncomingNotification { headers: Vec::new(), body: good.body.clone() };
    assert_refused(&*gateway, &bare, "no headers");
    for broken in ["", " ", "t=,v1=", ",,,", "=", "v1=00", "t=1", "\u{e9}", &"9".repeat(10_000)] {
        let mut message = good.clone();
        for (_, value) in &mut message.headers {
            broken.clone_into(value);
        }
        assert_refused(&*gateway, &message, "a broken signature");
    }
    for index in 0..good.headers.len() {
        let value = good.headers[index].1.clone();
        for (at, character) in value.char_indices() {
            let mut message = good.clone();
            let other = if character == '0' { "1" } else { "0" };
            message.headers[index].1.replace_range(at..at + character.len_utf8(), other);
            // Some characters may carry no meaning, such as a name; what is accepted says the same.
            if let Ok(read) = gateway.verify(&message, seed::now()) {
                assert_eq!(Ok(read), gateway.verify(&good, seed::now()));
            }
        }
    }
}

/// Contract 3: a signature that was seen on one message is worth nothing on another.
pub async fn a_signature_is_for_one_body<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let (first, second) = (message(harness, &guard), message(harness, &guard));
    assert_ne!(first.body, second.body);
    let crossed = IncomingNotification { headers: first.headers, body: second.body };
    assert_refused(&*gateway, &crossed, "the signature of another message");
}

/// Contract 3: a message is good for the time that the gateway allows, both ways.
pub async fn stale_and_future_signatures_are_refused<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let says = notification(NotificationKind::Succeeded);
    let inside = harness.tolerance().saturating_sub(SECOND);
    let outside = harness.tolerance() + SECOND * 2;
    for sent_at in [seed::now().saturating_sub(inside), seed::later(inside)] {
        let message = harness.sign(&guard, &says, sent_at);
        assert_eq!(gateway.verify(&message, seed::now()), Ok(says.clone()));
    }
    for sent_at in [seed::now().saturating_sub(outside), seed::later(outside)] {
        let message = harness.sign(&guard, &says, sent_at);
        assert_refused(&*gateway, &message, "it was signed at another time");
    }
}

/// Contract 3: signed nonsense is told apart from a bad signature, and breaks nothing.
pub async fn signed_nonsense_is_malformed<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let deep = "[".repeat(100_000);
    for body in [&b""[..], b"null", b"{}", b"[]", b"\xff\xfe", b"{\"id\":1}", deep.as_bytes()] {
        let message = harness.sign_body(&guard, body, seed::now());
        let verified = gateway.verify(&message, seed::now());
        assert!(matches!(verified, Err(NotificationError::Malformed(_))), "{verified:?}");
    }
}

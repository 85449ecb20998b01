//! Payments, from the link to the refund.

use super::GatewayHarness;
use crate::domain::payment::{Notification, NotificationKind};
use crate::domain::time::Timestamp;
use crate::ports::PaymentGateway;
use crate::ports::payment_gateway::PaymentRequest;
use crate::testkit::seed::{self, HOLD, SECOND};

fn request(amount_minor: i64) -> PaymentRequest {
    PaymentRequest {
        booking_id: seed::booking_id(),
        amount: seed::money(amount_minor, "EUR"),
        description: "2 × Große Oper & “Aïda” </script>".to_owned(),
        expires_at: seed::later(HOLD),
    }
}

/// Returns what the gateway sent of one kind about a booking, verified.
async fn notified<H: GatewayHarness>(
    harness: &H,
    gateway: &dyn PaymentGateway,
    guard: &H::Guard,
    (request, kind): (&PaymentRequest, NotificationKind),
    now: Timestamp,
) -> Vec<Notification> {
    harness
        .sent(guard)
        .await
        .iter()
        .map(|message| gateway.verify(message, now).expect("its own message verifies"))
        .filter(|said| said.booking_id == request.booking_id && said.kind == kind)
        .collect()
}

/// Contract 1: asking again leads to the same payment.
pub async fn the_same_booking_is_the_same_payment<H: GatewayHarness>(harness: &H) {
    let (gateway, _guard) = harness.fresh().await;
    let request = request(4_500);
    let first = gateway.create_payment(&request).await.expect("create_payment");
    let second = gateway.create_payment(&request).await.expect("create_payment");
    assert_eq!(first.payment_id, second.payment_id);
    let url = url::Url::parse(&first.url).expect("the link is an address");
    assert!(matches!(url.scheme(), "http" | "https"));
}

/// Contract 1: payments of different bookings are not mixed up.
pub async fn other_bookings_are_other_payments<H: GatewayHarness>(harness: &H) {
    let (gateway, _guard) = harness.fresh().await;
    let (mine, theirs) = (request(4_500), request(4_500));
    let first = gateway.create_payment(&mine).await.expect("create_payment");
    let second = gateway.create_payment(&theirs).await.expect("create_payment");
    assert_ne!(first.payment_id, second.payment_id);
    assert_ne!(first.url, second.url);
}

/// Contract 1: a link that was made by signing alone is the one that asking gives.
pub async fn a_signed_link_is_the_payment_that_is_made<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let request = request(4_500);
    // A gateway that signs no links promises nothing here.
    let Some(signed) = gateway.sign_link(&request) else { return };
    assert_eq!(gateway.sign_link(&request).as_ref(), Some(&signed));
    assert!(harness.pay(&guard, &signed, seed::now()).await, "it can be paid without asking");
    let made = gateway.create_payment(&request).await.expect("create_payment");
    assert_eq!(made.payment_id, signed.payment_id);
}

/// Contract 4: who paid is notified of, with amount and time; repeats bear the same id.
pub async fn a_payment_is_notified_and_its_repeats_bear_the_same_id<H: GatewayHarness>(
    harness: &H,
) {
    let (gateway, guard) = harness.fresh().await;
    let (request, bystander) = (request(4_550), request(1));
    let link = gateway.create_payment(&request).await.expect("create_payment");
    gateway.create_payment(&bystander).await.expect("create_payment");
    assert!(harness.pay(&guard, &link, seed::now()).await);

    let succeeded = NotificationKind::Succeeded;
    let said = notified(harness, &*gateway, &guard, (&request, succeeded), seed::now()).await;
    assert!(!said.is_empty(), "the gateway tells of the payment");
    for message in &said {
        assert_eq!(message, &said[0], "a repeat says the same, under the same id");
    }
    assert_eq!(said[0].payment_id, link.payment_id);
    assert!(said[0].is_for(request.amount));
    assert_eq!(said[0].occurred_at, seed::now(), "when the money was paid");
    let others = notified(harness, &*gateway, &guard, (&bystander, succeeded), seed::now()).await;
    assert_eq!(others, [], "nobody paid the other one");
}

/// Contract 1: a buyer who clicks twice pays once.
pub async fn money_is_taken_once<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let request = request(4_500);
    let link = gateway.create_payment(&request).await.expect("create_payment");
    harness.pay(&guard, &link, seed::now()).await;
    harness.pay(&guard, &link, seed::now()).await;
    let subject = (&request, NotificationKind::Succeeded);
    let mut ids: Vec<_> = notified(harness, &*gateway, &guard, subject, seed::now())
        .await
        .into_iter()
        .map(|said| said.id)
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1, "one payment is one notification");
}

/// Contract 2: nobody can pay after `expires_at`.
pub async fn nobody_pays_after_the_end<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let (late, early) = (request(4_500), request(4_500));
    let late_link = gateway.create_payment(&late).await.expect("create_payment");
    let early_link = gateway.create_payment(&early).await.expect("create_payment");
    let end = late.expires_at;
    assert!(harness.pay(&guard, &early_link, end.saturating_sub(SECOND)).await);
    let after = end.saturating_add(SECOND);
    assert!(!harness.pay(&guard, &late_link, after).await);
    let subject = (&late, NotificationKind::Succeeded);
    assert_eq!(notified(harness, &*gateway, &guard, subject, after).await, []);
}

/// Contract 2: nobody can pay after `expire_payment` was answered, however often it is asked.
pub async fn nobody_pays_what_was_expired<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let (gone, open) = (request(4_500), request(4_500));
    let gone_link = gateway.create_payment(&gone).await.expect("create_payment");
    let open_link = gateway.create_payment(&open).await.expect("create_payment");
    for _ in 0..2 {
        gateway.expire_payment(&gone_link.payment_id, seed::now()).await.expect("expire_payment");
    }
    assert!(!harness.pay(&guard, &gone_link, seed::now()).await);
    let subject = (&gone, NotificationKind::Succeeded);
    assert_eq!(notified(harness, &*gateway, &guard, subject, seed::now()).await, []);
    assert!(harness.pay(&guard, &open_link, seed::now()).await, "other payments stay open");
}

/// Contract 2: a payment that was made is left alone, and its notification comes.
pub async fn a_payment_that_was_made_is_not_expired<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let request = request(4_500);
    let link = gateway.create_payment(&request).await.expect("create_payment");
    assert!(harness.pay(&guard, &link, seed::now()).await);
    gateway.expire_payment(&link.payment_id, seed::now()).await.expect("expire_payment");
    let subject = (&request, NotificationKind::Succeeded);
    assert!(!notified(harness, &*gateway, &guard, subject, seed::now()).await.is_empty());
    let subject = (&request, NotificationKind::Failed);
    assert_eq!(notified(harness, &*gateway, &guard, subject, seed::now()).await, []);
    assert_eq!(harness.given_back(&guard, &link.payment_id).await, 0, "nobody asked for that");
}

/// Contract 5: asking again for a refund does not give the money back twice.
pub async fn money_is_given_back_once<H: GatewayHarness>(harness: &H) {
    let (gateway, guard) = harness.fresh().await;
    let (request, other) = (request(4_500), request(700));
    let link = gateway.create_payment(&request).await.expect("create_payment");
    let other_link = gateway.create_payment(&other).await.expect("create_payment");
    assert!(harness.pay(&guard, &link, seed::now()).await);
    assert!(harness.pay(&guard, &other_link, seed::now()).await);
    for _ in 0..3 {
        gateway
            .refund(&link.payment_id, request.booking_id, request.amount, seed::now())
            .await
            .expect("refund");
    }
    let subject = (&request, NotificationKind::Refunded);
    let said = notified(harness, &*gateway, &guard, subject, seed::now()).await;
    for message in &said {
        assert_eq!(message, &said[0], "one refund is one notification");
        assert!(message.is_for(request.amount));
    }
    assert_eq!(harness.given_back(&guard, &link.payment_id).await, 4_500);
    assert_eq!(harness.given_back(&guard, &other_link.payment_id).await, 0);
}

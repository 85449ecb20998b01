//! The mock gateway keeps the contract of a payment gateway.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use booking_core::adapters::mock_gateway::signature::{self, SIGNATURE_HEADER, TOLERANCE};
use booking_core::adapters::mock_gateway::{Fault, IpnSecrets, MockGateway, notification};
use booking_core::domain::payment::{ForeignId, Notification, NotificationKind, PaymentLink};
use booking_core::domain::time::Timestamp;
use booking_core::ports::PaymentGateway;
use booking_core::ports::payment_gateway::IncomingNotification;
use booking_core::testkit::payment_gateway::GatewayHarness;
use booking_core::testkit::{Harness, ManualClock, SeededIds, seed};

const SECRET: &str = "the secret of the suite and a long one";

struct Mock;

/// A gateway, its clock, and everything that it sent.
struct Sandbox {
    gateway: MockGateway,
    clock: ManualClock,
    sent: Arc<Mutex<Vec<IncomingNotification>>>,
}

fn secrets(text: &str) -> IpnSecrets {
    IpnSecrets::parse(text).unwrap()
}

fn signed(secrets: &IpnSecrets, body: &[u8], at: Timestamp) -> IncomingNotification {
    let signature = signature::sign(secrets, body, at);
    let headers = vec![(SIGNATURE_HEADER.to_owned(), signature)];
    IncomingNotification { headers, body: body.to_vec() }
}

impl Harness for Mock {}

impl GatewayHarness for Mock {
    type Guard = Sandbox;

    async fn fresh(&self) -> (Arc<dyn PaymentGateway>, Sandbox) {
        let clock = ManualClock::default();
        let ids = Arc::new(SeededIds::new(1, Arc::new(clock.clone())));
        let sent = Arc::new(Mutex::new(Vec::new()));
        let inbox = Arc::clone(&sent);
        let gateway = MockGateway::builder(secrets(SECRET), Arc::new(clock.clone()), ids)
            .default_script(Fault::Twice.into())
            .deliver_to(move |message| {
                inbox.lock().unwrap().push(message);
                async { 200 }
            })
            .build()
            .unwrap();
        (Arc::new(gateway.clone()), Sandbox { gateway, clock, sent })
    }

    fn sign(&self, _: &Sandbox, says: &Notification, sent_at: Timestamp) -> IncomingNotification {
        signed(&secrets(SECRET), notification::write(says).as_bytes(), sent_at)
    }

    fn sign_body(&self, _: &Sandbox, body: &[u8], sent_at: Timestamp) -> IncomingNotification {
        signed(&secrets(SECRET), body, sent_at)
    }

    fn forge(&self, _: &Sandbox, body: &[u8], sent_at: Timestamp) -> IncomingNotification {
        signed(&secrets("the secret of somebody else and long too"), body, sent_at)
    }

    fn tolerance(&self) -> Duration {
        TOLERANCE
    }

    async fn pay(&self, sandbox: &Sandbox, link: &PaymentLink, at: Timestamp) -> bool {
        sandbox.clock.set(at);
        sandbox.gateway.pay_now(link).await.unwrap().is_accepted
    }

    async fn sent(&self, sandbox: &Sandbox) -> Vec<IncomingNotification> {
        sandbox.gateway.deliver_due().await;
        sandbox.sent.lock().unwrap().clone()
    }

    async fn given_back(&self, sandbox: &Sandbox, payment_id: &ForeignId) -> i64 {
        let mut refunds: Vec<Notification> = self
            .sent(sandbox)
            .await
            .iter()
            .map(|message| sandbox.gateway.verify(message, seed::now()).unwrap())
            .filter(|said| said.payment_id == *payment_id)
            .filter(|said| said.kind == NotificationKind::Refunded)
            .collect();
        refunds.dedup_by(|a, b| a.id == b.id);
        refunds.iter().map(|refund| refund.amount_minor).sum()
    }
}

booking_core::payment_gateway_contract!(Mock);

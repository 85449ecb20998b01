use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};

use tokio::time::Instant;
use uuid::Uuid;

use super::register::MAX_PAYMENTS;
use super::*;
use crate::domain::money::Currency;
use crate::domain::payment::NotificationKind;

mod over_http;

const START_SECS: i64 = 1_800_000_000;

/// Stands still until a test moves it.
#[derive(Debug)]
struct StillClock(AtomicI64);

impl StillClock {
    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

#[derive(Debug, Default)]
struct CountedIds(AtomicU64);

impl IdSource for CountedIds {
    fn next_id(&self) -> Uuid {
        Uuid::from_u64_pair(u64::MAX, self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Answers with the scripted statuses, then with 200, and keeps what came.
#[derive(Clone, Default)]
struct Inbox {
    answers: Arc<Mutex<VecDeque<u16>>>,
    received: Arc<Mutex<Vec<IncomingNotification>>>,
}

impl Inbox {
    fn answering(answers: &[u16]) -> Self {
        let inbox = Self::default();
        inbox.answers.lock().unwrap().extend(answers);
        inbox
    }

    fn receive(&self, notification: IncomingNotification) -> u16 {
        self.received.lock().unwrap().push(notification);
        self.answers.lock().unwrap().pop_front().unwrap_or(200)
    }

    fn received(&self) -> Vec<IncomingNotification> {
        self.received.lock().unwrap().clone()
    }
}

struct World {
    clock: Arc<StillClock>,
    inbox: Inbox,
}

impl World {
    fn new(inbox: Inbox) -> Self {
        Self { clock: Arc::new(StillClock(AtomicI64::new(START_SECS))), inbox }
    }

    fn builder(&self) -> MockGatewayBuilder {
        let secrets = IpnSecrets::parse("new-0123456789abc,old-0123456789abc").unwrap();
        MockGateway::builder(secrets, self.clock.clone(), Arc::new(CountedIds::default()))
            .public_url("https://tickets.example.org/")
    }

    fn gateway(&self) -> MockGateway {
        self.delivering(self.builder())
    }

    fn delivering(&self, builder: MockGatewayBuilder) -> MockGateway {
        let inbox = self.inbox.clone();
        builder
            .deliver_to(move |message| std::future::ready(inbox.receive(message)))
            .build()
            .unwrap()
    }

    /// Returns what came, each as the engine reads it.
    fn read(&self, gateway: &MockGateway) -> Vec<Notification> {
        let now = self.clock.now();
        let received = self.inbox.received();
        received.iter().map(|message| gateway.verify(message, now).unwrap()).collect()
    }
}

fn money(minor: i64) -> Money {
    Money::new(minor, Currency::new("EUR").unwrap()).unwrap()
}

fn booking(number: u128) -> BookingId {
    BookingId::new(Uuid::from_u128(number))
}

fn request(number: u128) -> PaymentRequest {
    PaymentRequest {
        booking_id: booking(number),
        amount: money(4_500),
        description: "2 × Concert".to_owned(),
        expires_at: Timestamp::from_secs(START_SECS + 900).unwrap(),
    }
}

fn link(gateway: &MockGateway, number: u128) -> PaymentLink {
    gateway.sign_link(&request(number)).unwrap()
}

fn page(gateway: &MockGateway, link: &PaymentLink, now: Timestamp) -> PaymentPage {
    let url = url::Url::parse(&link.url).unwrap();
    let query: Vec<_> = url.query_pairs().into_owned().collect();
    gateway.open_payment(link.payment_id.as_str(), &query, now).unwrap()
}

#[tokio::test]
async fn a_payment_is_made_once_and_told_once() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let link = link(&gateway, 1);
    assert_eq!(gateway.create_payment(&request(1)).await.unwrap(), link);
    for _ in 0..3 {
        let outcome = gateway.pay_now(&link).await.unwrap();
        assert!(outcome.is_accepted);
        assert_eq!(outcome.state, PaymentState::Paid);
        let booking_id = booking(1);
        assert_eq!(
            outcome.return_url,
            format!("https://tickets.example.org/bookings/{booking_id}")
        );
    }
    assert!(!gateway.decline_now(&link).await.unwrap().is_accepted);
    assert!(!gateway.give_up_now(&link).await.unwrap().is_accepted);
    assert_eq!(gateway.deliver_due().await, 1);
    assert_eq!(gateway.undelivered(), 0);
    let [told] = world.read(&gateway).try_into().unwrap();
    assert_eq!(told.kind, NotificationKind::Succeeded);
    assert_eq!(told.booking_id, booking(1));
    assert_eq!(told.payment_id, link.payment_id);
    assert_eq!(told.occurred_at, world.clock.now());
    assert!(told.is_for(money(4_500)));
}

#[tokio::test]
async fn a_payment_that_was_declined_or_given_up_cannot_be_paid() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let (first, second) = (link(&gateway, 1), link(&gateway, 2));
    assert!(gateway.decline_now(&first).await.unwrap().is_accepted);
    assert!(gateway.give_up_now(&second).await.unwrap().is_accepted);
    assert_eq!(gateway.pay_now(&first).await.unwrap().state, PaymentState::Declined);
    assert_eq!(gateway.pay_now(&second).await.unwrap().state, PaymentState::GivenUp);
    gateway.deliver_due().await;
    let kinds: Vec<_> = world.read(&gateway).iter().map(|told| told.kind).collect();
    assert_eq!(kinds, [NotificationKind::Failed; 2]);
}

#[tokio::test]
async fn nobody_pays_after_the_expiry() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let (late, ended, paid) = (link(&gateway, 1), link(&gateway, 2), link(&gateway, 3));
    gateway.pay_now(&paid).await.unwrap();
    for payment in [&ended, &ended, &paid] {
        gateway.expire_payment(&payment.payment_id, world.clock.now()).await.unwrap();
    }
    assert_eq!(gateway.pay_now(&ended).await.unwrap().state, PaymentState::Expired);
    assert_eq!(gateway.pay_now(&paid).await.unwrap().state, PaymentState::Paid);
    world.clock.advance(900);
    assert_eq!(page(&gateway, &late, world.clock.now()).state, PaymentState::Expired);
    let outcome = gateway.pay_now(&late).await.unwrap();
    assert!(!outcome.is_accepted);
    assert_eq!(outcome.state, PaymentState::Expired);
    assert_eq!(gateway.deliver_due().await, 1, "only the payment that was made is told of");
}

#[tokio::test]
async fn the_page_shows_what_the_link_says_and_what_was_done() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let link = link(&gateway, 1);
    let now = world.clock.now();
    let open = page(&gateway, &link, now);
    assert_eq!(open.state, PaymentState::Open);
    assert_eq!(open.link.amount(), money(4_500));
    assert_eq!(open.link.description(), "2 × Concert");
    assert_eq!(open.link.expires_at(), request(1).expires_at);
    assert!(gateway.act(BuyerAction::Pay, &open.link).await.unwrap().is_accepted);
    assert_eq!(page(&gateway, &link, now).state, PaymentState::Paid);
    assert_eq!(gateway.open_payment(link.payment_id.as_str(), &[], now), Err(LinkError::NotOurs));
    let forged = PaymentLink { url: link.url.replace("amount=4500", "amount=1").into(), ..link };
    assert_eq!(gateway.pay_now(&forged).await, Err(ActionError::Link(LinkError::NotOurs)));
}

#[tokio::test]
async fn money_goes_back_once() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let (known, declined) = (link(&gateway, 1), link(&gateway, 2));
    gateway.pay_now(&known).await.unwrap();
    gateway.decline_now(&declined).await.unwrap();
    let now = world.clock.now();
    let too_much = gateway.refund(&known.payment_id, booking(1), money(4_501), now).await;
    assert!(matches!(too_much, Err(GatewayError::Rejected { .. })));
    let not_paid = gateway.refund(&declined.payment_id, booking(2), money(4_500), now).await;
    assert!(matches!(not_paid, Err(GatewayError::Rejected { .. })));
    // The third payment was made at another instance.
    for (number, payment_id) in [(1, known.payment_id), (3, payment_id_of(booking(3)))] {
        for _ in 0..2 {
            let refund = gateway.refund(&payment_id, booking(number), money(4_500), now).await;
            assert_eq!(refund.unwrap(), RefundOutcome::Accepted);
        }
        assert_eq!(gateway.find_state(&payment_id), Some(PaymentState::Refunded));
    }
    gateway.deliver_due().await;
    let told = world.read(&gateway);
    let refunded: Vec<_> = told
        .iter()
        .filter(|told| told.kind == NotificationKind::Refunded)
        .map(|told| told.booking_id)
        .collect();
    assert_eq!(refunded, [booking(1), booking(3)]);
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn only_what_the_gateway_signed_is_believed() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    gateway.pay_now(&link(&gateway, 1)).await.unwrap();
    gateway.deliver_due().await;
    let [message] = world.inbox.received().try_into().unwrap();
    let now = world.clock.now();
    assert!(gateway.verify(&message, now).is_ok());
    assert!(gateway.verify(&message, now.saturating_add(Duration::from_secs(301))).is_err());
    let mut changed = message.clone();
    changed.body.push(b' ');
    let mut unsigned = message.clone();
    unsigned.headers.retain(|(name, _)| name != signature::SIGNATURE_HEADER);
    let mut doubled = message.clone();
    doubled.headers.extend(message.headers.clone());
    for bad in [changed, unsigned, doubled] {
        assert!(matches!(gateway.verify(&bad, now), Err(NotificationError::BadSignature(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn scripts_go_wrong_as_they_say() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    gateway.script(ScriptTarget::Default, Fault::Never.into());
    gateway.script(ScriptTarget::Booking(booking(2)), "late=5s,twice".parse().unwrap());
    let third = link(&gateway, 3);
    gateway.script(ScriptTarget::Payment(third.payment_id.clone()), Fault::UnknownBooking.into());
    for link in [link(&gateway, 1), link(&gateway, 2), third] {
        assert!(gateway.pay_now(&link).await.unwrap().is_accepted);
    }
    assert_eq!(gateway.undelivered(), 3);
    assert_eq!(gateway.deliver_due().await, 1);
    assert_eq!(world.read(&gateway)[0].booking_id.as_uuid(), Uuid::from_u64_pair(u64::MAX, 0));
    assert_eq!(gateway.next_due_in(), Some(Duration::from_secs(5)));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(gateway.deliver_due().await, 2);
    let told = world.read(&gateway);
    assert_eq!(told[1], told[2]);
    assert_eq!(told[1].booking_id, booking(2));
    assert_eq!(gateway.undelivered(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bad_signature_may_be_followed_by_a_good_one() {
    let world = World::new(Inbox::answering(&[401]));
    let gateway = world.gateway();
    gateway.script(ScriptTarget::Default, "bad-signature=1".parse().unwrap());
    gateway.pay_now(&link(&gateway, 1)).await.unwrap();
    let worker = gateway.clone();
    let worker = tokio::spawn(async move { worker.run(std::future::pending()).await });
    gateway.wait_until_delivered().await;
    worker.abort();
    let now = world.clock.now();
    let verified: Vec<_> =
        world.inbox.received().iter().map(|it| gateway.verify(it, now).is_ok()).collect();
    assert_eq!(verified, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn what_is_never_accepted_is_given_up_in_the_end() {
    let world = World::new(Inbox::answering(&[500; 1_000]));
    let gateway = world.gateway();
    gateway.pay_now(&link(&gateway, 1)).await.unwrap();
    let began = Instant::now();
    let worker = gateway.clone();
    let worker = tokio::spawn(async move { worker.run(std::future::pending()).await });
    gateway.wait_until_delivered().await;
    worker.abort();
    let days = began.elapsed().as_secs() / 86_400;
    assert_eq!(days, 3);
    let attempts = world.inbox.received().len();
    assert!((72..=200).contains(&attempts), "{attempts}");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_so_many_are_sent_at_the_same_time() {
    let world = World::new(Inbox::default());
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, peak) = (Arc::clone(&running), Arc::clone(&most));
    let gateway = world
        .builder()
        .concurrency(3)
        .deliver_to(move |_| {
            let (count, peak) = (Arc::clone(&count), Arc::clone(&peak));
            async move {
                peak.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                count.fetch_sub(1, Ordering::SeqCst);
                200
            }
        })
        .build()
        .unwrap();
    for number in 0..10 {
        gateway.pay_now(&link(&gateway, number)).await.unwrap();
    }
    let worker = gateway.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn(async move {
        worker
            .run(async {
                let _ = stopped.await;
            })
            .await;
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.send(()).unwrap();
    worker.await.unwrap();
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(running.load(Ordering::SeqCst), 0, "those under way were waited for");
    assert_eq!(gateway.undelivered(), 7);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_hangs_or_panics_is_made_again() {
    let world = World::new(Inbox::default());
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let gateway = world
        .builder()
        .deliver_to(move |_| {
            let attempt = counted.fetch_add(1, Ordering::SeqCst);
            async move {
                match attempt {
                    0 => std::future::pending().await,
                    1 => panic!("on purpose"),
                    _ => 204,
                }
            }
        })
        .build()
        .unwrap();
    gateway.pay_now(&link(&gateway, 1)).await.unwrap();
    let worker = gateway.clone();
    let worker = tokio::spawn(async move { worker.run(std::future::pending()).await });
    gateway.wait_until_delivered().await;
    worker.abort();
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_crash_loses_neither_payments_nor_notifications() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("gateway.jsonl");
    let world = World::new(Inbox::answering(&[503]));
    let open = || world.delivering(world.builder().journal(&journal));

    let before = open();
    let (paid, ended) = (link(&before, 1), link(&before, 2));
    before.script(ScriptTarget::Default, Fault::Twice.into());
    assert!(before.pay_now(&paid).await.unwrap().is_accepted);
    before.expire_payment(&ended.payment_id, world.clock.now()).await.unwrap();
    assert_eq!(before.deliver_due().await, 1);
    drop(before);
    // What a crash in the middle of a write leaves behind.
    let mut torn = std::fs::OpenOptions::new().append(true).open(&journal).unwrap();
    std::io::Write::write_all(&mut torn, b"{\"record\":\"payment\",\"paym").unwrap();

    let after = open();
    assert_eq!(after.find_state(&paid.payment_id), Some(PaymentState::Paid));
    assert_eq!(after.pay_now(&ended).await.unwrap().state, PaymentState::Expired);
    assert!(after.pay_now(&paid).await.unwrap().is_accepted);
    assert_eq!(after.undelivered(), 2, "paying again tells nothing new");
    assert_eq!(after.deliver_due().await, 2);
    drop(after);

    let later = open();
    assert_eq!(later.undelivered(), 0);
    assert_eq!(later.find_state(&paid.payment_id), Some(PaymentState::Paid));
    let told = world.read(&later);
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|each| each == &told[0]));
}

#[tokio::test]
async fn settled_payments_are_forgotten_and_the_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("gateway.jsonl");
    let world = World::new(Inbox::default());
    let gateway = world.delivering(world.builder().journal(&journal));
    let (told, untold) = (link(&gateway, 1), link(&gateway, 2));
    gateway.pay_now(&told).await.unwrap();
    gateway.deliver_due().await;
    gateway.pay_now(&untold).await.unwrap();
    world.clock.advance(7 * 86_400 + 1);
    gateway.expire_payment(&payment_id_of(booking(3)), world.clock.now()).await.unwrap();
    assert_eq!(gateway.find_state(&told.payment_id), None);
    assert_eq!(gateway.find_state(&untold.payment_id), Some(PaymentState::Paid));
    drop(gateway);
    let gateway = world.delivering(world.builder().journal(&journal));
    assert_eq!(gateway.find_state(&told.payment_id), None);
    assert_eq!(gateway.find_state(&untold.payment_id), Some(PaymentState::Paid));
    assert_eq!(gateway.undelivered(), 1);
}

#[tokio::test]
async fn payments_that_the_engine_ended_are_kept_up_to_a_number() {
    let world = World::new(Inbox::default());
    let gateway = world.gateway();
    let payment = |number| payment_id_of(booking(number));
    let is_known = |number| gateway.find_state(&payment(number)).is_some();
    let ended = 0..u128::try_from(MAX_PAYMENTS).unwrap() + 1_000;
    for number in ended.clone() {
        gateway.expire_payment(&payment(number), world.clock.now()).await.unwrap();
    }
    assert_eq!(ended.clone().filter(|number| is_known(*number)).count(), MAX_PAYMENTS);
    assert!(!is_known(ended.start) && is_known(ended.end - 1), "the oldest are forgotten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_payments_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("gateway.jsonl");
    let world = World::new(Inbox::default());
    let gateway = world.delivering(world.builder().journal(&journal));
    let mut buyers = tokio::task::JoinSet::new();
    for number in 0..200 {
        let gateway = gateway.clone();
        // Two buyers of each payment: one pays, the other declines, and one of them comes first.
        let link = link(&gateway, number);
        let rival = (gateway.clone(), link.clone());
        buyers.spawn(async move { gateway.pay_now(&link).await.unwrap().is_accepted });
        buyers.spawn(async move { rival.0.decline_now(&rival.1).await.unwrap().is_accepted });
    }
    let accepted = buyers.join_all().await.into_iter().filter(|accepted| *accepted).count();
    assert_eq!(accepted, 200);
    drop(gateway);
    let gateway = world.delivering(world.builder().journal(&journal));
    assert_eq!(gateway.undelivered(), 200);
    assert_eq!(gateway.deliver_due().await, 200);
}

#[test]
fn addresses_are_checked_and_nothing_secret_is_printed() {
    let world = World::new(Inbox::default());
    for bad in ["", "tickets.example.org", "ftp://tickets.example.org", "https://a.example?x=1"] {
        let built = world.builder().public_url(bad).ipn_url("http://127.0.0.1:1/ipn").build();
        assert!(matches!(built, Err(BuildError::PublicUrl(_))), "{bad:?}");
    }
    for bad in ["", "/v1/payments/ipn", "https://tickets.example.org/v1/payments/ipn"] {
        assert!(matches!(world.builder().ipn_url(bad).build(), Err(BuildError::IpnUrl(_))));
    }
    let printed = format!("{:?} {:?}", world.builder(), world.gateway());
    assert!(!printed.contains("0123456789"));
}

//! Requests as receivers see them, and what is made of their answers.

mod endpoint;

use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use proptest::prelude::*;
use sha2::Sha256;

use self::endpoint::{Answer, Endpoint, Seen};
use super::connect::{Connector, Resolve, SystemResolver};
use super::*;
use crate::domain::booking::{Booking, BookingStatus, Customer};
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus};
use crate::domain::locale::Locale;
use crate::domain::money::{Currency, Money};
use crate::domain::notice::{NoticeKind, Recipient};
use crate::domain::quantity::Quantity;
use crate::domain::time::Timestamp;
use crate::ports::fault::{Classify, Effect, Retry};
use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Made at 2027-02-01T08:30:12.345Z.
const NOTICE: &str = "01a37004-1379-7cc3-9c7f-0d9b3f1f2a6b";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn message_to(name: &str, title: &str) -> BuyerMessage {
    let now = at("2027-02-01T08:30:15Z");
    let price = Money::new(4_500, Currency::new("CHF").unwrap()).unwrap();
    let draft = EventDraft::new(title, at("2027-03-01T19:00:00Z"), Duration::from_hours(3), price);
    let id = "019c1000-0000-7000-8000-000000000001".parse().unwrap();
    let details = EventDetails::check(draft).unwrap();
    let event = Event::entered(id, details, EventStatus::Published, now);
    let booking = Booking {
        id: "019c1000-0000-7000-8000-000000000002".parse().unwrap(),
        event_id: event.id,
        quantity: Quantity::new(2).unwrap(),
        unit_price: price,
        total: price.checked_mul(2).unwrap(),
        customer: Customer::new(name, "zoe@mail.example.org").unwrap(),
        locale: Locale::new("de-CH").unwrap(),
        status: BookingStatus::Confirmed,
        payment: None,
        expires_at: at("2027-02-01T08:45:00Z"),
        created_at: at("2027-02-01T08:30:00Z"),
        confirmed_at: Some(at("2027-02-01T08:30:12.345Z")),
        cancelled_at: None,
    };
    let id = NOTICE.parse().unwrap();
    BuyerMessage {
        id,
        kind: NoticeKind::BookingConfirmed,
        booking,
        event,
        now,
        attempt: 1,
        edition: 0,
    }
}

fn message() -> BuyerMessage {
    message_to("Zoë \"Å\" <b>", "Night of the Organ")
}

fn settings(url: &str) -> WebhookSettings {
    WebhookSettings::new(url, WebhookSecrets::parse(SECRET).unwrap())
}

fn notifier(url: &str) -> WebhookNotifier {
    WebhookNotifier::new(&settings(url).allow_private_addresses()).unwrap()
}

/// Checks a request as a receiver does who has read the specification and nothing of ours.
fn verify(seen: &Seen, secret: &str) {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = [
        seen.header("webhook-id").as_bytes(),
        seen.header("webhook-timestamp").as_bytes(),
        &seen.body,
    ]
    .join(&b"."[..]);
    let mac = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(signed);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let mut signatures = seen.header("webhook-signature").split(' ');
    assert!(signatures.any(|signature| signature == expected), "it is signed with this secret");
}

fn retry_of(result: Result<(), NotifierError>) -> (Retry, String) {
    let error = result.unwrap_err();
    (error.retry(), error.to_string())
}

/// Tells whether a pause is the first of the schedule.
fn is_first_pause(retry: Retry) -> bool {
    matches!(retry, Retry::After(pause) if (5..=6).contains(&pause.as_secs()))
}

/// Everything that is sent. Computed apart:
///
/// ```text
/// hmac.new(base64.b64decode(SECRET[6:]), f"{id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
/// ```
#[tokio::test]
async fn a_message_is_sent_as_the_specification_says() {
    let endpoint = Endpoint::start(&[]).await;
    notifier(&endpoint.url()).send(&message()).await.unwrap();
    let seen = &endpoint.seen()[0];
    assert_eq!((&seen.method, seen.path.as_str()), (&Method::POST, "/hooks?shop=7"));
    assert_eq!(seen.header("host"), endpoint.address.to_string());
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("content-length"), seen.body.len().to_string());
    assert!(seen.header("user-agent").starts_with("booking-core/"));
    assert_eq!(seen.header("webhook-id"), NOTICE);
    assert_eq!(seen.header("webhook-timestamp"), "1801470615");
    let body = "{\"type\":\"booking.confirmed\",\"timestamp\":\"2027-02-01T08:30:12.345Z\",\"data\":{\
        \"id\":\"019c1000-0000-7000-8000-000000000002\",\
        \"event_id\":\"019c1000-0000-7000-8000-000000000001\",\"quantity\":2,\
        \"unit_price\":{\"amount\":4500,\"currency\":\"CHF\"},\
        \"total\":{\"amount\":9000,\"currency\":\"CHF\"},\
        \"customer\":{\"name\":\"Zoë \\\"Å\\\" <b>\",\"email\":\"zoe@mail.example.org\"},\"locale\":\"de-CH\",\
        \"status\":\"confirmed\",\"expires_at\":\"2027-02-01T08:45:00Z\",\
        \"created_at\":\"2027-02-01T08:30:00Z\",\"confirmed_at\":\"2027-02-01T08:30:12.345Z\",\
        \"cancelled_at\":null,\"event\":{\"id\":\"019c1000-0000-7000-8000-000000000001\",\
        \"title\":\"Night of the Organ\",\"starts_at\":\"2027-03-01T19:00:00Z\",\
        \"ends_at\":\"2027-03-01T22:00:00Z\",\"all_day\":false,\"timezone\":\"UTC\",\
        \"venue\":{\"online\":true,\"url\":null},\"status\":\"published\"}}}";
    assert_eq!(str::from_utf8(&seen.body).unwrap(), body);
    assert_eq!(seen.header("webhook-signature"), "v1,5rS0C4EZS1Nnq5hwvfPzhdDmaUNKoLm4Ril6EBpN70Q=");
    verify(seen, SECRET);
}

#[test]
fn every_kind_of_message_to_buyers_has_a_type_of_its_own() {
    let mut types = std::collections::BTreeSet::new();
    for kind in NoticeKind::ALL {
        let written = payload::write(&BuyerMessage { kind, ..message() });
        assert_eq!(written.is_some(), kind.recipient() == Recipient::Buyer, "{kind:?}");
        let Some(written) = written else { continue };
        let value: serde_json::Value = serde_json::from_slice(&written).unwrap();
        assert!(types.insert(value["type"].as_str().unwrap().to_owned()), "{kind:?}");
        let expected = match kind {
            NoticeKind::EventReminder => "2027-02-28T19:00:00Z",
            _ => "2027-02-01T08:30:12.345Z",
        };
        assert_eq!(value["timestamp"], expected, "{kind:?}");
    }
    assert_eq!(types.len(), 9);
    assert!(types.contains("booking.payment_failed") && types.contains("event.changed"));
}

#[test]
fn money_that_is_given_back_and_ids_of_others_are_told_of() {
    let mut message = message();
    message.id = "7d444840-9dc0-41d1-b245-5ffdce74fad2".parse().unwrap();
    for (status, refund) in
        [(BookingStatus::RefundDue, "due"), (BookingStatus::Refunded, "refunded")]
    {
        message.booking.status = status;
        let written = payload::write(&message).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(value["data"]["refund"]["status"], refund);
        assert_eq!(value["data"]["refund"]["amount"]["amount"], 9_000);
        assert_eq!(value["timestamp"], "2027-02-01T08:30:15Z", "such an id holds no time");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in it, each attempt has the same id, its own time, and a signature that verifies.
    #[test]
    fn repeats_have_the_same_id_and_other_timestamps_and_verify(
        name in "[^\\p{C}\\p{Z}]{1,20}",
        title in "[^\\p{C}\\p{Z}]{1,20}",
        pauses in proptest::collection::vec(1_u64..100_000, 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut message = message_to(&name, &title);
        let seen = runtime.block_on(async {
            let endpoint = Endpoint::start(&[]).await;
            let notifier = notifier(&endpoint.url());
            notifier.send(&message).await.unwrap();
            for pause in &pauses {
                message.now = message.now.saturating_add(Duration::from_secs(*pause));
                message.attempt += 1;
                notifier.send(&message).await.unwrap();
            }
            endpoint.seen()
        });
        prop_assert_eq!(seen.len(), pauses.len() + 1);
        let mut earlier = 0;
        for seen in &seen {
            verify(seen, SECRET);
            prop_assert_eq!(seen.header("webhook-id"), NOTICE);
            let seconds: u64 = seen.header("webhook-timestamp").parse().unwrap();
            prop_assert!(seconds > earlier);
            earlier = seconds;
            let value: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
            prop_assert_eq!(&value["data"]["customer"]["name"], &name);
            prop_assert_eq!(&value["data"]["event"]["title"], &title);
        }
    }
}

#[tokio::test]
async fn while_a_secret_is_replaced_receivers_of_both_accept() {
    let endpoint = Endpoint::start(&[]).await;
    let secrets = WebhookSecrets::parse(&format!("{OTHER},{SECRET}")).unwrap();
    let settings = WebhookSettings::new(endpoint.url(), secrets).allow_private_addresses();
    WebhookNotifier::new(&settings).unwrap().send(&message()).await.unwrap();
    verify(&endpoint.seen()[0], SECRET);
    verify(&endpoint.seen()[0], OTHER);
}

#[tokio::test]
async fn every_other_status_is_a_failure_that_is_tried_again() {
    let statuses = [300, 304, 400, 401, 404, 409, 422, 429, 500, 502, 503, 504];
    let script = statuses.map(Answer::Status);
    let endpoint = Endpoint::start(&script).await;
    let notifier = notifier(&endpoint.url());
    for status in statuses {
        let error = notifier.send(&message()).await.unwrap_err();
        assert_eq!(error.effect(), Effect::Unknown);
        assert!(is_first_pause(error.retry()), "{status}");
        assert!(error.to_string().ends_with(&format!("with status {status}")), "{error}");
    }
    assert_eq!(endpoint.seen().len(), statuses.len());
    notifier.send(&message()).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_may_ask_for_a_longer_pause_and_for_no_shorter_one() {
    let script = [
        Answer::RetryAfter(429, "120"),
        Answer::RetryAfter(503, "Mon, 01 Feb 2027 08:40:15 GMT"),
        Answer::RetryAfter(503, "86400"),
        Answer::RetryAfter(429, "1"),
        Answer::RetryAfter(500, "120"),
        Answer::RetryAfter(503, "soon"),
    ];
    let endpoint = Endpoint::start(&script).await;
    let notifier = notifier(&endpoint.url());
    for expected in [120, 600, 3_600] {
        let (retry, _) = retry_of(notifier.send(&message()).await);
        assert_eq!(retry, Retry::After(Duration::from_secs(expected)));
    }
    for _ in 3..script.len() {
        assert!(is_first_pause(retry_of(notifier.send(&message()).await).0));
    }
}

#[tokio::test]
async fn after_the_last_attempt_a_message_is_given_up() {
    let endpoint = Endpoint::start(&[Answer::Status(500), Answer::RetryAfter(503, "1")]).await;
    let notifier = notifier(&endpoint.url());
    let ninth = retry_of(notifier.send(&BuyerMessage { attempt: 9, ..message() }).await).0;
    let day = Duration::from_hours(24);
    assert!(matches!(ninth, Retry::After(pause) if (day..=day + day / 5).contains(&pause)));
    let (tenth, reason) = retry_of(notifier.send(&BuyerMessage { attempt: 10, ..message() }).await);
    assert_eq!(tenth, Retry::Never);
    assert!(reason.contains("status 503"), "{reason}");
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_left_alone() {
    let endpoint = Endpoint::start(&[Answer::Status(204), Answer::Status(410)]).await;
    let notifier = notifier(&endpoint.url());
    let clone = notifier.clone();
    notifier.send(&message()).await.unwrap();
    for notifier in [&notifier, &notifier, &clone] {
        let (retry, reason) = retry_of(notifier.send(&message()).await);
        assert_eq!(retry, Retry::Never);
        assert_eq!(reason, "the message cannot be sent: the webhook endpoint is gone");
    }
    assert_eq!(endpoint.seen().len(), 2, "nobody asked again");
    // A new process does.
    self::notifier(&endpoint.url()).send(&message()).await.unwrap();
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Endpoint::start(&[]).await;
    let endpoint = Endpoint::start(&[Answer::Redirect(elsewhere.url())]).await;
    let (retry, reason) = retry_of(notifier(&endpoint.url()).send(&message()).await);
    assert!(is_first_pause(retry) && reason.ends_with("with status 307"), "{reason}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn whoever_never_answers_is_given_up_on() {
    let endpoint = Endpoint::start(&[Answer::Silence]).await;
    let notifier = notifier(&endpoint.url());
    let started = tokio::time::Instant::now();
    let sending = tokio::spawn(async move { notifier.send(&message()).await });
    endpoint.asked().await;
    // From here on nothing happens but that time passes.
    tokio::time::pause();
    let (retry, reason) = retry_of(sending.await.unwrap());
    assert!(is_first_pause(retry) && reason.ends_with("did not answer in time"), "{reason}");
    assert!((14..=16).contains(&started.elapsed().as_secs()));
}

#[tokio::test]
async fn bodies_without_an_end_keep_nobody() {
    let endpoint = Endpoint::start(&[Answer::Endless, Answer::Unfinished]).await;
    let notifier = notifier(&endpoint.url());
    for _ in 0..3 {
        notifier.send(&message()).await.unwrap();
    }
    assert_eq!(endpoint.seen().len(), 3);
}

#[tokio::test]
async fn connections_are_used_again() {
    let endpoint = Endpoint::start(&[Answer::Status(200), Answer::Status(500)]).await;
    let notifier = notifier(&endpoint.url());
    for _ in 0..4 {
        let _ = notifier.send(&message()).await;
    }
    let connections: Vec<_> = endpoint.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0; 4]);
}

#[tokio::test]
async fn nobody_at_the_address_is_a_failure_that_is_tried_again() {
    let endpoint = Endpoint::start(&[]).await;
    let address = endpoint.url();
    drop(endpoint);
    // Its task ends when it is next looked at.
    tokio::task::yield_now().await;
    let (retry, reason) = retry_of(notifier(&address).send(&message()).await);
    assert!(is_first_pause(retry), "{reason}");
    assert!(reason.contains("no connection can be made"), "{reason}");
    assert!(!reason.contains("shop=7") && !reason.contains("hooks"), "{reason}");
}

#[tokio::test]
async fn what_is_for_the_gateway_is_not_sent() {
    let endpoint = Endpoint::start(&[]).await;
    let message = BuyerMessage { kind: NoticeKind::RequestRefund, ..message() };
    assert_eq!(retry_of(notifier(&endpoint.url()).send(&message).await).0, Retry::Never);
    assert!(endpoint.seen().is_empty());
}

/// Says of each name what it is told to, one answer after the other; the last one stays.
#[derive(Debug)]
struct Scripted(Mutex<Vec<Vec<IpAddr>>>);

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|ip| ip.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().rev().map(parse).collect())))
    }
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        Ok(if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() })
    }
}

/// Never says anything.
#[derive(Debug)]
struct Mute;

#[async_trait]
impl Resolve for Mute {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        std::future::pending().await
    }
}

fn assert_nobody_came(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_refused_unless_that_is_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let (retry, reason) =
        retry_of(WebhookNotifier::new(&settings(&url)).unwrap().send(&message()).await);
    assert!(is_first_pause(retry), "the name may lead elsewhere tomorrow");
    assert!(
        reason.contains("all of its addresses are private or reserved, and these are not allowed"),
        "{reason}"
    );
    assert_nobody_came(&listener);

    let endpoint = Endpoint::start(&[]).await;
    let url = format!("http://localhost:{}/", endpoint.address.port());
    notifier(&url).send(&message()).await.unwrap();
    assert_eq!(endpoint.seen().len(), 1);
}

#[tokio::test]
async fn of_the_addresses_of_a_name_only_those_allowed_are_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://shop.example.org:{}/", listener.local_addr().unwrap().port());
    let private = Scripted::new(&[&["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"]]);
    let notifier = WebhookNotifier::with_resolver(&settings(&url), private).unwrap();
    let (_, reason) = retry_of(notifier.send(&message()).await);
    assert!(
        reason.contains("all of its addresses are private or reserved, and these are not allowed"),
        "{reason}"
    );
    assert_nobody_came(&listener);
}

#[tokio::test]
async fn a_name_is_held_to_the_rule_each_time_it_is_looked_up() {
    let endpoint = Endpoint::start(&[Answer::Endless]).await;
    let url = format!("http://shop.example.org:{}/", endpoint.address.port());
    // Plain HTTP is for private addresses, so here it is the public one that is not allowed.
    let moving = Scripted::new(&[&["1.1.1.1", "127.0.0.1"], &["1.1.1.1"], &["127.0.0.1"]]);
    let settings = settings(&url).allow_private_addresses();
    let notifier = WebhookNotifier::with_resolver(&settings, moving).unwrap();
    // The connection is of no use after an answer without an end.
    notifier.send(&message()).await.unwrap();
    let (_, reason) = retry_of(notifier.send(&message()).await);
    assert!(
        reason.contains("all of its addresses are private or reserved, and these are not allowed"),
        "{reason}"
    );
    assert_eq!(endpoint.seen().len(), 1);
    notifier.send(&message()).await.unwrap();
    assert_eq!(endpoint.seen()[1].header("host"), url["http://".len()..].trim_end_matches('/'));
}

/// The settings refuse such an address already; whoever connects does not rely on it.
#[tokio::test]
async fn an_address_in_place_of_a_name_is_checked_at_each_connection() {
    use tower::Service as _;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let reach = address::Reach { public: true, private: false };
    let mut connector = Connector::new(Arc::new(SystemResolver), reach);
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        let uri = format!("http://{host}:{port}/").parse().unwrap();
        let error = connector.call(uri).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "all of its addresses are private or reserved, and these are not allowed",
            "{host}"
        );
    }
    assert_nobody_came(&listener);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_never_found_is_given_up_on() {
    let settings = settings("http://shop.example.org").allow_private_addresses();
    let notifier = WebhookNotifier::with_resolver(&settings, Arc::new(Mute)).unwrap();
    let started = tokio::time::Instant::now();
    let (retry, reason) = retry_of(notifier.send(&message()).await);
    assert!(is_first_pause(retry) && reason.contains("in time"), "{reason}");
    assert_eq!(started.elapsed().as_secs(), 5);
}

/// Whoever listens where TLS was expected gets a greeting, the name, and nothing of the message.
#[tokio::test]
async fn nothing_is_sent_in_the_clear_to_an_encrypted_address() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let notifier = notifier(&url);
    let sending = tokio::spawn(async move { notifier.send(&message()).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut greeting = vec![0; 4_096];
    let length = stream.read(&mut greeting).await.unwrap();
    greeting.truncate(length);
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    let (retry, reason) = retry_of(sending.await.unwrap());
    assert!(is_first_pause(retry), "{reason}");
    // Whatever came after the refusal.
    let _ = stream.read_to_end(&mut greeting).await;
    assert_eq!(greeting[..2], [22, 3], "a handshake");
    let has = |text: &str| greeting.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(has("localhost") && !has("POST") && !has("booking") && !has("webhook"));
}

#[test]
fn nothing_secret_is_shown() {
    let notifier = notifier("https://127.0.0.1/path-of-theirs?token=theirs");
    let shown = format!("{notifier:?}");
    assert!(shown.contains("127.0.0.1"), "{shown}");
    assert!(!shown.contains("theirs") && !shown.contains("MfKQ"), "{shown}");
}

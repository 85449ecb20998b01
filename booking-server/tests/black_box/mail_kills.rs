//! Being killed while mails go out, and the mail server too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use booking_core::service::Settings;
use booking_testbed::{SinkMail, SinkTransaction, SmtpSink, SmtpSinkOptions};
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    Client, Database, Folder, Launch, PATIENCE, Server, booking, event, run, until,
};

const BUYERS: usize = 1_000;

/// Long beside an attempt, which takes a fraction of a second here, and short beside the two minutes that it is by
/// default: what a killed server was at comes again only when it has run out.
const LEASE: &str = "10s";

/// So long the sink thinks before it says that a mail is taken: whoever is interrupted meanwhile does not know it.
const PACE: Duration = Duration::from_millis(20);

/// What is killed while mails go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Server,
    Sink,
    Both,
}

const BLOWS: [Blow; 8] = [
    Blow::Server,
    Blow::Sink,
    Blow::Server,
    Blow::Both,
    Blow::Sink,
    Blow::Server,
    Blow::Both,
    Blow::Server,
];

/// Buyers who try until they are answered, by whichever server is there.
struct Crowd {
    client: Client,
    event: String,
    servers: Mutex<Vec<String>>,
}

impl Crowd {
    /// Returns the address of a buyer and what was booked.
    async fn book(&self, buyer: usize) -> (String, Value) {
        let address = format!("buyer-{buyer}@example.org");
        let mut body = booking(&self.event, 1);
        body["customer"]["email"] = json!(address);
        let key = format!("buyer-{buyer}");
        let headers = [("content-type", "application/json"), ("idempotency-key", &*key)];
        let began = Instant::now();
        for attempt in buyer.. {
            let url = {
                let servers = self.servers.lock().unwrap();
                servers[attempt % servers.len()].clone()
            };
            let sent = self.client.try_send(Method::POST, &url, &headers, body.to_string()).await;
            if let Some(answer) = sent.ok().filter(|answer| answer.status.is_success()) {
                let booked = answer.json();
                assert_eq!(booked["status"], "confirmed", "there is nothing to pay: {booked}");
                return (address, booked);
            }
            assert!(began.elapsed() < PATIENCE, "{address} is not answered");
            // As a person would, who is told to come again.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        unreachable!("attempts do not end")
    }

    fn find_servers(&self, servers: &[Server]) {
        *self.servers.lock().unwrap() =
            servers.iter().map(|server| server.public("/v1/bookings")).collect();
    }
}

/// Starts two servers if they can share a database, and else one.
async fn start(sink: &SmtpSink) -> Vec<Server> {
    let launch = || {
        let launch = Launch::new().variable("BOOKING_SMTP_URL", &sink.url());
        let launch = launch.flag("--mail-from", "tickets@shop.example.org");
        launch.flag("--notice-lease", LEASE)
    };
    let first = launch().start().await;
    let database = first.launch.database().clone();
    let mut servers = vec![first];
    if database.is_shared() {
        servers.push(launch().on(&database).start().await);
    }
    servers
}

/// Puts an event on sale whose tickets cost nothing.
async fn free_event(server: &Server) -> String {
    let mut free = event(u32::try_from(BUYERS).unwrap());
    free["price"]["amount"] = json!(0);
    let draft = server.manage(Method::POST, "/v1/events", &free).await.expect(201);
    let id = draft["id"].as_str().unwrap().to_owned();
    let publish = format!("/v1/events/{id}/publish");
    server.manage(Method::POST, &publish, &Value::Null).await.expect(200);
    id
}

/// Every buyer gets a confirmation, whatever is killed, and at most what was interrupted comes twice.
///
/// Who knows what: the sink keeps a mail when the whole of it is there, and says so a moment later. A server notes
/// in the database that the sink said so, and only then is the mail not sent again. In between, either may be gone:
///
/// - If the sink is cut off before it has said that it took a mail, nobody knows that it did, and the mail comes again.
///   The sink counts these one by one.
/// - If a server is killed, all comes again that it had claimed and not noted. That is never more than
///   `Settings::notice_concurrency`: it claims what is left of this number when those under way and those that are
///   done and not noted are taken from it.
/// - Nothing else is a reason to send a mail again. What the sink said to a server that lives arrives, because the sink
///   has nothing unread when it closes a connection; and an attempt is far from taking half of the lease.
///
/// So the repeats are at most the kills times that number, and those that the sink took without saying so.
///
/// Two workers that send the same row at once would show as two transactions for one buyer of which one begins before
/// the other ends. Not even a kill excuses that: it closes the connections, and the lease runs out later.
#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_no_confirmation_and_repeat_only_what_they_interrupt() {
    let began = Instant::now();
    let sink = SmtpSink::start(SmtpSinkOptions::default().pace(PACE)).await;
    let mut servers = start(&sink).await;
    let event = free_event(&servers[0]).await;
    let crowd = Arc::new(Crowd { client: Client::new(), event, servers: Mutex::default() });
    crowd.find_servers(&servers);

    let of_waves = |waves| BUYERS * waves / BLOWS.len();
    let (mut buyers, mut kills) = (JoinSet::new(), 0);
    for (wave, blow) in BLOWS.into_iter().enumerate() {
        for buyer in of_waves(wave)..of_waves(wave + 1) {
            let crowd = Arc::clone(&crowd);
            buyers.spawn(async move { crowd.book(buyer).await });
        }
        // A part of this wave: the others are on their way, or not even booked.
        let enough = of_waves(wave) + of_waves(1) / 3;
        until("enough mails", async || (taken(&sink) >= enough).then_some(())).await;
        if blow == Blow::Sink {
            cut_off(&sink, &servers).await;
            continue;
        }
        kills += 1;
        let victim = wave % servers.len();
        let server = servers.remove(victim);
        let launch = if blow == Blow::Both {
            let (launch, ()) = tokio::join!(server.kill(), sink.stop());
            sink.start_again().await;
            launch
        } else {
            server.kill().await
        };
        servers.insert(victim, launch.start().await);
        crowd.find_servers(&servers);
    }
    let bookings: BTreeMap<String, Value> = buyers.join_all().await.into_iter().collect();
    assert_eq!(bookings.len(), BUYERS);
    wait_for_the_rest(&sink, servers[0].launch.database()).await;

    let (mails, transactions) = (sink.mails(), sink.transactions());
    everyone_was_told(&bookings, &mails, &transactions);
    nothing_was_sent_twice_at_once(&transactions);
    let unanswered = transactions.iter().filter(|one| one.mail.is_some() && !one.is_answered);
    let (repeats, unanswered) = (mails.len() - BUYERS, unanswered.count());
    println!(
        "{} servers, {kills} kills: {} mails, {repeats} repeats, {unanswered} unanswered, {:.1} s",
        servers.len(),
        mails.len(),
        began.elapsed().as_secs_f64()
    );
    let at_once = Settings::default().notice_concurrency;
    assert!(repeats <= kills * at_once + unanswered, "{repeats} are more than were interrupted");
    // Some of the blows hit something, or all of this means nothing.
    assert!(repeats > 0 && unanswered > 0, "nothing was interrupted");
    let all = i64::try_from(BUYERS).unwrap();
    assert_eq!(servers[0].stock(&crowd.event).await, [all, 0, 0, all]);
    servers[0].assert_balanced().await;
}

/// Returns how many mails the sink has taken, repeats included.
fn taken(sink: &SmtpSink) -> usize {
    sink.transactions().iter().filter(|transaction| transaction.mail.is_some()).count()
}

/// Takes the sink away until a server has felt it.
async fn cut_off(sink: &SmtpSink, servers: &[Server]) {
    let failures = async || {
        let mut failures = 0.0;
        for server in servers {
            let sample = "booking_notices_total{kind=\"booking_confirmed\",result=\"retry\"}";
            failures += server.metric(sample).await.unwrap_or_default();
        }
        failures
    };
    let before = failures().await;
    sink.stop().await;
    until("a mail to fail", async || (failures().await > before).then_some(())).await;
    sink.start_again().await;
}

/// Waits until every buyer was sent a mail, and nothing is left to send.
async fn wait_for_the_rest(sink: &SmtpSink, database: &Database) {
    let told = || {
        let mails = sink.mails();
        mails.into_iter().flat_map(|mail| mail.recipients).collect::<BTreeSet<_>>().len()
    };
    let mut before = told();
    while before < BUYERS {
        let another =
            until("another buyer to be told", async || Some(told()).filter(|now| *now > before));
        before = another.await;
    }
    until("the last notice to be noted as delivered", async || {
        list(database, "waiting").await.is_empty().then_some(())
    })
    .await;
    assert_eq!(list(database, "dead").await, Vec::<String>::new(), "nothing is given up");
}

/// Returns a line for each confirmation in a state, as operators see them. Reminders wait for the end of the century.
async fn list(database: &Database, state: &str) -> Vec<String> {
    let variables = database.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    let arguments = ["outbox", "list", "--state", state, "--limit", "10000"];
    let output = run(&Folder::new(), &arguments, &variables).await;
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let lines = output.stdout.lines().filter(|line| line.contains("booking_confirmed"));
    lines.map(str::to_owned).collect()
}

/// Fails unless each buyer got the confirmation of his booking, and all that he got is one message.
fn everyone_was_told(
    bookings: &BTreeMap<String, Value>,
    mails: &[SinkMail],
    transactions: &[SinkTransaction],
) {
    let mut messages = BTreeMap::<&str, BTreeSet<&str>>::new();
    for mail in mails {
        let [buyer] = &*mail.recipients else { panic!("{:?}", mail.recipients) };
        let id = bookings[buyer]["id"].as_str().unwrap();
        assert!(mail.content.contains(id), "{buyer} got another mail: {}", mail.content);
        let header = mail.content.lines().find_map(|line| line.strip_prefix("Message-ID: "));
        messages.entry(buyer).or_default().insert(header.unwrap());
    }
    let answered = transactions.iter().filter(|transaction| transaction.is_answered);
    let told: BTreeSet<_> = answered.flat_map(|transaction| &transaction.recipients).collect();
    for buyer in bookings.keys() {
        assert!(told.contains(buyer), "nobody knows that {buyer} was told");
        assert_eq!(messages[&**buyer].len(), 1, "repeats bear the same Message-ID");
    }
    let different: BTreeSet<_> = messages.values().flatten().collect();
    assert_eq!(different.len(), bookings.len(), "and other mails another one");
}

/// Fails if a transaction for a buyer began before an earlier one for him was over.
fn nothing_was_sent_twice_at_once(transactions: &[SinkTransaction]) {
    let mut ends = BTreeMap::<&str, Instant>::new();
    // They come in the order in which they began.
    for transaction in transactions {
        // One that was cut before `RCPT` names nobody.
        let Some(buyer) = transaction.recipients.first() else { continue };
        let ended = transaction.ended.expect("nothing is left to send");
        if let Some(earlier) = ends.insert(buyer, ended) {
            assert!(earlier <= transaction.began, "{buyer} was written to twice at once");
        }
    }
}

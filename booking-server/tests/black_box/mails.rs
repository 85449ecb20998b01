//! Mails that a mail server gets.

use booking_testbed::{SmtpAct, SmtpMoment, SmtpSink, SmtpSinkOptions, SmtpTrouble};
use http::Method;
use serde_json::{Value, json};

use crate::support::{Folder, Launch, Output, Press, Server, booking, run, until};

fn launch(url: &str) -> Launch {
    let launch = Launch::new().variable("BOOKING_SMTP_URL", url);
    launch.flag("--mail-from", "Box office <tickets@shop.example.org>")
}

#[tokio::test]
async fn a_confirmation_reaches_the_mail_server_and_no_folder() {
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    // The first try fails: the mail is tried again.
    sink.trouble(
        SmtpTrouble::new(SmtpMoment::Content, SmtpAct::answer("451 4.7.1 Later")).times(1),
    );
    let server = launch(&sink.url()).start().await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    let mail = until("the confirmation to be sent", async || sink.mails().pop()).await;
    assert_eq!(mail.sender, "tickets@shop.example.org");
    assert_eq!(mail.recipients, ["ada@example.org"]);
    let id = booking["id"].as_str().unwrap();
    assert!(
        mail.content.contains(id) && mail.content.contains("text/calendar"),
        "{}",
        mail.content
    );
    assert_eq!(sink.mails().len(), 1);
    assert!(!server.folder().path().join("mail").exists(), "nothing is written beside");
    server.assert_balanced().await;
}

/// Tickets are sold all the same.
#[tokio::test]
async fn a_mail_server_that_is_away_is_named_in_the_log_without_its_password() {
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    sink.stop().await;
    let url = format!("smtp://user:hidden@127.0.0.1:{}", sink.port());
    let server = launch(&url).start().await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    let told = "the mail server cannot be used now";
    until("the warning", async || server.log().contains(told).then_some(())).await;
    assert!(!server.log().contains("hidden"), "{}", server.log());
    server.assert_balanced().await;
}

/// Returns the lines of a mail as they were before they were folded and encoded.
fn unfolded(content: &str) -> String {
    content.replace("=\r\n", "").replace("\r\n ", "")
}

#[tokio::test]
async fn a_buyer_hears_in_their_language_of_all_that_happens_to_their_event() {
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    let server = launch(&sink.url()).start().await;
    let event = server.event(5).await;
    let mut body = booking(&event, 2);
    body["locale"] = json!("de-CH");
    let made = server.post("/v1/bookings", &[], &body).await.expect(201);
    server.press(&made, Press::Pay).await;
    server.wait_for(&made, "confirmed").await;
    let next = async |number: usize| {
        let mail = until("a mail", async || sink.mails().into_iter().nth(number)).await;
        unfolded(&mail.content)
    };
    let confirmed = next(0).await;
    assert!(confirmed.contains("Ihre Buchung"), "{confirmed}");
    assert!(confirmed.contains("SEQUENCE:0") && confirmed.contains("METHOD:PUBLISH"));

    let path = format!("/v1/events/{event}");
    let later = json!({"starts_at": "2099-07-01T18:00:00Z", "ends_at": "2099-07-01T21:00:00Z"});
    server.manage(Method::PATCH, &path, &later).await.expect(200);
    let moved = next(1).await;
    assert!(moved.contains("DTSTART:20990701T180000Z") && moved.contains("SEQUENCE:1"), "{moved}");

    server.manage(Method::POST, &format!("{path}/cancel"), &Value::Null).await.expect(200);
    server.wait_for(&made, "refunded").await;
    // These two may come in any order: one line tells the gateway, another the buyer.
    for mail in [next(2).await, next(3).await] {
        assert!(mail.contains("METHOD:CANCEL") && mail.contains("SEQUENCE:2"), "{mail}");
        assert!(mail.contains("CHF"), "{mail}");
    }
    let mails = sink.mails();
    assert!(mails.iter().all(|mail| mail.recipients == ["ada@example.org"]));
    server.assert_balanced().await;
}

async fn outbox(server: &Server, arguments: &[&str]) -> Output {
    let variables = server.launch.database().variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, &**value)).collect();
    run(&Folder::new(), &[&["outbox"], arguments].concat(), &variables).await
}

#[tokio::test]
async fn what_was_given_up_is_listed_and_tried_again() {
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    let refusal = SmtpAct::answer("550 5.1.1 <ada@example.org>: no such user");
    sink.trouble(SmtpTrouble::new(SmtpMoment::Recipient, refusal));
    let server = launch(&sink.url()).start().await;
    assert_eq!(outbox(&server, &["list"]).await.stdout, "");
    let event = server.event(5).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    let listed = until("the notice to be given up", async || {
        let listed = outbox(&server, &["list"]).await;
        assert_eq!(listed.status, Some(0), "{}", listed.stderr);
        Some(listed.stdout).filter(|lines| !lines.is_empty())
    })
    .await;
    let fields: Vec<&str> = listed.trim_end().split('\t').collect();
    assert_eq!(fields.len(), 6, "{listed}");
    assert_eq!((fields[1], fields[2]), ("booking_confirmed", booking["id"].as_str().unwrap()));
    assert!(fields[5].contains("550") && !listed.contains("ada@"), "{listed}");
    let waiting = outbox(&server, &["list", "--state", "waiting"]).await.stdout;
    assert!(waiting.contains("event_reminder") && waiting.lines().count() == 1, "{waiting}");
    let due = outbox(&server, &["list", "--state", "due"]).await;
    assert_eq!((due.status, &*due.stdout), (Some(0), ""), "{}", due.stderr);

    let unknown = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b";
    let output = outbox(&server, &["retry", unknown]).await;
    assert_eq!((output.status, &*output.stdout), (Some(1), "0 notices will be tried again\n"));
    assert!(output.stderr.contains("1 notice left alone"), "{}", output.stderr);
    assert_eq!(outbox(&server, &["retry"]).await.status, Some(2), "which one is not said");

    sink.behave();
    let output = outbox(&server, &["retry", "--all"]).await;
    assert_eq!((output.status, &*output.stdout), (Some(0), "1 notice will be tried again\n"));
    let mail = until("the confirmation", async || sink.mails().pop()).await;
    assert_eq!(mail.recipients, ["ada@example.org"]);
    until("nothing to be left", async || {
        outbox(&server, &["list"]).await.stdout.is_empty().then_some(())
    })
    .await;
    assert_eq!(
        outbox(&server, &["retry", "--all"]).await.stdout,
        "0 notices will be tried again\n"
    );
}

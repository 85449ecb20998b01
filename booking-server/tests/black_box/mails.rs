//! Mails that a mail server gets.

use booking_testbed::{SmtpAct, SmtpMoment, SmtpSink, SmtpSinkOptions, SmtpTrouble};

use crate::support::{Launch, Press, until};

#[tokio::test]
async fn a_confirmation_reaches_the_mail_server_and_no_folder() {
    let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
    // The first try fails: the mail is tried again.
    sink.trouble(
        SmtpTrouble::new(SmtpMoment::Content, SmtpAct::answer("451 4.7.1 Later")).times(1),
    );
    let launch = Launch::new().variable("BOOKING_SMTP_URL", &sink.url());
    let server = launch.flag("--mail-from", "Box office <tickets@shop.example.org>").start().await;
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
    let server = Launch::new().variable("BOOKING_SMTP_URL", &url).start().await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 2).await;
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    let told = "the mail server cannot be used now";
    until("the warning", async || server.log().contains(told).then_some(())).await;
    assert!(!server.log().contains("hidden"), "{}", server.log());
    server.assert_balanced().await;
}

//! Mails handed to mail servers: one that misbehaves when it is told to, and one that others wrote.

use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::mail::smtp::{SmtpNotifier, SmtpSettings};
use booking_core::domain::booking::Customer;
use booking_core::domain::notice::NoticeKind;
use booking_core::ports::notifier::{BuyerMessage, Notifier, NotifierError};
use booking_testbed::{
    Aiosmtpd, SmtpAct, SmtpMoment, SmtpSink, SmtpSinkOptions, SmtpSinkTls, SmtpTrouble,
};
use tokio::task::JoinSet;

use crate::reading::{assert_sound, read_folder};
use crate::world::{any, draft, kinds, message, renderer};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

fn settings(sink: &SmtpSink) -> SmtpSettings {
    let mut settings = SmtpSettings::parse(&sink.url()).unwrap();
    settings.certificates.push(sink.certificate().as_bytes().to_vec());
    settings
}

fn notifier(settings: SmtpSettings) -> SmtpNotifier {
    SmtpNotifier::new(settings, renderer()).unwrap()
}

/// A notifier that soon loses its patience.
fn hasty(sink: &SmtpSink) -> SmtpNotifier {
    let mut settings = settings(sink);
    settings.command_timeout = Duration::from_millis(300);
    notifier(settings)
}

async fn plain() -> SmtpSink {
    SmtpSink::start(SmtpSinkOptions::default()).await
}

fn to(address: &str) -> BuyerMessage {
    let customer = Customer::new("Zoë Ångström", address).unwrap();
    message(NoticeKind::BookingConfirmed, draft(), customer)
}

/// Returns a whole error, with what is below it, and checks that it holds no personal data.
fn told(error: &NotifierError) -> String {
    let text = match error {
        NotifierError::Unreachable { source } | NotifierError::Temporary { source } => {
            format!("{error}: {source}: {error:?}")
        }
        _ => format!("{error}: {error:?}"),
    };
    for secret in ["zoe", "Zoë", "mail.example.org", "hidden"] {
        assert!(!text.contains(secret), "{text}");
    }
    text
}

async fn failure(notifier: &SmtpNotifier, message: &BuyerMessage) -> NotifierError {
    tokio::time::timeout(PATIENCE, notifier.send(message)).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn every_mail_arrives_as_it_was_written_over_one_connection() {
    let sink = plain().await;
    let notifier = notifier(settings(&sink));
    let messages: Vec<_> = kinds().map(any).collect();
    for message in &messages {
        notifier.send(message).await.unwrap();
    }
    let mails = sink.mails();
    assert_eq!((mails.len(), sink.connections()), (messages.len(), 1));
    let folder = tempfile::tempdir().unwrap();
    for (message, mail) in messages.iter().zip(mails) {
        assert_eq!(mail.sender, "tickets@shop.example.org");
        assert_eq!(mail.recipients, ["zoe@mail.example.org"]);
        let written = renderer().render(message).unwrap().formatted();
        assert_eq!(mail.content.trim_end(), String::from_utf8(written).unwrap().trim_end());
        std::fs::write(folder.path().join(format!("{}.eml", message.id)), mail.content).unwrap();
    }
    for mail in read_folder(folder.path()) {
        let message =
            messages.iter().find(|message| mail["file"] == message.id.to_string().as_str());
        assert_sound(&mail, message.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_share_few_connections() {
    let sink = plain().await;
    let mut settings = settings(&sink);
    settings.max_connections = 3;
    let notifier = Arc::new(notifier(settings));
    let mut senders = JoinSet::new();
    for number in 0..40 {
        let notifier = Arc::clone(&notifier);
        let message = to(&format!("zoe{number}@mail.example.org"));
        senders.spawn(async move { notifier.send(&message).await });
    }
    assert!(senders.join_all().await.iter().all(Result::is_ok));
    assert_eq!(sink.mails().len(), 40);
    assert!(sink.most_connections() <= 3, "{}", sink.most_connections());
}

#[tokio::test]
async fn logins_and_mails_are_encrypted() {
    for tls in [SmtpSinkTls::Required, SmtpSinkTls::Offered, SmtpSinkTls::Wrapped] {
        let options = SmtpSinkOptions::default().tls(tls).login("zoe", "hidden");
        let sink = SmtpSink::start(options).await;
        let trusting = notifier(settings(&sink));
        trusting.check().await.unwrap();
        assert!(sink.mails().is_empty(), "a check sends nothing");
        trusting.send(&any(NoticeKind::Refunded)).await.unwrap();
        let mail = sink.mails().pop().unwrap();
        assert!(mail.is_encrypted && mail.user.as_deref() == Some("zoe"), "{tls:?}");
        assert!(!format!("{trusting:?}").contains("hidden"));

        let stranger = notifier(SmtpSettings::parse(&sink.url()).unwrap());
        let error = failure(&stranger, &any(NoticeKind::Refunded)).await;
        assert!(matches!(error, NotifierError::Unreachable { .. }));
        assert!(told(&error).contains("certificate"), "{error:?}");
        assert_eq!(sink.mails().len(), 1, "nothing goes to whom nobody trusts");
    }
}

#[tokio::test]
async fn without_encryption_no_password_is_told() {
    let options = SmtpSinkOptions::default().login("zoe", "hidden");
    let sink = SmtpSink::start(options).await;
    let error = failure(&notifier(settings(&sink)), &any(NoticeKind::Refunded)).await;
    assert!(matches!(error, NotifierError::Unreachable { .. }));
    assert!(told(&error).contains("STARTTLS"));
    // Whoever asks for it gets it, on this machine.
    let plain = SmtpSettings::parse(&format!("{}?tls=none", sink.url())).unwrap();
    notifier(plain).send(&any(NoticeKind::Refunded)).await.unwrap();
    let mail = sink.mails().pop().unwrap();
    assert!(!mail.is_encrypted && mail.user.is_some());
}

#[tokio::test]
async fn encryption_that_is_offered_is_taken_if_that_was_asked_for() {
    for (tls, is_encrypted) in [(SmtpSinkTls::Offered, true), (SmtpSinkTls::None, false)] {
        let sink = SmtpSink::start(SmtpSinkOptions::default().tls(tls)).await;
        let url = format!("{}?tls=opportunistic", sink.url());
        let mut settings = SmtpSettings::parse(&url).unwrap();
        settings.certificates.push(sink.certificate().as_bytes().to_vec());
        notifier(settings).send(&any(NoticeKind::Refunded)).await.unwrap();
        assert_eq!(sink.mails().pop().unwrap().is_encrypted, is_encrypted);
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_the_mails_fault() {
    let options =
        SmtpSinkOptions::default().tls(SmtpSinkTls::Required).login("somebody", "something");
    let sink = SmtpSink::start(options).await;
    let mut settings = settings(&sink);
    settings.credentials = Some(("zoe".to_owned(), "hidden".to_owned()));
    let wrong = notifier(settings.clone());
    let error = failure(&wrong, &any(NoticeKind::Refunded)).await;
    assert!(matches!(error, NotifierError::Unreachable { .. }));
    assert!(told(&error).contains("535 5.7.8"));
    assert!(matches!(wrong.check().await, Err(NotifierError::Unreachable { .. })));
    settings.credentials = None;
    let error = failure(&notifier(settings), &any(NoticeKind::Refunded)).await;
    assert!(matches!(error, NotifierError::Unreachable { .. }));
    assert!(told(&error).contains("530 5.7.0"));
}

/// What the sink answers, and at which moments that is final, passes, or is no mail's fault.
#[tokio::test]
async fn refusals_are_told_apart() {
    use SmtpMoment::{Connect, Content, Data, Recipient, Sender};
    let sink = plain().await;
    for (at, answer, expected, code) in [
        (Connect, "421 4.3.2 zoe@mail.example.org", "unreachable", "421"),
        (Connect, "554 5.3.2 zoe@mail.example.org", "unreachable", "554"),
        (Sender, "451 4.3.0 zoe@mail.example.org", "temporary", "451 4.3.0"),
        (Sender, "550 5.7.1 zoe@mail.example.org", "unreachable", "550 5.7.1"),
        (Recipient, "451 4.7.1 zoe@mail.example.org", "temporary", "451 4.7.1"),
        (Recipient, "450 zoe@mail.example.org", "temporary", "450"),
        (Recipient, "550 5.1.1 zoe@mail.example.org", "permanent", "550 5.1.1"),
        (Recipient, "530 5.7.0 zoe@mail.example.org", "unreachable", "530 5.7.0"),
        (Data, "451 4.3.0 zoe@mail.example.org", "temporary", "451 4.3.0"),
        (Data, "554 5.5.1 zoe@mail.example.org", "permanent", "554 5.5.1"),
        (Content, "451 4.7.1 zoe@mail.example.org", "temporary", "451 4.7.1"),
        (Recipient, "554 5.7.1 zoe@mail.example.org", "temporary", "554 5.7.1"),
        (Content, "552 5.3.4 zoe@mail.example.org", "permanent", "552 5.3.4"),
        (Content, "550 5.7.1 zoe@mail.example.org", "temporary", "550 5.7.1"),
        (Content, "550-5.6.1 zoe\r\n550 5.6.1 zoe@mail.example.org", "permanent", "550 5.6.1"),
        (Content, "250 it is 551 zoe@mail.example.org", "sent", ""),
        (Content, "zoe@mail.example.org", "temporary", "no answer that makes sense"),
    ] {
        sink.behave();
        sink.trouble(SmtpTrouble::new(at, SmtpAct::answer(answer)).times(1));
        let before = sink.mails().len();
        let notifier = notifier(settings(&sink));
        let message = any(NoticeKind::BookingConfirmed);
        let outcome = notifier.send(&message).await;
        let got = match &outcome {
            Ok(()) => "sent",
            Err(NotifierError::Unreachable { .. }) => "unreachable",
            Err(NotifierError::Temporary { .. }) => "temporary",
            Err(_) => "permanent",
        };
        assert_eq!(got, expected, "{answer} at {at:?}");
        if let Err(error) = outcome {
            assert!(told(&error).contains(code), "{error:?}");
            assert_eq!(sink.mails().len(), before, "it was refused");
            notifier.send(&message).await.unwrap();
            assert_eq!(sink.mails().len(), before + 1, "the next one goes through");
        }
    }
}

#[tokio::test]
async fn a_refused_recipient_keeps_nobody_else_from_their_mail() {
    let sink = plain().await;
    let unknown =
        SmtpTrouble::new(SmtpMoment::Recipient, SmtpAct::answer("550 5.1.1 No such user"));
    sink.trouble(unknown.recipient("nobody@mail.example.org"));
    let notifier = notifier(settings(&sink));
    for address in ["a@mail.example.org", "nobody@mail.example.org", "b@mail.example.org"] {
        let sent = notifier.send(&to(address)).await;
        assert_eq!(sent.is_ok(), !address.starts_with("nobody"), "{address}");
    }
    let recipients: Vec<_> = sink.mails().into_iter().flat_map(|mail| mail.recipients).collect();
    assert_eq!(recipients, ["a@mail.example.org", "b@mail.example.org"]);
    assert_eq!(sink.connections(), 1, "the connection was good for the next one");
}

/// The sink takes a mail and says nothing: it comes twice, and can be told by its `Message-ID`.
#[tokio::test]
async fn a_lost_answer_makes_a_repeat_that_can_be_told() {
    for act in [SmtpAct::HangUp, SmtpAct::Hang] {
        let sink = plain().await;
        sink.trouble(SmtpTrouble::new(SmtpMoment::Content, act).times(1));
        let notifier = hasty(&sink);
        let message = any(NoticeKind::BookingConfirmed);
        let error = failure(&notifier, &message).await;
        assert!(matches!(error, NotifierError::Temporary { .. }), "{error:?}");
        told(&error);
        let again = BuyerMessage { attempt: 2, ..message };
        notifier.send(&again).await.unwrap();
        let mails = sink.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0].content, mails[1].content, "it is the same mail");
        assert!(mails[1].content.contains(&format!("<{}@shop.example.org>", again.id)));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_not_waited_for() {
    use SmtpMoment::{Connect, Content, Data, Recipient, Sender};
    for at in [Connect, Sender, Recipient, Data, Content] {
        for act in [SmtpAct::Hang, SmtpAct::HangUp] {
            let sink = plain().await;
            sink.trouble(SmtpTrouble::new(at, act.clone()));
            let notifier = hasty(&sink);
            let error = failure(&notifier, &any(NoticeKind::Refunded)).await;
            let is_unreachable = matches!(error, NotifierError::Unreachable { .. });
            assert_eq!(is_unreachable, at == Connect, "{act:?} at {at:?}: {error:?}");
            assert!(is_unreachable || matches!(error, NotifierError::Temporary { .. }));
            told(&error);
            sink.behave();
            let before = sink.mails().len();
            notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
            assert_eq!(sink.mails().len(), before + 1, "the next one has a connection of its own");
        }
    }
}

#[tokio::test]
async fn a_mail_as_a_whole_has_its_limit() {
    let sink = plain().await;
    sink.trouble(SmtpTrouble::new(SmtpMoment::Data, SmtpAct::Hang).times(1));
    let mut settings = settings(&sink);
    settings.mail_timeout = Duration::from_millis(300);
    settings.max_connections = 1;
    let notifier = notifier(settings);
    let error = failure(&notifier, &any(NoticeKind::Refunded)).await;
    assert!(matches!(error, NotifierError::Temporary { .. }));
    // It gave its connection back.
    notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
}

/// Whoever gives up on a mail half-way must not leave a connection behind that takes the next mail for its rest.
#[tokio::test]
async fn a_mail_that_is_given_up_spoils_no_other() {
    let sink = plain().await;
    sink.trouble(SmtpTrouble::new(SmtpMoment::Data, SmtpAct::Hang).times(1));
    let notifier = notifier(settings(&sink));
    let first = any(NoticeKind::Refunded);
    let sending = tokio::time::timeout(Duration::from_millis(300), notifier.send(&first));
    assert!(sending.await.is_err(), "it was given up");
    let second = any(NoticeKind::BookingConfirmed);
    notifier.send(&second).await.unwrap();
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    let written = renderer().render(&second).unwrap().formatted();
    assert_eq!(mails[0].content.trim_end(), String::from_utf8(written).unwrap().trim_end());
    assert_eq!(sink.connections(), 2);
}

#[tokio::test]
async fn connections_that_the_server_closed_are_noticed() {
    let sink = plain().await;
    let notifier = notifier(settings(&sink));
    notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
    sink.trouble(SmtpTrouble::new(SmtpMoment::Noop, SmtpAct::HangUp).times(1));
    notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
    assert_eq!((sink.mails().len(), sink.connections()), (2, 2));
}

#[tokio::test]
async fn a_server_that_was_away_is_found_again() {
    let sink = plain().await;
    let notifier = notifier(settings(&sink));
    notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
    sink.stop().await;
    let error = failure(&notifier, &any(NoticeKind::Refunded)).await;
    assert!(matches!(error, NotifierError::Unreachable { .. }), "{error:?}");
    assert!(told(&error).contains("refused"));
    assert!(matches!(notifier.check().await, Err(NotifierError::Unreachable { .. })));
    sink.start_again().await;
    notifier.check().await.unwrap();
    notifier.send(&any(NoticeKind::Refunded)).await.unwrap();
    assert_eq!(sink.mails().len(), 2);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let mut settings = SmtpSettings::parse("smtps://mail.example.org").unwrap();
    settings.certificates =
        vec![b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()];
    assert!(SmtpNotifier::new(settings, renderer()).is_err());
}

#[tokio::test]
async fn a_mail_server_that_others_wrote_takes_every_mail() {
    let server = Aiosmtpd::start().await;
    let notifier = notifier(SmtpSettings::parse(&server.url()).unwrap());
    let messages: Vec<_> = kinds().map(any).collect();
    for message in &messages {
        notifier.send(message).await.unwrap();
    }
    let mails = server.mails();
    assert_eq!(mails.len(), messages.len());
    for message in &messages {
        let id = format!("Message-ID: <{}@shop.example.org>", message.id);
        let mail = mails.iter().find(|mail| mail.contains(&id)).unwrap();
        assert!(mail.contains("zoe@mail.example.org") && mail.contains("Auto-Submitted:"));
    }
}

//! The notifiers that write mails to files and hand them to a mail server keep their contract.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::sync::Arc;

use booking_core::adapters::mail::smtp::{SmtpNotifier, SmtpSettings};
use booking_core::adapters::mail::{EmlNotifier, MailRenderer, MailSettings};
use booking_core::ports::Notifier;
use booking_core::testkit::Harness;
use booking_core::testkit::notifier::{Delivered, NotifierHarness};
use booking_testbed::{SmtpSink, SmtpSinkOptions};
use tempfile::TempDir;

fn renderer() -> MailRenderer {
    let settings = MailSettings {
        from: "Tickets <tickets@shop.example.org>".to_owned(),
        public_url: "https://shop.example.org".to_owned(),
        domain: None,
    };
    MailRenderer::new(&settings).unwrap()
}

struct Files;

impl Harness for Files {}

impl NotifierHarness for Files {
    type Guard = TempDir;

    async fn fresh(&self) -> (Arc<dyn Notifier>, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (Arc::new(EmlNotifier::new(folder.path(), renderer())), folder)
    }

    async fn delivered(&self, folder: &TempDir) -> Vec<Delivered> {
        let files = std::fs::read_dir(folder.path()).unwrap();
        files.map(|file| read(&std::fs::read_to_string(file.unwrap().path()).unwrap())).collect()
    }
}

struct Server;

impl Harness for Server {}

impl NotifierHarness for Server {
    type Guard = SmtpSink;

    async fn fresh(&self) -> (Arc<dyn Notifier>, SmtpSink) {
        let sink = SmtpSink::start(SmtpSinkOptions::default()).await;
        let settings = SmtpSettings::parse(&sink.url()).unwrap();
        (Arc::new(SmtpNotifier::new(settings, renderer()).unwrap()), sink)
    }

    async fn delivered(&self, sink: &SmtpSink) -> Vec<Delivered> {
        let mails = sink.mails().into_iter();
        mails
            .map(|mail| {
                let delivered = read(&mail.content);
                assert_eq!(delivered.recipients, mail.recipients, "headers and envelope agree");
                delivered
            })
            .collect()
    }
}

/// Reads a mail as a mail program would: recipients are the addresses of all headers that name any.
fn read(mail: &str) -> Delivered {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut identity = String::new();
    let mut recipients = Vec::new();
    for line in unfolded.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "no line ends by accident");
        let (name, value) = line.split_once(':').unwrap();
        match name.to_ascii_lowercase().as_str() {
            "message-id" => {
                assert_eq!(identity, "", "there is one of it");
                value.trim().clone_into(&mut identity);
            }
            "to" | "cc" | "bcc" => recipients.extend(addresses(value)),
            _ => {}
        }
    }
    // Soft line breaks of quoted-printable only.
    let text = format!("{unfolded}\n{}", body.replace("=\r\n", ""));
    Delivered { identity, recipients, text }
}

/// Returns the addresses of a list of mailboxes (RFC 5322 §3.4).
fn addresses(list: &str) -> Vec<String> {
    let mut mailboxes = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in list.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            ',' => mailboxes.push(String::new()),
            other => mailboxes.last_mut().unwrap().push(other),
        }
    }
    assert!(!is_quoted, "a quotation is closed");
    mailboxes
        .iter()
        .map(|mailbox| match mailbox.split_once('<') {
            Some((_, address)) => address.trim().strip_suffix('>').unwrap().to_owned(),
            None => mailbox.trim().to_owned(),
        })
        .collect()
}

#[test]
fn lists_of_mailboxes_are_read_as_mail_programs_read_them() {
    let list = r#" "a \" <x@y.z>, b" <one@example.org>, two@example.org, T <three@example.org>"#;
    assert_eq!(addresses(list), ["one@example.org", "two@example.org", "three@example.org"]);
}

mod files {
    use super::Files;

    booking_core::notifier_contract!(Files);
}

mod server {
    use super::Server;

    booking_core::notifier_contract!(Server);
}

//! What keeps the server from starting, and what it says about that.

use std::fs;
use std::net::TcpListener;

use crate::support::{Folder, run};

const ANY_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];

#[tokio::test]
async fn mistakes_on_the_command_line_are_named_and_end_with_2() {
    let folder = Folder::new();
    for (line, named) in [
        (&["--listne", "127.0.0.1:0"][..], "--listne"),
        (&["--hold-ttl", "3h"], "--hold-ttl must be from 1s to 2h"),
        (&["--hold-ttl", "soon"], "--hold-ttl must be a duration"),
        (&["--listen", "8080"], "--listen must be HOST:PORT"),
        (&["--database-url", "mysql://x"], "--database-url must begin with"),
        (&["--log-format", "xml"], "--log-format must be text or json"),
        (&["audit", "--public-url", "x"], "--public-url must be"),
        (&["sell"], "sell"),
        (&["import"], "FILE"),
    ] {
        let output = run(&folder, line, &[]).await;
        assert_eq!(output.status, Some(2), "{line:?}");
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        assert!(output.stderr.contains(named), "{}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was begun");
}

#[tokio::test]
async fn mistakes_in_the_environment_are_named_by_their_variable() {
    let folder = Folder::new();
    for (variable, value) in [
        ("BOOKING_HOLD_TTL", "3h"),
        ("BOOKING_LISTEN", "8080"),
        ("BOOKING_IPN_SECRET", "hidden"),
        ("BOOKING_DEMO", "hidden"),
        ("BOOKING_IPN_SECRET_FILE", "missing"),
        ("BOOKING_WEBHOOK_SECRET", "whsec_hidden"),
        ("BOOKING_WEBHOOK_URL", "https://shop.example/hidden"),
        ("DATABASE_URL", "mysql://user:hidden@db.example/booking"),
        ("BOOKING_MIGRATE_URL", "sqlite://hidden.db"),
        ("BOOKING_DATABASE_CONNECTIONS", "1"),
        ("BOOKING_SMTP_URL", "http://user:hidden@mail.example"),
        ("BOOKING_SMTP_URL", "smtp://user:hidden@mail.example?tls=none"),
        ("REDIS_URL", "http://:hidden@cache.example"),
        ("REDIS_URL", "redis://:hidden@a.example,memcached://:hidden@b.example"),
        ("REDIS_URL", "redis://:hidden@a.example,rediss://:hidden@b.example"),
    ] {
        let output = run(&folder, &[], &[(variable, value)]).await;
        assert_eq!(output.status, Some(2));
        assert!(output.stderr.starts_with(&format!("error: {variable} ")), "{}", output.stderr);
        assert!(!output.stderr.contains("hidden"), "{}", output.stderr);
    }
}

/// Settings that are right by themselves, and what a server says that cannot be started with them.
const UNUSABLE: &[(&[(&str, &str)], &str)] = &[
    (
        &[WEBHOOK_URL, WEBHOOK_SECRET, ("BOOKING_MAIL_DIR", "mail")],
        "--webhook-url takes the place of mails, and goes neither with BOOKING_SMTP_URL nor with --mail-dir",
    ),
    (
        &[("BOOKING_WEBHOOK_URL", "https://127.0.0.1/hidden"), WEBHOOK_SECRET],
        "BOOKING_WEBHOOK_URL leads to a private address, which is not allowed",
    ),
    (
        &[WEBHOOK_URL, WEBHOOK_SECRET, ("SSL_CERT_FILE", "missing"), ("SSL_CERT_DIR", "missing")],
        "--webhook-url cannot be used: certificates that the system trusts cannot be read",
    ),
    (
        &[("BOOKING_SMTP_URL", "smtps://user:hidden@mail.example")],
        "--mail-from must be set with BOOKING_SMTP_URL",
    ),
    (&[POSTGRES], "BOOKING_IPN_SECRET must be set with PostgreSQL"),
    (
        &[POSTGRES, IPN_SECRET, ("BOOKING_PGBOUNCER", "1")],
        "--pgbouncer needs --migrate-url, a connection that leads past it, or --no-migrate",
    ),
    (&[("BOOKING_PGBOUNCER", "1")], "--pgbouncer goes with a --database-url of PostgreSQL only"),
    (
        &[("DATABASE_URL", "postgres://user:hidden@db.example/x?sslmode=perhaps"), IPN_SECRET],
        "--database-url cannot be used",
    ),
    (
        &[
            POSTGRES,
            IPN_SECRET,
            ("BOOKING_MIGRATE_URL", "postgres://user:hidden@db.example/x?sslmode=perhaps"),
        ],
        "--migrate-url cannot be used",
    ),
    (
        &[("REDIS_URL", "redis://:hidden@a.example,redis://:hidden@b.example/3")],
        "--redis-url cannot be used: Redis URL 2 is not of a node of a cluster",
    ),
];
const WEBHOOK_URL: (&str, &str) = ("BOOKING_WEBHOOK_URL", "https://shop.example/hidden");
const WEBHOOK_SECRET: (&str, &str) =
    ("BOOKING_WEBHOOK_SECRET", "whsec_hiddenhiddenhiddenhiddenhiddenhi");
const POSTGRES: (&str, &str) = ("DATABASE_URL", "postgres://user:hidden@db.example/booking");
const IPN_SECRET: (&str, &str) = ("BOOKING_IPN_SECRET", "hidden-and-longer-than-sixteen");

#[tokio::test]
async fn what_a_server_cannot_be_started_with_is_said_before_anything_is_touched() {
    let folder = Folder::new();
    // A server that went as far as its ports would complain of this one.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let line = ["--listen", &*taken, "--admin-listen", "127.0.0.1:0"];
    for (variables, said) in UNUSABLE {
        let output = run(&folder, &line, variables).await;
        assert_eq!(output.status, Some(2), "{said}");
        let text = output.stderr;
        assert!(text.starts_with("error: ") && text.contains(said), "{said}: {text}");
        assert!(!text.contains("hidden"), "{text}");
        assert_eq!(output.stdout, "", "nobody was told to come");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{said}: nothing was begun");
    }
}

/// `migrate` is how a database is migrated on its own, so it has to know the way, too.
#[tokio::test]
async fn migrating_through_pgbouncer_is_refused() {
    let folder = Folder::new();
    let output = run(&folder, &["migrate", "--pgbouncer"], &[POSTGRES]).await;
    assert_eq!(output.status, Some(2));
    assert!(output.stderr.contains("--pgbouncer needs --migrate-url"), "{}", output.stderr);
}

#[tokio::test]
async fn a_folder_of_mails_that_cannot_be_written_is_noticed_at_the_start() {
    let folder = Folder::new();
    fs::write(folder.path().join("occupied"), "").unwrap();
    let line = [&ANY_PORTS[..], &["--mail-dir", "occupied"]].concat();
    let output = run(&folder, &line, &[]).await;
    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("occupied, which --mail-dir sets"), "{}", output.stderr);
}

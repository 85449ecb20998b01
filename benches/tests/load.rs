//! The load program, run against the engine's own HTTP service, which keeps everything in memory.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::assembly;
use booking_server::app::App;
use booking_server::http::listener;
use tokio::net::TcpListener;
use tokio::process::Command;

const SECRET: &str = "a secret of sixteen bytes or more";

/// The addresses of both listeners.
struct Server {
    public: String,
    admin: String,
}

impl Server {
    async fn start(hold_ttl: Duration) -> Self {
        let (clock, ids) = assembly::clock_and_ids();
        let gateway = MockGateway::builder(IpnSecrets::parse(SECRET).unwrap(), clock, ids)
            .deliver_to(|_| async { 200 })
            .build()
            .unwrap();
        let system = assembly::in_memory(Arc::new(gateway))
            .settings(|settings| settings.hold_ttl = hold_ttl)
            .build()
            .unwrap();
        let app = App::builder(system).build();
        let limits = app.limits().clone();
        let mut addresses = Vec::new();
        for service in
            [booking_server::service(app.clone()), booking_server::admin_service(app.clone())]
        {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            addresses.push(socket.local_addr().unwrap().to_string());
            tokio::spawn(listener::serve(
                "public",
                socket,
                service,
                limits.clone(),
                std::future::pending(),
            ));
        }
        let admin = addresses.pop().unwrap();
        Self { public: addresses.pop().unwrap(), admin }
    }

    async fn load(&self, secret: &str, arguments: &[&str]) -> (bool, String) {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_load"))
            .args(["--public", &format!("http://{}/", self.public), "--admin", &self.admin])
            .args(["--warm-up", "0s", "--duration", "500ms"])
            .args(arguments)
            .env("BOOKING_IPN_SECRET", secret)
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mix_leaves_right_books() {
    let server = Server::start(Duration::from_mins(15)).await;
    for arguments in [
        vec!["--mix", "bookings", "--closed", "8"],
        vec!["--mix", "bookings", "--closed", "8", "--events", "7", "--quantity", "2", "--keys"],
        vec!["--mix", "bookings", "--open", "500", "--arrivals", "even", "--connections", "8"],
        vec!["--mix", "pages", "--closed", "8"],
        vec!["--mix", "sold-out", "--closed", "8", "--tickets", "20"],
        vec!["--mix", "search", "--closed", "2"],
        vec!["--mix", "notifications", "--prepared", "200", "--with-bookings", "2"],
    ] {
        let (is_right, said) = server.load(SECRET, &arguments).await;
        assert!(is_right && said.contains("books   right"), "{arguments:?}:\n{said}");
        assert!(said.contains("p99.9"), "{said}");
    }
}

/// Whoever declines, cancels or walks away leaves a ticket to those who come again.
#[tokio::test(flavor = "multi_thread")]
async fn an_on_sale_sells_every_ticket_once() {
    let server = Server::start(Duration::from_secs(1)).await;
    let folder = tempfile::tempdir().unwrap();
    let curve = folder.path().join("curve.svg");
    let arguments = [
        ["--mix", "on-sale"],
        ["--buyers", "300"],
        ["--within", "500ms"],
        ["--tickets", "40"],
        ["--page-loads", "2"],
        ["--think", "20ms"],
        ["--decline", "10%"],
        ["--walk-away", "10%"],
        ["--cancel", "10%"],
        ["--come-back", "100%"],
        ["--svg", curve.to_str().unwrap()],
    ];
    let (is_right, said) = server.load(SECRET, arguments.as_flattened()).await;
    assert!(is_right, "{said}");
    assert!(said.contains("tickets: 40 sold, 0 held, 0 left"), "{said}");
    let picture = std::fs::read_to_string(curve).unwrap();
    for text in ["300 buyers within", "requests per second", "p99", "sold"] {
        assert!(picture.contains(text), "{text}");
    }
}

/// A wrong secret, so that no payment is accepted: that must not pass for a rehearsal.
#[tokio::test(flavor = "multi_thread")]
async fn payments_that_are_refused_are_a_failure() {
    let server = Server::start(Duration::from_mins(15)).await;
    let mix = ["--mix", "notifications", "--prepared", "50"];
    let (is_right, said) = server.load("another secret of sixteen bytes", &mix).await;
    assert!(!is_right && said.contains("wrong: pay: other 4xx 50"), "{said}");
    let (is_right, said) = server.load("", &mix).await;
    assert!(!is_right && said.contains("BOOKING_IPN_SECRET"), "{said}");
}

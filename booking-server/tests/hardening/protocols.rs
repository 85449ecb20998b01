//! Targets, methods and versions that are no plain request of HTTP/1.1.

use crate::support::Server;
use crate::wire::{Wire, answers, authority, exchange};

/// A request of these first words, which ends the connection.
fn asked(line: &str) -> String {
    format!("{line}\r\nhost: x\r\nx-secret: token-of-a-client\r\nconnection: close\r\n\r\n")
}

#[tokio::test]
async fn odd_targets_and_methods_are_one_request_or_none() {
    let server = Server::start().await;
    let own = authority(&server.public("")).to_owned();
    let absolute = format!("GET http://{own}/healthz HTTP/1.1");
    let cases: &[(&str, &[u16])] = &[
        // Whoever is named, it is this server that was asked, and it asks nobody else.
        (&absolute, &[200]),
        ("GET http://elsewhere.example/healthz HTTP/1.1", &[200]),
        ("GET http://elsewhere.example/metrics HTTP/1.1", &[404]),
        ("GET elsewhere.example:443 HTTP/1.1", &[400, 404]),
        ("CONNECT elsewhere.example:443 HTTP/1.1", &[400, 404, 405]),
        ("CONNECT 127.0.0.1:22 HTTP/1.1", &[400, 404, 405]),
        ("TRACE /healthz HTTP/1.1", &[405]),
        ("TRACK /healthz HTTP/1.1", &[405]),
        ("OPTIONS * HTTP/1.1", &[404]),
        ("GET healthz HTTP/1.1", &[400, 404]),
        ("GET  /healthz HTTP/1.1", &[400]),
        ("GET /a b HTTP/1.1", &[400]),
        ("GET /\0 HTTP/1.1", &[400]),
        ("GET /\u{7f} HTTP/1.1", &[400]),
        ("GET /healthz#part HTTP/1.1", &[200, 400]),
        ("G\0T /healthz HTTP/1.1", &[400]),
        ("get /healthz HTTP/1.1", &[405]),
        ("GET /healthz HTTP/1.2", &[400]),
        ("GET /healthz HTTP/2.0", &[400]),
        ("GET /healthz HTTP/3.0", &[400]),
        ("GET /healthz http/1.1", &[400]),
        ("GET /healthz HTTP/1.1 ", &[400]),
        ("GET /healthz", &[400]),
        ("GET", &[400]),
    ];
    let mut wrong = Vec::new();
    for (line, expected) in cases {
        let answers = exchange(&server, asked(line)).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        println!("odd request, {line:?}: {statuses:?}");
        if statuses.len() != 1 || !expected.contains(&statuses[0]) {
            wrong.push(format!("{line:?}: one of {expected:?} was expected, not {statuses:?}"));
        }
        let echoed = answers.iter().any(|answer| answer.body.contains("token-of-a-client"));
        assert!(!echoed, "{line:?}: a request is sent back to whoever made a browser send it");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    server.get("/healthz").await.expect(200);
}

/// Whom a request names is read by proxies to choose a server by, and must not be two things to two readers
/// (RFC 9112, 3.2).
#[tokio::test]
async fn a_host_that_names_none_or_two_is_refused_on_both_listeners() {
    let server = Server::start().await;
    let cases: &[(&str, &str, u16)] = &[
        ("1.1", "host: x\r\n", 200),
        ("1.1", "host: x:1\r\n", 200),
        ("1.1", "host: [::1]:1\r\n", 200),
        ("1.0", "host: x\r\n", 200),
        ("1.0", "", 200),
        ("1.1", "", 400),
        ("1.1", "host: x\r\nhost: x\r\n", 400),
        ("1.1", "host: x\r\nhost: y\r\n", 400),
        ("1.0", "host: x\r\nhost: y\r\n", 400),
        ("1.1", "host: x y\r\n", 400),
        ("1.0", "host: x y\r\n", 400),
        ("1.1", "host: http://x\r\n", 400),
        ("1.1", "host: x/y\r\n", 400),
        ("1.1", "host: user@x\r\n", 400),
        ("1.1", "host: x:eighty\r\n", 400),
        ("1.1", "host: x:80:80\r\n", 400),
        ("1.1", "host: ::1\r\n", 400),
        ("1.1", "host: [::1\r\n", 400),
        ("1.1", "host: x%zz\r\n", 400),
        ("1.1", "host: <x>\r\n", 400),
        ("1.1", "host: z\u{fc}rich\r\n", 400),
    ];
    let mut wrong = Vec::new();
    for (version, lines, expected) in cases {
        // An absolute target takes the place of the Host, which has to be one all the same.
        for target in ["/healthz", "http://x/healthz"] {
            let ask = format!("GET {target} HTTP/{version}\r\n{lines}connection: close\r\n\r\n");
            let answers = exchange(&server, &ask).await;
            let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
            println!("host, {ask:?}: {statuses:?}");
            if statuses != [*expected] {
                wrong.push(format!("{ask:?}: {expected} was expected, not {statuses:?}"));
            }
        }
        if *expected == 400 {
            let mut admin = Wire::to_admin(&server).await;
            let ask = format!("GET /metrics HTTP/{version}\r\n{lines}connection: close\r\n\r\n");
            admin.send(&ask).await;
            let statuses: Vec<u16> =
                answers(&admin.rest().await).iter().map(|a| a.status).collect();
            if statuses != [400] {
                wrong.push(format!("{ask:?} to the admin listener: not {statuses:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// HTTP/0.9 has no headers and no status; nobody is answered in it.
#[tokio::test]
async fn http_0_9_is_refused() {
    let server = Server::start().await;
    let answers = exchange(&server, "GET /healthz\r\n\r\n").await;
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [400]);
    assert!(answers[0].body.is_empty());
}

/// What is not compiled in cannot be flooded: neither streams nor resets, settings nor pushes.
#[tokio::test]
async fn http_2_is_not_spoken() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    let server = Server::start().await;
    for mut wire in [Wire::to(&server).await, Wire::to_admin(&server).await] {
        wire.send([PREFACE, SETTINGS].concat()).await;
        let said = wire.rest().await;
        // A server that speaks it answers with its settings, which are no text.
        let statuses: Vec<_> = answers(&said).iter().map(|answer| answer.status).collect();
        println!("HTTP/2 with prior knowledge: {statuses:?}");
        assert!(statuses.iter().all(|status| *status == 400), "{said:?}");
    }
    for upgrade in [
        "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\nconnection: upgrade, http2-settings",
        "upgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nconnection: upgrade",
        "upgrade: TLS/1.2\r\nconnection: upgrade",
    ] {
        let ask = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{upgrade}\r\n\r\n");
        let last = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let answers = exchange(&server, format!("{ask}{last}")).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [200, 200], "{upgrade}: the connection goes on as it was");
        assert!(answers.iter().all(|answer| answer.header("upgrade").is_none()));
    }
    // The packages that would speak it are not even there.
    let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    assert!(!lock.unwrap().contains("name = \"h2\""));
}

/// A TLS client that meets plain HTTP is told so by the end of the connection, not by silence.
#[tokio::test]
async fn tls_and_other_noise_end_the_connection() {
    let server = Server::start().await;
    let hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00".to_vec();
    let noise: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    for bytes in [hello, noise, b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), b"\xff".repeat(100)] {
        let answers = exchange(&server, &bytes).await;
        assert!(answers.iter().all(|answer| answer.status == 400), "{answers:?}");
    }
    server.get("/healthz").await.expect(200);
}

//! The command line, and how the process begins and ends.

use std::fs;

use http::Method;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::support::{Folder, Launch, Press, SECRET, Server, booking, run, until};

#[tokio::test]
async fn help_names_every_command_and_the_variables() {
    let folder = Folder::new();
    let help = run(&folder, &["--help"], &[("DATABASE_URL", "postgres://user:hidden@x/y")]).await;
    assert_eq!(help.status, Some(0));
    for word in [
        "serve",
        "migrate",
        "import",
        "audit",
        "outbox",
        "openapi",
        "--listen",
        "BOOKING_LISTEN",
        "--hold-ttl",
        "BOOKING_IPN_SECRET",
        "--webhook-url",
        "BOOKING_WEBHOOK_SECRET",
        "RUST_LOG",
        "--demo",
    ] {
        assert!(help.stdout.contains(word), "{word}: {}", help.stdout);
    }
    assert!(!help.stdout.contains("hidden"));
    assert_eq!(run(&folder, &["--version"], &[]).await.status, Some(0));
}

#[tokio::test]
async fn an_audit_needs_a_database_and_makes_none() {
    let folder = Folder::new();
    let output = run(&folder, &["audit"], &[]).await;
    assert_eq!(output.status, Some(2));
    assert_eq!(output.stderr, "error: there is no database at booking.db\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    fs::write(folder.database(), "this is no database, and long enough to show it").unwrap();
    let output = run(&folder, &["audit"], &[]).await;
    assert_eq!(output.status, Some(2), "{}", output.stdout);
    fs::remove_file(folder.database()).unwrap();

    assert_eq!(run(&folder, &["migrate"], &[]).await.status, Some(0));
    assert_eq!(run(&folder, &["migrate"], &[]).await.status, Some(0), "again does no harm");
    let output = run(&folder, &["audit"], &[]).await;
    assert_eq!((output.status, &*output.stdout), (Some(0), ""));
    assert!(output.stderr.contains("the books balance"), "{}", output.stderr);
}

#[tokio::test]
async fn the_document_that_is_printed_is_the_one_that_is_served() {
    let server = Server::start().await;
    let printed = run(server.folder(), &["openapi"], &[]).await;
    assert_eq!(printed.status, Some(0));
    let printed: Value = serde_json::from_str(&printed.stdout).unwrap();
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(printed["paths"]["/v1/bookings"]["post"].is_object());
    assert_eq!(server.get("/openapi.json").await.expect(200), printed);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_flag() {
    let server = Server::start().await;
    let taken = server.public("").trim_start_matches("http://").to_owned();
    let folder = Folder::new();
    for line in [
        ["--listen", &*taken, "--admin-listen", "127.0.0.1:0"],
        ["--listen", "127.0.0.1:0", "--admin-listen", &*taken],
    ] {
        let output = run(&folder, &line, &[]).await;
        assert_eq!(output.status, Some(2));
        let flag = if line[1] == taken { "--listen" } else { "--admin-listen" };
        let expected = format!("error: {flag} {taken} cannot be listened on: ");
        assert!(output.stderr.contains(&expected), "{}", output.stderr);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "no database was made");
}

#[tokio::test]
async fn a_second_server_on_the_same_database_is_refused() {
    let server = Server::start().await;
    let line = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let output = run(server.folder(), &line, &[("BOOKING_IPN_SECRET", SECRET)]).await;
    assert_eq!(output.status, Some(2));
    assert!(output.stderr.contains("in use by another process"), "{}", output.stderr);
    let event = server.event(1).await;
    server.hold(&event, 1).await;
    server.assert_balanced().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_secret_is_made_once_and_kept_beside_the_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Launch::new().without_variable("BOOKING_IPN_SECRET").start().await;
    let file = server.folder().path().join("booking.db.ipn-secret");
    let made = fs::read_to_string(&file).unwrap();
    assert_eq!(made.trim().len(), 64);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    let (_, launch) = server.stop().await;

    // Links that were signed before are good afterwards: it is the same secret.
    let server = launch.start().await;
    assert_eq!(fs::read_to_string(&file).unwrap(), made);
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    assert!(!server.log().contains(made.trim()), "the secret is not logged");
}

#[tokio::test]
async fn sigterm_and_sigint_end_the_process_in_order() {
    for signal in ["TERM", "INT"] {
        let server = Server::start().await;
        let event = server.event(1).await;
        let booking = server.hold(&event, 1).await;
        server.signal(signal).await;
        let (status, launch) = server.stop_once_signalled().await;
        assert_eq!(status.code(), Some(0), "{signal}");
        let log = launch.log();
        assert!(log.contains("stopped") && !log.contains("WARN"), "nothing is cut off: {log}");
        let server = launch.start().await;
        assert_eq!(server.status(&booking).await, "pending");
    }
}

#[tokio::test]
async fn readiness_ends_before_the_listeners_do() {
    let server = Launch::new().flag("--shutdown-delay", "3s").start().await;
    let event = server.event(1).await;
    server.signal("TERM").await;
    let answer = until("the server to say that it stops", async || {
        let answer = server.get("/readyz").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    answer.expect_problem(503, "unavailable");
    // Whoever has not noticed yet is served.
    server.hold(&event, 1).await;
    let (status, _) = server.stop_once_signalled().await;
    assert!(status.success());
}

#[tokio::test]
async fn what_was_accepted_is_answered_although_the_process_stops() {
    let server = Server::start().await;
    let event = server.event(1).await;
    let body = booking(&event, 1).to_string();
    let address = server.public("").trim_start_matches("http://").to_owned();
    let mut buyer = BufReader::new(TcpStream::connect(&address).await.unwrap());
    let head = format!(
        "POST /v1/bookings HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nexpect: 100-continue\r\n\r\n",
        body.len()
    );
    buyer.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    buyer.read_line(&mut line).await.unwrap();
    assert_eq!(line, "HTTP/1.1 100 Continue\r\n", "the request is accepted");

    server.signal("TERM").await;
    until("the server to refuse others", async || TcpStream::connect(&address).await.err()).await;
    buyer.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    buyer.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 201 Created"), "{answer}");
    let (status, launch) = server.stop_once_signalled().await;
    assert_eq!(status.code(), Some(0));
    let server = launch.start().await;
    assert_eq!(server.stock(&event).await, [1, 1, 1, 0], "and what was answered is kept");
}

#[tokio::test]
async fn a_listener_on_loopback_answers_to_no_other_name() {
    let server = Server::start().await;
    let url = server.admin("/metrics");
    let port = url.trim_end_matches("/metrics").rsplit_once(':').unwrap().1;
    for (host, status) in [("rebound.example", 403), ("localhost", 200)] {
        let headers = [("host", &*format!("{host}:{port}"))];
        let answer = server.client.send(Method::GET, &url, &headers, "").await;
        assert_eq!(answer.status, status, "{host}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_the_process_at_once() {
    let server = Launch::new().flag("--shutdown-delay", "5m").start().await;
    server.signal("TERM").await;
    until("the server to say that it stops", async || {
        (server.get("/readyz").await.status == 503).then_some(())
    })
    .await;
    server.signal("INT").await;
    let (status, _) = server.stop_once_signalled().await;
    assert_eq!(status.code(), Some(130));
}

#[tokio::test]
async fn without_leave_to_migrate_a_database_has_to_be_up_to_date() {
    let folder = Folder::new();
    let line = ["--no-migrate", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let output = run(&folder, &line, &[]).await;
    assert_eq!(output.status, Some(2));
    assert!(output.stderr.contains("migrate it first"), "{}", output.stderr);
    assert_eq!(output.stdout, "", "nobody was told to come");

    assert_eq!(run(&folder, &["migrate"], &[]).await.status, Some(0));
    let mut launch = Launch::new().variable("BOOKING_NO_MIGRATE", "1");
    launch.folder = folder;
    let server = launch.start().await;
    server.event(1).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_with_a_name_is_imported() {
    const EVENT: &str = r#"{"@type":"Event","name":"Fado","startDate":"2099-05-01T20:00:00Z",
        "location":"Lisboa, PT"}"#;
    let folder = Folder::new();
    let pipe = folder.path().join("events.json");
    let made = tokio::process::Command::new("mkfifo").arg(&pipe).status().await.unwrap();
    assert!(made.success());
    // It is opened once the program opens the other end, and once only.
    let written = tokio::task::spawn_blocking(move || fs::write(pipe, EVENT));
    let output = run(&folder, &["import", "events.json"], &[]).await;
    assert!(written.await.unwrap().is_ok());
    assert_eq!(output.status, Some(0), "{}{}", output.stdout, output.stderr);
    assert!(output.stdout.contains("1 created"), "{}", output.stdout);
}

#[tokio::test]
async fn links_begin_with_the_public_url_and_mails_go_where_they_should() {
    let launch = Launch::new()
        .flag("--public-url", "https://tickets.example/shop")
        .flag("--mail-dir", "out/mails")
        .flag("--mail-from", "Box office <box@tickets.example>");
    let server = launch.start().await;
    let event = server.event(1).await;
    let answer = server.book(&event, 1).await;
    let booking = answer.expect(201);
    let begin = "https://tickets.example/shop/";
    assert!(answer.header("location").unwrap().starts_with(begin));
    assert!(booking["payment_url"].as_str().unwrap().starts_with(begin));

    let ipn = crate::support::Ipn::succeeded(&booking);
    assert_eq!(server.notify(&ipn).await.status, 200);
    let folder = server.folder().path().join("out/mails");
    let mail = until("the mail to be written", async || {
        let file = fs::read_dir(&folder).ok()?.next()?.ok()?;
        fs::read_to_string(file.path()).ok().filter(|mail| !mail.is_empty())
    })
    .await;
    assert!(mail.contains("box@tickets.example"), "{mail}");
    assert!(!server.folder().path().join("mail").exists());
}

#[tokio::test]
async fn logs_are_json_when_asked_for_and_hold_nothing_personal() {
    let server =
        Launch::new().flag("--log-format", "json").variable("RUST_LOG", "debug").start().await;
    let event = server.event(1).await;
    let booking = server.hold(&event, 1).await;
    server.press(&booking, Press::Pay).await;
    server.wait_for(&booking, "confirmed").await;
    let url = server.public("/v1/events?q=very-private");
    let headers = [("x-request-id", "find-me-again")];
    server.client.send(Method::GET, &url, &headers, "").await;
    let log = until("the request to be logged", async || {
        let log = server.log();
        log.contains("find-me-again").then_some(log)
    })
    .await;
    for line in log.lines() {
        let parsed: Result<Value, _> = serde_json::from_str(line);
        assert!(parsed.is_ok(), "{line}");
    }
    let link = url::Url::parse(booking["payment_url"].as_str().unwrap()).unwrap();
    for secret in ["ada@example.org", "Lovelace", "very-private", SECRET, link.query().unwrap()] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn metrics_count_what_happens() {
    let server = Server::start().await;
    let event = server.event(1).await;
    server.hold(&event, 1).await;
    server.book(&event, 1).await.expect_problem(409, "sold-out");
    let metrics = server.manage(Method::GET, "/metrics", &Value::Null).await;
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain"));
    let text = metrics.text();
    for sample in [
        "# HELP http_requests_total",
        "http_requests_total{listener=\"public\",route=\"/v1/bookings\",method=\"POST\",status=\"201\"} 1\n",
        "http_requests_total{listener=\"public\",route=\"/v1/bookings\",method=\"POST\",status=\"409\"} 1\n",
        "http_requests_total{listener=\"admin\",route=\"/v1/events\",method=\"POST\",status=\"201\"} 1\n",
        "http_request_duration_seconds_bucket{listener=\"public\",route=\"/v1/bookings\",method=\"POST\",",
        "http_request_duration_seconds_bucket{listener=\"admin\",route=\"/v1/events\",method=\"POST\",",
        "http_requests_in_flight{listener=\"public\"} 0\n",
        "booking_requests_total{outcome=\"booked\"} 1\n",
        "booking_requests_total{outcome=\"sold_out\"} 1\n",
        "booking_outbox_due",
    ] {
        assert!(text.contains(sample), "{sample}: {text}");
    }
    assert!(!text.contains(&event), "ids are no labels");
}

#[tokio::test]
async fn events_are_imported_once_and_bad_records_are_reported() {
    const EVENTS: &str = concat!(
        r#"{"@context":"https://schema.org","@type":"Event","@id":"https://a.example/1","#,
        r#""name":"Fado na Baixa","startDate":"2099-05-01T20:00:00+01:00","location":"#,
        r#"{"@type":"Place","name":"Casa","address":{"@type":"PostalAddress","#,
        r#""addressLocality":"Lisboa","addressCountry":"PT"}}}"#,
        "\n",
        r#"{"@context":"https://schema.org","@type":"Event","name":"No date","location":"#,
        r#"{"@type":"Place","name":"Casa","address":{"#,
        r#""addressLocality":"Lisboa","addressCountry":"PT"}}}"#,
        "\n",
    );
    let server = Server::start().await;
    let file = server.folder().path().join("events.jsonl");
    fs::write(&file, EVENTS).unwrap();
    let line = [
        "import",
        "events.jsonl",
        "--publish",
        "--capacity",
        "7",
        "--price",
        "12.50",
        "--currency",
        "EUR",
        "--timezone",
        "Europe/Lisbon",
    ];
    for _ in 0..2 {
        let output = run(server.folder(), &line, &[]).await;
        assert_eq!(output.status, Some(1), "{}{}", output.stdout, output.stderr);
        assert!(output.stdout.contains("line 2: rejected"), "{}", output.stdout);
        assert!(!output.stdout.contains('\r') && !output.stderr.contains('\r'), "no terminal");
        // The server runs on the same database, and sees the event.
        let found = server.get("/v1/events?q=fado").await.expect(200);
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{found}");
        assert_eq!(items[0]["capacity"], 7);
        assert_eq!(items[0]["price"], serde_json::json!({ "amount": 1250, "currency": "EUR" }));
    }
    fs::write(&file, EVENTS.lines().next().unwrap()).unwrap();
    assert_eq!(run(server.folder(), &line, &[]).await.status, Some(0), "all records are good");

    for (bad, named) in [
        (&["import", "missing.json"][..], "missing.json"),
        (&["import", "events.jsonl", "--currency", "XXQ"], "--currency"),
        (&["import", "events.jsonl", "--price", "-1"], "--price"),
        (&["import", "events.jsonl", "--timezone", "Mars"], "--timezone"),
        (&["import", "events.jsonl", "--capacity", "0"], "--capacity"),
        (&["import", "events.jsonl", "--capacity", "-5"], "--capacity"),
    ] {
        let output = run(server.folder(), bad, &[]).await;
        assert_eq!(output.status, Some(2), "{bad:?}: {}", output.stdout);
        assert!(output.stderr.contains(named), "{}", output.stderr);
    }
    server.assert_balanced().await;
}

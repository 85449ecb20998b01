//! Schemathesis asks both listeners for whatever their documents allow, and for what they do not.
//!
//! `tests/schemathesis/install` installs it, which `./test.sh` does. Every check is on; `tests/schemathesis/hooks.py` holds
//! the rules that no schema can state.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use booking_server::http::limits::Limits;
use http::Method;
use serde_json::Value;
use tokio::process::Command;

use super::support::{Launch, SECRET, Server};

/// The same requests every time. Another number finds other things, some day.
const SEED: &str = "20261127";
/// Requests of each kind for an operation.
const EXAMPLES: u32 = 60;
/// After so many failures there is nothing more to be learned.
const MOST_FAILURES: u32 = 5;
/// Phases in which an operation is asked: examples, coverage, fuzzing, and in a row with others.
const PHASES: u32 = 4;
/// What a request takes on average at most, with making it up and looking at its answer, in a busy machine's unoptimised
/// build. A server that is slower than that is broken.
const PACE: Duration = Duration::from_millis(200);

/// How long a request is waited for: as long as the server may take for one, from its first byte on.
fn request_timeout() -> Duration {
    let limits = Limits::default();
    limits.header_timeout + limits.body_timeout + limits.request_timeout
}

/// How long a run may take. A server that hangs is found out by the requests that it does not answer, after which the run
/// ends by itself; so this is the end of a program that hangs: some fourteen
/// minutes for the public listener. A run as it should be takes two.
fn patience(operations: usize) -> Duration {
    let asked = u32::try_from(operations).unwrap() * PHASES * EXAMPLES;
    PACE * asked + request_timeout() * MOST_FAILURES
}

/// Runs every check on the listener at `address`.
async fn assert_kept(server: &Server, address: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis/bin/schemathesis");
    assert!(
        program.exists(),
        "Schemathesis is missing: run {}, as ./test.sh does",
        tests.join("install").display()
    );
    let url = format!("{address}openapi.json");
    let document = server.client.send(Method::GET, &url, &[], "").await;
    let count = operations(&document.json());
    // Read from a file, it does not take the address of the document for something apart.
    let file = server.folder().path().join("openapi.json");
    std::fs::write(&file, &document.body).unwrap();
    let output = Command::new(program)
        .args(["--config-file", "schemathesis.toml", "run", file.to_str().unwrap()])
        .args(["--url", address, "--checks", "all", "--seed", SEED])
        .args(["--max-examples", &EXAMPLES.to_string()])
        .args(["--max-failures", &MOST_FAILURES.to_string()])
        .args(["--request-timeout", &request_timeout().as_secs().to_string()])
        .env("BOOKING_IPN_SECRET", SECRET)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Whatever the machine's Python is told must not reach this one.
        .env_remove("PYTHONPATH")
        .current_dir(&tests)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(patience(count), output).await;
    let output = output.expect("Schemathesis ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("Tested: {count}\n")), "not all {count} were tested: {said}");
    println!("{said}");
    assert!(!server.log().contains("panicked"), "a handler panicked");
    server.assert_balanced().await;
}

fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().unwrap().values();
    paths.map(|operations| operations.as_object().unwrap().len()).sum()
}

fn shop() -> Launch {
    Launch::new().variable("BOOKING_DEMO", "true")
}

#[tokio::test]
async fn the_public_listener_does_what_its_document_says() {
    let server = shop().start().await;
    assert_kept(&server, &server.public("/")).await;
}

#[tokio::test]
async fn the_admin_listener_does_what_its_document_says() {
    let server = shop().start().await;
    assert_kept(&server, &server.admin("/")).await;
}

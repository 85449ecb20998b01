//! Schemathesis asks both listeners for whatever their documents allow, and for what they do not.
//!
//! `tests/schemathesis/install` installs it, which `./test.sh` does. Every check is on; `tests/schemathesis/hooks.py` holds
//! the rules that no schema can state.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::support::{Launch, SECRET, Server};

/// The same requests every time. Another number finds other things, some day.
const SEED: &str = "20261127";
/// Requests of each kind for an operation.
const EXAMPLES: &str = "60";
/// Only a server that hangs takes so long.
const PATIENCE: Duration = Duration::from_mins(10);

async fn assert_kept(server: &Server, document: &str) {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis/bin/schemathesis");
    assert!(
        program.exists(),
        "Schemathesis is missing: run {}, as ./test.sh does",
        tests.join("install").display()
    );
    let operations = server.client.send(http::Method::GET, document, &[], "").await.json();
    let operations: usize = operations["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    let mut command = Command::new(program);
    command
        .args(["--config-file", "schemathesis.toml", "run", document])
        .args(["--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED, "--no-color"])
        .env("BOOKING_IPN_SECRET", SECRET)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Whatever the machine's Python is told must not reach this one.
        .env_remove("PYTHONPATH")
        .current_dir(&tests)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.expect("Schemathesis ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(&format!("Tested: {operations}\n")), "something was left out: {said}");
    println!("{said}");
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "something went wrong: {log}");
    server.assert_balanced().await;
}

fn shop() -> Launch {
    Launch::new().variable("BOOKING_DEMO", "true")
}

#[tokio::test]
async fn the_public_listener_does_what_its_document_says() {
    let server = shop().start().await;
    assert_kept(&server, &server.public("/openapi.json")).await;
}

#[tokio::test]
async fn the_admin_listener_does_what_its_document_says() {
    let server = shop().start().await;
    assert_kept(&server, &server.admin("/openapi.json")).await;
}

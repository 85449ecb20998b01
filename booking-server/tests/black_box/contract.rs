//! Schemathesis asks both listeners for whatever their documents allow, and for what they do not.
//!
//! `tests/schemathesis/install` installs it, which `./test.sh` does. Every check is on; `tests/schemathesis/hooks.py` holds
//! the rules that no schema can state.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::process::Command;

use super::support::{Launch, SECRET, Server};

/// The same requests every time. Another number finds other things, some day.
const SEED: &str = "20261127";
/// Requests of each kind for an operation.
const EXAMPLES: &str = "60";
/// Only a server that hangs takes so long.
const PATIENCE: Duration = Duration::from_mins(10);

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
    // Read from a file, it does not take the address of the document for something apart.
    let file = server.folder().path().join("openapi.json");
    std::fs::write(&file, &document.body).unwrap();
    let output = Command::new(program)
        .args(["--config-file", "schemathesis.toml", "run", file.to_str().unwrap()])
        .args(["--url", address, "--checks", "all", "--max-examples", EXAMPLES, "--seed", SEED])
        .env("BOOKING_IPN_SECRET", SECRET)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Whatever the machine's Python is told must not reach this one.
        .env_remove("PYTHONPATH")
        .current_dir(&tests)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await.expect("Schemathesis ends").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let count = operations(&document.json());
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

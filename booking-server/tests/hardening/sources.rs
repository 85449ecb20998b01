//! What no request can show: the sources are read.

use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the code below a folder, without comments and unit tests, file by file.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
            found.push((path, lines.collect::<Vec<_>>().join("\n")));
        }
    }
    found
}

/// Every member forbids unsafe code: the workspace does, and each takes its lints from there.
#[test]
fn no_member_of_the_workspace_may_have_unsafe_code() {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("[workspace.lints.rust]\nunsafe_code = \"forbid\""));
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() >= 5, "{members:?}");
    for member in &members {
        let own = fs::read_to_string(workspace().join(member).join("Cargo.toml")).unwrap();
        assert!(own.contains("[lints]\nworkspace = true"), "{member} has lints of its own");
    }
    println!("unsafe code: forbidden in {members:?}");
}

/// Signatures are compared in constant time, by `Mac::verify_slice` and nothing else: a comparison that ends at the first
/// wrong byte tells, by its time, how many bytes were right.
#[test]
fn signatures_are_compared_in_constant_time() {
    let files: Vec<_> = ["booking-core/src", "booking-server/src"]
        .iter()
        .flat_map(|folder| sources(&workspace().join(folder)))
        .filter(|(_, code)| code.contains("Hmac") || code.contains("hmac::"))
        .collect();
    let mut verifying = 0;
    for (path, code) in &files {
        verifying += code.matches(".verify_slice(").count();
        for line in code.lines() {
            // A MAC is made (`finalize`) to be sent; to be compared it is verified.
            let compares = ["==", "!=", "assert", "starts_with", ".eq("];
            let is_mac = ["mac", "finalize", "signature", "expected"];
            let is_suspect = compares.iter().any(|word| line.contains(word))
                && is_mac.iter().any(|word| line.to_lowercase().contains(word));
            let is_length = line.contains(".len()");
            assert!(!is_suspect || is_length, "{}: {line}", path.display());
        }
    }
    // Of a notification, and of a payment link.
    assert_eq!(verifying, 2, "{:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

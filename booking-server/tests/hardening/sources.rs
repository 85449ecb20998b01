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

/// Tells whether a statement compares a MAC or a signature by itself. Comparing lengths is no harm, but only the length is
/// left out, not what stands beside it.
fn compares_a_mac(statement: &str) -> bool {
    const COMPARES: [&str; 6] = ["==", "!=", "starts_with", "ends_with", ".eq(", ".cmp("];
    const ASSERTS: [&str; 2] = ["assert_eq!", "assert_ne!"];
    let is_path = |letter: char| is_of_name(letter) || letter == '.';
    let mut rest: String = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    rest = rest.replace(" .", ".");
    while let Some(end) = rest.find(".len()") {
        let measured = rest[..end].trim_end_matches(is_path).len();
        rest.replace_range(measured..end + ".len()".len(), "");
    }
    if ASSERTS.iter().any(|word| rest.contains(word)) {
        return names_a_mac(&rest);
    }
    // Of a list, each member says something else.
    let mut parts = rest.split(',');
    parts.any(|part| COMPARES.iter().any(|word| part.contains(word)) && names_a_mac(part))
}

/// Constants tell of a MAC, and are none.
fn names_a_mac(code: &str) -> bool {
    const MACS: [&str; 7] = ["mac", "macs", "hmac", "hmacs", "signature", "signatures", "finalize"];
    code.split(|letter| !is_of_name(letter))
        .filter(|name| name.contains(|letter: char| letter.is_lowercase()))
        .flat_map(|name| name.split('_'))
        .any(|word| MACS.contains(&&*word.to_lowercase()))
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[test]
fn a_comparison_of_macs_is_known_when_it_is_seen() {
    for comparison in [
        "signature.as_bytes() == given && a.len() == b.len()",
        "if a.len() != b.len() || expected_mac != given",
        "mac.finalize().into_bytes().as_slice() == given",
        "payment_signature\n    .as_bytes()\n    .eq(given)",
        "macs.iter().any(|known| known == given)",
        "header.signature.starts_with(&known)",
        "assert_eq!(given, mac)",
    ] {
        assert!(compares_a_mac(comparison), "{comparison}");
    }
    for harmless in [
        "if macs.len() == MAX_SIGNATURES",
        "given.signature.len() != LENGTH",
        "machine == matching",
        "Planned { is_last: index == 0, signatures: 1 }",
        "let mac = self.mac(body)",
    ] {
        assert!(!compares_a_mac(harmless), "{harmless}");
    }
}

/// Signatures are compared in constant time, by `Mac::verify_slice` and nothing else: a comparison that ends at the first
/// wrong byte tells, by its time, how many bytes were right.
#[test]
fn signatures_are_compared_in_constant_time() {
    let files: Vec<_> = ["booking-core/src", "booking-server/src"]
        .iter()
        .flat_map(|folder| sources(&workspace().join(folder)))
        .collect();
    let mut verifying = Vec::new();
    for (path, code) in &files {
        verifying.extend(code.matches(".verify_slice(").map(|_| path));
        // What a statement compares may stand on several lines.
        for statement in code.split([';', '{', '}']) {
            assert!(!compares_a_mac(statement), "{}: {statement}", path.display());
        }
    }
    // Of a notification, and of a payment link.
    assert_eq!(verifying.len(), 2, "{verifying:?}");
}

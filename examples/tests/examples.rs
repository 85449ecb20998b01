//! Runs every example: each checks itself and fails if something is not as it says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The examples that are built with this test, beside its own binary.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let profile = test.parent().and_then(Path::parent).expect("it lies in target/<profile>/deps");
    profile.join("examples").join(name)
}

/// The names of the sources, so that no example is left out.
fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn every_example_runs_and_says_what_its_header_expects() {
    let names = names();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
        let source = std::fs::read_to_string(source).unwrap();
        let expected = source
            .lines()
            .find_map(|line| line.strip_prefix("//! Expect: "))
            .unwrap_or_else(|| panic!("{name} does not say what to expect"));
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new(example(&name)).current_dir(folder.path()).output().unwrap();
        let (printed, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{name} failed: {errors}");
        assert_eq!(printed.trim_end(), expected, "{name}");
    }
}

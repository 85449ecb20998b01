//! The layers know of each other in one direction only, and files keep their size.
//!
//! The test reads the sources. Comments are left out, because documentation may name what code may not.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::fs;
use std::path::{Path, PathBuf};

/// A part of the library, and what its code must not name.
struct Layer {
    /// Its path below `src`, as a file or a folder.
    path: &'static str,
    /// What it must not name, as whole words.
    forbidden: &'static [&'static str],
}

const LAYERS: [Layer; 4] = [
    Layer {
        path: "domain",
        forbidden: &[
            "crate::ports",
            "crate::service",
            "crate::adapters",
            "async fn",
            "tokio",
            "sqlx",
            "redis",
            "hyper",
            "SystemTime",
            "Instant",
        ],
    },
    Layer {
        path: "ports",
        forbidden: &["crate::service", "crate::adapters", "sqlx", "redis", "hyper"],
    },
    Layer { path: "service", forbidden: &["crate::adapters", "sqlx", "redis", "hyper", "http::"] },
    Layer { path: "testkit", forbidden: &["crate::adapters", "sqlx", "redis", "hyper", "lettre"] },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Returns all source files of a module: its own and those of its folder.
fn sources(module: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let file = module.with_extension("rs");
    if file.is_file() {
        found.push(file);
    }
    if module.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(module).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            if entry.is_dir() {
                found.extend(sources(&entry));
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                found.push(entry);
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| {
        let part = part.as_os_str();
        part == "tests" || part == "tests.rs"
    })
}

/// Returns the lines of code before the unit tests of a file, each with its number, without comments.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut lines = source.lines().enumerate().peekable();
    let end = {
        let mut end = usize::MAX;
        while let Some((number, line)) = lines.next() {
            let begins = line == "#[cfg(test)]"
                && lines.peek().is_some_and(|(_, next)| {
                    next.starts_with("mod tests {") || next.starts_with("pub(crate) mod tests {")
                });
            if begins {
                end = number;
                break;
            }
        }
        end
    };
    source
        .lines()
        .enumerate()
        .take_while(move |(number, _)| *number < end)
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or("")))
}

/// Tells whether a line names something as a whole word.
fn names(line: &str, what: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(what).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + what.len()..].chars().next();
        let is_whole = !what.ends_with(is_part) || !after.is_some_and(is_part);
        is_whole && !before.is_some_and(is_part)
    })
}

/// Returns where a source names what it must not.
fn violations(source: &str, forbidden: &[&str]) -> Vec<(usize, String)> {
    code(source)
        .flat_map(|(number, line)| {
            forbidden
                .iter()
                .filter(|what| names(line, what))
                .map(move |what| (number, (*what).to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn assert_clean(files: &[PathBuf], forbidden: &[&str]) {
    for path in files.iter().filter(|path| !is_test(path)) {
        let source = fs::read_to_string(path).unwrap();
        let found = violations(&source, forbidden);
        assert!(found.is_empty(), "{} names what it must not: {found:?}", path.display());
    }
}

#[test]
fn every_layer_knows_only_what_lies_below_it() {
    for layer in LAYERS {
        let files = sources(&root().join(layer.path));
        assert!(!files.is_empty(), "{} has sources", layer.path);
        assert_clean(&files, layer.forbidden);
    }
}

#[test]
fn adapters_know_neither_services_nor_each_other() {
    let adapters = sources(&root())
        .into_iter()
        .filter(|path| path.parent() == Some(&root().join("adapters")) && !is_test(path));
    let names: Vec<String> =
        adapters.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.iter().any(|name| name == "memory"), "the adapters are found");
    for own in &names {
        let mut forbidden = vec!["crate::service".to_owned(), "crate::testkit".to_owned()];
        for other in names.iter().filter(|other| *other != own) {
            forbidden.push(format!("adapters::{other}"));
        }
        let forbidden: Vec<&str> = forbidden.iter().map(String::as_str).collect();
        assert_clean(&sources(&root().join("adapters").join(own)), &forbidden);
    }
}

#[test]
fn the_testkit_names_no_adapter() {
    let files = sources(&root().join("testkit"));
    assert!(files.len() > 20, "the suites are found");
    let forbidden = ["adapters", "MemoryDatabase", "SqliteDatabase", "MockGateway", "SystemClock"];
    // Its own unit tests count, too: a third party's adapter is tested with the same code.
    for path in files {
        let source = fs::read_to_string(&path).unwrap();
        let found = violations(&source, &forbidden);
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

#[test]
fn files_keep_their_size() {
    const LONGEST: usize = 600;
    for path in sources(&root()).into_iter().filter(|path| !is_test(path)) {
        let source = fs::read_to_string(&path).unwrap();
        let length = code(&source).last().map_or(0, |(number, _)| number);
        assert!(length <= LONGEST, "{} has {length} lines", path.display());
    }
}

#[test]
fn a_forbidden_name_is_noticed() {
    let source = "\
//! Like `crate::adapters` in words.
use crate::ports::Clock; // crate::adapters
use crate::adapters::memory;
use crate::adapters_of_another_kind;
#[cfg(test)]
mod tests {
    use crate::adapters::memory;
}
";
    assert_eq!(violations(source, &["crate::adapters"]), [(3, "crate::adapters".to_owned())]);
    assert_eq!(violations(source, &["crate::ports"]), [(2, "crate::ports".to_owned())]);
    assert_eq!(violations("async fn f() {}", &["async fn"]).len(), 1);
    assert_eq!(violations("use http::Uri;", &["http::"]).len(), 1);
}

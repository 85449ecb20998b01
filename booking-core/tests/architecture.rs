//! The layers know of each other in one direction only, and files keep their size.
//!
//! The test reads the sources. Comments are left out, because documentation may name what code may not.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::collections::{BTreeMap, BTreeSet};
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

/// Returns the crates that a manifest names as dependencies, in the sections whose names end like this.
fn dependencies(manifest: &str, section: &str) -> BTreeSet<String> {
    let mut is_inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            is_inside = header == section || header.ends_with(&format!(".{section}"));
        } else if is_inside && line.starts_with(|c: char| c.is_ascii_lowercase()) {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            found.insert(name.to_owned());
        }
    }
    found.retain(|name| !name.starts_with("booking-"));
    found
}

/// Returns who depends on each crate, as the table of `ARCHITECTURE.md` has it: `core`, `server`, or else `tests`.
fn manifests(workspace: &Path) -> BTreeMap<String, BTreeSet<&'static str>> {
    let read =
        |member: &str| fs::read_to_string(workspace.join(member).join("Cargo.toml")).unwrap();
    let root = read(".");
    let members = root.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    let mut users = BTreeMap::<String, BTreeSet<&'static str>>::new();
    for member in members.split(',').map(|member| member.trim().trim_matches('"')) {
        let manifest = read(member);
        let user = match member {
            "booking-core" => Some("core"),
            "booking-server" => Some("server"),
            _ => None,
        };
        for name in dependencies(&manifest, "dependencies") {
            users.entry(name).or_default().extend(user);
        }
        for section in ["dev-dependencies", "build-dependencies"] {
            for name in dependencies(&manifest, section) {
                users.entry(name).or_default();
            }
        }
    }
    for name in dependencies(&root, "workspace.dependencies") {
        assert!(users.contains_key(&name), "nobody depends on {name}");
    }
    for users in users.values_mut().filter(|users| users.is_empty()) {
        users.insert("tests");
    }
    users
}

#[test]
fn every_dependency_has_a_reason() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let prose = fs::read_to_string(workspace.join("ARCHITECTURE.md")).unwrap();
    let section = prose.split_once("## Dependencies, and what each is for").unwrap().1;
    let mut table = BTreeMap::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names, users, reason] = cells[..] else { panic!("{row} has no three cells") };
        assert!(!reason.is_empty(), "{row} has no reason");
        let users: BTreeSet<&str> = users.split(", ").collect();
        for name in names.split(", ").map(|name| name.trim_matches('`').to_owned()) {
            assert!(table.insert(name, users.clone()).is_none(), "{row} names a crate again");
        }
    }
    let manifests = manifests(&workspace);
    assert!(manifests.len() > 40, "the dependencies are found");
    for (name, users) in &manifests {
        assert_eq!(
            table.get(name),
            Some(users),
            "who depends on {name}, as ARCHITECTURE.md has it"
        );
    }
    let left: Vec<_> = table.keys().filter(|name| !manifests.contains_key(*name)).collect();
    assert!(left.is_empty(), "nobody depends on {left:?} any more");
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

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, with_local_recorder,
};

use super::*;

/// A kind and a name.
type Metric = (&'static str, String);

/// Notes what is described, and takes no numbers.
#[derive(Default)]
struct Described(Mutex<BTreeSet<Metric>>);

impl Described {
    fn note(&self, kind: &'static str, name: &KeyName) {
        let is_new = self.0.lock().unwrap().insert((kind, name.as_str().to_owned()));
        assert!(is_new, "{name:?} is described twice");
    }
}

impl Recorder for Described {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note("counter", &name);
    }
    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note("gauge", &name);
    }
    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.note("histogram", &name);
    }
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

fn described() -> BTreeSet<Metric> {
    let described = Described::default();
    with_local_recorder(&described, || {
        booking_server::http::guard::describe_metrics();
        describe();
    });
    described.0.into_inner().unwrap()
}

/// Returns the sources of both crates without those of tests.
fn sources() -> Vec<(PathBuf, String)> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![here.join("src"), here.join("../booking-core/src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_stem().is_some_and(|name| name == "tests") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                sources.push((path, code.to_owned()));
            }
        }
    }
    sources
}

/// Finds what a source emits. A name is a literal or a constant of the same file.
fn emitted(path: &Path, source: &str) -> BTreeSet<Metric> {
    let mut found = BTreeSet::new();
    for kind in ["counter", "gauge", "histogram"] {
        for (at, call) in source.match_indices(&format!("{kind}!(")) {
            if source[..at].ends_with("describe_") {
                continue;
            }
            let argument = source[at + call.len()..].trim_start();
            let name = literal(argument).or_else(|| {
                let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
                let name = argument.split(|c| !is_of_name(c)).next().unwrap_or_default();
                let (_, value) = source.split_once(&format!("const {name}: &str ="))?;
                literal(value.trim_start())
            });
            let line = argument.lines().next().unwrap_or_default();
            let name = name.unwrap_or_else(|| panic!("{}: which metric is {line}", path.display()));
            found.insert((kind, name.to_owned()));
        }
    }
    found
}

fn literal(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split('"').next()
}

#[test]
fn every_metric_that_is_emitted_is_described_and_no_other_is() {
    let emitted: BTreeSet<Metric> =
        sources().iter().flat_map(|(path, source)| emitted(path, source)).collect();
    let described = described();
    let missing: Vec<_> = emitted.difference(&described).collect();
    assert!(missing.is_empty(), "emitted, and nobody is told what they mean: {missing:#?}");
    let stale: Vec<_> = described.difference(&emitted).collect();
    assert!(stale.is_empty(), "described, and never emitted: {stale:#?}");
}

/// Without buckets of its own a histogram is rendered as quantiles, which cannot be added up over servers.
#[test]
fn every_histogram_ends_in_a_unit_that_has_buckets() {
    for (kind, name) in described() {
        let has_buckets = ["_seconds", "_size", "_tickets"].iter().any(|end| name.ends_with(end));
        assert!(kind != "histogram" || has_buckets, "{name}");
    }
}

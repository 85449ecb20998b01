//! What happened in a schedule, and what was found wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::testkit::lock::lock;
use crate::testkit::witness::Finding;

/// How often what happened.
pub type Tally = BTreeMap<&'static str, u64>;

/// Collects findings, counts, faults, and, if it is to, a readable trace.
#[derive(Debug)]
pub(super) struct Trace {
    is_kept: bool,
    state: Mutex<Story>,
}

/// What a trace has collected.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) lines: Vec<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) tally: Tally,
    /// The calls that were lost or late.
    pub(super) faults: Vec<u64>,
}

impl Trace {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { is_kept, state: Mutex::default() }
    }

    /// Adds a line. It is made up only if somebody is going to read it: the story ends with the first finding.
    pub(super) fn say(&self, line: impl FnOnce() -> String) {
        if self.is_kept && self.is_clean() {
            let line = line();
            lock(&self.state).lines.push(line);
        }
    }

    pub(super) fn count(&self, what: &'static str) {
        *lock(&self.state).tally.entry(what).or_default() += 1;
    }

    pub(super) fn note_fault(&self, call: u64) {
        lock(&self.state).faults.push(call);
    }

    /// Notes that a rule was broken.
    pub(super) fn find(&self, finding: Finding) {
        lock(&self.state).findings.push(finding);
    }

    pub(super) fn is_clean(&self) -> bool {
        lock(&self.state).findings.is_empty()
    }

    /// Returns everything that was collected.
    pub(super) fn close(&self) -> Story {
        std::mem::take(&mut *lock(&self.state))
    }
}

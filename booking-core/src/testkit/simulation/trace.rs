//! What happened in a schedule, and what was found wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::testkit::lock::lock;
use crate::testkit::witness::Finding;

/// How often what happened.
pub type Tally = BTreeMap<&'static str, u64>;

/// What went wrong, so that it can be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    /// Calls that were lost or late, numbered as in a [`Plan`](super::Plan).
    pub calls: Vec<u64>,
    /// Steps in which something broke.
    pub troubles: Vec<u32>,
    /// Messages of the bank that were late, came twice or never.
    pub delays: Vec<u64>,
}

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
    pub(super) faults: Faults,
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

    /// A call was lost or late.
    pub(super) fn note_fault(&self, call: u64) {
        lock(&self.state).faults.calls.push(call);
    }

    /// Something broke in a step.
    pub(super) fn note_trouble(&self, step: u32) {
        let troubles = &mut lock(&self.state).faults.troubles;
        if troubles.last() != Some(&step) {
            troubles.push(step);
        }
    }

    /// A message of the bank was late, came twice or never.
    pub(super) fn note_delay(&self, slip: u64) {
        lock(&self.state).faults.delays.push(slip);
    }

    /// Notes that a rule was broken.
    pub(super) fn find(&self, finding: Finding) {
        lock(&self.state).findings.push(finding);
    }

    /// Notes that a rule was broken before all others.
    pub(super) fn find_first(&self, finding: Finding) {
        lock(&self.state).findings.insert(0, finding);
    }

    pub(super) fn is_clean(&self) -> bool {
        lock(&self.state).findings.is_empty()
    }

    /// Returns everything that was collected.
    pub(super) fn close(&self) -> Story {
        std::mem::take(&mut *lock(&self.state))
    }
}

//! What happened in a schedule, and what was found wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Collects findings, counts, and, if it is to, a readable trace.
#[derive(Debug)]
pub(crate) struct Journal {
    is_tracing: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    trace: Vec<String>,
    findings: Vec<String>,
    tally: Tally,
}

/// How often what happened.
pub(crate) type Tally = BTreeMap<&'static str, u64>;

impl Journal {
    pub(crate) fn new(is_tracing: bool) -> Self {
        Self { is_tracing, state: Mutex::default() }
    }

    /// Adds a line to the trace. It is made up only if somebody is going to read it.
    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        if self.is_tracing {
            let line = line();
            self.lock().trace.push(line);
        }
    }

    pub(crate) fn count(&self, what: &'static str) {
        *self.lock().tally.entry(what).or_default() += 1;
    }

    /// Notes that a rule was broken.
    pub(crate) fn find(&self, finding: String) {
        self.say(|| format!("BROKEN: {finding}"));
        self.lock().findings.push(finding);
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.lock().findings.is_empty()
    }

    /// Returns findings, trace and counts.
    pub(crate) fn close(&self) -> (Vec<String>, Vec<String>, Tally) {
        let State { trace, findings, tally } = std::mem::take(&mut *self.lock());
        (findings, trace, tally)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

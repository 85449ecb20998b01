//! Making a failing schedule short.

use super::schedule::STEPS;
use super::{Plan, Report, Simulation};
use crate::testkit::witness::Rule;

/// How many schedules are played in search of the shortest.
const TRIES: u32 = 600;

/// Leaves out what can be left out, in ever smaller pieces ("delta debugging": A. Zeller and R. Hildebrandt,
/// "Simplifying and Isolating Failure-Inducing Input", 2002): steps, then what goes wrong, then steps again, because what they
/// were needed for may be gone.
pub(super) fn shrink(simulation: &Simulation, failed: &Report) -> Report {
    let Some(finding) = failed.findings.first() else {
        return simulation.play(&failed.plan, true);
    };
    let mut search = Search { simulation, rule: finding.rule, best: failed.clone(), tries: TRIES };
    search.leave_out_steps();
    let troubles = search.best.faults.troubles.clone();
    search.leave_out(troubles, |plan, step| {
        plan.without_troubles.insert(step);
    });
    let delays = search.best.faults.delays.clone();
    search.leave_out(delays, |plan, slip| {
        plan.without_delays.insert(slip);
    });
    let calls = search.best.faults.calls.clone();
    search.leave_out(calls, |plan, call| {
        plan.without_faults.insert(call);
    });
    search.leave_out_steps();
    simulation.play(&search.best.plan, true)
}

struct Search<'a> {
    simulation: &'a Simulation,
    rule: Rule,
    best: Report,
    tries: u32,
}

impl Search<'_> {
    fn leave_out_steps(&mut self) {
        let steps = (0..STEPS).filter(|step| self.best.plan.takes(*step)).collect();
        self.leave_out(steps, |plan, step| {
            plan.without_steps.insert(step);
        });
    }

    fn leave_out<T: Copy>(&mut self, mut kept: Vec<T>, without: fn(&mut Plan, T)) {
        let mut size = kept.len();
        while size > 0 {
            let mut begin = 0;
            while begin < kept.len() {
                let end = (begin + size).min(kept.len());
                let mut plan = self.best.plan.clone();
                for item in &kept[begin..end] {
                    without(&mut plan, *item);
                }
                if self.still_fails(&plan) {
                    kept.drain(begin..end);
                } else {
                    begin = end;
                }
            }
            size /= 2;
        }
    }

    fn still_fails(&mut self, plan: &Plan) -> bool {
        let Some(left) = self.tries.checked_sub(1) else { return false };
        self.tries = left;
        let report = self.simulation.play(plan, false);
        let is_same = report.findings.first().is_some_and(|finding| finding.rule == self.rule);
        if is_same {
            self.best = report;
        }
        is_same
    }
}

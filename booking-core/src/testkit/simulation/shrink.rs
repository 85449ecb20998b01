//! Making a failing schedule short.

use super::schedule::STEPS;
use super::{Plan, Report, Simulation};

/// How many schedules are played in search of the shortest.
const TRIES: u32 = 600;

/// Leaves out what can be left out, in ever smaller pieces ("delta debugging": A. Zeller and R. Hildebrandt,
/// "Simplifying and Isolating Failure-Inducing Input", 2002), first steps, then faults.
pub(super) fn shrink(simulation: &Simulation, failed: &Report) -> Report {
    let Some(finding) = failed.findings.first() else {
        return simulation.play(&failed.plan, true);
    };
    let mut search = Search { simulation, rule: finding.rule, best: failed.clone(), tries: TRIES };
    let steps: Vec<u32> = (0..STEPS).collect();
    search.leave_out(steps, |plan, step| {
        plan.without_steps.insert(step);
    });
    let faults = search.best.faults.clone();
    search.leave_out(faults, |plan, call| {
        plan.without_faults.insert(call);
    });
    simulation.play(&search.best.plan, true)
}

struct Search<'a> {
    simulation: &'a Simulation,
    rule: &'static str,
    best: Report,
    tries: u32,
}

impl Search<'_> {
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

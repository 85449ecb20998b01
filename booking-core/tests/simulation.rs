//! The whole engine, in thousands of simulated worlds, each of which one number decides on.
//!
//! `SIMULATION_SEEDS=100000 cargo test --release -p booking-core --test simulation no_rule -- --nocapture` plays more of
//! them. A schedule that fails is made as short as it can be, and printed with its plan.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "simulation/worlds.rs"]
mod worlds;

use booking_core::testkit::simulation::{Plan, Simulation};

use crate::worlds::sound;

/// How many schedules are played.
fn schedules() -> u64 {
    let wanted = std::env::var_os("SIMULATION_SEEDS");
    wanted.map_or(2_000, |seeds| seeds.to_str().unwrap().parse().unwrap())
}

#[test]
fn no_rule_is_broken() {
    let begin = std::time::Instant::now();
    let schedules = schedules();
    match Simulation::new(sound()).play_all(0..schedules) {
        Ok(tally) => println!("{schedules} schedules in {:?}: {tally:#?}", begin.elapsed()),
        Err(report) => panic!("{report}"),
    }
}

#[test]
fn the_same_plan_plays_the_same_schedule() {
    let simulation = Simulation::new(sound());
    for seed in 0..60 {
        let plan = Plan::of(seed);
        let (first, second) = (simulation.play(&plan, true), simulation.play(&plan, true));
        assert!(!first.trace.is_empty());
        assert_eq!(first, second, "seed {seed}");
    }
}

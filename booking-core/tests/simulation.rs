//! The whole engine, in thousands of simulated worlds, each of which one number decides on.
//!
//! `SIMULATION_SEEDS=100000 cargo test --release -p booking-core --test simulation no_rule -- --nocapture` plays more of
//! them. A schedule that fails is made as short as it can be, and printed with its plan.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers, too")]

#[path = "simulation/cache_flaws.rs"]
mod cache_flaws;
#[path = "simulation/database_flaws.rs"]
mod database_flaws;
#[path = "simulation/flawed_bookings.rs"]
mod flawed_bookings;
#[path = "simulation/flawed_events.rs"]
mod flawed_events;
#[path = "simulation/flaws.rs"]
mod flaws;
#[path = "simulation/journal_flaws.rs"]
mod journal_flaws;
#[path = "simulation/outside_flaws.rs"]
mod outside_flaws;
#[path = "simulation/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;
use std::time::Instant;

use booking_core::testkit::simulation::{Plan, Simulation};
use booking_core::testkit::witness::Rule;

use crate::database_flaws::DatabaseFlaw;
use crate::flaws::Flaw;
use crate::worlds::sound;

/// How many schedules are played, if nothing else is said.
const SCHEDULES: u64 = 2_000;

/// What has to happen in one of 20 schedules at least, so that they say something.
const OFTEN: [&str; 37] = [
    "booked",
    "buyers who had to hear of a move",
    "cache forgot",
    "charged back",
    "clears",
    "clients who gave up",
    "counts compared",
    "crashes",
    "declined",
    "details compared",
    "events called off",
    "fills",
    "free tickets",
    "hits",
    "late requests",
    "lists read",
    "lost answers",
    "lost commits",
    "lost requests",
    "lost statements",
    "messages",
    "messages of the bank that came twice",
    "messages of the bank that were late",
    "mixed up with another",
    "money given back",
    "outages of the database",
    "outages of others",
    "paid",
    "paid wrongly",
    "payments that had to be closed",
    "refused fills",
    "refused: not on sale",
    "refused: too many",
    "replayed",
    "schedules that were judged to the end",
    "searches",
    "sold out",
];

/// What has to happen in one of 200.
const SOMETIMES: [&str; 11] = [
    "late payments that bought none",
    "late payments that bought tickets",
    "late statements",
    "lost answers of others",
    "messages of the bank that never came",
    "paid the rest",
    "refused: gateway failed",
    "refused: in progress",
    "refused: key reused",
    "reminders",
    "too few",
];

/// Rules that stand behind others here: these find whatever would break them, so a history that was tampered with shows
/// that they are awake (`real_history`).
const JUDGED_ELSEWHERE: [Rule; 5] = [
    Rule::ABookingStays,
    Rule::BookingsAndJournalAgree,
    Rule::MoneyBuysATicketOrComesBack,
    Rule::NoPaymentIsLost,
    Rule::WhatIsCalledOffStaysSo,
];

fn schedules() -> u64 {
    let wanted = std::env::var_os("SIMULATION_SEEDS");
    wanted.map_or(SCHEDULES, |seeds| seeds.to_str().unwrap().parse().unwrap())
}

#[test]
fn no_rule_is_broken() {
    let (schedules, begin) = (schedules(), Instant::now());
    let tally = match Simulation::new(sound()).play_all(0..schedules) {
        Ok(tally) => tally,
        Err(report) => panic!("{report}"),
    };
    println!("{schedules} schedules in {:?}: {tally:#?}", begin.elapsed());
    // Schedules in which nothing happens keep every rule.
    for (rarity, all) in [(20, &OFTEN[..]), (200, &SOMETIMES)] {
        for what in all {
            let times = tally.get(what).copied().unwrap_or(0);
            assert!(times >= schedules / rarity, "{what}: only {times} times");
        }
    }
}

/// What is left out of a plan does not happen.
#[test]
fn a_plan_leaves_out_what_it_names() {
    const TROUBLES: [&str; 4] =
        ["cache forgot", "crashes", "outages of others", "outages of the database"];
    const DELAYS: [&str; 2] =
        ["messages of the bank that came twice", "messages of the bank that were late"];
    let simulation = Simulation::new(sound());
    let mut before = BTreeSet::new();
    for seed in 0..60 {
        let whole = simulation.play(&Plan::of(seed), false);
        before.extend(whole.tally.keys().copied());
        let calm = Plan { without_troubles: (0..36).collect(), ..Plan::of(seed) };
        let report = simulation.play(&calm, false);
        assert!(TROUBLES.iter().all(|what| !report.tally.contains_key(what)), "{report}");
        let without_delays = (0..1_000).collect();
        let report = simulation.play(&Plan { without_delays, ..Plan::of(seed) }, false);
        assert!(DELAYS.iter().all(|what| !report.tally.contains_key(what)), "{report}");
    }
    assert!(TROUBLES.iter().chain(&DELAYS).all(|what| before.contains(what)), "{before:?}");
}

/// A check that never fails says nothing. So the engine is broken in every way, and has to be found out, by the rule that is
/// there for it; and there is no rule that nothing breaks.
#[test]
fn every_flaw_is_found() {
    let mut broken: BTreeSet<Rule> = JUDGED_ELSEWHERE.iter().copied().collect();
    for flaw in Flaw::all() {
        let simulation = Simulation::new(flaw.world());
        let Some(report) = simulation.play_until_failure(0..SCHEDULES).0 else {
            panic!("no schedule found out that {flaw:?}");
        };
        for finding in &report.findings {
            println!("{flaw:?}: seed {}: {:?}: {finding}", report.plan.seed, finding.rule);
            broken.insert(finding.rule);
        }
        let first = report.findings[0].rule;
        assert!(flaw.breaks().contains(&first), "{flaw:?} was found by “{first}”");
    }
    let unbroken: Vec<_> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert!(unbroken.is_empty(), "nothing breaks {unbroken:?}");
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

/// Whoever reads a failure reads what matters for it, and can play it again.
#[test]
fn a_failure_is_made_short_and_can_be_played_again() {
    for (flaw, longest) in [
        (DatabaseFlaw::GuardIsOffByOne, 40),
        (DatabaseFlaw::RepeatedNotificationCounts, 60),
        (DatabaseFlaw::DeliveriesAreNotWrittenDown, 80),
        (DatabaseFlaw::OverdueHoldsAreNotReleased, 60),
    ] {
        let simulation = Simulation::new(Flaw::Database(flaw).world());
        let failed = simulation.play_until_failure(0..SCHEDULES).0.unwrap();
        let whole = simulation.play(&failed.plan, true);
        let short = simulation.shrink(&failed);
        println!("{} lines, and then {}:\n{short}", whole.trace.len(), short.trace.len());
        assert_eq!(short.findings[0].rule, failed.findings[0].rule);
        assert!(short.trace.len() < whole.trace.len() && short.trace.len() <= longest);
        assert_eq!(simulation.play(&short.plan, true), short);
    }
}

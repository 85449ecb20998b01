//! Plays the whole engine under faults, each schedule from one number; or one plan again, with its trace.
//!
//! Run:    cargo run -p booking-examples --example simulation [PLAN]
//! Expect: 100 schedules, and no rule was broken
//! Next:   put your own adapters into the place of those in memory.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use booking_core::adapters::memory::{MemoryDatabase, MemoryStockCache};
use booking_core::testkit::simulation::{Plan, Setup, Simulation, Stores};

fn main() -> anyhow::Result<()> {
    let setup = Setup::new(
        |ids| {
            let database = MemoryDatabase::new(ids);
            Stores {
                events: database.events(),
                bookings: database.bookings(),
                journal: Arc::new(move |event_id, after| database.journal(event_id, after)),
            }
        },
        || Arc::new(MemoryStockCache::default()),
    );
    let simulation = Simulation::new(setup);
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.is_empty() {
        // A failure is printed with its plan: `17 -3 -1.22` is seed 17 without step 3 and without a fault.
        let plan: Plan = words.join(" ").parse().context("a plan begins with its seed")?;
        print!("{}", simulation.play(&plan, true));
        return Ok(());
    }
    match simulation.play_all(0..100) {
        Ok(_) => println!("100 schedules, and no rule was broken"),
        Err(shortest) => bail!("{shortest}"),
    }
    Ok(())
}

//! Ports that stay with a server while it is down.
//!
//! A port that the kernel hands out comes from the range that it also takes the near ends of
//! connections from, so while a server is down, somebody's connection may sit on its port. The ports here
//! are below that range, and a lock on a file keeps other processes that use this crate off them.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::TcpListener;
use std::ops::Range;

use anyhow::{Result, bail};

/// Where ports are looked for. A node of a Redis Cluster also needs the port [`BUS`] higher, which is below
/// the usual range of the kernel (32768 and up), too.
const RANGE: Range<u16> = 10_300..22_000;

/// The distance between the port of a Redis Cluster's node and the port that nodes talk to each other on.
const BUS: u16 = 10_000;

/// A port of the loopback address that nobody else uses.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    /// Locked until it is closed.
    _claim: File,
}

impl Port {
    /// Finds a port that is free, and whose neighbour for the cluster bus is free as well.
    pub(crate) fn claim() -> Result<Self> {
        let folder = std::env::temp_dir().join("booking-testbed-ports");
        fs::create_dir_all(&folder)?;
        let span = RANGE.end - RANGE.start;
        // Seeded at random by the standard library: processes that start together look elsewhere.
        let start = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let start = u16::try_from(start % u64::from(span)).expect("the span is a `u16`");
        for step in 0..span {
            let number = RANGE.start + (start + step) % span;
            let file =
                File::options().create(true).append(true).open(folder.join(number.to_string()));
            // Another user's file cannot be opened, and then the port is taken.
            let Ok(claim) = file else { continue };
            if claim.try_lock().is_ok() && is_free(number) && is_free(number + BUS) {
                return Ok(Self { number, _claim: claim });
            }
        }
        bail!("no port is free between {} and {}", RANGE.start, RANGE.end)
    }

    /// Returns the number.
    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

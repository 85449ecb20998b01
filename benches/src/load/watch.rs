//! What a process uses meanwhile, as Linux tells in `/proc`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

/// `sysconf(_SC_CLK_TCK)`, the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory and processor time of a process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// The most memory that was resident, in bytes.
    pub memory: u64,
    /// Processor time as a share of one processor.
    pub processor: f64,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = self.memory / 1_048_576;
        write!(f, "{mib} MiB at most, {:.0} % of a processor", self.processor * 100.0)
    }
}

/// Looks at a process ten times a second until it is asked.
#[derive(Debug)]
pub struct Watch {
    process: u32,
    started: Instant,
    ticks_before: f64,
    most: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to look.
    pub fn start(process: u32) -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&most);
        let task = tokio::spawn(async move {
            loop {
                seen.fetch_max(memory(process), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        Self { process, started: Instant::now(), ticks_before: ticks(process), most, task }
    }

    /// Says what was seen.
    pub fn finish(self) -> Usage {
        self.task.abort();
        let ticks = ticks(self.process) - self.ticks_before;
        let processor = ticks / TICKS_PER_SECOND / self.started.elapsed().as_secs_f64();
        Usage { memory: self.most.load(Ordering::Relaxed), processor }
    }
}

/// Returns how much memory of a process is resident, in bytes.
pub fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1_024
}

/// Returns how many files a process has open, connections among them.
pub fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// Fields 14 and 15 of `/proc/{pid}/stat`, counted from 1: see `proc(5)`. The second is a name that may contain spaces.
fn ticks(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum()
}

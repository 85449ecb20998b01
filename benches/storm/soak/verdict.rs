//! Whether the servers use more and more.
//!
//! Of each process the second half of its life under load is judged, when caches and tables have the size that they
//! keep. The growth is the median of the slopes between all pairs of looks (Theil and Sen): a fault makes some looks
//! high, and the median passes over up to three in ten of them, where a mean would follow. It passes over one step,
//! too, and not over one at each fault. Scaled to an hour it must be below a bound. In the end, when nobody asks for
//! anything any more, the files that are open are those that were before.

use std::time::Duration;

use super::table::mib;
use super::watch::{Look, Seen, Series};
use crate::say;

/// Of memory, in MiB. At 115 requests a second to each server, as on two cores, that is 40 bytes for each.
const MOST_MEMORY_AN_HOUR: f64 = 16.0;

/// Of open files: one a minute. How many connections buyers have goes up and down by some dozens.
const MOST_FILES_AN_HOUR: f64 = 60.0;

/// Connections to database, cache and mail server that are opened when they are first needed: 10 to PostgreSQL, two to
/// each of six nodes of Redis, and some of each mail worker.
const OF_THE_PARTS: usize = 32;

/// A process that lived less than this part of the run is not judged: it is still growing into its load.
const SHORTEST: u32 = 3;

/// A look as a point: hours, and what was used.
type Point = (f64, f64);

/// Prints what each process used. True if none uses more and more.
pub(crate) fn judge(seen: &Seen, run: Duration) -> bool {
    let mut is_flat = true;
    let mut judged = 0;
    for series in &seen.series {
        let looks: Vec<Look> =
            series.looks.iter().copied().filter(|look| look.at <= seen.load_ended).collect();
        let (Some(first), Some(last)) = (looks.first(), looks.last()) else { continue };
        let life = last.at.saturating_sub(first.at);
        if life < run / SHORTEST {
            let seconds = life.as_secs();
            say(&format!("server {}: lived {seconds} s, too short to be judged", series.server));
            continue;
        }
        judged += 1;
        let from = first.at + life / 2;
        let half: Vec<Look> = looks.into_iter().filter(|look| look.at >= from).collect();
        is_flat &= judge_half(series.server, &half);
    }
    for server in 0.. {
        let mut of = seen.series.iter().filter(|series| series.server == server);
        let (Some(first), last) = (of.clone().next(), of.next_back()) else { break };
        is_flat &= judge_quiet(first, last.unwrap_or(first));
    }
    is_flat && judged > 0
}

fn judge_half(server: usize, half: &[Look]) -> bool {
    let points = |of: fn(&Look) -> f64| -> Vec<Point> {
        half.iter().map(|look| (look.at.as_secs_f64() / 3_600.0, of(look))).collect()
    };
    let memory = points(|look| mib(look.memory));
    let files = points(|look| f64::from(u32::try_from(look.files).unwrap_or(u32::MAX)));
    let (more_memory, more_files) = (slope(&memory), slope(&files));
    let minutes =
        half.last().map_or(0.0, |last| last.at.saturating_sub(half[0].at).as_secs_f64() / 60.0);
    let (memory_ends, files_ends) = (ends(&memory), ends(&files));
    let is_flat = more_memory < MOST_MEMORY_AN_HOUR && more_files < MOST_FILES_AN_HOUR;
    say(&format!(
        "server {server}, its last {minutes:.0} min: {:.1} MiB, then {:.1} MiB, {more_memory:+.1} an hour; {:.0} files, then {:.0}, {more_files:+.0} an hour: {}",
        memory_ends.0,
        memory_ends.1,
        files_ends.0,
        files_ends.1,
        if is_flat { "flat" } else { "GROWS" },
    ));
    is_flat
}

/// Compares what is open in quiet with what was open before the load.
fn judge_quiet(first: &Series, last: &Series) -> bool {
    let (Some(before), Some(after)) = (first.looks.first(), last.looks.last()) else {
        return false;
    };
    let is_back = after.files <= before.files + OF_THE_PARTS;
    say(&format!(
        "server {}, in quiet: {:.1} MiB before the load, {:.1} after; {} files before, {} after: {}",
        first.server,
        mib(before.memory),
        mib(after.memory),
        before.files,
        after.files,
        if is_back { "closed" } else { "LEFT OPEN" },
    ));
    is_back
}

/// Returns the median of the first tenth of the points, and of the last.
fn ends(points: &[Point]) -> (f64, f64) {
    let tenth = points.len().div_ceil(10);
    let middle = |part: &[Point]| median(part.iter().map(|point| point.1).collect());
    (middle(&points[..tenth]), middle(&points[points.len() - tenth..]))
}

/// Returns the median of the slopes between all pairs of points.
fn slope(points: &[Point]) -> f64 {
    let pairs = points.iter().enumerate().flat_map(|(index, from)| {
        points[index + 1..].iter().map(move |to| (to.1 - from.1) / (to.0 - from.0))
    });
    median(pairs.filter(|slope| slope.is_finite()).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1_048_576;

    /// Half an hour of looks at one server.
    fn seen(look: impl Fn(u64) -> (u64, usize)) -> Seen {
        let looks = (0..360).map(|step| {
            let (memory, files) = look(step);
            Look { at: Duration::from_secs(step * 5), memory, files }
        });
        let load_ended = Duration::from_secs(1_795);
        let mut looks: Vec<Look> = looks.collect();
        looks.push(Look { at: load_ended * 2, ..looks[0] });
        Seen { series: vec![Series::new(0, looks)], load_ended }
    }

    fn is_flat(look: impl Fn(u64) -> (u64, usize)) -> bool {
        judge(&seen(look), Duration::from_mins(30))
    }

    #[test]
    fn warming_up_and_noise_and_faults_are_no_growth() {
        assert!(is_flat(|step| {
            let warm = step.min(170) * MIB / 4;
            let noise = (step * 7 % 5) * MIB;
            let fault = if step % 18 < 4 { 50 * MIB } else { 0 };
            (40 * MIB + warm + noise + fault, 40 + (step * 11 % 30) as usize)
        }));
    }

    #[test]
    fn a_leak_below_the_noise_of_a_minute_is_seen() {
        // 20 MiB an hour: 0.03 for each look.
        let leak = |step: u64| 40 * MIB + step * MIB * 20 / 720 + (step * 7 % 5) * MIB;
        assert!(!is_flat(|step| (leak(step), 40)));
        // Two files a minute, from none but the second half.
        assert!(!is_flat(|step| (40 * MIB, 40 + (step.saturating_sub(180) / 6) as usize)));
    }

    #[test]
    fn what_is_left_open_in_quiet_is_seen() {
        let mut seen = seen(|_| (40 * MIB, 40));
        let Some(last) = seen.series[0].looks.last_mut() else { panic!("there are looks") };
        last.files = 100;
        assert!(!judge(&seen, Duration::from_mins(30)));
    }

    #[test]
    fn a_run_of_which_nothing_can_be_judged_is_not_flat() {
        let mut seen = seen(|_| (40 * MIB, 40));
        seen.series[0].looks.truncate(60);
        assert!(!judge(&seen, Duration::from_mins(30)));
    }
}

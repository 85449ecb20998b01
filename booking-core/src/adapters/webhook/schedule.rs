//! When a webhook that failed is tried again.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::domain::ids::NoticeId;
use crate::domain::time::Timestamp;

/// The pauses between the attempts: the example of the specification.
const PAUSES: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The longest pause that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// Returns how long to wait after an attempt that failed, the first of which is 1, or `None` if it was the last.
pub(super) fn pause_after(attempt: u32, id: NoticeId) -> Option<Duration> {
    let index = usize::try_from(attempt.saturating_sub(1)).ok()?;
    let pause = *PAUSES.get(index)?;
    Some(pause + stagger(pause / 5, attempt, id))
}

/// Returns some part of `longest`, so that messages that failed together are not repeated together.
///
/// It is drawn from the hash of the id and not from a source of randomness: ids differ, which is all it takes.
fn stagger(longest: Duration, attempt: u32, id: NoticeId) -> Duration {
    let hash = Sha256::new()
        .chain_update(id.as_uuid().as_bytes())
        .chain_update(attempt.to_be_bytes())
        .finalize();
    longest.mul_f64(f64::from(hash[0]) / f64::from(u8::MAX))
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. More than an hour counts as an hour.
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    let is_number = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit());
    let asked = if is_number {
        // So many digits that they overflow ask for a long time, too.
        header.parse().map_or(LONGEST_ASKED, Duration::from_secs)
    } else {
        let until = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
        Timestamp::from_jiff(until).ok()?.since(now)
    };
    Some(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_mins(1);
    const HOUR: Duration = Duration::from_hours(1);

    fn id(number: u128) -> NoticeId {
        NoticeId::new(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn the_schedule_is_that_of_the_specification_and_up_to_a_fifth_longer() {
        let pauses: Vec<Duration> =
            (1..).map_while(|attempt| pause_after(attempt, id(7))).collect();
        assert_eq!(pauses.len(), 9);
        for (pause, least) in pauses.iter().zip(PAUSES) {
            assert!((least..=least + least / 5).contains(pause), "{pause:?} for {least:?}");
        }
        let least: Duration = PAUSES.iter().sum();
        assert_eq!(least, 75 * HOUR + 35 * MINUTE + 5 * SECOND);
        for attempt in [10, 11, u32::MAX] {
            assert_eq!(pause_after(attempt, id(7)), None);
        }
        assert_eq!(pause_after(0, id(7)).map(|pause| pause >= PAUSES[0]), Some(true));
    }

    #[test]
    fn messages_that_failed_together_are_repeated_apart() {
        let pauses: BTreeSet<_> = (0..100).map(|number| pause_after(2, id(number))).collect();
        assert!(pauses.len() > 50, "{} of 100 differ", pauses.len());
        assert_eq!(pause_after(2, id(1)), pause_after(2, id(1)));
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_an_hour() {
        let now: Timestamp = "2027-01-15T12:00:00Z".parse().unwrap();
        for (header, asked) in [
            ("0", Some(Duration::ZERO)),
            ("120", Some(2 * MINUTE)),
            (" 7 ", Some(7 * SECOND)),
            ("3601", Some(HOUR)),
            ("99999999999999999999999999", Some(HOUR)),
            ("Fri, 15 Jan 2027 12:00:30 GMT", Some(30 * SECOND)),
            ("Fri, 15 Jan 2027 11:00:00 GMT", Some(Duration::ZERO)),
            ("Sat, 16 Jan 2027 12:00:00 GMT", Some(HOUR)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(header, now), asked, "{header:?}");
        }
    }
}

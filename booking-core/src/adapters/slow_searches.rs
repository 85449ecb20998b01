//! Notes of searches that took long, for whoever tunes them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::domain::search::SearchFilter;
use crate::ports::fault::RepositoryError;

/// Notes statements of searches that took long: at most one each second, because explaining takes time as well, and
/// where one search is slow, many are.
#[derive(Debug)]
pub(super) struct SlowSearches {
    limit: Duration,
    since: Instant,
    /// The second since `since` in which the last one was noted, plus one.
    last: AtomicU64,
}

impl SlowSearches {
    /// How long a statement may take unless told otherwise.
    pub(super) const LIMIT: Duration = Duration::from_millis(250);

    /// What takes as long as this is noted.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, since: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Tells whether a statement that took so long shall be noted now.
    pub(super) fn is_due(&self, took: Duration) -> bool {
        let second = self.since.elapsed().as_secs() + 1;
        took >= self.limit && self.last.fetch_max(second, Ordering::Relaxed) < second
    }
}

/// Notes a statement. Of the words that were looked for only those are shown that stand in the catalogue, which is
/// public: whatever else somebody typed may be a name, an address or a number of a card. Values in the plan are left
/// out for the same reason.
pub(super) fn note(
    took: Duration,
    filter: &SearchFilter,
    known: &BTreeSet<String>,
    plan: &[String],
) {
    let text = filter.text.as_ref().map(|text| text.shown(known)).unwrap_or_default();
    let plan = masked(&plan.join("\n"));
    let conditions = filter.conditions().join(" ");
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::warn!(took_ms, conditions, text, plan, "a search was slow");
}

/// Counts a search that waited for its turn in vain, and returns what is told of it.
pub(super) fn refused_search() -> RepositoryError {
    metrics::counter!("booking_searches_refused_total").increment(1);
    RepositoryError::Crowded
}

/// Leaves out what stands between quotes.
fn masked(plan: &str) -> String {
    let mut masked = String::with_capacity(plan.len());
    // A quote within a value is written twice, so that every other part is one of a value.
    for (index, part) in plan.split('\'').enumerate() {
        match index % 2 {
            0 => masked.push_str(part),
            _ if masked.ends_with('?') => {}
            _ => masked.push('?'),
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::search::{SearchFilter, SearchText};

    #[test]
    fn one_is_noted_each_second_if_it_took_long() {
        let slow = SlowSearches::new(Duration::from_millis(250));
        assert!(!slow.is_due(Duration::from_millis(249)));
        assert!(slow.is_due(Duration::from_millis(250)));
        assert!(!slow.is_due(Duration::from_secs(9)), "one was noted in this second");
    }

    #[test]
    fn neither_values_nor_words_that_only_somebody_typed_are_shown() {
        let plan = "Filter: ((words @@ '''tada'' & ''lmobile'''::tsquery) AND (e.id = 'x'))";
        assert_eq!(masked(plan), "Filter: ((words @@ ?::tsquery) AND (e.id = ?))");
        let text =
            SearchText::new("open \"ada lovelace\" -mobile jazz@example.org 5105105105105100");
        let known = ["open", "jazz", "mobile"].map(str::to_owned).into();
        assert_eq!(text.unwrap().unwrap().shown(&known), "open \"? ?\" jazz ? ? ?* -mobile");
        let filter =
            SearchFilter { available: Some(2), category: Some("x".into()), ..SearchFilter::all() };
        assert_eq!(filter.conditions(), ["category", "available"]);
    }
}

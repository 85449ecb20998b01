//! How many events match, by what they are.

use crate::domain::country::Country;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
use crate::domain::invalid::Invalid;

/// How many events match a filter, by what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// All of them.
    pub total: u64,
    /// By category, the most frequent first, then by name. Events without a category are left out.
    pub categories: Vec<(String, u64)>,
    /// By country, the most frequent first, then by code. Events without one are left out.
    pub countries: Vec<(Country, u64)>,
    /// By month of the start in UTC, such as `2027-03`, in order.
    pub months: Vec<(String, u64)>,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl Facets {
    /// Puts counts in order, each of which says what it counts: `total`, or a `category`, `country` or `month` and
    /// its name.
    pub(crate) fn of_counts(
        counts: impl IntoIterator<Item = (String, String, i64)>,
    ) -> Result<Self, Invalid> {
        let mut facets = Self::default();
        for (kind, name, matches) in counts {
            let matches = u64::try_from(matches).unwrap_or(0);
            match kind.as_str() {
                "total" => facets.total = matches,
                "category" => facets.categories.push((name, matches)),
                "country" => facets.countries.push((Country::new(&name)?, matches)),
                _ => facets.months.push((name, matches)),
            }
        }
        facets.categories.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        facets.countries.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
        facets.months.sort();
        Ok(facets)
    }
}

//! The nearest first, by circles that grow until they hold a page.

use super::{Near, Rank, SearchQuery};

/// The radius of the first circle, in kilometres.
const FIRST_KM: f64 = 1.0;
/// The next circle has so many times the radius.
const GROWTH: f64 = 2.5;

/// Circles around the centre of a search, up to the one that it asks for.
#[derive(Debug)]
pub(crate) struct Circles {
    near: Near,
    radius_km: f64,
}

impl Circles {
    pub(crate) fn new(query: &SearchQuery, near: Near) -> Self {
        let shown = match query.after.map(|after| after.rank) {
            Some(Rank::Distance(chord)) => chord.kilometres() * GROWTH,
            _ => 0.0,
        };
        Self { near, radius_km: shown.max(FIRST_KM).min(near.radius_km) }
    }

    /// Returns the circle in which to look.
    pub(crate) const fn circle(&self) -> Near {
        Near { centre: self.near.centre, radius_km: self.radius_km }
    }

    /// Goes on to a larger circle; `false` if this one was all.
    pub(crate) fn grow(&mut self) -> bool {
        let is_all = self.radius_km >= self.near.radius_km;
        self.radius_km = (self.radius_km * GROWTH).min(self.near.radius_km);
        !is_all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::search::{SearchFilter, SearchPosition, Sort};
    use crate::domain::venue::{Chord, GeoPoint};
    use crate::testkit::seed;

    fn radii(query: &SearchQuery, near: Near) -> Vec<f64> {
        let mut circles = Circles::new(query, near);
        let mut radii = vec![circles.circle().radius_km];
        while circles.grow() {
            radii.push(circles.circle().radius_km);
        }
        radii
    }

    #[test]
    fn circles_grow_up_to_the_one_that_is_asked_for() {
        let near = Near::new(GeoPoint::new(0.0, 0.0).unwrap(), 15.0).unwrap();
        let filter = SearchFilter { near: Some(near), ..SearchFilter::all() };
        let mut query = SearchQuery { filter, sort: Sort::Distance, after: None, limit: 2 };
        assert_eq!(radii(&query, near), [1.0, 2.5, 6.25, 15.0]);
        let at = |chord| SearchPosition {
            rank: Rank::Distance(chord),
            id: seed::event_id(),
            is_forgiving: false,
        };
        query.after = Some(at(Chord::over(4.0)));
        let later = radii(&query, near);
        assert!((later[0] - 10.0).abs() < 1e-6 && later[1..] == [15.0], "{later:?}");
        for beyond in [Chord::over(20_000.0), Chord::UNKNOWN] {
            query.after = Some(at(beyond));
            assert_eq!(radii(&query, near), [15.0]);
        }
    }
}

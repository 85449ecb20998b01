//! The nearest first, by circles that grow until they hold a page.

use super::{Near, Rank, SearchPage, SearchPosition, SearchQuery, metres};
use crate::domain::event::Listing;
use crate::domain::ids::EventId;
use crate::domain::venue::GeoPoint;

/// The radius of the first circle, in kilometres.
const FIRST_KM: f64 = 1.0;
/// The next circle has so many times the radius.
const GROWTH: f64 = 2.5;

/// Circles around the centre of a search, up to the one that it asks for.
#[derive(Debug)]
pub(crate) struct Circles<'a> {
    query: &'a SearchQuery,
    near: Near,
    radius_km: f64,
}

/// The events of a page, the nearest first.
#[derive(Debug)]
pub(crate) struct Nearest {
    positions: Vec<SearchPosition>,
    has_more: bool,
}

impl<'a> Circles<'a> {
    pub(crate) fn new(query: &'a SearchQuery, near: Near) -> Self {
        let shown = match query.after.map(|after| after.rank) {
            Some(Rank::Distance(metres)) => kilometres(metres) * GROWTH,
            _ => 0.0,
        };
        Self { query, near, radius_km: shown.max(FIRST_KM).min(near.radius_km) }
    }

    /// Returns the circle in which to look.
    pub(crate) fn circle(&self) -> Near {
        Near { centre: self.near.centre, radius_km: self.radius_km }
    }

    /// Takes all events that were found in the circle, and some that are a little outside of it. Returns the page if
    /// that is enough for it; otherwise a larger circle is to be looked at.
    pub(crate) fn settle(
        &mut self,
        found: impl IntoIterator<Item = (EventId, GeoPoint)>,
    ) -> Option<Nearest> {
        let is_last = self.radius_km >= self.near.radius_km;
        // What is as far as the edge in metres may be beyond it.
        let edge = if is_last { u64::MAX } else { metres(self.radius_km) };
        let mut positions: Vec<SearchPosition> = found
            .into_iter()
            .filter_map(|(id, point)| {
                let kilometres = self.near.centre.distance_km(point);
                let position = SearchPosition { rank: Rank::Distance(metres(kilometres)), id };
                (kilometres <= self.near.radius_km && position.rank < Rank::Distance(edge))
                    .then_some(position)
            })
            .filter(|position| self.query.after.is_none_or(|after| *position > after))
            .collect();
        let limit = usize::try_from(self.query.limit).unwrap_or(usize::MAX);
        let has_more = positions.len() > limit;
        if !has_more && !is_last {
            self.radius_km = (self.radius_km * GROWTH).min(self.near.radius_km);
            return None;
        }
        positions.sort_unstable();
        positions.truncate(limit);
        Some(Nearest { positions, has_more })
    }
}

impl Nearest {
    pub(crate) fn ids(&self) -> impl Iterator<Item = EventId> {
        self.positions.iter().map(|position| position.id)
    }

    /// Puts what was read of these events in their order.
    pub(crate) fn page(&self, listings: impl IntoIterator<Item = Listing>) -> SearchPage {
        let place = |id: EventId| self.positions.iter().position(|position| position.id == id);
        let mut items: Vec<Listing> = listings.into_iter().collect();
        items.sort_by_key(|listing| place(listing.event.id));
        SearchPage { items, next: self.positions.last().copied().filter(|_| self.has_more) }
    }
}

fn kilometres(metres: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a distance on the globe is below 2^52 metres")]
    {
        metres as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::search::{SearchFilter, Sort};
    use crate::testkit::seed;

    /// Looks in a world of events; tells in how many circles.
    fn look(world: &[(EventId, GeoPoint)], query: &SearchQuery, near: Near) -> (Nearest, usize) {
        let mut circles = Circles::new(query, near);
        for looks in 1.. {
            let circle = circles.circle();
            let inside = world
                .iter()
                .copied()
                .filter(|(_, point)| circle.centre.distance_km(*point) <= circle.radius_km);
            if let Some(nearest) = circles.settle(inside) {
                return (nearest, looks);
            }
        }
        unreachable!("a circle is the last one")
    }

    #[test]
    fn circles_grow_until_they_hold_a_page() {
        let near = Near::new(GeoPoint::new(0.0, 0.0).unwrap(), 1_000.0).unwrap();
        let filter = SearchFilter { near: Some(near), ..SearchFilter::all() };
        let mut query = SearchQuery { filter, sort: Sort::Distance, after: None, limit: 2 };
        // A degree is some 111 km.
        let degrees = [8.0, 0.002, 5.0, 0.001, 9.5, 0.003];
        let world = degrees.map(|east| (seed::event_id(), GeoPoint::new(0.0, east).unwrap()));
        let (nearest, looks) = look(&world, &query, near);
        let metres: Vec<Rank> = nearest.positions.iter().map(|position| position.rank).collect();
        assert_eq!(metres, [Rank::Distance(111), Rank::Distance(222)]);
        assert!(nearest.has_more && looks == 1, "three are within a kilometre");

        query.after = nearest.positions.last().copied();
        query.limit = 3;
        let (nearest, looks) = look(&world, &query, near);
        assert_eq!(nearest.positions.len(), 3, "the last is too far away");
        assert!(!nearest.has_more && looks > 1);
    }
}

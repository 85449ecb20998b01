//! Where an event takes place.

use super::country::Country;
use super::invalid::Invalid;
use super::text::{self, WebUrl};

/// A point on the globe in degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeoPoint {
    latitude: f64,
    longitude: f64,
}

impl GeoPoint {
    /// Mean radius of the earth in kilometres (IUGG R1).
    pub const EARTH_RADIUS_KM: f64 = 6_371.008_8;

    /// Accepts a latitude of -90 to 90 and a longitude of -180 to 180 degrees.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, Invalid> {
        if !(-90.0..=90.0).contains(&latitude) {
            return Err(Invalid::new("the latitude must be between -90 and 90"));
        }
        if !(-180.0..=180.0).contains(&longitude) {
            return Err(Invalid::new("the longitude must be between -180 and 180"));
        }
        Ok(Self { latitude, longitude })
    }

    /// Returns degrees north of the equator.
    pub const fn latitude(self) -> f64 {
        self.latitude
    }

    /// Returns degrees east of Greenwich.
    pub const fn longitude(self) -> f64 {
        self.longitude
    }

    /// Returns the point on a sphere of radius 1 around the origin: the north pole is (0, 0, 1).
    pub fn unit_vector(self) -> [f64; 3] {
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
    }

    /// Returns how far another point is.
    pub fn chord(self, other: Self) -> Chord {
        let (own, others) = (self.unit_vector(), other.unit_vector());
        let [x, y, z] = std::array::from_fn(|axis| own[axis] - others[axis]);
        // Databases calculate the same, in this order, and so to the last bit.
        Chord::of_squared(x * x + y * y + z * z)
    }

    /// Returns the great-circle distance in kilometres: the arc over the chord.
    pub fn distance_km(self, other: Self) -> f64 {
        self.chord(other).kilometres()
    }
}

/// How far two points of the globe are from each other: the straight line between them through a sphere of radius 1.
/// It is longer if the way over the ground is, and knows neither date line nor poles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    /// The bits of its square. Those of positive numbers are in the same order as the numbers.
    squared: u64,
}

impl Chord {
    /// Longer than all: how far a place is that nobody knows.
    pub const UNKNOWN: Self = Self { squared: u64::MAX };

    /// Makes it from its square, which is 0 to 4 but for roundings. What is none is [`Chord::UNKNOWN`].
    pub fn of_squared(squared: f64) -> Self {
        if (0.0..8.0).contains(&squared) {
            // Zero has two signs.
            Self { squared: (squared + 0.0).to_bits() }
        } else {
            Self::UNKNOWN
        }
    }

    /// Returns the one over an arc of so many kilometres on the ground; for half around the globe and more, one that is
    /// longer than any between two points.
    pub fn over(kilometres: f64) -> Self {
        let angle = kilometres / GeoPoint::EARTH_RADIUS_KM;
        if angle < std::f64::consts::PI {
            Self::of_squared(4.0 * (angle / 2.0).sin().powi(2))
        } else {
            Self::of_squared(5.0)
        }
    }

    /// Returns its square; infinity if it is not known.
    pub const fn squared(self) -> f64 {
        if self.squared == u64::MAX { f64::INFINITY } else { f64::from_bits(self.squared) }
    }

    /// Returns the arc over it in kilometres on the ground.
    pub fn kilometres(self) -> f64 {
        2.0 * GeoPoint::EARTH_RADIUS_KM * (self.squared().sqrt() / 2.0).min(1.0).asin()
    }
}

/// A place that people go to.
#[derive(Debug, Clone, PartialEq)]
pub struct Venue {
    name: String,
    address: String,
    city: String,
    country: Option<Country>,
    position: Option<GeoPoint>,
}

/// What a [`Venue`] is made from, not yet checked.
#[derive(Debug, Clone, Copy)]
pub struct VenueInput<'a> {
    /// Name of the building or place; may be empty.
    pub name: &'a str,
    /// Street and number; may be empty.
    pub address: &'a str,
    /// City; must not be empty.
    pub city: &'a str,
    /// Country, if known.
    pub country: Option<Country>,
    /// Where it is on the globe, if known.
    pub position: Option<GeoPoint>,
}

impl Venue {
    /// Checks the texts: name and city up to 200 characters, address up to 500.
    pub fn new(input: VenueInput<'_>) -> Result<Self, (&'static str, Invalid)> {
        Ok(Self {
            name: text::optional_line(input.name, 200).map_err(|e| ("name", e))?,
            address: text::optional_line(input.address, 500).map_err(|e| ("address", e))?,
            city: text::line(input.city, 200).map_err(|e| ("city", e))?,
            country: input.country,
            position: input.position,
        })
    }

    /// Returns the name of the building or place, or an empty text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns street and number, or an empty text.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the city.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// Returns the country, if known: data from elsewhere does not always tell.
    pub const fn country(&self) -> Option<Country> {
        self.country
    }

    /// Returns where it is on the globe, if known.
    pub const fn position(&self) -> Option<GeoPoint> {
        self.position
    }
}

/// Where an event takes place: somewhere, or online.
#[derive(Debug, Clone, PartialEq)]
pub enum Location {
    /// People meet at a venue.
    Venue(Venue),
    /// People meet online, at this address if it is public.
    Online {
        /// The address to join at.
        url: Option<WebUrl>,
    },
}

impl Location {
    /// Returns the venue of an event that is not online.
    pub const fn venue(&self) -> Option<&Venue> {
        match self {
            Self::Venue(venue) => Some(venue),
            Self::Online { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_cross_the_date_line_and_the_poles() {
        let point = |lat, lon| GeoPoint::new(lat, lon).unwrap();
        let zurich_berlin = point(47.3769, 8.5417).distance_km(point(52.52, 13.405));
        assert!((zurich_berlin - 670.0).abs() < 5.0, "{zurich_berlin}");
        let date_line = point(0.0, 179.5).distance_km(point(0.0, -179.5));
        assert!((date_line - 111.2).abs() < 0.1, "{date_line}");
        let pole = point(89.5, 0.0).distance_km(point(89.5, 180.0));
        assert!((pole - 111.2).abs() < 0.1, "{pole}");
    }

    #[test]
    fn chords_are_in_the_order_of_distances() {
        let chords = [0.0, 0.001, 1.0, 50.0, 9_000.0, 20_000.0, 20_100.0].map(Chord::over);
        assert!(chords.is_sorted() && chords[5] < chords[6], "{chords:?}");
        assert!(chords[6] < Chord::UNKNOWN && chords[6].squared() > 4.0);
        assert!((Chord::over(670.0).kilometres() - 670.0).abs() < 1e-9);
        assert_eq!(Chord::of_squared(-0.0), Chord::over(0.0));
        for none in [f64::NAN, -1.0, f64::INFINITY] {
            assert_eq!(Chord::of_squared(none), Chord::UNKNOWN);
        }
    }

    #[test]
    fn points_off_the_globe_are_refused() {
        for (lat, lon) in [(90.1, 0.0), (0.0, 180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert!(GeoPoint::new(lat, lon).is_err());
        }
    }
}

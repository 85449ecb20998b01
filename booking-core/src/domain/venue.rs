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

    /// Returns the great-circle distance in kilometres by the haversine formula
    /// (R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68, 1984).
    pub fn distance_km(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = (lat2 - lat1) / 2.0;
        let half_lon = (other.longitude - self.longitude).to_radians() / 2.0;
        let a = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
        2.0 * Self::EARTH_RADIUS_KM * a.sqrt().min(1.0).asin()
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
    fn points_off_the_globe_are_refused() {
        for (lat, lon) in [(90.1, 0.0), (0.0, 180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert!(GeoPoint::new(lat, lon).is_err());
        }
    }
}

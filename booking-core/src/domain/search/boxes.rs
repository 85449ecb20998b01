//! Circles on the globe in degrees, for indexes that know no others.

use crate::domain::venue::GeoPoint;

/// Returns boxes in which a circle lies, each as west, south, east and north in degrees: two if it crosses the date
/// line.
pub(crate) fn bounding_boxes(centre: GeoPoint, radius_km: f64) -> Vec<[f64; 4]> {
    let angle = radius_km / GeoPoint::EARTH_RADIUS_KM;
    let (south, north) = latitudes(centre, angle);
    let spans = longitudes(centre, angle);
    spans.into_iter().map(|[west, east]| [west, south, east, north]).collect()
}

/// In degrees: a tenth of a millimetre on the ground, more than all roundings together.
const SLACK: f64 = 1e-9;

/// Returns the degrees of latitude that a circle touches.
fn latitudes(centre: GeoPoint, angle: f64) -> (f64, f64) {
    let reach = angle.to_degrees() + SLACK;
    (centre.latitude() - reach, centre.latitude() + reach)
}

/// Returns the degrees of longitude that a circle touches: all of them if a pole is in it, and two spans if it crosses
/// the date line. A meridian touches a circle of angle r around latitude φ at most asin(sin r / cos φ) away.
fn longitudes(centre: GeoPoint, angle: f64) -> Vec<[f64; 2]> {
    let (south, north) = latitudes(centre, angle);
    if south <= -90.0 || north >= 90.0 {
        return vec![[-180.0, 180.0]];
    }
    let ratio = angle.sin() / centre.latitude().to_radians().cos();
    let reach = ratio.clamp(0.0, 1.0).asin().to_degrees() + SLACK;
    let (west, east) = (centre.longitude() - reach, centre.longitude() + reach);
    if west < -180.0 {
        vec![[-180.0, east], [west + 360.0, 180.0]]
    } else if east > 180.0 {
        vec![[west, 180.0], [-180.0, east - 360.0]]
    } else {
        vec![[west, east]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxes(latitude: f64, longitude: f64, radius_km: f64) -> Vec<[i64; 4]> {
        let centre = GeoPoint::new(latitude, longitude).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "degrees are small")]
        let round = |degrees: [f64; 4]| degrees.map(|degree| degree.round() as i64);
        bounding_boxes(centre, radius_km).into_iter().map(round).collect()
    }

    #[test]
    fn a_circle_lies_in_its_boxes() {
        assert_eq!(boxes(0.0, 10.0, 1_112.0), [[0, -10, 20, 10]]);
        assert_eq!(boxes(60.0, 10.0, 1_112.0), [[-10, 50, 30, 70]]);
        assert_eq!(boxes(0.0, 175.0, 1_112.0), [[165, -10, 180, 10], [-180, -10, -175, 10]]);
        assert_eq!(boxes(0.0, -175.0, 1_112.0), [[-180, -10, -165, 10], [175, -10, 180, 10]]);
        assert_eq!(boxes(85.0, 10.0, 1_112.0), [[-180, 75, 180, 95]]);
        assert_eq!(boxes(-90.0, 0.0, 1_112.0), [[-180, -100, 180, -80]]);
        assert_eq!(boxes(0.0, 0.0, 20_100.0)[0][0], -180);
    }
}

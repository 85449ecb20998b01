//! Names of countries as people write them.

use booking_core::domain::country::Country;

/// Names whose official form is another, by code.
const COMMON: [(&str, &str); 22] = [
    ("BN", "Brunei"),
    ("CD", "DR Congo"),
    ("FK", "Falkland Islands"),
    ("FM", "Micronesia"),
    ("GB", "United Kingdom"),
    ("GM", "The Gambia"),
    ("BS", "The Bahamas"),
    ("HM", "Heard Island and McDonald Islands"),
    ("IR", "Iran"),
    ("KP", "North Korea"),
    ("KR", "South Korea"),
    ("LA", "Laos"),
    ("MD", "Moldova"),
    ("MF", "Saint Martin"),
    ("MK", "North Macedonia"),
    ("PS", "Palestine"),
    ("RU", "Russia"),
    ("SX", "Sint Maarten"),
    ("SY", "Syria"),
    ("TW", "Taiwan"),
    ("TZ", "Tanzania"),
    ("VE", "Venezuela"),
];

/// Writes the name of a country.
pub(crate) fn country_name(country: Country) -> String {
    if let Some((_, name)) = COMMON.iter().find(|(code, _)| *code == country.code()) {
        return (*name).to_owned();
    }
    let name = country.name();
    let words = name.strip_prefix("The ").unwrap_or(name).split(' ').map(|word| match word {
        "Of" => "of",
        "And" => "and",
        "The" => "the",
        other => other,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_people_use() {
        let name = |code| country_name(Country::new(code).unwrap());
        assert_eq!(name("CH"), "Switzerland");
        assert_eq!(name("GB"), "United Kingdom");
        assert_eq!(name("US"), "United States of America");
        assert_eq!(name("NL"), "Netherlands");
        assert_eq!(name("TT"), "Trinidad and Tobago");
        assert_eq!(name("KR"), "South Korea");
        for (code, _) in COMMON {
            assert!(Country::new(code).is_ok(), "{code}");
        }
    }
}

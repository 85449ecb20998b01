//! Countries.

use std::fmt;

use super::invalid::Invalid;

/// A country of ISO 3166-1, by its two-letter code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

impl Country {
    /// Accepts a two-letter code, in any case.
    pub fn new(code: &str) -> Result<Self, Invalid> {
        if code.len() != 2 {
            return Err(Invalid::new("is not an ISO 3166-1 alpha-2 country code"));
        }
        celes::Country::from_alpha2(code)
            .map(|country| Self(country.alpha2))
            .map_err(|_| Invalid::new("is not an ISO 3166-1 alpha-2 country code"))
    }

    /// Accepts a two- or three-letter code or an English name, as found in data from elsewhere.
    pub fn parse_loosely(text: &str) -> Result<Self, Invalid> {
        if let Ok(country) = Self::new(text) {
            return Ok(country);
        }
        let unknown = || Invalid::new("is not the code or English name of a country");
        if text.len() > 100 {
            return Err(unknown());
        }
        // The tables hold names without blanks and marks, some of them with the article.
        let name: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        celes::Country::from_alpha3(text)
            .or_else(|_| celes::Country::from_name(&name))
            .or_else(|_| celes::Country::from_alias(&name))
            .or_else(|_| celes::Country::from_name(format!("the{name}")))
            .map(|country| Self(country.alpha2))
            .map_err(|_| unknown())
    }

    /// Returns the two-letter code in capitals.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// Returns the English name.
    pub fn name(self) -> &'static str {
        celes::Country::from_alpha2(self.0).map_or(self.0, |country| country.long_name)
    }
}

impl Country {
    /// Returns as much of the English name as people call it by: no *Province of* another country, and no part of a
    /// union that is a name of its own.
    pub(crate) fn common_name(self) -> &'static str {
        let name = self.name();
        let name = name.split([',', '(']).next().unwrap_or(name).trim_end();
        let union = name.split_once(" Of ").or_else(|| name.split_once(" of "));
        match union {
            Some((union, _)) if union.contains("United") => union,
            _ => name,
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_name_names_no_other_country() {
        let name = |code| Country::new(code).unwrap().common_name();
        for code in ["GB", "US", "TW", "KR", "CH", "IS"] {
            for other in ["Ireland", "America", "China", "("] {
                assert!(!name(code).contains(other), "{}", name(code));
            }
        }
        assert_eq!(name("IS"), "Iceland");
    }

    #[test]
    fn codes_are_checked_and_names_are_understood() {
        assert_eq!(Country::new("ch").unwrap().code(), "CH");
        assert_eq!(Country::parse_loosely("Germany").unwrap().code(), "DE");
        assert_eq!(Country::parse_loosely("KWT").unwrap().code(), "KW");
        for (name, code) in [
            ("South Africa", "ZA"),
            ("Netherlands", "NL"),
            ("United Kingdom", "GB"),
            ("Bosnia and Herzegovina", "BA"),
            ("Samoa", "WS"),
        ] {
            assert_eq!(Country::parse_loosely(name).map(Country::code), Ok(code), "{name}");
        }
        assert!(Country::parse_loosely("Atlantis").is_err());
        for bad in ["", "C", "ZZ", "CHE", "été"] {
            assert!(Country::new(bad).is_err(), "{bad:?}");
        }
    }
}

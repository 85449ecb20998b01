//! Money: integer minor units and an ISO 4217 currency. Never a float.

use std::fmt;
use std::str::FromStr;

use super::invalid::Invalid;

/// A currency of ISO 4217 that has minor units of 0, 2 or 3 decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Accepts a three-letter code in capitals, such as `EUR`.
    pub fn new(code: &str) -> Result<Self, Invalid> {
        let currency = iso_currency::Currency::from_code(code)
            .ok_or_else(|| Invalid::new("is not an ISO 4217 currency code"))?;
        match currency.exponent() {
            Some(0 | 2 | 3) => Ok(Self(currency)),
            // Funds codes, metals and test codes: nobody can pay a ticket with them.
            _ => Err(Invalid::new("is not a currency that tickets can be sold in")),
        }
    }

    /// Returns the three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns how many decimals the currency has: JPY 0, EUR 2, KWD 3.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl FromStr for Currency {
    type Err = Invalid;

    fn from_str(code: &str) -> Result<Self, Invalid> {
        Self::new(code)
    }
}

/// An amount that is not negative, in the currency's minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount_minor: i64,
    currency: Currency,
}

impl Money {
    /// The largest amount: a thousand billion minor units. Sums of it by a whole booking stay within `i64`.
    pub const MAX_MINOR: i64 = 1_000_000_000_000;

    /// Makes an amount of `amount_minor` minor units, 0 to [`Money::MAX_MINOR`].
    pub fn new(amount_minor: i64, currency: Currency) -> Result<Self, Invalid> {
        if amount_minor < 0 {
            return Err(Invalid::new("must not be negative"));
        }
        if amount_minor > Self::MAX_MINOR {
            return Err(Invalid::new(format!("must not be more than {}", Self::MAX_MINOR)));
        }
        Ok(Self { amount_minor, currency })
    }

    /// Reads a decimal such as `45` or `45.50`; more decimals than the currency has are refused.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("is not a decimal amount such as 45.50");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 13 || !digits(whole) || !digits(fraction) {
            return Err(malformed());
        }
        let decimals = usize::try_from(currency.decimals()).unwrap_or(0);
        let (kept, rest) = fraction.split_at(decimals.min(fraction.len()));
        if rest.bytes().any(|byte| byte != b'0') {
            return Err(Invalid::new(format!(
                "has more than the {decimals} decimals of {currency}"
            )));
        }
        let minor = format!("{whole}{kept:0<decimals$}").parse().map_err(|_| malformed())?;
        Self::new(minor, currency)
    }

    /// Returns the amount in minor units.
    pub const fn amount_minor(self) -> i64 {
        self.amount_minor
    }

    /// Returns the currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Returns `true` for an amount of nothing: a free ticket.
    pub const fn is_zero(self) -> bool {
        self.amount_minor == 0
    }

    /// Returns `factor` times the amount, or `None` past [`Money::MAX_MINOR`].
    pub fn checked_mul(self, factor: u32) -> Option<Self> {
        let amount = self.amount_minor.checked_mul(i64::from(factor))?;
        Self::new(amount, self.currency).ok()
    }
}

/// Prints the amount by its currency's decimals: `45.50 EUR`, `5000 JPY`, `1.250 KWD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_i64.pow(decimals);
        let (whole, rest) = (self.amount_minor / unit, self.amount_minor % unit);
        if decimals == 0 {
            return write!(f, "{whole} {}", self.currency);
        }
        let width = usize::try_from(decimals).unwrap_or(0);
        write!(f, "{whole}.{rest:0width$} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::new(code).unwrap()).unwrap()
    }

    #[test]
    fn amounts_print_by_their_currencys_decimals() {
        assert_eq!(money(4550, "EUR").to_string(), "45.50 EUR");
        assert_eq!(money(5, "EUR").to_string(), "0.05 EUR");
        assert_eq!(money(5000, "JPY").to_string(), "5000 JPY");
        assert_eq!(money(1250, "KWD").to_string(), "1.250 KWD");
    }

    #[test]
    fn decimals_are_read_exactly() {
        let read = |text: &str, code: &str| {
            Money::parse_decimal(text, Currency::new(code).unwrap()).map(Money::amount_minor).ok()
        };
        assert_eq!(read("45", "EUR"), Some(4500));
        assert_eq!(read("45.5", "EUR"), Some(4550));
        assert_eq!(read("45.50", "EUR"), Some(4550));
        assert_eq!(read("45.500", "EUR"), Some(4550));
        assert_eq!(read("1.25", "KWD"), Some(1250));
        assert_eq!(read("5000", "JPY"), Some(5000));
        assert_eq!(read("5000.00", "JPY"), Some(5000));
        for bad in ["", ".5", "45.505", "-1", "1e3", "4,5", "99999999999999", "١"] {
            assert_eq!(read(bad, "EUR"), None, "{bad:?}");
        }
    }

    #[test]
    fn codes_that_nobody_pays_with_are_refused() {
        for bad in ["", "eur", "XXX", "XAU", "EURO", "ZZZ"] {
            assert!(Currency::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn products_are_checked() {
        assert_eq!(money(4500, "EUR").checked_mul(3), Some(money(13500, "EUR")));
        assert_eq!(money(Money::MAX_MINOR, "EUR").checked_mul(2), None);
        assert!(Money::new(-1, Currency::new("EUR").unwrap()).is_err());
        assert!(Money::new(i64::MAX, Currency::new("EUR").unwrap()).is_err());
    }

    #[test]
    fn only_digits_are_an_amount() {
        let euro = Currency::new("EUR").unwrap();
        let longer = "0".repeat(14);
        for bad in [
            "", ".5", "-5", "+5", " 5", "5 ", "5.-5", "5.+5", "-5.50", "5x", "5.x0", "1.2.3",
            &longer,
        ] {
            assert!(Money::parse_decimal(bad, euro).is_err(), "{bad:?}");
        }
    }
}

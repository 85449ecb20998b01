//! What is to go wrong with the notifications of a payment.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::invalid::Invalid;

/// Something that goes wrong with a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fault {
    /// `late=5s`: it is sent so much later. It still tells when the money was paid.
    Late(Duration),
    /// `twice`: after it was accepted, it is sent again.
    Twice,
    /// `out-of-order`: a later notification overtakes it; without one it is sent half a minute late.
    OutOfOrder,
    /// `wrong-amount`: it tells one minor unit more than was paid.
    WrongAmount,
    /// `wrong-currency`: it tells another currency than was paid in.
    WrongCurrency,
    /// `bad-signature` on every attempt, or `bad-signature=2` on the first two.
    BadSignature {
        /// On how many attempts.
        attempts: u32,
    },
    /// `never`: nothing is sent.
    Never,
    /// `unknown-booking`: it names a booking that does not exist.
    UnknownBooking,
    /// `failed-then-succeeded`: a payment that succeeds is reported as failed first.
    FailedThenSucceeded,
}

impl Fault {
    const MAX_LATE: Duration = Duration::from_hours(7 * 24);

    fn parse(text: &str) -> Result<Self, Invalid> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        match (name, value) {
            ("late", Some(value)) => parse_span(value).map(Self::Late),
            ("twice", None) => Ok(Self::Twice),
            ("out-of-order", None) => Ok(Self::OutOfOrder),
            ("wrong-amount", None) => Ok(Self::WrongAmount),
            ("wrong-currency", None) => Ok(Self::WrongCurrency),
            ("bad-signature", None) => Ok(Self::BadSignature { attempts: u32::MAX }),
            ("bad-signature", Some(value)) => {
                parse_count(value).map(|attempts| Self::BadSignature { attempts }).ok_or_else(
                    || Invalid::new("must name a number of attempts, as in bad-signature=2"),
                )
            }
            ("never", None) => Ok(Self::Never),
            ("unknown-booking", None) => Ok(Self::UnknownBooking),
            ("failed-then-succeeded", None) => Ok(Self::FailedThenSucceeded),
            _ => Err(Invalid::new(
                "must be made of late=5s, twice, out-of-order, wrong-amount, wrong-currency, \
                 bad-signature, never, unknown-booking and failed-then-succeeded",
            )),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(span) => write!(f, "late={}ms", span.as_millis()),
            Self::Twice => f.write_str("twice"),
            Self::OutOfOrder => f.write_str("out-of-order"),
            Self::WrongAmount => f.write_str("wrong-amount"),
            Self::WrongCurrency => f.write_str("wrong-currency"),
            Self::BadSignature { attempts: u32::MAX } => f.write_str("bad-signature"),
            Self::BadSignature { attempts } => write!(f, "bad-signature={attempts}"),
            Self::Never => f.write_str("never"),
            Self::UnknownBooking => f.write_str("unknown-booking"),
            Self::FailedThenSucceeded => f.write_str("failed-then-succeeded"),
        }
    }
}

/// Reads digits alone; Rust would take a plus as well.
fn parse_count(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn parse_span(text: &str) -> Result<Duration, Invalid> {
    let malformed =
        || Invalid::new("must have a duration such as 500ms, 5s, 2m or 1h, at most 7 days");
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().map_err(|_| malformed())?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(malformed()),
    };
    let span = number.checked_mul(millis).map(Duration::from_millis).ok_or_else(malformed)?;
    if span > Fault::MAX_LATE { Err(malformed()) } else { Ok(span) }
}

/// What is to go wrong with the notifications of a payment. The default is that nothing does.
///
/// # Example
/// ```
/// use booking_core::adapters::mock_gateway::FaultScript;
///
/// let script: FaultScript = "late=5s, twice".parse()?;
/// assert_eq!(script.to_string(), "late=5000ms,twice");
/// # Ok::<(), booking_core::domain::invalid::Invalid>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultScript(Vec<Fault>);

impl FaultScript {
    /// Lets nothing go wrong.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a fault.
    pub fn and(mut self, fault: Fault) -> Self {
        self.0.push(fault);
        self
    }

    /// Reads names of faults, separated by commas; an empty text lets nothing go wrong.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const MAX_BYTES: usize = 300;
        if text.len() > MAX_BYTES {
            return Err(Invalid::new(format!("must not be longer than {MAX_BYTES} bytes")));
        }
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(Fault::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Returns the faults.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }

    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// Returns how late its notifications are in all.
    pub(super) fn lateness(&self) -> Duration {
        let spans = self.0.iter().filter_map(|fault| match fault {
            Fault::Late(span) => Some(*span),
            _ => None,
        });
        spans.fold(Duration::ZERO, Duration::saturating_add).min(Fault::MAX_LATE)
    }

    /// Returns how many attempts are signed wrongly.
    pub(super) fn bad_signatures(&self) -> u32 {
        let attempts = self.0.iter().filter_map(|fault| match fault {
            Fault::BadSignature { attempts } => Some(*attempts),
            _ => None,
        });
        attempts.max().unwrap_or(0)
    }
}

impl From<Fault> for FaultScript {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl FromStr for FaultScript {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl fmt::Display for FaultScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_back() {
        let text = "late=5000ms,twice,out-of-order,wrong-amount,wrong-currency,bad-signature,\
                    bad-signature=2,never,unknown-booking,failed-then-succeeded";
        let script = FaultScript::parse(text).unwrap();
        assert_eq!(script.to_string(), text);
        assert_eq!(script.faults().len(), 10);
        assert_eq!(
            FaultScript::parse(" late=5s , twice,").unwrap().to_string(),
            "late=5000ms,twice"
        );
        assert_eq!(FaultScript::parse("").unwrap(), FaultScript::none());
        assert_eq!(FaultScript::parse("late=1h").unwrap().lateness(), Duration::from_hours(1));
    }

    #[test]
    fn what_is_not_a_fault_is_refused() {
        for bad in [
            "late",
            "late=",
            "late=5",
            "late=s",
            "late=-5s",
            "late=5d",
            "late=169h",
            "late=99999999999999999999s",
            "late=18446744073709551615h",
            "twice=2",
            "bad-signature=x",
            "bad-signature=+2",
            "bad-signature=",
            "late=+5s",
            "explode",
            &"twice,".repeat(100),
        ] {
            assert!(FaultScript::parse(bad).is_err(), "{bad:?}");
        }
    }
}

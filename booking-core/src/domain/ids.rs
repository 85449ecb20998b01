//! Identifiers: one type for each thing, so that they cannot be mixed up.
//!
//! New ids are UUID v7 (RFC 9562 §5.7) made by an [`IdSource`](crate::ports::IdSource): they sort by
//! time, which keeps the indexes of a busy table dense.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::invalid::Invalid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(transparent))]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID. Ids that others made may be of any version.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// Returns the UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            /// Reads the hyphenated form only: 36 characters.
            fn from_str(text: &str) -> Result<Self, Invalid> {
                if text.len() != 36 {
                    return Err(Invalid::new("is not a UUID in its hyphenated form"));
                }
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| Invalid::new("is not a UUID in its hyphenated form"))
            }
        }
    };
}

id! {
    /// Names an event.
    EventId
}
id! {
    /// Names a booking.
    BookingId
}
id! {
    /// Names a message of the outbox. Repeated deliveries of one message bear the same id.
    NoticeId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_read() {
        let text = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b";
        assert_eq!(text.parse::<EventId>().unwrap().to_string(), text);
        for bad in
            ["", "0192f3c17a5e7cc39c7f0d9b3f1f2a6b", "{0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b}", "x"]
        {
            assert!(bad.parse::<EventId>().is_err(), "{bad:?}");
        }
    }
}

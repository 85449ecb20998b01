//! How domain values are written and read by `serde`: as the API writes them, and read through the
//! constructors that check them, so that no input makes a value that could not be made otherwise.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::booking::BookingStatus;
use super::country::Country;
use super::event::EventStatus;
use super::locale::Locale;
use super::money::{Currency, Money};
use super::notice::NoticeKind;
use super::payment::NotificationKind;
use super::quantity::{Capacity, Quantity};
use super::search::Sort;
use super::time::ZoneName;
use super::venue::GeoPoint;

/// A value that is written as a text.
macro_rules! text {
    ($($name:ty: $write:expr, $read:expr;)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&Self) -> &str = $write;
                serializer.serialize_str(write(self))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                $read(&text).map_err(D::Error::custom)
            }
        }
    )*};
}

text! {
    Currency: |currency| currency.code(), Currency::new;
    Country: |country| country.code(), Country::new;
    ZoneName: ZoneName::as_str, ZoneName::new;
    Locale: Locale::as_str, Locale::new;
    EventStatus: |status| status.as_str(), EventStatus::parse;
    BookingStatus: |status| status.as_str(), BookingStatus::parse;
    NoticeKind: |kind| kind.as_str(), NoticeKind::parse;
    NotificationKind: |kind| kind.as_str(), NotificationKind::parse;
    Sort: |sort| sort.as_str(), Sort::parse;
}

/// A value that is written as a number.
macro_rules! number {
    ($($name:ty,)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.get().serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )*};
}

number! { Quantity, Capacity, }

/// [`Money`] as it is written: `{"amount": 4500, "currency": "EUR"}`.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Money")]
struct MoneyFields {
    amount: i64,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyFields { amount: self.amount_minor(), currency: self.currency() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let MoneyFields { amount, currency } = MoneyFields::deserialize(deserializer)?;
        Self::new(amount, currency).map_err(D::Error::custom)
    }
}

/// [`GeoPoint`] as it is written: `{"latitude": 47.37, "longitude": 8.54}`.
#[derive(Serialize, Deserialize)]
#[serde(rename = "GeoPoint")]
struct GeoPointFields {
    latitude: f64,
    longitude: f64,
}

impl Serialize for GeoPoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        GeoPointFields { latitude: self.latitude(), longitude: self.longitude() }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for GeoPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let GeoPointFields { latitude, longitude } = GeoPointFields::deserialize(deserializer)?;
        Self::new(latitude, longitude).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;

    /// Checks that a value is written as `json`, and read back the same, also from an owned text.
    fn written<T>(value: &T, json: &str)
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(&serde_json::from_str::<T>(json).unwrap(), value);
        let tree: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value);
    }

    fn refused<T: DeserializeOwned + Debug>(json: &str) {
        let read = serde_json::from_str::<T>(json);
        assert!(read.is_err(), "{json} was read as {read:?}");
    }

    #[test]
    fn values_are_written_as_the_api_writes_them() {
        let euro = Currency::new("EUR").unwrap();
        written(&euro, r#""EUR""#);
        written(&Money::new(4_500, euro).unwrap(), r#"{"amount":4500,"currency":"EUR"}"#);
        written(&Quantity::new(3).unwrap(), "3");
        written(&Capacity::new(80_000).unwrap(), "80000");
        written(&Country::new("CH").unwrap(), r#""CH""#);
        written(&ZoneName::new("Europe/Zurich").unwrap(), r#""Europe/Zurich""#);
        written(&Locale::new("pt-BR").unwrap(), r#""pt-BR""#);
        written(&GeoPoint::new(47.5, -8.25).unwrap(), r#"{"latitude":47.5,"longitude":-8.25}"#);
    }

    #[test]
    fn names_are_written_as_the_databases_keep_them() {
        for status in EventStatus::ALL {
            written(&status, &format!("\"{}\"", status.as_str()));
        }
        for status in BookingStatus::ALL {
            written(&status, &format!("\"{}\"", status.as_str()));
        }
        for kind in NoticeKind::ALL {
            written(&kind, &format!("\"{}\"", kind.as_str()));
        }
        for kind in NotificationKind::ALL {
            written(&kind, &format!("\"{}\"", kind.as_str()));
        }
        for sort in Sort::ALL {
            written(&sort, &format!("\"{}\"", sort.as_str()));
        }
    }

    #[test]
    fn what_the_constructors_refuse_is_not_read() {
        refused::<Currency>(r#""eur""#);
        refused::<Currency>("978");
        refused::<Money>(r#"{"amount":-1,"currency":"EUR"}"#);
        refused::<Money>(r#"{"amount":1.5,"currency":"EUR"}"#);
        refused::<Money>(r#"{"amount":1,"currency":"XXX"}"#);
        refused::<Money>(r#"{"amount":1}"#);
        refused::<Quantity>("0");
        refused::<Quantity>("1001");
        refused::<Quantity>("-1");
        refused::<Quantity>(r#""1""#);
        refused::<Capacity>("100000001");
        refused::<Country>(r#""ZZ""#);
        refused::<ZoneName>(r#""Mars/Olympus""#);
        refused::<Locale>(r#""english""#);
        refused::<GeoPoint>(r#"{"latitude":90.5,"longitude":0}"#);
        refused::<GeoPoint>(r#"{"latitude":0}"#);
        refused::<EventStatus>(r#""Published""#);
        refused::<BookingStatus>(r#""""#);
        refused::<NoticeKind>(r#""spam""#);
        refused::<NotificationKind>(r#""succeeded""#);
        refused::<Sort>("null");
    }
}

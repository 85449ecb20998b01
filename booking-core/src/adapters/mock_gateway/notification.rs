//! The body of a notification: how it is written, and how it is read.

use serde::Serialize;
use serde_json::{Map, Value};

use super::unrepeated::Unrepeated;
use crate::domain::booking::Fingerprint;
use crate::domain::ids::BookingId;
use crate::domain::payment::{ForeignId, Notification, NotificationKind};
use crate::domain::time::Timestamp;
use crate::ports::payment_gateway::NotificationError;

const MAX_BODY_BYTES: usize = 256 * 1_024;
const MAX_CURRENCY_BYTES: usize = 64;

#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    r#type: &'a str,
    created_at: Timestamp,
    data: Payload<'a>,
}

#[derive(Serialize)]
struct Payload<'a> {
    payment_id: &'a str,
    booking_id: BookingId,
    amount: i64,
    currency: &'a str,
}

/// Writes a notification as the JSON text that is signed and sent.
///
/// # Panics
/// Never: every field can be written as JSON.
pub fn write(notification: &Notification) -> String {
    let body = Body {
        id: notification.id.as_str(),
        r#type: notification.kind.as_str(),
        created_at: notification.occurred_at,
        data: Payload {
            payment_id: notification.payment_id.as_str(),
            booking_id: notification.booking_id,
            amount: notification.amount_minor,
            currency: &notification.currency,
        },
    };
    serde_json::to_string(&body).expect("a notification can be written as JSON")
}

/// Reads a notification whose signature was checked. Fields that it does not know are passed over.
///
/// # Errors
/// - [`NotificationError::Malformed`] naming the first field that is not as it has to be, never its value.
pub fn read(body: &[u8]) -> Result<Notification, NotificationError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(NotificationError::Malformed("the body is too long".to_owned()));
    }
    let not_json = |_| NotificationError::Malformed("the body is not JSON".to_owned());
    let value: Value = serde_json::from_slice(body).map_err(not_json)?;
    // Two amounts of one notification are as good as none: which of them counts depends on who reads it.
    if serde_json::from_slice::<Unrepeated>(body).is_err() {
        return Err(malformed("a member", "is given more than once"));
    }
    let body = value.as_object().ok_or_else(|| malformed("the body", "is not an object"))?;
    let payload = body
        .get("data")
        .and_then(Value::as_object)
        .ok_or_else(|| malformed("/data", "is not an object"))?;
    let currency = text(payload, "currency", "/data/currency")?;
    if currency.len() > MAX_CURRENCY_BYTES {
        return Err(malformed("/data/currency", "is too long"));
    }
    Ok(Notification {
        id: parsed(body, "id", "/id", |id| ForeignId::new(id))?,
        kind: parsed(body, "type", "/type", NotificationKind::parse)?,
        occurred_at: parsed(body, "created_at", "/created_at", str::parse)?,
        payment_id: parsed(payload, "payment_id", "/data/payment_id", |id| ForeignId::new(id))?,
        booking_id: parsed(payload, "booking_id", "/data/booking_id", str::parse)?,
        amount_minor: payload
            .get("amount")
            .and_then(Value::as_i64)
            .ok_or_else(|| malformed("/data/amount", "is not an integer of 64 bits"))?,
        currency: currency.to_owned(),
    })
}

/// Names a message about a payment. The same message has the same name on every server and after every crash.
pub(super) fn id_of(payment_id: &ForeignId, kind: NotificationKind) -> ForeignId {
    let hash = Fingerprint::of(&[
        b"booking mock gateway notification",
        payment_id.as_str().as_bytes(),
        kind.as_str().as_bytes(),
    ]);
    ForeignId::new(format!("ipn_{}", super::secrets::to_hex(&hash.as_bytes()[..16])))
        .expect("hexadecimal digits are printable")
}

fn text<'a>(
    object: &'a Map<String, Value>,
    key: &str,
    pointer: &str,
) -> Result<&'a str, NotificationError> {
    object.get(key).and_then(Value::as_str).ok_or_else(|| malformed(pointer, "is not a string"))
}

fn parsed<T, E: std::fmt::Display>(
    object: &Map<String, Value>,
    key: &str,
    pointer: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, NotificationError> {
    // Reasons of the domain never repeat the value.
    parse(text(object, key, pointer)?).map_err(|reason| malformed(pointer, reason))
}

fn malformed(what: &str, reason: impl std::fmt::Display) -> NotificationError {
    NotificationError::Malformed(format!("{what} {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BOOKING: &str = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b";

    fn sample() -> Notification {
        Notification {
            id: ForeignId::new("ipn_1").unwrap(),
            kind: NotificationKind::Succeeded,
            occurred_at: "2027-03-28T01:30:00.25Z".parse().unwrap(),
            payment_id: ForeignId::new("pay_1").unwrap(),
            booking_id: BOOKING.parse().unwrap(),
            amount_minor: 4_500,
            currency: "EUR".to_owned(),
        }
    }

    #[test]
    fn a_notification_is_written_as_documented_and_read_back() {
        let text = write(&sample());
        assert_eq!(
            text,
            format!(
                r#"{{"id":"ipn_1","type":"payment.succeeded","created_at":"2027-03-28T01:30:00.25Z","data":{{"payment_id":"pay_1","booking_id":"{BOOKING}","amount":4500,"currency":"EUR"}}}}"#
            )
        );
        assert_eq!(read(text.as_bytes()), Ok(sample()));
    }

    #[test]
    fn unknown_fields_are_passed_over_and_any_amount_is_read() {
        let mut body: Value = serde_json::from_str(&write(&sample())).unwrap();
        body["livemode"] = json!(false);
        body["data"]["fee"] = json!({ "amount": 3 });
        for amount in [i64::MIN, -1, 0, i64::MAX] {
            body["data"]["amount"] = json!(amount);
            assert_eq!(read(body.to_string().as_bytes()).unwrap().amount_minor, amount);
        }
    }

    #[test]
    fn wrong_fields_are_named_and_not_repeated() {
        let secret = "hidden-value";
        for (pointer, value) in [
            ("/id", json!(7)),
            ("/id", json!("")),
            ("/type", json!(secret)),
            ("/type", json!(null)),
            ("/created_at", json!(secret)),
            ("/created_at", json!(1_800_000_000)),
            ("/data", json!([secret])),
            ("/data/payment_id", json!(format!("{secret}\n"))),
            ("/data/booking_id", json!(secret)),
            ("/data/amount", json!("4500")),
            ("/data/amount", json!(45.0)),
            ("/data/amount", json!(u64::MAX)),
            ("/data/currency", json!(978)),
            ("/data/currency", json!(secret.repeat(10))),
        ] {
            let mut body: Value = serde_json::from_str(&write(&sample())).unwrap();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            let Err(NotificationError::Malformed(reason)) = read(body.to_string().as_bytes())
            else {
                panic!("{pointer} = {value} was accepted");
            };
            assert!(reason.starts_with(&format!("{pointer} ")), "{reason}");
            assert!(!reason.contains(secret), "{reason}");
        }
    }

    #[test]
    fn what_says_the_same_thing_twice_is_refused() {
        let text = write(&sample());
        for (member, again) in [
            (r#""amount":4500"#, r#""amount":4500,"amount":1"#),
            (r#""amount":4500"#, r#""amount":1,"\u0061mount":4500"#),
            (r#""id":"ipn_1""#, r#""id":"ipn_1","id":"ipn_1""#),
            (r#""currency":"EUR""#, r#""currency":"EUR","fees":[{"a":1,"a":1}]"#),
        ] {
            let twice = text.replacen(member, again, 1);
            assert_ne!(twice, text);
            let expected = "a member is given more than once".to_owned();
            assert_eq!(
                read(twice.as_bytes()),
                Err(NotificationError::Malformed(expected)),
                "{twice}"
            );
        }
        let more =
            text.replacen(r#""currency":"EUR""#, r#""currency":"EUR","id":[{"id":1},{"id":1}]"#, 1);
        assert_eq!(read(more.as_bytes()), Ok(sample()), "objects are apart");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let long = format!("\"{}\"", "x".repeat(MAX_BODY_BYTES));
        for bad in ["", "null", "[]", "{", "{}", "\u{0}", &"[".repeat(1_000), &long] {
            assert!(matches!(read(bad.as_bytes()), Err(NotificationError::Malformed(_))));
        }
        assert!(read(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn a_message_has_the_same_id_whenever_it_is_made() {
        let payment = ForeignId::new("pay_1").unwrap();
        let id = id_of(&payment, NotificationKind::Refunded);
        assert_eq!(id, id_of(&payment, NotificationKind::Refunded));
        assert_ne!(id, id_of(&payment, NotificationKind::Succeeded));
        assert_ne!(id, id_of(&ForeignId::new("pay_2").unwrap(), NotificationKind::Refunded));
    }
}

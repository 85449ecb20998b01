//! The payment gateway's notifications.

use booking_core::adapters::mock_gateway::{IpnSecrets, notification, signature};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Api, Listener, SECRET};
use crate::shop;

async fn pending() -> (Api, Value) {
    let (api, event) = shop::with_event(&json!({})).await;
    let booking = api.book(&event, 2).await;
    (api, booking)
}

async fn now(api: &Api, booking: &Value) -> Value {
    let path = format!("/v1/bookings/{}", booking["id"].as_str().unwrap());
    shop::ask(api, Listener::Public, shop::get(&path)).await.expect(StatusCode::OK)
}

async fn send(api: &Api, signature: &[u8], body: &[u8]) -> Option<crate::harness::Answer> {
    let headers = [("payment-signature", signature)];
    let request = shop::request(Method::POST, "/v1/payments/ipn", &headers, body)?;
    Some(shop::ask(api, Listener::Public, request).await)
}

/// A signature that was not made with the secret does nothing. The first line is the header, the rest the body.
pub(super) fn signature(input: &[u8]) {
    let (header, body) = shop::first_line(input);
    shop::run(async {
        let (api, booking) = pending().await;
        let Some(answer) = send(&api, header, body).await else { return };
        let refusals = [StatusCode::UNAUTHORIZED, StatusCode::PAYLOAD_TOO_LARGE];
        assert!(refusals.contains(&answer.status), "{answer:?}");
        assert_eq!(now(&api, &booking).await, booking, "nothing is changed");
        // What is signed properly holds for these bytes at this time, and for nothing else.
        let secrets = IpnSecrets::parse(SECRET).unwrap();
        let at = api.app.now();
        let signed = signature::sign(&secrets, body, at);
        assert_eq!(signature::check(&secrets, &signed, body, at), Ok(()));
        let longer = [body, b" "].concat();
        assert!(signature::check(&secrets, &signed, &longer, at).is_err());
        let mixed = format!("{signed},{}", String::from_utf8_lossy(header));
        let alone = String::from_utf8_lossy(header);
        assert!(signature::check(&secrets, &alone, body, at).is_err());
        // Whatever stands beside a good one must not make it good for another body.
        assert!(signature::check(&secrets, &mixed, &longer, at).is_err());
    });
}

/// A signed notification does what it says to the booking that it names, once, or nothing.
pub(super) fn body(input: &[u8]) {
    shop::run(async {
        let (api, booking) = pending().await;
        let secrets = IpnSecrets::parse(SECRET).unwrap();
        let signed = signature::sign(&secrets, input, api.app.now());
        let answer = send(&api, signed.as_bytes(), input).await.unwrap();
        let after = now(&api, &booking).await;
        let said: Value = serde_json::from_slice(input).unwrap_or_default();
        let is_said = said["type"] == "payment.succeeded"
            && said["data"]["amount"] == booking["total"]["amount"]
            && said["data"]["currency"] == booking["total"]["currency"];
        assert!(after["status"] != "confirmed" || is_said, "{said} confirmed {booking}");
        if answer.status.is_success() {
            let read = notification::read(input).unwrap();
            let written = notification::write(&read);
            assert_eq!(notification::read(written.as_bytes()).unwrap(), read, "{written}");
        } else {
            assert_eq!(after, booking, "a refusal changes nothing");
        }
        let repeated = send(&api, signed.as_bytes(), input).await.unwrap();
        assert_eq!(repeated.status, answer.status);
        assert_eq!(now(&api, &booking).await, after, "a repeat changes nothing");
        shop::assert_balanced(&api).await;
    });
}

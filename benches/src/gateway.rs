//! Playing the payment gateway: notifications that are signed as the servers expect.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderValue, Request, Uri};
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::load::post;

/// The path that takes notifications.
pub const PATH: &str = "/v1/payments/ipn";

/// The header that bears the signature.
pub const SIGNATURE: &str = "payment-signature";

/// Signs with the secret that it shares with the servers.
#[derive(Clone)]
pub struct Gateway {
    secret: String,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gateway(..)")
    }
}

impl Gateway {
    /// Makes a gateway.
    pub fn new(secret: &str) -> Self {
        Self { secret: secret.to_owned() }
    }

    /// Returns the body of a notification about a booking, as the API shows that, and its signature.
    ///
    /// `kind` is the last word of the type: `succeeded` or `failed`.
    pub fn notification(&self, booking: &Value, kind: &str) -> (String, String) {
        let at = unix_now();
        let url = booking["payment_url"].as_str().unwrap_or_default();
        let path = url.split('?').next().unwrap_or_default();
        let payment_id = path.rsplit('/').next().unwrap_or_default();
        let body = json!({
            "id": format!("ipn_{kind}_{}", booking["id"].as_str().unwrap_or_default()),
            "type": format!("payment.{kind}"),
            "created_at": jiff::Timestamp::from_second(at).unwrap_or_default().to_string(),
            "data": {
                "payment_id": payment_id,
                "booking_id": booking["id"],
                "amount": booking["total"]["amount"],
                "currency": booking["total"]["currency"],
            },
        })
        .to_string();
        let signature = self.sign(at, body.as_bytes());
        (body, signature)
    }

    /// Returns the request that bears the notification.
    ///
    /// # Panics
    /// Never: a signature is printable.
    pub fn request(&self, booking: &Value, kind: &str) -> Request<Full<Bytes>> {
        let (body, signature) = self.notification(booking, kind);
        let mut request = post(Uri::from_static(PATH), body);
        let signature = HeaderValue::from_str(&signature).expect("a signature is printable");
        request.headers_mut().insert(SIGNATURE, signature);
        request
    }

    fn sign(&self, at: i64, body: &[u8]) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any length is a key");
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        let mut header = format!("t={at},v1=");
        for byte in mac.finalize().into_bytes() {
            write!(header, "{byte:02x}").expect("a string takes everything");
        }
        header
    }
}

/// Returns the seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the servers go by the machine's clock")]
pub fn unix_now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use booking_core::adapters::mock_gateway::{IpnSecrets, signature};
    use booking_core::domain::time::Timestamp;

    use super::*;

    #[test]
    fn the_engine_accepts_what_it_signs_and_nothing_else() {
        let secret = "a secret of sixteen bytes or more";
        let booking = json!({
            "id": "0190163d-8694-739b-aea5-966c26f8ad91",
            "payment_url": "http://127.0.0.1:8080/mock-gateway/pay/mock_1?sig=2",
            "total": { "amount": 4500, "currency": "CHF" },
        });
        let (body, header) = Gateway::new(secret).notification(&booking, "succeeded");
        let now = Timestamp::from_micros(unix_now() * 1_000_000).unwrap();
        let check = |secret: &str, body: &str| {
            let secrets = IpnSecrets::parse(secret).unwrap();
            signature::check(&secrets, &header, body.as_bytes(), now).is_ok()
        };
        assert!(check(secret, &body));
        assert!(!check(secret, &body.replace("4500", "4501")));
        assert!(!check("another secret of sixteen bytes", &body));
        assert!(body.contains(r#""payment_id":"mock_1""#), "{body}");
    }
}

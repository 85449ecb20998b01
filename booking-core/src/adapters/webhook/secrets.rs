//! The secrets that sign webhooks, and the signatures.

use std::fmt;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::invalid::Invalid;

/// HMAC-SHA256 (RFC 2104, FIPS 180-4).
type HmacSha256 = Hmac<Sha256>;

/// Secrets are seen with padding and without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets that the engine and the receiver of its webhooks share.
///
/// All of them sign, so that a secret can be replaced without a pause: add the new one, let the receiver change to it,
/// and take the old one away.
#[derive(Clone)]
pub struct WebhookSecrets(
    /// Each as a MAC that has taken the key in and nothing else.
    Vec<HmacSha256>,
);

impl WebhookSecrets {
    /// What a secret begins with.
    pub const PREFIX: &str = "whsec_";
    /// The fewest bytes of a secret.
    pub const MIN_BYTES: usize = 24;
    /// The most bytes of a secret.
    pub const MAX_BYTES: usize = 64;
    /// The most secrets at a time.
    pub const MAX_SECRETS: usize = 8;

    /// Reads one secret, or several separated by commas: `whsec_` and the base64 of 24 to 64 random bytes. White space
    /// around them does not count.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let keys: Option<Vec<HmacSha256>> =
            text.split(',').map(|secret| read(secret.trim())).collect();
        let keys = keys.ok_or_else(|| {
            Invalid::new(format!(
                "must be {} and the base64 of {} to {} bytes; several are separated by commas",
                Self::PREFIX,
                Self::MIN_BYTES,
                Self::MAX_BYTES
            ))
        })?;
        if keys.len() > Self::MAX_SECRETS {
            return Err(Invalid::new(format!("must not be more than {}", Self::MAX_SECRETS)));
        }
        Ok(Self(keys))
    }

    /// Signs a body with every secret, and returns the value of the header `webhook-signature`.
    ///
    /// `id` must not contain a full stop, or two messages could have the same signature.
    pub(super) fn sign(&self, id: &str, seconds: &str, body: &[u8]) -> String {
        let mut header = String::new();
        for key in &self.0 {
            let mut mac = key.clone();
            for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
                mac.update(part);
            }
            header.push_str(if header.is_empty() { "v1," } else { " v1," });
            BASE64.encode_string(mac.finalize().into_bytes(), &mut header);
        }
        header
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecrets(..)")
    }
}

fn read(secret: &str) -> Option<HmacSha256> {
    let key = BASE64.decode(secret.strip_prefix(WebhookSecrets::PREFIX)?).ok()?;
    let is_long_enough =
        (WebhookSecrets::MIN_BYTES..=WebhookSecrets::MAX_BYTES).contains(&key.len());
    is_long_enough.then(|| HmacSha256::new_from_slice(&key).expect("HMAC takes keys of any length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn signed(secrets: &str) -> String {
        WebhookSecrets::parse(secrets).unwrap().sign(ID, "1614265330", BODY)
    }

    #[test]
    fn the_signature_is_that_of_the_reference_libraries() {
        assert_eq!(signed(SECRET), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs() {
        let both = signed(&format!(" {SECRET} , {OTHER}\n"));
        assert_eq!(both, format!("{} {}", signed(SECRET), signed(OTHER)));
        assert_ne!(signed(SECRET), signed(OTHER));
        assert_eq!(signed(OTHER.trim_end_matches('=')), signed(OTHER), "padding does not count");
    }

    #[test]
    fn secrets_have_the_length_and_form_of_the_specification_and_are_never_printed() {
        let of_bytes = |bytes: usize| format!("whsec_{}", BASE64.encode(vec![7; bytes]));
        for (bytes, is_ok) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            assert_eq!(WebhookSecrets::parse(&of_bytes(bytes)).is_ok(), is_ok, "{bytes}");
        }
        let too_many = [SECRET; 9].join(",");
        let without_prefix = &SECRET["whsec_".len()..];
        let with_space = SECRET.replace('j', " ");
        for bad in ["", ",", "whsec_", without_prefix, &with_space, "whsec_!!", &too_many] {
            let refusal = WebhookSecrets::parse(bad).unwrap_err().to_string();
            assert!(!refusal.contains("MfKQ"), "{refusal}");
        }
        let with_nothing = format!("{SECRET},");
        assert!(WebhookSecrets::parse(&with_nothing).is_err(), "an empty one is a typing error");
        assert_eq!(format!("{:?}", WebhookSecrets::parse(SECRET).unwrap()), "WebhookSecrets(..)");
    }
}

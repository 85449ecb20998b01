//! The secrets that sign notifications, and what is derived from them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::invalid::Invalid;

/// HMAC-SHA256 (RFC 2104, FIPS 180-4).
pub(super) type HmacSha256 = Hmac<Sha256>;

/// The secrets that the gateway and the engine share.
///
/// The first one signs; all of them verify, so that a secret can be replaced without a pause: put the new one
/// in front, and take the old one away once nothing is under way any more that it signed.
#[derive(Clone)]
pub struct IpnSecrets(
    /// Each as a MAC that has taken the key in and nothing else: that is half of the work of a short message.
    Vec<HmacSha256>,
);

impl IpnSecrets {
    /// The fewest bytes of a secret.
    pub const MIN_BYTES: usize = 16;
    /// The most bytes of a secret.
    pub const MAX_BYTES: usize = 1_024;
    /// The most secrets at a time.
    pub const MAX_SECRETS: usize = 8;

    /// Reads one secret, or several separated by commas. White space around them does not count.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let secrets: Vec<&[u8]> = text.split(',').map(|secret| secret.trim().as_bytes()).collect();
        if secrets.len() > Self::MAX_SECRETS {
            return Err(Invalid::new(format!("must not be more than {}", Self::MAX_SECRETS)));
        }
        if secrets.iter().any(|secret| !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&secret.len()))
        {
            return Err(Invalid::new(format!(
                "each secret must have {} to {} bytes",
                Self::MIN_BYTES,
                Self::MAX_BYTES
            )));
        }
        Ok(Self(secrets.into_iter().map(keyed).collect()))
    }

    /// Returns a MAC of nothing yet under the secret that signs.
    pub(super) fn signing(&self) -> HmacSha256 {
        self.0.first().expect("`parse` makes at least one secret").clone()
    }

    /// Returns a MAC of nothing yet under every secret, the signing one first.
    pub(super) fn all(&self) -> impl Iterator<Item = HmacSha256> {
        self.0.iter().cloned()
    }

    /// Derives a key for another purpose from each secret, so that a signature made for one purpose is never
    /// good for another.
    pub(super) fn derive(&self, purpose: &str) -> Vec<HmacSha256> {
        self.all()
            .map(|mut mac| {
                mac.update(purpose.as_bytes());
                keyed(&mac.finalize().into_bytes())
            })
            .collect()
    }
}

impl fmt::Debug for IpnSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IpnSecrets(..)")
    }
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Writes bytes as lower-case hexadecimal digits.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let digit = |value| char::from_digit(u32::from(value), 16).expect("a nibble is one digit");
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

/// Reads the 64 hexadecimal digits of a MAC.
pub(super) fn mac_from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut mac = [0; 32];
    for (byte, pair) in mac.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_enough_and_never_printed() {
        let secrets = IpnSecrets::parse("new-secret-0123456789, old-secret-0123456789\n").unwrap();
        let first = IpnSecrets::parse("new-secret-0123456789").unwrap().signing();
        assert_eq!(secrets.signing().finalize().into_bytes(), first.finalize().into_bytes());
        assert_eq!(secrets.all().count(), 2);
        assert_eq!(format!("{secrets:?}"), "IpnSecrets(..)");
        let too_many = ["0123456789abcdef"; 9].join(",");
        for bad in ["", "short", "0123456789abcdef,", "0123456789abcdef,short", &too_many] {
            let refusal = IpnSecrets::parse(bad).unwrap_err();
            assert!(!refusal.to_string().contains("short"));
        }
    }

    #[test]
    fn hexadecimal_digits_are_read_back() {
        let mac: [u8; 32] = std::array::from_fn(|index| u8::try_from(index * 8).unwrap());
        assert_eq!(mac_from_hex(&to_hex(&mac)), Some(mac));
        for bad in ["", "ab", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert_eq!(mac_from_hex(bad), None);
        }
    }
}

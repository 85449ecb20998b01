//! The `Payment-Signature` header: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<raw body>">`.

use std::time::Duration;

use hmac::Mac;

use super::secrets::{HmacSha256, IpnSecrets, mac_from_hex, to_hex};
use crate::domain::time::Timestamp;
use crate::ports::payment_gateway::NotificationError;

/// The header's name in lower case.
pub const SIGNATURE_HEADER: &str = "payment-signature";

/// How far the time of a signature may be from the time of its arrival, either way.
pub const TOLERANCE: Duration = Duration::from_mins(5);

const MAX_HEADER_BYTES: usize = 2_048;
const MAX_SIGNATURES: usize = 8;

/// Signs a body, and returns the value of the header.
pub fn sign(secrets: &IpnSecrets, body: &[u8], now: Timestamp) -> String {
    let seconds = now.as_secs();
    let mac =
        to_hex(&mac_of(secrets.signing(), &seconds.to_string(), body).finalize().into_bytes());
    format!("t={seconds},v1={mac}")
}

/// Checks the value of the header against a body.
///
/// # Errors
/// - [`NotificationError::BadSignature`] if the value is malformed, stale, or made with none of the secrets.
pub fn check(
    secrets: &IpnSecrets,
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotificationError> {
    let parsed = parse(header)?;
    let distance = now.as_secs().abs_diff(parsed.seconds);
    if distance > TOLERANCE.as_secs() {
        return Err(NotificationError::BadSignature("it is too old, or from the future"));
    }
    // Every pair is compared, whether or not an earlier one matched.
    let is_ours = secrets.all().fold(false, |found, secret| {
        let expected = mac_of(secret, parsed.text, body);
        parsed
            .macs
            .iter()
            .fold(found, |found, mac| found | expected.clone().verify_slice(mac).is_ok())
    });
    if is_ours {
        Ok(())
    } else {
        Err(NotificationError::BadSignature("no secret gives this signature"))
    }
}

struct Parsed<'a> {
    /// The time as it was written: the signature is over these digits.
    text: &'a str,
    seconds: i64,
    macs: Vec<[u8; 32]>,
}

fn parse(header: &str) -> Result<Parsed<'_>, NotificationError> {
    let malformed = || NotificationError::BadSignature("the header is malformed");
    if header.len() > MAX_HEADER_BYTES {
        return Err(malformed());
    }
    let mut time = None;
    let mut macs = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=').ok_or_else(malformed)? {
            ("t", text) => {
                let is_number = (1..=12).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number || time.is_some() {
                    return Err(malformed());
                }
                time = Some((text, text.parse().map_err(|_| malformed())?));
            }
            ("v1", _) if macs.len() == MAX_SIGNATURES => return Err(malformed()),
            ("v1", text) => macs.push(mac_from_hex(text).ok_or_else(malformed)?),
            // Other schemes may come beside this one.
            _ => {}
        }
    }
    match time {
        Some((text, seconds)) if !macs.is_empty() => Ok(Parsed { text, seconds, macs }),
        _ => Err(malformed()),
    }
}

fn mac_of(mut mac: HmacSha256, time: &str, body: &[u8]) -> HmacSha256 {
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"ipn_1"}"#;

    fn secrets(text: &str) -> IpnSecrets {
        IpnSecrets::parse(text).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds).unwrap()
    }

    #[test]
    fn a_known_signature_is_made_and_accepted() {
        // Computed apart: printf '1800000000.{"id":"ipn_1"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        let header = "t=1800000000,\
            v1=48f69870b0db674292415942b4f7ac7f368f479e6a54f359244db6a9c37c2cb7";
        let secrets = secrets("0123456789abcdef");
        assert_eq!(sign(&secrets, BODY, at(1_800_000_000)), header);
        assert_eq!(check(&secrets, header, BODY, at(1_800_000_000)), Ok(()));
    }

    #[test]
    fn any_of_several_secrets_and_signatures_will_do() {
        let (old, new) = (secrets("old-0123456789abc"), secrets("new-0123456789abc"));
        let both = secrets("new-0123456789abc,old-0123456789abc");
        let now = at(1_800_000_000);
        let header = sign(&old, BODY, now);
        assert_eq!(check(&both, &header, BODY, now), Ok(()));
        assert!(check(&new, &header, BODY, now).is_err());
        assert_eq!(check(&new, &sign(&both, BODY, now), BODY, now), Ok(()));
        let (_, old_mac) = header.split_once(',').unwrap();
        let doubled = format!("{},v0=ignored,{old_mac}", sign(&new, BODY, now));
        assert_eq!(check(&old, &doubled, BODY, now), Ok(()));
    }

    #[test]
    fn other_bodies_and_other_times_are_refused() {
        let secrets = secrets("0123456789abcdef");
        let header = sign(&secrets, BODY, at(1_800_000_000));
        assert!(check(&secrets, &header, b"{}", at(1_800_000_000)).is_err());
        let moved = header.replace("1800000000", "1800000001");
        assert!(check(&secrets, &moved, BODY, at(1_800_000_000)).is_err());
        for (seconds, is_ok) in [(-301, false), (-300, true), (300, true), (301, false)] {
            let result = check(&secrets, &header, BODY, at(1_800_000_000 + seconds));
            assert_eq!(result.is_ok(), is_ok, "{seconds}");
        }
    }

    #[test]
    fn malformed_headers_are_refused() {
        let secrets = secrets("0123456789abcdef");
        let mac = "0".repeat(64);
        let many = vec![format!("v1={mac}"); 9].join(",");
        for bad in [
            String::new(),
            "t=1800000000".to_owned(),
            format!("v1={mac}"),
            format!("t=,v1={mac}"),
            format!("t=-1,v1={mac}"),
            format!("t=+1800000000,v1={mac}"),
            format!("t=1800000000,t=1800000000,v1={mac}"),
            format!("t=99999999999999999999,v1={mac}"),
            "t=1800000000,v1=00".to_owned(),
            format!("t=1800000000,v1={mac},"),
            format!("t=1800000000,{many}"),
            format!("t=1800000000,v1={mac},x={}", "y".repeat(4_000)),
        ] {
            assert_eq!(
                check(&secrets, &bad, BODY, at(1_800_000_000)),
                Err(NotificationError::BadSignature("the header is malformed")),
                "{bad}"
            );
        }
    }
}

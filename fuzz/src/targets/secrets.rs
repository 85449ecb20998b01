//! What operators type: secrets, and where webhooks go. A typing error must not print the secret.

use std::net::IpAddr;

use booking_core::adapters::mock_gateway::{FaultScript, IpnSecrets};
use booking_core::adapters::webhook::{WebhookSecrets, WebhookSettings};
use url::{Host, Url};

const GOOD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The first line is a secret, the second one an address, the third a fault script.
pub(super) fn parse(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let (secret, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (address, script) = rest.split_once('\n').unwrap_or((rest, ""));
    let webhook = |text| WebhookSecrets::parse(text).err().map(|refusal| refusal.to_string());
    let ipn = |text| IpnSecrets::parse(text).err().map(|refusal| refusal.to_string());
    for (refusal, of_another) in [(webhook(secret), webhook("?")), (ipn(secret), ipn("?"))] {
        let is_told =
            secret.len() >= 12 && refusal.as_ref().is_some_and(|text| text.contains(secret));
        // Somebody may type the very words of a refusal.
        assert!(!is_told || refusal == of_another, "a secret is told");
    }
    if let Ok(secrets) = WebhookSecrets::parse(secret) {
        assert!(secret.split(',').all(|secret| secret.trim().starts_with("whsec_")));
        assert_eq!(format!("{secrets:?}"), "WebhookSecrets(..)");
    }
    let settings = WebhookSettings::new(address, WebhookSecrets::parse(GOOD).unwrap());
    match settings.check() {
        Ok(()) => assert_public(address),
        Err((field, reason)) => {
            assert_eq!(field, "url");
            assert!(address.len() < 12 || !reason.to_string().contains(address));
        }
    }
    if let Ok(script) = FaultScript::parse(script) {
        assert_eq!(FaultScript::parse(&script.to_string()), Ok(script));
    }
}

fn assert_public(address: &str) {
    let url = Url::parse(address).unwrap();
    assert_eq!(url.scheme(), "https", "{address}");
    assert!(url.username().is_empty() && url.password().is_none(), "{address}");
    let literal = match url.host().unwrap() {
        Host::Domain(_) => return,
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => address.to_canonical(),
    };
    let is_private = match literal {
        IpAddr::V4(ip) => {
            ip.is_private() || ip.is_link_local() || ip.is_broadcast() || ip.is_multicast()
        }
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_multicast(),
    };
    assert!(!is_private && !literal.is_loopback() && !literal.is_unspecified(), "{address}");
}

//! Signed payment links: everything the hosted page has to know stands in them.

use hmac::Mac;
use url::form_urlencoded;

use super::secrets::{HmacSha256, IpnSecrets, mac_from_hex, to_hex};
use crate::domain::booking::Fingerprint;
use crate::domain::ids::BookingId;
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{ForeignId, PaymentLink};
use crate::domain::time::Timestamp;
use crate::ports::payment_gateway::PaymentRequest;

/// The path of the hosted page below the public address; the payment's id follows it.
pub const PAGE_PATH: &str = "/mock-gateway/pay/";

const MAX_DESCRIPTION_CHARS: usize = 200;
const MAX_FIELD_BYTES: usize = 1_024;
const SIGNED: [&str; 5] = ["booking", "amount", "currency", "expires", "description"];
const SIGNATURE: &str = "signature";

/// Why a payment link is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It is incomplete, or was changed on its way, or another gateway made it.
    #[error("the payment link was not made by this gateway")]
    NotOurs,
}

/// The content of a payment link whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedLink {
    pub(super) payment_id: ForeignId,
    pub(super) booking_id: BookingId,
    pub(super) amount: Money,
    pub(super) expires_at: Timestamp,
    pub(super) description: String,
}

impl VerifiedLink {
    /// Returns the payment's id.
    pub const fn payment_id(&self) -> &ForeignId {
        &self.payment_id
    }

    /// Returns the booking that is paid for.
    pub const fn booking_id(&self) -> BookingId {
        self.booking_id
    }

    /// Returns how much is to be paid.
    pub const fn amount(&self) -> Money {
        self.amount
    }

    /// Returns when it is too late to pay.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns what the buyer pays for, as plain text.
    pub fn description(&self) -> &str {
        &self.description
    }
}

/// Names the payment of a booking. It does not depend on the secrets, so that it survives their rotation.
///
/// # Panics
/// Never: hexadecimal digits are printable.
pub fn payment_id_of(booking_id: BookingId) -> ForeignId {
    let hash = Fingerprint::of(&[b"booking mock gateway payment", booking_id.as_uuid().as_bytes()]);
    ForeignId::new(format!("pay_{}", to_hex(&hash.as_bytes()[..16])))
        .expect("hexadecimal digits are printable")
}

/// Signs links and checks them.
pub(super) struct LinkSigner {
    base: String,
    /// MACs of nothing yet, under each key.
    keys: Vec<HmacSha256>,
}

impl LinkSigner {
    /// `public_url` has no slash at its end.
    pub(super) fn new(secrets: &IpnSecrets, public_url: &str) -> Self {
        let keys = secrets.derive("booking mock gateway payment link v1");
        Self { base: format!("{public_url}{PAGE_PATH}"), keys }
    }

    pub(super) fn sign(&self, request: &PaymentRequest) -> PaymentLink {
        let payment_id = payment_id_of(request.booking_id);
        let values = [
            request.booking_id.to_string(),
            request.amount.amount_minor().to_string(),
            request.amount.currency().code().to_owned(),
            request.expires_at.to_string(),
            tidy(&request.description),
        ];
        let key = self.keys.first().expect("there is at least one secret");
        let mac = mac_of(key, payment_id.as_str(), values.each_ref().map(String::as_str));
        let mut url = String::with_capacity(self.base.len() + values[4].len() * 3 + 320);
        url.extend([&*self.base, payment_id.as_str()]);
        for (index, (name, value)) in SIGNED.iter().zip(&values).enumerate() {
            url.extend([if index == 0 { "?" } else { "&" }, name, "="]);
            url.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        }
        url.extend(["&", SIGNATURE, "=", &to_hex(&mac.finalize().into_bytes())]);
        PaymentLink { payment_id, url: url.into() }
    }

    /// Checks the id of the path and the pairs of the query. Pairs of other names are passed over.
    pub(super) fn verify(
        &self,
        payment_id: &str,
        query: &[(String, String)],
    ) -> Result<VerifiedLink, LinkError> {
        self.find_verified(payment_id, query).ok_or(LinkError::NotOurs)
    }

    fn find_verified(&self, payment_id: &str, query: &[(String, String)]) -> Option<VerifiedLink> {
        let mut values = [""; SIGNED.len()];
        for (value, name) in values.iter_mut().zip(SIGNED) {
            *value = find_single(query, name)?;
        }
        let mac = mac_from_hex(find_single(query, SIGNATURE)?)?;
        if payment_id.len() > MAX_FIELD_BYTES {
            return None;
        }
        let is_ours = self.keys.iter().fold(false, |found, key| {
            found | mac_of(key, payment_id, values).verify_slice(&mac).is_ok()
        });
        if !is_ours {
            return None;
        }
        let [booking, amount, currency, expires, description] = values;
        let currency = Currency::new(currency).ok()?;
        let booking_id: BookingId = booking.parse().ok()?;
        let link = VerifiedLink {
            payment_id: ForeignId::new(payment_id).ok()?,
            booking_id,
            amount: Money::new(amount.parse().ok()?, currency).ok()?,
            expires_at: expires.parse().ok()?,
            description: description.to_owned(),
        };
        (link.payment_id == payment_id_of(booking_id)).then_some(link)
    }

    /// Checks a whole address.
    pub(super) fn verify_url(&self, link: &PaymentLink) -> Result<VerifiedLink, LinkError> {
        let rest = link.url.strip_prefix(&self.base).ok_or(LinkError::NotOurs)?;
        let (payment_id, query) = rest.split_once('?').ok_or(LinkError::NotOurs)?;
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        self.verify(payment_id, &query)
    }
}

/// Returns the value of a name that occurs exactly once: of two values, page and check might take different
/// ones.
fn find_single<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let value = found.next()?;
    (found.next().is_none() && value.len() <= MAX_FIELD_BYTES).then_some(value)
}

/// Makes one bounded line of a description: a link has to fit everywhere.
fn tidy(description: &str) -> String {
    let mut line: String = description
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_DESCRIPTION_CHARS)
        .collect();
    if description.chars().nth(MAX_DESCRIPTION_CHARS).is_some() {
        line.pop();
        line.push('…');
    }
    line
}

fn mac_of(key: &HmacSha256, payment_id: &str, values: [&str; 5]) -> HmacSha256 {
    let mut mac = key.clone();
    for part in [payment_id].into_iter().chain(values) {
        // Each with its length, so that no two lists of values give the same input.
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(secrets: &str) -> LinkSigner {
        LinkSigner::new(&IpnSecrets::parse(secrets).unwrap(), "https://tickets.example.org/shop")
    }

    fn request() -> PaymentRequest {
        PaymentRequest {
            booking_id: "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b".parse().unwrap(),
            amount: Money::new(4_500, Currency::new("EUR").unwrap()).unwrap(),
            description: "2 × Zoë & friends?".to_owned(),
            expires_at: "2027-03-28T01:30:00.25Z".parse().unwrap(),
        }
    }

    fn parts(link: &PaymentLink) -> (String, Vec<(String, String)>) {
        let url = url::Url::parse(&link.url).unwrap();
        let id = url.path_segments().unwrap().next_back().unwrap().to_owned();
        (id, url.query_pairs().into_owned().collect())
    }

    #[test]
    fn a_link_tells_what_was_asked_for() {
        let signer = signer("0123456789abcdef");
        let link = signer.sign(&request());
        assert!(link.url.starts_with("https://tickets.example.org/shop/mock-gateway/pay/pay_"));
        let verified = signer.verify_url(&link).unwrap();
        assert_eq!(verified.payment_id(), &link.payment_id);
        assert_eq!(verified.booking_id(), request().booking_id);
        assert_eq!(verified.amount(), request().amount);
        assert_eq!(verified.expires_at(), request().expires_at);
        assert_eq!(verified.description(), request().description);
        assert_eq!(signer.sign(&request()), link);
    }

    #[test]
    fn a_link_that_was_changed_is_refused() {
        let signer = signer("0123456789abcdef");
        let (id, query) = parts(&signer.sign(&request()));
        for index in 0..query.len() {
            let mut changed = query.clone();
            let value = &mut changed[index].1;
            let last = value.pop().unwrap();
            value.push(if last == '1' { '2' } else { '1' });
            assert_eq!(signer.verify(&id, &changed), Err(LinkError::NotOurs), "{changed:?}");
            let mut shorter = query.clone();
            shorter.remove(index);
            assert_eq!(signer.verify(&id, &shorter), Err(LinkError::NotOurs));
            let mut doubled = query.clone();
            doubled.push(query[index].clone());
            assert_eq!(signer.verify(&id, &doubled), Err(LinkError::NotOurs));
        }
        assert_eq!(signer.verify("pay_0", &query), Err(LinkError::NotOurs));
        assert_eq!(signer.verify("", &[]), Err(LinkError::NotOurs));
        let mut tracked = query;
        tracked.push(("utm_source".to_owned(), "mail".to_owned()));
        assert!(signer.verify(&id, &tracked).is_ok());
    }

    #[test]
    fn links_outlive_a_rotation_of_secrets() {
        let old = signer("old-0123456789abc").sign(&request());
        let rotated = signer("new-0123456789abc,old-0123456789abc");
        assert!(rotated.verify_url(&old).is_ok());
        assert_eq!(rotated.sign(&request()).payment_id, old.payment_id);
        assert_eq!(signer("new-0123456789abc").verify_url(&old), Err(LinkError::NotOurs));
    }

    #[test]
    fn descriptions_are_one_bounded_line() {
        let signer = signer("0123456789abcdef");
        let description = format!("first\nsecond {}", "é".repeat(400));
        let verified =
            signer.verify_url(&signer.sign(&PaymentRequest { description, ..request() })).unwrap();
        assert_eq!(verified.description().chars().count(), MAX_DESCRIPTION_CHARS);
        assert!(verified.description().starts_with("first second"));
        assert!(verified.description().ends_with('…'));
    }
}

//! The payment gateway's part: pressing its buttons, and signing notifications as it does.
//!
//! The signature is made here anew from the documentation, not by the code that checks it.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;
use url::form_urlencoded;

use super::{Answer, Server};

/// What the servers of the tests sign and verify with.
pub(crate) const SECRET: &str = "the-secret-of-the-tests";

/// The buttons of the mock gateway's page.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Press {
    Pay,
    Decline,
    GiveUp,
}

/// A notification, to be changed by a test before it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Ipn {
    pub(crate) body: Value,
    pub(crate) secret: String,
    pub(crate) signed_at: i64,
}

#[expect(clippy::disallowed_methods, reason = "the server under test goes by the machine's clock")]
pub(crate) fn unix_now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}

/// Makes the value of `Payment-Signature`.
pub(crate) fn signature(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    let mut header = format!("t={at},v1=");
    for byte in mac.finalize().into_bytes() {
        write!(header, "{byte:02x}").unwrap();
    }
    header
}

impl Ipn {
    /// Makes the notification that `booking` (as it was answered while pending) was paid.
    pub(crate) fn succeeded(booking: &Value) -> Self {
        Self::about(booking, "payment.succeeded")
    }

    pub(crate) fn failed(booking: &Value) -> Self {
        Self::about(booking, "payment.failed")
    }

    fn about(booking: &Value, kind: &str) -> Self {
        let link = Url::parse(booking["payment_url"].as_str().unwrap()).unwrap();
        let payment_id = link.path_segments().unwrap().next_back().unwrap().to_owned();
        let now = unix_now();
        let created_at = jiff::Timestamp::from_second(now).unwrap().to_string();
        let body = json!({
            "id": format!("ipn_{}_{kind}", booking["id"].as_str().unwrap()),
            "type": kind,
            "created_at": created_at,
            "data": {
                "payment_id": payment_id,
                "booking_id": booking["id"],
                "amount": booking["total"]["amount"],
                "currency": booking["total"]["currency"],
            },
        });
        Self { body, secret: SECRET.to_owned(), signed_at: now }
    }

    /// Says that the money was paid so many seconds from now.
    pub(crate) fn paid_in(mut self, seconds: i64) -> Self {
        let paid_at = jiff::Timestamp::from_second(unix_now() + seconds).unwrap();
        self.body["created_at"] = json!(paid_at.to_string());
        self
    }

    pub(crate) fn header(&self) -> String {
        signature(&self.secret, self.signed_at, self.body.to_string().as_bytes())
    }
}

impl Server {
    /// Sends a notification.
    pub(crate) async fn notify(&self, ipn: &Ipn) -> Answer {
        let headers = [("payment-signature", &*ipn.header()), ("content-type", "application/json")];
        let url = self.public("/v1/payments/ipn");
        self.client.send(Method::POST, &url, &headers, ipn.body.to_string()).await
    }

    /// Opens the page behind a payment link and presses a button, as a browser would.
    pub(crate) async fn press(&self, booking: &Value, button: Press) -> Answer {
        self.press_with_fault(booking, button, "").await
    }

    /// Presses a button after choosing what is to go wrong with the notification.
    pub(crate) async fn press_with_fault(
        &self,
        booking: &Value,
        button: Press,
        fault: &str,
    ) -> Answer {
        let link = Url::parse(booking["payment_url"].as_str().unwrap()).unwrap();
        // The server may have another port since it was started again.
        let page = self.public(&format!("{}?{}", link.path(), link.query().unwrap_or_default()));
        let answer = self.client.send(Method::GET, &page, &[("accept", "text/html")], "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let form = Form::find(&answer.text());
        let action = match button {
            Press::Pay => "pay",
            Press::Decline => "decline",
            Press::GiveUp => "give_up",
        };
        let mut fields = form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs(&form.hidden).append_pair("action", action).append_pair("fault", fault);
        let target = Url::parse(&page).unwrap().join(&form.action).unwrap();
        let target = match target.query() {
            Some(query) => self.public(&format!("{}?{query}", target.path())),
            None => self.public(target.path()),
        };
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
        self.client.send(Method::POST, &target, &headers, fields.finish()).await
    }
}

/// The form of the payment page, read as roughly as its markup is simple.
struct Form {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Form {
    fn find(page: &str) -> Self {
        let forms: Vec<&str> = page.split("<form").skip(1).collect();
        let form = forms.iter().find(|form| form.contains("value=\"pay\""));
        let form = form.unwrap_or_else(|| panic!("the page has no form to pay with: {page}"));
        let form = form.split("</form").next().unwrap();
        let inputs = form.split("<input").skip(1).filter(|input| input.contains("\"hidden\""));
        Self {
            action: attribute(form, "action").unwrap(),
            hidden: inputs
                .map(|input| {
                    (attribute(input, "name").unwrap(), attribute(input, "value").unwrap())
                })
                .collect(),
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = tag.split('>').next()?;
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    let plain = value
        .replace("&#38;", "&")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    Some(plain)
}

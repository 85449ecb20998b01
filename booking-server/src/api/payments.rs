//! Taking the payment gateway's notifications.

use booking_core::ports::payment_gateway::{IncomingNotification, NotificationError};
use booking_core::service::{NotificationOutcome, PaymentError};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, StatusCode};

use super::endpoint::IPN_PATH;
use super::fault::report;
use super::view;
use crate::app::App;
use crate::http::body;
use crate::http::problem::{Problem, ProblemType};
use crate::http::reply::{self, Response};

/// The largest notification. Gateways send more than we read, so it is larger than other bodies.
pub(crate) const MAX_NOTIFICATION_BYTES: usize = 256 * 1024;

/// The header that bears the signature, as the OpenAPI document names it.
pub(crate) const SIGNATURE: &str = "Payment-Signature";

/// Says how large the body of a notification may be.
///
/// One that is not even signed gets no more room than any other body: it will be refused.
pub(crate) fn max_body_bytes_of(head: &Parts) -> Option<usize> {
    let is_larger = head.uri.path() == IPN_PATH && head.headers.contains_key(SIGNATURE);
    is_larger.then_some(MAX_NOTIFICATION_BYTES)
}

/// `POST /v1/payments/ipn`
///
/// The media type is not looked at: the signature is over the bytes, whatever they are called.
pub(super) async fn take_notification(
    app: &App,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let message = incoming(request);
    let outcome = app.system().payments().take_notification(&message).await;
    let outcome = match outcome.map_err(|error| refuse(app, &error, &message.body))? {
        NotificationOutcome::Applied(_) => view::NotificationOutcome::Applied,
        NotificationOutcome::Unchanged(_) => view::NotificationOutcome::Unchanged,
        NotificationOutcome::Duplicate => view::NotificationOutcome::Duplicate,
        NotificationOutcome::SetAside(_) => view::NotificationOutcome::SetAside,
        NotificationOutcome::NotFound => return Err(ProblemType::BookingNotFound.into()),
    };
    Ok(reply::json(StatusCode::OK, &view::NotificationReceipt { outcome }))
}

fn incoming(request: &Request<Bytes>) -> IncomingNotification {
    let headers = request.headers().iter();
    IncomingNotification {
        headers: headers
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect(),
        body: request.body().to_vec(),
    }
}

fn refuse(app: &App, error: &PaymentError, body: &[u8]) -> Problem {
    match error {
        PaymentError::Refused(NotificationError::BadSignature(reason)) => {
            if app.logs_refused_notification() {
                tracing::warn!(reason, "a notification was refused; there may be more this second");
            }
            Problem::new(ProblemType::BadSignature).detail(*reason)
        }
        // It is signed, so its sender may hear what is wrong with it.
        PaymentError::Refused(NotificationError::Malformed(reason)) => {
            tracing::warn!(reason, "a signed notification is malformed");
            match body::parse_json(body) {
                Err(problem) => problem,
                Ok(_) => Problem::new(ProblemType::InvalidRequest).detail(reason.clone()),
            }
        }
        PaymentError::Service(error) => report(error),
    }
}

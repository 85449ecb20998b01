//! The mock gateway's own page, on which testers pay, decline and give up.

use askama::Template;
use booking_core::adapters::mock_gateway::{
    ActionError, BuyerAction, FaultScript, MockGateway, PAGE_PATH, PaymentPage, PaymentState,
    ScriptTarget,
};
use booking_core::domain::time::ZoneName;
use bytes::Bytes;
use http::{Request, StatusCode};

use super::errors;
use super::layout::{self, Site};
use super::show::{self, TimeLeft};
use crate::app::App;
use crate::http::body;
use crate::http::origin::{self, HiddenOrigin};
use crate::http::problem::{Problem, ProblemType};
use crate::http::query::Parameters;
use crate::http::reply::{self, Response};
use crate::http::router::Params;

/// What can go wrong, as the page offers it.
const FAULTS: [(&str, &str); 12] = [
    ("", "Nothing: it arrives at once"),
    ("late=10s", "It comes 10 seconds late"),
    ("late=2m", "It comes 2 minutes late"),
    ("late=1h", "It comes an hour late"),
    ("twice", "It comes twice"),
    ("failed-then-succeeded", "A failure is told first, then the success"),
    ("wrong-amount", "It names another amount"),
    ("wrong-currency", "It names another currency"),
    ("bad-signature", "Its signature is wrong"),
    ("bad-signature=2", "Its signature is wrong on the first two attempts"),
    ("unknown-booking", "It names a booking that does not exist"),
    ("never", "It never comes"),
];

const PROMISE: &str = "This page stands in for a payment service. No card is needed.";

#[derive(Template)]
#[template(path = "payment.html")]
struct Page {
    site: Site,
    heading: &'static str,
    notice: Option<&'static str>,
    payment: Option<PaymentView>,
    faults: &'static [(&'static str, &'static str)],
    back: Option<String>,
}

struct PaymentView {
    id: String,
    href: String,
    description: String,
    amount: String,
    time_left: Option<TimeLeft>,
    is_open: bool,
    signed: Pairs,
}

type Pairs = Vec<(String, String)>;

/// `GET /mock-gateway/pay/{payment_id}`
pub(super) fn show(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let gateway = gateway(app)?;
    let signed = pairs(&Parameters::of_uri(request.uri())?);
    let payment_id = params.get("payment_id").unwrap_or_default();
    match gateway.open_payment(payment_id, &signed, app.now()) {
        Ok(payment) => {
            let (heading, notice) = words(payment.state);
            render(app, StatusCode::OK, heading, notice, Some((&payment, signed)))
        }
        Err(_) => not_ours(app),
    }
}

/// `POST /mock-gateway/pay/{payment_id}`
///
/// The signed parameters are fields of the form; in the address they do as well. A page elsewhere does not know the
/// signature, unless its owner has a booking and wants somebody else's browser to pay for it.
pub(super) async fn act(
    app: &App,
    params: &Params,
    request: &Request<Bytes>,
) -> Result<Response, Problem> {
    let gateway = gateway(app)?;
    // The page bids browsers to hide its address, and so some hide its origin.
    if origin::is_foreign(request, app.public_url().as_ref(), HiddenOrigin::Allowed) {
        return Ok(errors::foreign_form(app));
    }
    let form = body::read_form(request.headers(), request.body())?;
    let signed = match form.first("signature") {
        Some(_) => pairs(&form),
        None => pairs(&Parameters::of_uri(request.uri())?),
    };
    let payment_id = params.get("payment_id").unwrap_or_default();
    let Ok(payment) = gateway.open_payment(payment_id, &signed, app.now()) else {
        return not_ours(app);
    };
    let action = match form.first("action") {
        Some("pay") => BuyerAction::Pay,
        Some("decline") => BuyerAction::Decline,
        Some("give_up") => BuyerAction::GiveUp,
        _ => return unclear(app, &payment, signed),
    };
    match form.first("fault").map(FaultScript::parse) {
        None => {}
        Some(Ok(script)) => {
            gateway.script(ScriptTarget::Payment(payment.link.payment_id().clone()), script);
        }
        Some(Err(_)) => return unclear(app, &payment, signed),
    }
    match gateway.act(action, &payment.link).await {
        Ok(outcome) if outcome.is_accepted => {
            Ok(layout::keep_private(reply::see_other(&outcome.return_url)))
        }
        Ok(outcome) => {
            let (heading, notice) = words(outcome.state);
            let payment = PaymentPage { state: outcome.state, ..payment };
            render(app, StatusCode::CONFLICT, heading, notice, Some((&payment, signed)))
        }
        Err(ActionError::Link(_)) => not_ours(app),
        Err(error) => {
            tracing::error!(%error, "a buyer's action was not kept");
            Err(Problem::internal())
        }
    }
}

fn gateway(app: &App) -> Result<&MockGateway, Problem> {
    let gateway = app.mock_gateway().ok_or_else(|| Problem::new(ProblemType::NotFound))?;
    Ok(gateway)
}

fn pairs(parameters: &Parameters) -> Pairs {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    parameters.pairs().map(owned).collect()
}

fn words(state: PaymentState) -> (&'static str, Option<&'static str>) {
    match state {
        PaymentState::Open => ("Pay for your tickets", Some(PROMISE)),
        PaymentState::Paid => ("Paid", Some("This payment was made. It cannot be made twice.")),
        PaymentState::Declined => ("Declined", Some("The bank declined this payment.")),
        PaymentState::GivenUp => ("Given up", Some("You gave this payment up.")),
        PaymentState::Expired => {
            ("Too late to pay", Some("The time for this payment is over. Nothing was paid."))
        }
        PaymentState::Refunded => ("Refunded", Some("The money was given back.")),
    }
}

fn not_ours(app: &App) -> Result<Response, Problem> {
    let notice = "The address is incomplete or was changed. Go back to your booking and follow \
                  its link again.";
    render(app, StatusCode::FORBIDDEN, "This payment link is not valid", Some(notice), None)
}

fn unclear(app: &App, payment: &PaymentPage, signed: Pairs) -> Result<Response, Problem> {
    let notice = "That is nothing this page knows how to do. Nothing was paid.";
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    render(app, status, "Please choose again", Some(notice), Some((payment, signed)))
}

fn render(
    app: &App,
    status: StatusCode,
    heading: &'static str,
    notice: Option<&'static str>,
    payment: Option<(&PaymentPage, Pairs)>,
) -> Result<Response, Problem> {
    let site = Site::of(app);
    let back = payment.as_ref().map(|(payment, _)| payment.return_url.clone());
    let is_open = payment.as_ref().is_some_and(|(payment, _)| payment.state == PaymentState::Open);
    let view = payment.map(|(payment, signed)| {
        let link = &payment.link;
        PaymentView {
            id: link.payment_id().to_string(),
            href: format!("{}{PAGE_PATH}{}", site.base, link.payment_id()),
            description: link.description().to_owned(),
            amount: show::amount(link.amount()),
            time_left: is_open
                .then(|| TimeLeft::new(link.expires_at(), app.now(), &ZoneName::utc())),
            is_open,
            // The buttons and the choice of a fault are fields of their own.
            signed: signed
                .into_iter()
                .filter(|(name, _)| !matches!(name.as_str(), "action" | "fault"))
                .collect(),
        }
    });
    let back = back.filter(|_| !is_open);
    let page = Page { site, heading, notice, payment: view, faults: &FAULTS, back };
    let response = layout::render(status, &page)?;
    Ok(layout::keep_private(layout::let_forms_lead_to_public_url(app, response)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_on_offer_is_one_the_gateway_knows() {
        for (name, _) in FAULTS {
            assert!(FaultScript::parse(name).is_ok(), "{name}");
        }
    }
}

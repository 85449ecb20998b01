//! What the page of an event shows.

use askama::Template;
use booking_core::domain::event::{EventStatus, Listing, SaleState};
use booking_core::domain::ledger::SoldOut;
use booking_core::domain::time::{Timestamp, ZoneName};
use booking_core::domain::venue::Location;
use http::StatusCode;
use url::form_urlencoded;

use super::layout::{self, Site};
use super::show::{self, Badge, When};
use super::structured_data;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::reply::Response;

/// What somebody typed into the booking form.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// The form's token. The same token books once.
    pub(super) token: String,
    /// Number of tickets.
    pub(super) quantity: String,
    /// Name.
    pub(super) name: String,
    /// E-mail address.
    pub(super) email: String,
}

/// What is wrong with a field, by its name.
pub(super) type Wrong = Vec<(&'static str, String)>;

/// A message above the form.
#[derive(Debug)]
pub(super) struct Notice {
    class: &'static str,
    role: &'static str,
    title: String,
    text: String,
    is_worth_reloading: bool,
}

impl Notice {
    /// Tells how things stand.
    pub(super) fn calm(title: impl Into<String>, text: impl Into<String>) -> Self {
        let (title, text) = (title.into(), text.into());
        Self { class: "warn", role: "status", title, text, is_worth_reloading: false }
    }

    /// Tells why nothing came of what was tried.
    pub(super) fn alert(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: "bad", role: "alert", ..Self::calm(title, text) }
    }

    /// Adds a link that asks again.
    pub(super) fn worth_reloading(self) -> Self {
        Self { is_worth_reloading: true, ..self }
    }

    /// Says how many tickets there are, when they are not enough.
    pub(super) fn sold_out(sold_out: SoldOut, now: Timestamp, zone: &ZoneName) -> Self {
        let SoldOut { available, held, next_release_at } = sold_out;
        if held == 0 {
            return match available {
                0 => Self::alert("Sold out.", "All tickets are sold."),
                _ => Self::alert("Not enough tickets.", left(available)),
            };
        }
        let release = match next_release_at {
            Some(at) if at > now => format!(
                "The first of them may be free again in {}, at {}.",
                show::span(at.since(now)),
                show::TimeLeft::new(at, now, zone).until
            ),
            _ => "Those that are not paid for come back within minutes.".to_owned(),
        };
        let waiting = match held {
            1 => "1 ticket is held for a buyer who has not paid yet.".to_owned(),
            _ => format!("{held} tickets are held for buyers who have not paid yet."),
        };
        let title = if available == 0 { "None free right now." } else { "Not enough tickets." };
        let text = match available {
            0 => format!("{waiting} {release}"),
            _ => format!("{} {waiting} {release}", left(available)),
        };
        Self::alert(title, text).worth_reloading()
    }
}

fn left(available: u32) -> String {
    match available {
        1 => "Only 1 ticket is left.".to_owned(),
        _ => format!("Only {available} tickets are left."),
    }
}

/// Everything that varies from one showing of the page to the next.
#[derive(Debug)]
pub(super) struct Showing {
    /// The status of the answer.
    pub(super) status: StatusCode,
    /// What the form holds.
    pub(super) typed: Typed,
    /// What is wrong with it.
    pub(super) wrong: Wrong,
    /// What is said above it; how the event stands if `None`.
    pub(super) notice: Option<Notice>,
    /// What the database said of the tickets just now, if it is newer than the listing.
    pub(super) sold_out: Option<SoldOut>,
}

impl Showing {
    /// Shows the page to somebody who comes to look.
    pub(super) fn new(typed: Typed) -> Self {
        let status = StatusCode::OK;
        Self { status, typed, wrong: Vec::new(), notice: None, sold_out: None }
    }
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    site: Site,
    event: EventView,
    notice: Option<Notice>,
    form: Option<Form>,
    structured_data: Option<String>,
}

struct Link {
    href: String,
    label: String,
}

struct EventView {
    title: String,
    href: String,
    summary: String,
    category: Option<Link>,
    when: When,
    place_lines: Vec<String>,
    join_url: Option<String>,
    image: Option<String>,
    description: String,
    url: Option<String>,
    tags: Vec<Link>,
    price: String,
    is_free: bool,
    badge: Badge,
}

struct Form {
    token: String,
    quantity: String,
    name: String,
    email: String,
    max: u32,
    max_hint: String,
    unit_minor: i64,
    decimals: u32,
    currency: &'static str,
    hold: String,
    wrong: Wrong,
}

impl Form {
    fn wrong(&self, name: &str) -> Option<&str> {
        self.wrong.iter().find(|(field, _)| *field == name).map(|(_, text)| text.as_str())
    }
}

/// Shows the page of an event.
pub(super) fn render(app: &App, listing: &Listing, showing: Showing) -> Result<Response, Problem> {
    let now = app.now();
    let site = Site::of(app);
    let details = &listing.event.details;
    let stock = listing.stock;
    let known = SoldOut { available: stock.available(), held: stock.held(), next_release_at: None };
    let counts = showing.sold_out.unwrap_or(known);

    let state = listing.event.terms().sale_state(now);
    let is_on_sale = state == SaleState::OnSale;
    let event = event_view(&site, listing, state, counts, now);
    let notice = showing.notice.or_else(|| notice_of(state, counts, &details.timezone, now));
    // Who typed something keeps it as long as there is hope.
    let is_hopeful = counts.held > 0 && !showing.typed.name.is_empty();
    let form = (is_on_sale && (counts.available > 0 || is_hopeful)).then(|| {
        let most = details.max_per_booking.get();
        let is_short = counts.available > 0 && counts.available < most;
        Form {
            max_hint: if is_short {
                left(counts.available)
            } else {
                format!("At most {most} for one booking.")
            },
            token: showing.typed.token,
            quantity: showing.typed.quantity,
            name: showing.typed.name,
            email: showing.typed.email,
            max: if is_short { counts.available } else { most },
            unit_minor: details.price.amount_minor(),
            decimals: details.price.currency().decimals(),
            currency: details.price.currency().code(),
            hold: show::span(app.system().settings().hold_ttl),
            wrong: showing.wrong,
        }
    });
    let page_url = app.link(&format!("/events/{}", listing.event.id));
    let structured_data = (listing.event.status != EventStatus::Draft)
        .then(|| structured_data::of(listing, &event.when, &page_url, now));
    let page = EventPage { site, event, notice, form, structured_data };
    let response = layout::render(showing.status, &page)?;
    Ok(layout::let_forms_lead_to_public_url(app, response))
}

fn event_view(
    site: &Site,
    listing: &Listing,
    state: SaleState,
    counts: SoldOut,
    now: Timestamp,
) -> EventView {
    let details = &listing.event.details;
    let search = |name: &str, value: &str| Link {
        href: {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair(name, value);
            format!("{}/?{}", site.base, query.finish())
        },
        label: value.to_owned(),
    };
    let when = When::of(details);
    let join_url = match &details.location {
        Location::Online { url } => url.as_ref().map(|url| url.as_str().to_owned()),
        Location::Venue(_) => None,
    };
    EventView {
        title: details.title.clone(),
        href: format!("{}/events/{}", site.base, listing.event.id),
        summary: show::summary(details, &when),
        category: (!details.category.is_empty()).then(|| Link {
            label: show::capitalised(&details.category),
            ..search("category", &details.category)
        }),
        when,
        place_lines: show::place_lines(&details.location),
        join_url,
        // The policy of the page lets pictures come over TLS only.
        image: details
            .image_url
            .as_ref()
            .map(|url| url.as_str().to_owned())
            .filter(|url| url.starts_with("https://")),
        description: details.description.clone(),
        url: details.url.as_ref().map(|url| url.as_str().to_owned()),
        tags: details.tags.iter().map(|tag| search("tag", tag)).collect(),
        price: show::price(details.price),
        is_free: details.price.is_zero(),
        badge: match state {
            SaleState::OnSale => Badge::on_sale(counts.available, counts.held),
            _ => Badge::of(listing, now),
        },
    }
}

/// Says why the event cannot be booked now, if so.
fn notice_of(state: SaleState, counts: SoldOut, zone: &ZoneName, now: Timestamp) -> Option<Notice> {
    Some(match state {
        SaleState::OnSale if counts.available > 0 => return None,
        SaleState::OnSale => {
            Notice { class: "warn", role: "status", ..Notice::sold_out(counts, now, zone) }
        }
        SaleState::NotYet { on_sale_from } => Notice::calm(
            "Not on sale yet.",
            format!(
                "Sales open on {}, in {}.",
                show::clock_time(on_sale_from, zone),
                show::span_in_days(on_sale_from.since(now))
            ),
        ),
        SaleState::Closed => Notice::calm("Sales have closed.", "Tickets can no longer be booked."),
        SaleState::Ended => Notice::calm("The event is over.", ""),
        SaleState::Cancelled => Notice::alert(
            "The event was called off.",
            "Bookings that were paid for get their money back.",
        ),
        SaleState::Draft => Notice::calm("Not published.", ""),
    })
}

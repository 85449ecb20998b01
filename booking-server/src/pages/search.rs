//! The page that finds events.

mod form;

use askama::Template;
use booking_core::domain::event::{EventStatus, Listing};
use booking_core::domain::search::{Facets, SearchFilter, SearchPage};
use booking_core::domain::time::Timestamp;
use booking_core::service::ServiceError;
use bytes::Bytes;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Request, StatusCode};

use self::form::{Chip, SearchForm};
use super::layout::{self, Site};
use super::show::{self, Badge, When};
use crate::api::cursor;
use crate::api::fault;
use crate::api::search_params::{self, Search};
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::query::Parameters;
use crate::http::reply::Response;

/// As the API does it: long enough for a rush, short enough for counts of tickets.
const CACHE_FOR: &str = "public, max-age=1, must-revalidate";
/// More chips than this are a wall; the filters hold them all.
const MAX_CHIPS: usize = 10;

#[derive(Template)]
#[template(path = "search.html")]
struct ResultPage {
    site: Site,
    heading: &'static str,
    form: SearchForm,
    categories: Vec<Choice>,
    countries: Vec<Choice>,
    orders: Vec<Choice>,
    active: Vec<Chip>,
    category_chips: Vec<Chip>,
    country_chips: Vec<Chip>,
    summary: String,
    problem: Option<Vec<String>>,
    cards: Vec<Card>,
    next: Option<String>,
}

struct Choice {
    value: String,
    label: String,
    is_on: bool,
}

struct Card {
    href: String,
    title: String,
    when: When,
    place: String,
    price: String,
    badge: Badge,
    is_past: bool,
}

/// What matches, and what could be chosen next.
struct Found {
    page: SearchPage,
    /// For the chosen country and any category.
    by_category: Facets,
    /// For the chosen category and any country.
    by_country: Facets,
}

/// `GET /`
pub(super) async fn show(app: &App, request: &Request<Bytes>) -> Result<Response, Problem> {
    let site = Site::of(app);
    // Parameters that others put into a link, to follow whoever clicks on it, do no harm here.
    let parameters = Parameters::of_uri(request.uri());
    let is_readable = parameters.is_ok();
    let form = SearchForm::new(&site.base, &parameters.unwrap_or_default());
    let search = match form.address() {
        Some(address) if is_readable => search_params::read_search(&address),
        _ => Err(Problem::invalid(Vec::new())),
    };
    match search {
        Ok(search) => {
            let found = find(app, &search).await.map_err(|error| fault::report(&error))?;
            let page = result_page(site, form, &search, &found, app.now());
            let mut response = layout::render(StatusCode::OK, &page)?;
            let cache_for = HeaderValue::from_static(CACHE_FOR);
            response.headers_mut().insert(CACHE_CONTROL, cache_for);
            Ok(response)
        }
        Err(problem) => {
            layout::render(StatusCode::UNPROCESSABLE_ENTITY, &refusal_page(site, form, &problem))
        }
    }
}

async fn find(app: &App, search: &Search) -> Result<Found, ServiceError> {
    let catalogue = app.system().catalogue();
    let filter = &search.query.filter;
    let any_category = SearchFilter { category: None, ..filter.clone() };
    let any_country = SearchFilter { country: None, ..filter.clone() };
    let is_filtered = filter.category.is_some() || filter.country.is_some();
    let (page, by_category, by_country) = tokio::try_join!(
        catalogue.search(&search.query),
        catalogue.count_facets(&any_category),
        async {
            if is_filtered {
                catalogue.count_facets(&any_country).await.map(Some)
            } else {
                Ok(None)
            }
        },
    )?;
    let by_country = by_country.unwrap_or_else(|| by_category.clone());
    Ok(Found { page, by_category, by_country })
}

impl Found {
    /// Returns how many events match, as both counts tell it.
    fn total(&self, filter: &SearchFilter) -> u64 {
        match (&filter.category, filter.country) {
            (Some(chosen), _) => count_of(&self.by_category.categories, chosen),
            (None, Some(chosen)) => count_of(&self.by_country.countries, &chosen),
            (None, None) => self.by_category.total,
        }
    }
}

fn count_of<T: PartialEq>(counts: &[(T, u64)], chosen: &T) -> u64 {
    counts.iter().find(|(value, _)| value == chosen).map_or(0, |(_, count)| *count)
}

fn result_page(
    site: Site,
    form: SearchForm,
    search: &Search,
    found: &Found,
    now: Timestamp,
) -> ResultPage {
    let filter = &search.query.filter;
    let summary = match found.total(filter) {
        1 => "1 event".to_owned(),
        count => format!("{} events", show::count(count)),
    };
    let next = found
        .page
        .next
        .as_ref()
        .map(|position| form.link_with("cursor", &cursor::seal_search(search.list, position)));
    let chosen_category = filter.category.clone().unwrap_or_default();
    let chosen_country = filter.country.map(|country| country.code().to_owned());
    let chosen_country = chosen_country.unwrap_or_default();
    let categories = found.by_category.categories.iter();
    let categories =
        categories.map(|(name, count)| (name.clone(), show::capitalised(name), *count));
    let categories: Vec<_> = categories.collect();
    let countries = found.by_country.countries.iter();
    let countries = countries
        .map(|(country, count)| (country.code().to_owned(), show::country_name(*country), *count));
    let countries: Vec<_> = countries.collect();
    ResultPage {
        heading: if form.is_blank() { "Find an event" } else { "Events" },
        category_chips: chips(&form, "category", &chosen_category, &categories),
        country_chips: chips(&form, "country", &chosen_country, &countries),
        categories: choices(&chosen_category, categories),
        countries: choices(&chosen_country, countries),
        orders: orders(&form),
        active: form.active(),
        summary,
        problem: None,
        cards: found.page.items.iter().map(|item| card(&site, item, now)).collect(),
        next,
        form,
        site,
    }
}

/// Shows the form as it was filled in, and what is wrong with it.
fn refusal_page(site: Site, form: SearchForm, problem: &Problem) -> ResultPage {
    let form = form.refused(problem);
    let category = form.value("category").to_owned();
    let country = form.value("country").to_owned();
    ResultPage {
        heading: "Events",
        categories: choices(&category, Vec::new()),
        countries: choices(&country, Vec::new()),
        orders: orders(&form),
        active: form.active(),
        category_chips: Vec::new(),
        country_chips: Vec::new(),
        summary: "No search was made".to_owned(),
        problem: Some(form.complaints()),
        cards: Vec::new(),
        next: None,
        form,
        site,
    }
}

/// Lists what can be chosen. What is chosen stays, also if nothing matches it.
fn choices(chosen: &str, known: Vec<(String, String, u64)>) -> Vec<Choice> {
    let mut choices: Vec<Choice> = known
        .into_iter()
        .map(|(value, label, _)| Choice { is_on: value == chosen, value, label })
        .collect();
    choices.sort_by(|a, b| a.label.cmp(&b.label));
    if !chosen.is_empty() && !choices.iter().any(|choice| choice.is_on) {
        let (value, label) = (chosen.to_owned(), chosen.to_owned());
        choices.push(Choice { value, label, is_on: true });
    }
    choices
}

/// Lists what can be chosen with one click. A choice of one is none.
fn chips(
    form: &SearchForm,
    name: &'static str,
    chosen: &str,
    known: &[(String, String, u64)],
) -> Vec<Chip> {
    if known.len() < 2 {
        return Vec::new();
    }
    let others = known.iter().filter(|(value, _, _)| value != chosen).take(MAX_CHIPS);
    others
        .map(|(value, label, count)| Chip {
            href: form.link_with(name, value),
            label: label.clone(),
            count: *count,
        })
        .collect()
}

fn orders(form: &SearchForm) -> Vec<Choice> {
    let by_default = if form.value("q").is_empty() { "By date" } else { "Best match" };
    let mut orders = vec![("", by_default), ("price", "By price")];
    if !form.value("q").is_empty() {
        orders.push(("starts_at", "By date"));
    }
    if !form.value("near").is_empty() {
        orders.push(("distance", "Nearest first"));
    }
    let chosen = form.value("sort");
    let choice = |(value, label): (&str, &str)| Choice {
        is_on: value == chosen,
        value: value.to_owned(),
        label: label.to_owned(),
    };
    orders.into_iter().map(choice).collect()
}

fn card(site: &Site, listing: &Listing, now: Timestamp) -> Card {
    let details = &listing.event.details;
    Card {
        href: format!("{}/events/{}", site.base, listing.event.id),
        title: details.title.clone(),
        when: When::of(details),
        place: show::place(&details.location),
        price: show::price(details.price),
        badge: Badge::of(listing, now),
        is_past: details.ends_at <= now || listing.event.status == EventStatus::Cancelled,
    }
}

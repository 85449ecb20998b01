//! Checking a draft: everything that is wrong with it is said at once.

use super::{EventDetails, EventDraft, EventFields, InvalidEvent, LocationDraft, Violation};
use crate::domain::country::Country;
use crate::domain::invalid::Invalid;
use crate::domain::money::{Currency, Money};
use crate::domain::quantity::Quantity;
use crate::domain::text::{self, WebUrl};
use crate::domain::time::ZoneName;
use crate::domain::venue::{GeoPoint, Location, Venue, VenueInput};

impl EventDetails {
    /// Checks a draft, and names every field that is not acceptable.
    #[expect(clippy::needless_pass_by_value, reason = "a draft is of no use once it is checked")]
    pub fn check(draft: EventDraft) -> Result<Self, InvalidEvent> {
        let mut wrong = Violations::default();
        let title = wrong.take("/title", text::line(&draft.title, 300));
        let description = wrong.take("/description", text::block(&draft.description, 20_000));
        let category = wrong.take("/category", text::label(&draft.category, 60));
        let tags = check_tags(&mut wrong, &draft.tags);
        let location = check_location(&mut wrong, &draft.location);
        let timezone = wrong.take("/timezone", ZoneName::new(&draft.timezone));
        let currency = wrong.take("/price/currency", Currency::new(&draft.currency));
        // The bounds of an amount are those of every currency, so a wrong currency hides no wrong amount.
        let stand_in = currency.or_else(|| Currency::new("EUR").ok());
        let amount = stand_in
            .and_then(|any| wrong.take("/price/amount", Money::new(draft.price_minor, any)));
        let price = currency.and(amount);
        let max_per_booking = wrong.take("/max_per_booking", Quantity::new(draft.max_per_booking));
        let url = wrong.take_optional("/url", draft.url.as_ref(), WebUrl::new);
        let image_url = wrong.take_optional("/image_url", draft.image_url.as_ref(), WebUrl::new);
        wrong.take("/ends_at", check_order(&draft));
        wrong.take("/on_sale_until", check_window(&draft));
        wrong.take("/price/amount", check_total(price, max_per_booking));

        let checked = (|| {
            Some(EventFields {
                title: title?,
                description: description?,
                category: category?,
                tags: tags?,
                location: location?,
                starts_at: draft.starts_at,
                ends_at: draft.ends_at,
                all_day: draft.all_day,
                timezone: timezone?,
                on_sale_from: draft.on_sale_from,
                on_sale_until: draft.on_sale_until,
                price: price?,
                max_per_booking: max_per_booking?,
                url: url?,
                image_url: image_url?,
            })
        })();
        match checked {
            Some(fields) if wrong.0.is_empty() => Ok(Self(fields)),
            _ => Err(InvalidEvent(wrong.0)),
        }
    }
}

/// Collects everything that is wrong, so that a caller hears it all at once.
#[derive(Default)]
struct Violations(Vec<Violation>);

impl Violations {
    fn take<T>(&mut self, pointer: &str, checked: Result<T, Invalid>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(reason) => {
                self.0.push(Violation { pointer: pointer.to_owned(), reason });
                None
            }
        }
    }

    #[expect(clippy::option_option, reason = "the outer one says whether the check passed")]
    fn take_optional<T>(
        &mut self,
        pointer: &str,
        text: Option<&String>,
        check: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<Option<T>> {
        match text {
            None => Some(None),
            Some(text) => self.take(pointer, check(text)).map(Some),
        }
    }
}

fn check_tags(wrong: &mut Violations, tags: &[String]) -> Option<Vec<String>> {
    const MAX_TAGS: usize = 30;
    if tags.len() > MAX_TAGS {
        let reason = Invalid::new(format!("must not be more than {MAX_TAGS}"));
        return wrong.take("/tags", Err(reason));
    }
    let mut checked: Vec<String> = Vec::with_capacity(tags.len());
    let mut complete = true;
    for (index, tag) in tags.iter().enumerate() {
        match wrong.take(
            &format!("/tags/{index}"),
            text::line(tag, 60).and_then(|tag| text::label(&tag, 60)),
        ) {
            None => complete = false,
            Some(tag) => {
                if !checked.contains(&tag) {
                    checked.push(tag);
                }
            }
        }
    }
    complete.then_some(checked)
}

fn check_location(wrong: &mut Violations, location: &LocationDraft) -> Option<Location> {
    match location {
        LocationDraft::Online { url } => {
            let url = wrong.take_optional("/venue/url", url.as_ref(), WebUrl::new)?;
            Some(Location::Online { url })
        }
        LocationDraft::Venue { name, address, city, country, latitude, longitude } => {
            let country = match country.as_str() {
                "" => Some(None),
                code => wrong.take("/venue/country", Country::new(code)).map(Some),
            };
            let position = match (latitude, longitude) {
                (None, None) => Some(None),
                (Some(latitude), Some(longitude)) => {
                    wrong.take("/venue/latitude", GeoPoint::new(*latitude, *longitude)).map(Some)
                }
                _ => wrong.take(
                    "/venue/longitude",
                    Err(Invalid::new("latitude and longitude must be given together")),
                ),
            };
            // The texts are checked although the country or the position is wrong.
            let input = VenueInput {
                name,
                address,
                city,
                country: country.flatten(),
                position: position.flatten(),
            };
            let venue = match Venue::new(input) {
                Ok(venue) => Some(venue),
                Err((field, reason)) => wrong.take(&format!("/venue/{field}"), Err(reason)),
            };
            (country.is_some() && position.is_some()).then_some(Location::Venue(venue?))
        }
    }
}

fn check_order(draft: &EventDraft) -> Result<(), Invalid> {
    if draft.ends_at < draft.starts_at {
        return Err(Invalid::new("must not be before starts_at"));
    }
    Ok(())
}

fn check_window(draft: &EventDraft) -> Result<(), Invalid> {
    match (draft.on_sale_from, draft.on_sale_until) {
        (Some(from), Some(until)) if until <= from => {
            Err(Invalid::new("must be after on_sale_from"))
        }
        _ => Ok(()),
    }
}

/// The largest booking must have a price that can be written down.
fn check_total(price: Option<Money>, max: Option<Quantity>) -> Result<(), Invalid> {
    match (price, max) {
        (Some(price), Some(max)) if price.checked_mul(max.get()).is_none() => {
            Err(Invalid::new("is too large for a booking of max_per_booking tickets"))
        }
        _ => Ok(()),
    }
}

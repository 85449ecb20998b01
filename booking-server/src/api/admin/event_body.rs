//! Reading events that organisers write.

use booking_core::domain::event::{EventDetails, EventDraft, LocationDraft, ReminderLead};
use booking_core::domain::quantity::Capacity;
use booking_core::domain::time::Timestamp;

use crate::http::fields::{ObjectReader, Presence};

/// The most tickets that one booking may be for, if the organiser does not say.
pub(crate) const DEFAULT_MAX_PER_BOOKING: u32 = 10;

/// What an organiser wants an event to be.
#[derive(Debug)]
pub(super) struct EventBody {
    pub(super) details: EventDetails,
    /// `None` only where it may be left out.
    pub(super) capacity: Option<Capacity>,
    /// `None` if it is left out.
    pub(super) reminder: Option<ReminderLead>,
}

/// Reads a whole event.
pub(super) fn read_new(
    body: &mut ObjectReader<'_>,
) -> Option<(EventDetails, Capacity, ReminderLead)> {
    let mut form = Form { body, base: None };
    let EventBody { details, capacity, reminder } = form.read()?;
    Some((details, capacity?, reminder.unwrap_or_default()))
}

/// Reads a change (RFC 7396): what is absent stays as in `base`, `null` clears what may be cleared.
///
/// `venue` and `price` are replaced as a whole: half a venue is no place.
pub(super) fn read_change(base: &EventDraft, body: &mut ObjectReader<'_>) -> Option<EventBody> {
    Form { body, base: Some(base) }.read()
}

/// The fields of an event, read over those that it has.
struct Form<'b, 'e> {
    body: &'b mut ObjectReader<'e>,
    base: Option<&'b EventDraft>,
}

/// What a field of the body says.
enum Field<T> {
    /// Nothing: what was stays.
    Kept,
    /// That there shall be none.
    Cleared,
    /// This; `None` if it is wrong, which was noted.
    Given(Option<T>),
}

impl<'e> Form<'_, 'e> {
    /// Fields that are wrong or missing get valid stand-ins, so that all others are checked as
    /// well. Whatever is noted makes the request fail, so no stand-in is ever stored.
    fn read(&mut self) -> Option<EventBody> {
        let title = self.required("title", string, |base| base.title.clone());
        let description =
            self.optional("description", string, |base| Some(base.description.clone()));
        let category = self.optional("category", string, |base| Some(base.category.clone()));
        let tags = self.optional("tags", ObjectReader::required_strings, |b| Some(b.tags.clone()));
        let location = self.location();
        let starts_at = self.required("starts_at", instant, |base| base.starts_at);
        let ends_at = self.required("ends_at", instant, |base| base.ends_at);
        let all_day = self.optional("all_day", ObjectReader::required_boolean, |b| Some(b.all_day));
        let timezone = self.required("timezone", string, |base| base.timezone.clone());
        let on_sale_from = self.optional("on_sale_from", instant, |base| base.on_sale_from);
        let on_sale_until = self.optional("on_sale_until", instant, |base| base.on_sale_until);
        let price =
            self.required("price", read_price, |base| (base.price_minor, base.currency.clone()));
        let capacity = self.capacity();
        let max_per_booking = self.max_per_booking();
        let reminder = self.reminder();
        let url = self.optional("url", string, |base| base.url.clone());
        let image_url = self.optional("image_url", string, |base| base.image_url.clone());

        let (price_minor, currency) = price.unwrap_or((0, "EUR".to_owned()));
        let beginning = starts_at.or(ends_at).unwrap_or(Timestamp::MIN);
        let draft = EventDraft {
            title: title.unwrap_or_else(|| "title".to_owned()),
            description: description.unwrap_or_default(),
            category: category.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            location: location.unwrap_or(LocationDraft::Online { url: None }),
            starts_at: beginning,
            ends_at: ends_at.unwrap_or(beginning),
            all_day: all_day.unwrap_or(false),
            timezone: timezone.unwrap_or_else(|| "UTC".to_owned()),
            on_sale_from,
            on_sale_until,
            price_minor,
            currency,
            max_per_booking,
            url,
            image_url,
        };
        match EventDetails::check(draft) {
            Ok(details) => Some(EventBody { details, capacity, reminder }),
            Err(violations) => {
                for violation in violations {
                    self.body.error_at(&violation.pointer, violation.reason.to_string());
                }
                None
            }
        }
    }

    fn take<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ObjectReader<'e>, &str) -> Option<T>,
    ) -> Field<T> {
        match self.body.presence(name) {
            Presence::Absent => Field::Kept,
            Presence::Null => {
                // Takes the field, so that it does not count as unknown.
                let _ = self.body.optional_string(name);
                Field::Cleared
            }
            Presence::Given => Field::Given(read(self.body, name)),
        }
    }

    /// Takes a field that an event cannot be without.
    fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ObjectReader<'e>, &str) -> Option<T>,
        base: impl FnOnce(&EventDraft) -> T,
    ) -> Option<T> {
        match (self.take(name, read), self.base) {
            (Field::Given(value), _) => value,
            (Field::Kept, Some(draft)) => Some(base(draft)),
            (Field::Kept, None) => {
                self.body.error(name, "is required");
                None
            }
            (Field::Cleared, _) => {
                self.body.error(name, "must not be null");
                None
            }
        }
    }

    /// Takes a field that may be left out or cleared; `None` stands for its empty value.
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut ObjectReader<'e>, &str) -> Option<T>,
        base: impl FnOnce(&EventDraft) -> Option<T>,
    ) -> Option<T> {
        match self.take(name, read) {
            Field::Given(value) => value,
            Field::Kept => self.base.and_then(base),
            Field::Cleared => None,
        }
    }

    /// Takes `venue`. `"online": true` may stand for it, which is a venue without an address.
    fn location(&mut self) -> Option<LocationDraft> {
        let online = self.body.optional_boolean("online");
        let has_venue = self.body.presence("venue") != Presence::Absent;
        if online == Some(true) && !has_venue {
            let kept = self.base.map(|draft| draft.location.clone());
            let is_online =
                |location: &LocationDraft| matches!(location, LocationDraft::Online { .. });
            return Some(kept.filter(is_online).unwrap_or(LocationDraft::Online { url: None }));
        }
        let location = self.required("venue", read_venue, |base| base.location.clone())?;
        let is_online = matches!(location, LocationDraft::Online { .. });
        if online.is_some_and(|online| online != is_online) {
            self.body.error("online", "does not agree with venue");
        }
        Some(location)
    }

    fn capacity(&mut self) -> Option<Capacity> {
        let field = self.take("capacity", |body, name| {
            let capacity = body.required_integer(name);
            body.convert(name, capacity, |capacity| {
                // What does not fit is as wrong as zero, and is told the same.
                Capacity::new(u32::try_from(capacity).unwrap_or(0))
            })
        });
        match field {
            Field::Given(capacity) => capacity,
            Field::Kept if self.base.is_some() => None,
            Field::Kept => {
                self.body.error("capacity", "is required");
                None
            }
            Field::Cleared => {
                self.body.error("capacity", "must not be null");
                None
            }
        }
    }

    fn reminder(&mut self) -> Option<ReminderLead> {
        let field = self.take("reminder_minutes", |body, name| {
            let minutes = body.required_integer(name);
            body.convert(name, minutes, |minutes| {
                // What does not fit is as wrong as what is too long, and is told the same.
                ReminderLead::from_minutes(u32::try_from(minutes).unwrap_or(u32::MAX))
            })
        });
        match field {
            Field::Given(reminder) => reminder,
            Field::Kept => None,
            Field::Cleared => Some(ReminderLead::default()),
        }
    }

    fn max_per_booking(&mut self) -> u32 {
        let field = self.take("max_per_booking", ObjectReader::required_integer);
        match field {
            // What does not fit is as wrong as zero, and is told the same. What is no number at all
            // was noted, and must not be noted twice.
            Field::Given(Some(max)) => u32::try_from(max).unwrap_or(0),
            Field::Given(None) => 1,
            Field::Kept => self.base.map_or(DEFAULT_MAX_PER_BOOKING, |base| base.max_per_booking),
            Field::Cleared => DEFAULT_MAX_PER_BOOKING,
        }
    }
}

fn string(body: &mut ObjectReader<'_>, name: &str) -> Option<String> {
    body.required_string(name)
}

/// An instant that the domain can hold.
fn instant(body: &mut ObjectReader<'_>, name: &str) -> Option<Timestamp> {
    let instant = body.required_instant(name);
    body.convert(name, instant, Timestamp::from_jiff)
}

fn read_price(body: &mut ObjectReader<'_>, name: &str) -> Option<(i64, String)> {
    body.required_object(name, |price| {
        let amount = price.required_integer("amount");
        let currency = price.required_string("currency");
        Some((amount?, currency?))
    })
}

fn read_venue(body: &mut ObjectReader<'_>, name: &str) -> Option<LocationDraft> {
    body.required_object(name, |venue| {
        if venue.presence("online") != Presence::Absent {
            let is_online = venue.required_boolean("online");
            if is_online == Some(false) {
                venue.error("online", "must be true, or left out for a place");
            }
            return Some(LocationDraft::Online { url: venue.optional_string("url") });
        }
        let name = venue.optional_string("name");
        let address = venue.optional_string("address");
        let city = venue.required_string("city");
        let country = venue.optional_string("country");
        let latitude = venue.optional_number("latitude");
        let longitude = venue.optional_number("longitude");
        Some(LocationDraft::Venue {
            name: name.unwrap_or_default(),
            address: address.unwrap_or_default(),
            city: city.unwrap_or_else(|| "city".to_owned()),
            country: country.unwrap_or_default(),
            latitude,
            longitude,
        })
    })
}

//! Price, sales window and number of tickets.

use booking_core::domain::money::{Currency, Money};
use booking_core::domain::quantity::Quantity;
use booking_core::domain::time::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::json::{Object, local_name, objects, property, raw_text, values, whole_number};
use super::when::{Side, moment};

/// What the data says of the sale.
#[derive(Debug, Default)]
pub(super) struct Sale {
    pub(super) price: Option<Money>,
    /// The price bears no currency, so the default's was taken.
    pub(super) is_currency_guessed: bool,
    pub(super) on_sale_from: Option<Timestamp>,
    pub(super) on_sale_until: Option<Timestamp>,
    pub(super) capacity: Option<i64>,
    pub(super) max_per_booking: Option<u32>,
    pub(super) is_sold_out: bool,
}

/// One priced offer.
struct Offer<'a> {
    source: &'a Object,
    price: Money,
    is_currency_guessed: bool,
}

/// Reads the offers; the cheapest one that can still be had stands for all.
pub(super) fn read(
    event: &Object,
    currency: Currency,
    zone: &TimeZone,
    wrong: &mut Vec<String>,
) -> Sale {
    let all: Vec<&Object> = objects(event, "offers").flat_map(with_nested).collect();
    let mut open: Vec<&Object> = all.iter().copied().filter(|offer| !is_gone(offer)).collect();
    let mut sale = Sale { is_sold_out: !all.is_empty() && open.is_empty(), ..Sale::default() };
    if open.is_empty() {
        open.clone_from(&all);
    }
    let mut priced = Vec::new();
    for offer in &open {
        match price(offer, currency) {
            Ok(Some((price, is_currency_guessed))) => {
                priced.push(Offer { source: offer, price, is_currency_guessed });
            }
            Ok(None) => {}
            Err(reason) => {
                if !wrong.contains(&reason) {
                    wrong.push(reason);
                }
            }
        }
    }
    // Prices of several currencies cannot be compared: the first one decides.
    let first = priced.first().map(|offer| offer.price.currency());
    let cheapest = priced
        .iter()
        .filter(|offer| Some(offer.price.currency()) == first)
        .min_by_key(|offer| offer.price.amount_minor());
    if let Some(offer) = cheapest {
        sale.price = Some(offer.price);
        sale.is_currency_guessed = offer.is_currency_guessed;
    } else if property(event, "isAccessibleForFree").is_some_and(is_true) {
        sale.price = Money::new(0, currency).ok();
        sale.is_currency_guessed = true;
    }
    let chosen = cheapest.map(|offer| offer.source).or_else(|| open.first().copied());
    if let Some(offer) = chosen {
        let mut at = |names: [&str; 2], side| {
            let name = names.into_iter().find(|name| property(offer, name).is_some())?;
            match moment(offer, name) {
                Ok(moment) => moment?.instant(side, zone),
                Err(reason) => {
                    wrong.push(format!("offers: {reason}"));
                    None
                }
            }
        };
        sale.on_sale_from = at(["availabilityStarts", "validFrom"], Side::Start);
        sale.on_sale_until = at(["availabilityEnds", "validThrough"], Side::End);
        sale.max_per_booking = most_per_booking(offer);
    }
    sale.capacity = capacity(event, &open);
    sale
}

/// An `AggregateOffer` stands for itself, and for the offers in it.
fn with_nested(offer: &Object) -> Vec<&Object> {
    let mut nested: Vec<&Object> = objects(offer, "offers").collect();
    if nested.is_empty() || property(offer, "lowPrice").is_some() {
        nested.insert(0, offer);
    }
    nested
}

fn is_gone(offer: &Object) -> bool {
    raw_text(offer, "availability")
        .is_some_and(|said| matches!(local_name(&said), "SoldOut" | "Discontinued" | "OutOfStock"))
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is) => *is,
        Value::String(text) => {
            local_name(text).eq_ignore_ascii_case("true") || local_name(text) == "True"
        }
        _ => false,
    }
}

/// Reads the price of an offer, and whether its currency is the default one for want of another.
fn price(offer: &Object, default: Currency) -> Result<Option<(Money, bool)>, String> {
    let specified = objects(offer, "priceSpecification").next();
    let sources: Vec<&Object> = std::iter::once(offer).chain(specified).collect();
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| sources.iter().find_map(|source| raw_text(source, name)))
            .map(|text| text.trim().to_owned())
    };
    let Some(amount) = first(&["lowPrice", "price", "minPrice"]) else { return Ok(None) };
    let code = first(&["priceCurrency", "currency"]);
    let currency = match &code {
        Some(code) => Currency::new(&code.to_ascii_uppercase())
            .map_err(|reason| format!("offers: priceCurrency {reason}"))?,
        None => default,
    };
    let price = Money::parse_decimal(&plain_decimal(&amount), currency)
        .map_err(|reason| format!("offers: price {reason}"))?;
    Ok(Some((price, code.is_none())))
}

/// Makes `1,234.50` and `45,50` what they mean. `1,234` may be either, and is left for the parser
/// to refuse.
fn plain_decimal(amount: &str) -> String {
    if amount.eq_ignore_ascii_case("free") {
        return "0".to_owned();
    }
    let Some((whole, last)) = amount.rsplit_once(',') else { return amount.to_owned() };
    match last.split_once('.') {
        Some((thousands, _)) if thousands.len() == 3 => {
            let mut groups = whole.split(',').rev();
            let is_first_short = groups.next_back().is_some_and(|group| group.len() <= 3);
            let is_grouped = groups.all(|group| group.len() == 3) && is_first_short;
            if is_grouped { amount.replace(',', "") } else { amount.to_owned() }
        }
        None if matches!(last.len(), 1 | 2) && !whole.contains(['.', ',']) => {
            format!("{whole}.{last}")
        }
        _ => amount.to_owned(),
    }
}

fn most_per_booking(offer: &Object) -> Option<u32> {
    let quantity = property(offer, "eligibleQuantity")?;
    let most = quantity
        .as_object()
        .and_then(|range| property(range, "maxValue"))
        .map_or_else(|| whole_number(quantity), whole_number)?;
    u32::try_from(most).ok().filter(|most| *most > 0).map(|most| most.min(Quantity::MAX))
}

/// What is left to sell is better than what the place holds.
fn capacity(event: &Object, offers: &[&Object]) -> Option<i64> {
    let number = |object: &Object, name| property(object, name).and_then(whole_number);
    number(event, "remainingAttendeeCapacity")
        .or_else(|| {
            // Offers that keep silent may have more; what is known is there to be sold.
            let levels = offers.iter().filter_map(|offer| number(offer, "inventoryLevel"));
            levels.reduce(i64::saturating_add)
        })
        .or_else(|| number(event, "maximumAttendeeCapacity"))
        .or_else(|| number(event, "maximumPhysicalAttendeeCapacity"))
        .or_else(|| number(event, "maximumVirtualAttendeeCapacity"))
        .or_else(|| {
            values(event, "location")
                .iter()
                .filter_map(Value::as_object)
                .find_map(|place| number(place, "maximumAttendeeCapacity"))
        })
}

//! The schemas of what clients send.

use booking_core::domain::event::ReminderLead;
use booking_core::domain::money::Money;
use booking_core::domain::payment::NotificationKind;
use booking_core::domain::quantity::{Capacity, Quantity};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ComponentsBuilder, KnownFormat, ObjectBuilder,
    OneOfBuilder, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::api::admin::DEFAULT_MAX_PER_BOOKING;

pub(super) const NEW_BOOKING: &str = "NewBooking";
pub(super) const NOTIFICATION: &str = "Notification";
pub(super) const NEW_EVENT: &str = "NewEvent";
pub(super) const EVENT_CHANGE: &str = "EventChange";
const NEW_VENUE: &str = "NewVenue";
const NEW_PRICE: &str = "NewPrice";

/// A language tag, but none of those that name no language.
const LANGUAGE: &str = "^(?!([Mm][Ii][Ss]|[Mm][Uu][Ll]|[Uu][Nn][Dd]|[Zz][Xx][Xx])([-_]|$))[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$";

/// Adds what is sent to the public listener.
pub(super) fn public(components: ComponentsBuilder) -> ComponentsBuilder {
    let customer = closed("Who books.")
        .property("name", string("Name.").min_length(Some(1)).max_length(Some(200)))
        .required("name")
        .property(
            "email",
            string("E-mail address, for the confirmation.")
                .format(Some(known(KnownFormat::Email)))
                .max_length(Some(254)),
        )
        .required("email");
    let booking = closed("Who wants how many tickets of what.")
        .property("event_id", string("The event.").format(Some(custom("uuid"))))
        .required("event_id")
        .property(
            "quantity",
            integer("How many tickets, at most the event's `max_per_booking`.")
                .minimum(Some(1))
                .maximum(Some(Quantity::MAX)),
        )
        .required("quantity")
        .property("customer", customer)
        .required("customer")
        .property(
            "locale",
            nullable(
                "The language to write to them in, as a language tag (RFC 5646); that of \
                 `Accept-Language` that mails are written in if it is left out, English if nothing is said. Mails are in \
                 English where the language is not there. The codes that stand for no certain language (`und`, `mul`, \
                 `mis`, `zxx`) are refused here, and passed over in `Accept-Language`.",
            )
            .max_length(Some(35))
            .pattern(Some(LANGUAGE))
            .examples(["de-CH"]),
        );
    components.schema(NEW_BOOKING, booking).schema(NOTIFICATION, notification())
}

fn notification() -> ObjectBuilder {
    let about = ObjectBuilder::new()
        .property("payment_id", foreign_id("The gateway's name for the payment."))
        .required("payment_id")
        .property("booking_id", string("The booking.").format(Some(custom("uuid"))))
        .required("booking_id")
        .property(
            "amount",
            integer("How much, in the minor unit of the currency, written without a point.")
                .minimum(Some(i64::MIN))
                .maximum(Some(i64::MAX)),
        )
        .required("amount")
        .property("currency", string("ISO 4217 code.").max_length(Some(64)))
        .required("currency");
    ObjectBuilder::new()
        .description(Some("What happened to a payment. Other members may be there."))
        .property(
            "id",
            foreign_id("The gateway's name for this notification: a repeat bears the same."),
        )
        .required("id")
        .property(
            "type",
            string("What happened.")
                .enum_values(Some(NotificationKind::ALL.map(NotificationKind::as_str))),
        )
        .required("type")
        .property("created_at", instant("When it happened."))
        .required("created_at")
        .property("data", about)
        .required("data")
}

fn foreign_id(description: &str) -> ObjectBuilder {
    string(description).pattern(Some("^[\\x20-\\x7e]{1,255}$"))
}

/// Adds what is sent to the admin listener.
pub(super) fn admin(components: ComponentsBuilder) -> ComponentsBuilder {
    let new_event = ["title", "starts_at", "ends_at", "timezone", "price", "capacity"]
        .into_iter()
        .fold(event("An event to be entered, as a draft.", Kind::New), ObjectBuilder::required);
    let change = event(
        "What to change (RFC 7396): what is left out stays, and `null` clears what may be without \
         a value. `venue` and `price` are replaced as a whole.",
        Kind::Change,
    );
    let price = closed("The price of a ticket.")
        .property(
            "amount",
            integer("In the minor unit of the currency.")
                .minimum(Some(0))
                .maximum(Some(Money::MAX_MINOR)),
        )
        .required("amount")
        .property(
            "currency",
            string("ISO 4217 code.").pattern(Some("^[A-Z]{3}$")).examples(["EUR"]),
        )
        .required("currency");
    components
        .schema(NEW_EVENT, new_event)
        .schema(EVENT_CHANGE, change)
        .schema(NEW_VENUE, venue())
        .schema(NEW_PRICE, price)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    New,
    Change,
}

fn event(description: &str, kind: Kind) -> ObjectBuilder {
    let tags = ArrayBuilder::new()
        .items(string("A tag.").min_length(Some(1)).max_length(Some(60)))
        .max_items(Some(30))
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .description(Some("Tags. Kept in lower case, without repeats."));
    let max_per_booking = integer("The most tickets that one booking may be for.")
        .minimum(Some(1))
        .maximum(Some(Quantity::MAX))
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]));
    let max_per_booking = match kind {
        Kind::New => max_per_booking.default(Some(DEFAULT_MAX_PER_BOOKING.into())),
        Kind::Change => max_per_booking,
    };
    let reminder =
        integer("How many minutes before it its buyers are reminded; 0 if they are not.")
            .minimum(Some(0))
            .maximum(Some(ReminderLead::MAX_MINUTES))
            .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]));
    let reminder = match kind {
        Kind::New => reminder.default(Some(ReminderLead::DAY.minutes().into())),
        Kind::Change => reminder,
    };
    closed(description)
        .property("title", string("Title.").min_length(Some(1)).max_length(Some(300)))
        .property("description", nullable("Plain text.").max_length(Some(20_000)))
        .property("category", nullable("Kept in lower case.").max_length(Some(60)))
        .property("tags", tags)
        .property(
            "online",
            boolean("`true` may stand for a `venue` that is online without an address to join at."),
        )
        .property("venue", reference(NEW_VENUE))
        .property("starts_at", instant("When it begins."))
        .property("ends_at", instant("When it ends, not before it begins."))
        .property("all_day", boolean("Whether only the dates matter, taken in `timezone`."))
        .property("timezone", string("An IANA time zone.").examples(["Europe/Zurich"]))
        .property("on_sale_from", optional_instant("When sales open; at once if there is none."))
        .property(
            "on_sale_until",
            optional_instant("When sales close; at the end of the event if there is none."),
        )
        .property("price", reference(NEW_PRICE))
        .property(
            "capacity",
            integer("How many tickets there are in all.")
                .minimum(Some(1))
                .maximum(Some(Capacity::MAX)),
        )
        .property("max_per_booking", max_per_booking)
        .property("reminder_minutes", reminder)
        .property(
            "url",
            nullable("The event's own page, by `http` or `https`.").format(Some(custom("uri"))),
        )
        .property(
            "image_url",
            nullable("A picture, by `http` or `https`.").format(Some(custom("uri"))),
        )
}

fn venue() -> OneOfBuilder {
    let degrees = |description, end: i32| {
        ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
            .minimum(Some(-end))
            .maximum(Some(end))
            .description(Some(description))
    };
    let place = closed("A place that people go to.")
        .property("name", nullable("Name of the building or place.").max_length(Some(200)))
        .property("address", nullable("Street and number.").max_length(Some(500)))
        .property("city", string("City.").min_length(Some(1)).max_length(Some(200)))
        .required("city")
        .property(
            "country",
            nullable("ISO 3166-1 alpha-2 code.").pattern(Some("^([A-Za-z]{2})?$")).examples(["CH"]),
        )
        .property("latitude", degrees("Degrees north of the equator.", 90))
        .property("longitude", degrees("Degrees east of Greenwich.", 180));
    let online = closed("A place on the network.")
        .property(
            "online",
            ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])),
        )
        .required("online")
        .property(
            "url",
            nullable("Where to join, by `http` or `https`.").format(Some(custom("uri"))),
        );
    OneOfBuilder::new()
        .item(place)
        .item(online)
        .description(Some("Where an event takes place. Latitude and longitude are given together."))
}

/// An object that refuses what it does not know.
fn closed(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)))
}

fn string(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn nullable(description: &str) -> ObjectBuilder {
    string(description).schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

fn integer(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).description(Some(description))
}

fn boolean(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Boolean, Type::Null]))
        .description(Some(description))
}

fn instant(description: &str) -> ObjectBuilder {
    string(description).format(Some(known(KnownFormat::DateTime)))
}

fn optional_instant(description: &str) -> ObjectBuilder {
    nullable(description).format(Some(known(KnownFormat::DateTime)))
}

fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

fn known(format: KnownFormat) -> SchemaFormat {
    SchemaFormat::KnownFormat(format)
}

fn custom(format: &str) -> SchemaFormat {
    SchemaFormat::Custom(format.to_owned())
}

//! Problems in the documents: a schema for each type, so that an answer's type can be checked.

use std::collections::BTreeMap;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{
    AllOfBuilder, ArrayBuilder, ComponentsBuilder, KnownFormat, ObjectBuilder, OneOfBuilder,
    Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use super::operation::with_request_id;
use crate::http::problem::ProblemType;

const BASE: &str = "Problem";

/// Adds the schemas of all problems.
pub(super) fn components(mut components: ComponentsBuilder) -> ComponentsBuilder {
    components = components.schema(BASE, base());
    for kind in ProblemType::ALL {
        components = components.schema(schema_name(*kind), schema(*kind));
    }
    components
}

/// Makes the responses for `kinds`, one for each status.
pub(super) fn responses(kinds: &[ProblemType]) -> BTreeMap<u16, ResponseBuilder> {
    let mut by_status = BTreeMap::<u16, Vec<ProblemType>>::new();
    for kind in kinds {
        by_status.entry(kind.status().as_u16()).or_default().push(*kind);
    }
    by_status.into_iter().map(|(status, kinds)| (status, response(status, &kinds))).collect()
}

fn response(status: u16, kinds: &[ProblemType]) -> ResponseBuilder {
    let lines: Vec<_> =
        kinds.iter().map(|kind| format!("`{}`: {}.", kind.uri(), kind.title())).collect();
    let schema: RefOr<Schema> = match kinds {
        [kind] => Ref::from_schema_name(schema_name(*kind)).into(),
        kinds => kinds
            .iter()
            .fold(OneOfBuilder::new(), |one_of, kind| {
                one_of.item(Ref::from_schema_name(schema_name(*kind)))
            })
            .into(),
    };
    let response = ResponseBuilder::new()
        .description(lines.join("\n\n"))
        .content("application/problem+json", ContentBuilder::new().schema(Some(schema)).build());
    let response = if kinds.iter().any(|kind| bears_retry_after(*kind)) {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let header = HeaderBuilder::new()
            .schema(Some(seconds))
            .description(Some("After how many seconds to try again."));
        response.header("Retry-After", header.build())
    } else if status == 401 {
        let header = HeaderBuilder::new().description(Some("The challenge: `Payment-Signature`."));
        response.header("WWW-Authenticate", header.build())
    } else {
        response
    };
    with_request_id(response)
}

fn bears_retry_after(kind: ProblemType) -> bool {
    kind.status() == 503 || kind == ProblemType::IdempotencyInProgress
}

/// Turns a slug into a name: `sold-out` into `SoldOutProblem`.
pub(super) fn schema_name(kind: ProblemType) -> String {
    let mut name = String::new();
    for word in kind.slug().split('-') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name + BASE
}

fn base() -> Schema {
    let field_error = ObjectBuilder::new()
        .property(
            "pointer",
            text(
                "Where: a JSON pointer (RFC 6901) into the body, or `/` and the name of a \
                  parameter or header. After 256 characters it is cut, and ends with `…`.",
            ),
        )
        .required("pointer")
        .property("detail", text("What is wrong with it."))
        .required("detail");
    ObjectBuilder::new()
        .description(Some("What went wrong (RFC 9457)."))
        .property("type", text("The kind of problem. Stable."))
        .required("type")
        .property("title", text("The kind of problem in words. The same for every one of a type."))
        .required("title")
        .property("status", integer("The status of the answer."))
        .required("status")
        .property("detail", text("What happened this time, or what to do about it."))
        .required("detail")
        .property(
            "errors",
            ArrayBuilder::new()
                .items(field_error)
                .description(Some("Every field, parameter or header that is not valid.")),
        )
        .into()
}

fn schema(kind: ProblemType) -> Schema {
    let object = ObjectBuilder::new()
        .property(
            "type",
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some([kind.uri()])),
        )
        .property(
            "status",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .enum_values(Some([kind.status().as_u16()])),
        );
    AllOfBuilder::new()
        .item(Ref::from_schema_name(BASE))
        .item(with_members(kind, object))
        .description(Some(format!("{}.", kind.title())))
        .into()
}

/// Adds what problems of this type say beyond the base.
fn with_members(kind: ProblemType, object: ObjectBuilder) -> ObjectBuilder {
    match kind {
        ProblemType::SoldOut => object
            .property("available", integer("Tickets that can be booked now."))
            .required("available")
            .property("held", integer("Tickets of bookings that are not paid for yet."))
            .required("held")
            .property(
                "next_release_at",
                instant(
                    "When the first of these is released if it is not paid for by then; `null` \
                         if there is none.",
                )
                .schema_type(SchemaType::from_iter([Type::String, Type::Null])),
            )
            .required("next_release_at"),
        ProblemType::NotOnSale => {
            object.property("on_sale_from", instant("When sales open, if that is still to come."))
        }
        ProblemType::CapacityTooLow => object
            .property("taken", integer("Tickets that are sold or held: the least capacity."))
            .required("taken"),
        ProblemType::Unavailable => object
            .property(
                "degraded",
                ObjectBuilder::new()
                    .schema_type(Type::Boolean)
                    .description(Some("Of `/readyz`: whether the cache is down.")),
            )
            .property("dependencies", dependencies())
            .property("kinds", kinds()),
        _ => object,
    }
}

fn dependencies() -> ObjectBuilder {
    let state = || ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["up", "down"]));
    ObjectBuilder::new()
        .description(Some("Of `/readyz`: how what the service depends on is."))
        .property("database", state())
        .required("database")
        .property("cache", state())
        .required("cache")
}

fn kinds() -> ObjectBuilder {
    ObjectBuilder::new()
        .description(Some("Of `/readyz`: what these are, where the service was told."))
        .property("database", ObjectBuilder::new().schema_type(Type::String))
        .required("database")
        .property("cache", ObjectBuilder::new().schema_type(Type::String))
        .required("cache")
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

fn integer(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).description(Some(description))
}

fn instant(description: &str) -> ObjectBuilder {
    text(description).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

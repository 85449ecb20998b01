//! The contract, to be read by programs and by people.

mod page;

use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::openapi;
use crate::http::reply::{self, Response};

/// The documents change with the program only.
const CACHE_CONTROL: &str = "public, max-age=300";

/// Whose contract.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience {
    Public,
    Admin,
}

/// A contract in both its forms, made once.
struct Contract {
    document: Bytes,
    page: Bytes,
}

static PUBLIC: LazyLock<Contract> = LazyLock::new(|| Contract::of(&openapi::public()));
static ADMIN: LazyLock<Contract> = LazyLock::new(|| Contract::of(&openapi::admin()));

impl Contract {
    fn of(document: &OpenApi) -> Self {
        let value = serde_json::to_value(document).unwrap_or(Value::Null);
        Self { document: openapi::text(document).into(), page: page::render(&value).into() }
    }

    fn for_audience(audience: Audience) -> &'static Self {
        match audience {
            Audience::Public => &PUBLIC,
            Audience::Admin => &ADMIN,
        }
    }
}

/// `GET /openapi.json`
pub(super) fn document(audience: Audience, request: &Request<Bytes>) -> Response {
    let document = Contract::for_audience(audience).document.clone();
    reply::cached(request.headers(), CACHE_CONTROL, reply::JSON, document)
}

/// `GET /docs`
pub(super) fn page(audience: Audience, request: &Request<Bytes>) -> Response {
    let page = Contract::for_audience(audience).page.clone();
    let mut response = reply::cached(request.headers(), CACHE_CONTROL, reply::HTML, page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, page::policy());
    response
}

//! An answer, and what the document says of it.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::schema::Schemas;

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// Returns the document of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Returns the problem, which must be of this type.
    #[track_caller]
    pub(crate) fn problem(&self, slug: &str) -> Value {
        let document = self.json();
        assert_eq!(document["type"], format!("/problems/{slug}"), "{self:?}");
        assert_eq!(document["status"], self.status.as_u16());
        document
    }

    /// Returns what a validation error points at.
    #[track_caller]
    pub(crate) fn pointers(&self) -> Vec<String> {
        let problem = self.problem("invalid-request");
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Holds an answer against what the document says of its operation.
pub(super) fn check_against_document(
    document: &Value,
    method: &Method,
    path: &str,
    answer: &Answer,
) {
    let method =
        if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let Some(operation) = find_operation(document, &method, path) else {
        let expected =
            [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NO_CONTENT];
        assert!(expected.contains(&answer.status), "{method} {path} is not described: {answer:?}");
        return;
    };
    let schemas = Schemas::of(document);
    let described = &operation["responses"][answer.status.as_str()];
    assert!(described.is_object(), "{method} {path}: {} is not described", answer.status);
    for (name, _) in described["headers"].as_object().into_iter().flatten() {
        let is_optional = ["Idempotency-Replayed", "Link", "Retry-After"].contains(&name.as_str());
        assert!(is_optional || answer.headers.contains_key(name), "{method} {path} lacks {name}");
    }
    let content_type = answer.header("content-type");
    let essence = content_type.split(';').next().unwrap();
    if answer.body.is_empty() {
        return;
    }
    let media = &described["content"][essence];
    assert!(media.is_object(), "{method} {path}: {essence} is not described");
    if essence.ends_with("json") && media["schema"].is_object() {
        let errors = schemas.errors(&answer.json(), &media["schema"]);
        let is_free = path == "/openapi.json";
        assert!(is_free || errors.is_empty(), "{method} {path}: {errors:#?} in {answer:?}");
    }
}

/// Literal segments come before parameters, as in the router.
fn find_operation<'d>(document: &'d Value, method: &str, path: &str) -> Option<&'d Value> {
    let paths = document["paths"].as_object().unwrap();
    let segments: Vec<_> = path.split('/').collect();
    let matches = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        let is_same = |(known, given): (&&str, &&str)| {
            (known.starts_with('{') && !given.is_empty()) || known == given
        };
        template.len() == segments.len() && template.iter().zip(&segments).all(is_same)
    };
    let mut found: Vec<_> = paths.iter().filter(|(template, _)| matches(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first().and_then(|(_, item)| item.get(method))
}

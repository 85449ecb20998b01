//! What is served and what is described are the same.

use std::collections::BTreeSet;

use booking_server::api::{admin, endpoint};
use booking_server::http::problem::ProblemType;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{Api, Listener, request};

fn described(listener: Listener) -> BTreeSet<(String, String)> {
    let paths = listener.document()["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

fn routed<'r, E: 'r>(
    routes: impl IntoIterator<Item = &'r (Method, &'static str, E)>,
) -> BTreeSet<(String, String)> {
    routes.into_iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect()
}

#[test]
fn routes_and_described_paths_agree_on_both_listeners() {
    assert_eq!(described(Listener::Public), routed(endpoint::ROUTES));
    assert_eq!(described(Listener::Admin), routed(admin::endpoint::ROUTES));
}

#[test]
fn documents_are_complete_in_themselves() {
    for listener in [Listener::Public, Listener::Admin] {
        let document = listener.document();
        assert_eq!(document["openapi"], "3.1.0");
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(ids.insert(operation["operationId"].as_str()), "{method} {path}");
                assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            }
        }
        every_reference(document, &mut |reference| {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        });
    }
}

fn every_reference(value: &Value, check: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                check(reference);
            }
            members.values().for_each(|member| every_reference(member, check));
        }
        Value::Array(items) => items.iter().for_each(|item| every_reference(item, check)),
        _ => {}
    }
}

/// A problem that no operation lists would be one that no client expects.
#[test]
fn every_problem_is_described_somewhere() {
    let text = [Listener::Public, Listener::Admin].map(|l| l.document()["paths"].to_string());
    for kind in ProblemType::ALL {
        // The router's own: it concerns addresses that are not described.
        if *kind == ProblemType::MethodNotAllowed {
            continue;
        }
        let uri = format!("`{}`", kind.uri());
        assert!(text.iter().any(|text| text.contains(&uri)), "{uri}");
    }
}

#[tokio::test]
async fn each_listener_serves_its_own_contract_and_page() {
    let api = Api::new();
    for listener in [Listener::Public, Listener::Admin] {
        let answer = api.send(listener, request(Method::GET, "/openapi.json")).await;
        assert_eq!(&answer.expect(StatusCode::OK), listener.document());
        let etag = answer.header("etag").to_owned();
        let mut again = request(Method::GET, "/openapi.json");
        again.headers_mut().insert("if-none-match", etag.parse().unwrap());
        assert_eq!(api.send(listener, again).await.status, StatusCode::NOT_MODIFIED);

        let page = api.send(listener, request(Method::GET, "/docs")).await;
        assert_eq!(page.status, StatusCode::OK);
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
    assert_eq!(booking_server::openapi().parse::<Value>().unwrap(), *Listener::Public.document());
}

#[tokio::test]
async fn the_admin_listener_cannot_be_reached_through_the_public_one() {
    let api = Api::new();
    for (method, path, _) in admin::endpoint::ROUTES {
        let is_shared =
            endpoint::ROUTES.iter().any(|(other, public, _)| other == method && public == path);
        if is_shared {
            continue;
        }
        let id = crate::harness::NOBODY;
        let path = path.replace("{event_id}", id).replace("{booking_id}", id);
        let answer = api.send(Listener::Public, request(method.clone(), &path)).await;
        let is_refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(is_refused.contains(&answer.status), "{method} {path}: {}", answer.status);
    }
}

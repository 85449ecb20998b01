use std::collections::HashSet;

use http_body_util::BodyExt;
use serde_json::json;

use super::*;

async fn document(problem: Problem) -> (http::response::Parts, Value) {
    let (parts, body) = problem.into_response().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn slugs_are_unique_and_fit_a_uri() {
    let mut seen = HashSet::new();
    for kind in ProblemType::ALL {
        let slug = kind.slug();
        assert!(slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{slug}");
        assert!(seen.insert(slug), "{slug} twice");
        assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{slug}");
        assert!(!kind.title().is_empty());
    }
}

#[tokio::test]
async fn a_bare_problem_says_what_its_type_does() {
    let (parts, body) = document(Problem::internal()).await;
    assert_eq!(parts.status, 500);
    assert_eq!(parts.headers["content-type"], "application/problem+json");
    assert_eq!(
        body,
        json!({
            "type": "/problems/internal",
            "title": "Something went wrong here",
            "status": 500,
            "detail": "The fault is logged under the X-Request-Id of this answer.",
        })
    );
    assert_eq!(parts.extensions.get(), Some(&ProblemType::Internal));
}

#[tokio::test]
async fn every_problem_says_in_a_sentence_what_to_do() {
    for kind in ProblemType::ALL {
        let (_, body) = document((*kind).into()).await;
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.starts_with(|first: char| first.is_uppercase()), "{detail}");
        assert!(detail.ends_with('.') && detail.contains(' '), "{detail}");
        assert_ne!(detail, kind.title());
    }
}

#[tokio::test]
async fn members_errors_and_detail_are_sent() {
    let problem = Problem::new(ProblemType::SoldOut)
        .detail("2 are left")
        .member("available", 2)
        .member("next_release_at", "2026-01-01T00:00:00Z")
        .error("/quantity", "is more than what is left");
    let (parts, body) = document(problem).await;
    assert_eq!(parts.status, 409);
    assert_eq!(body["available"], 2);
    assert_eq!(body["next_release_at"], "2026-01-01T00:00:00Z");
    assert_eq!(body["detail"], "2 are left");
    assert_eq!(
        body["errors"],
        json!([{"pointer": "/quantity", "detail": "is more than what is left"}])
    );
}

#[tokio::test]
async fn retry_after_is_whole_seconds_rounded_up_and_never_zero() {
    for (wait, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (30_000, "30")] {
        let (parts, _) = document(Problem::unavailable(Duration::from_millis(wait))).await;
        assert_eq!(parts.headers["retry-after"], expected, "{wait} ms");
    }
}

#[tokio::test]
async fn statuses_that_need_a_header_have_it() {
    let (parts, _) = document(ProblemType::Overloaded.into()).await;
    assert_eq!(parts.headers["retry-after"], "1");
    let (parts, _) = document(ProblemType::BadSignature.into()).await;
    assert_eq!(parts.headers["www-authenticate"], "Payment-Signature");
    let refused = Problem::new(ProblemType::MethodNotAllowed);
    let (parts, _) = document(refused.allow(HeaderValue::from_static("GET, HEAD"))).await;
    assert_eq!(parts.headers["allow"], "GET, HEAD");
}

#[test]
fn a_problem_reads_as_an_error() {
    let problem = Problem::new(ProblemType::NotFound).detail("no route");
    assert_eq!(problem.to_string(), "not-found: no route");
}

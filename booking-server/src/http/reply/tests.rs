use http::header::IF_NONE_MATCH;
use http_body_util::BodyExt;

use super::*;

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn json_is_sent_with_its_type() {
    let response = json(StatusCode::OK, &serde_json::json!({"a": 1}));
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(text(response).await, r#"{"a":1}"#);
}

#[test]
fn a_value_that_cannot_be_serialised_is_a_500() {
    let odd = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(json(StatusCode::OK, &odd).status(), 500);
}

#[test]
fn a_location_that_would_split_the_answer_is_a_500() {
    assert_eq!(see_other("/a\r\nSet-Cookie: b").status(), 500);
    let response = see_other("/bookings/1");
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()[LOCATION], "/bookings/1");
}

#[tokio::test]
async fn a_client_with_the_same_content_gets_a_304_that_says_how_long_it_holds() {
    let mut headers = HeaderMap::new();
    let first = cached_json(&headers, "max-age=5", &[1, 2]);
    assert_eq!(first.status(), 200);
    headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());

    let again = cached_json(&headers, "max-age=5", &[1, 2]);
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()[ETAG], first.headers()[ETAG]);
    assert_eq!(again.headers()[CACHE_CONTROL], "max-age=5");
    assert_eq!(text(again).await, "");
    assert_eq!(cached_json(&headers, "max-age=5", &[1, 3]).status(), 200);
}

#[test]
fn defaults_do_not_replace_what_the_handler_chose() {
    let mut page = html(StatusCode::OK, "<p>".to_owned());
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    secure(&mut page);
    assert_eq!(page.headers()[CACHE_CONTROL], "max-age=60");
    assert_eq!(page.headers()[CONTENT_SECURITY_POLICY], page_policy(""));

    let mut data = json(StatusCode::OK, "x");
    secure(&mut data);
    assert_eq!(data.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(data.headers()[CONTENT_SECURITY_POLICY], DATA_POLICY);
    assert_eq!(data.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(data.headers()[X_FRAME_OPTIONS], "DENY");
    assert_eq!(data.headers()[REFERRER_POLICY], "same-origin");
}

#[test]
fn forms_may_lead_to_one_origin_more_and_nothing_else_differs() {
    let policy = page_policy("http://tickets.example");
    assert_eq!(policy.replace(" http://tickets.example;", ";"), page_policy(""));
    let forms = policy.split("; ").find(|part| part.starts_with("form-action "));
    assert_eq!(forms, Some("form-action 'self' https: http://tickets.example"));
}

#[tokio::test]
async fn the_answer_to_head_keeps_the_length_but_not_the_body() {
    let mut response = json(StatusCode::OK, "abc");
    without_body(&mut response);
    assert_eq!(response.headers()[CONTENT_LENGTH], "5");
    assert_eq!(text(response).await, "");

    let mut response = no_content();
    without_body(&mut response);
    assert!(!response.headers().contains_key(CONTENT_LENGTH));
}

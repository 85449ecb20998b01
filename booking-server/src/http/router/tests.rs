use super::*;

const ID: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

fn router() -> Router<&'static str> {
    Router::new([
        (Method::GET, "/", "home"),
        (Method::GET, "/v1/events", "list"),
        (Method::POST, "/v1/events", "create"),
        (Method::GET, "/v1/events/facets", "facets"),
        (Method::GET, "/v1/events/{event_id}", "show"),
        (Method::POST, "/v1/bookings/{booking_id}/cancel", "cancel"),
    ])
    .unwrap()
}

/// Returns the endpoint, or the status and `Allow` of the answer.
fn route(method: &str, path: &str) -> Result<&'static str, (u16, String)> {
    let request = Request::builder().method(method).uri(path).body(()).unwrap();
    match router().route(&request) {
        Routed::Endpoint(found) => Ok(found.endpoint),
        Routed::Answer(answer) => {
            let allow = answer.headers().get(ALLOW).map(|value| value.to_str().unwrap());
            Err((answer.status().as_u16(), allow.unwrap_or_default().to_owned()))
        }
    }
}

#[test]
fn routes_are_found() {
    assert_eq!(route("GET", "/"), Ok("home"));
    assert_eq!(route("POST", "/v1/events"), Ok("create"));
    assert_eq!(route("GET", "/v1/events/facets"), Ok("facets"));
    assert_eq!(route("GET", "/v1/events/facet"), Ok("show"));
    assert_eq!(route("HEAD", "/v1/events"), Ok("list"));
    assert_eq!(route("GET", "http://example.com/v1/events?x=1"), Ok("list"));
}

#[test]
fn unknown_paths_are_404() {
    for path in [
        "/v1",
        "/v1/events/",
        "/v1//events",
        "//v1/events",
        "/v1/events/a/b",
        "/V1/events",
        "/v1/bookings//cancel",
        "/v1/events/%ff",
        "/v1/events/%",
        "/v1/events/%00",
        "*",
    ] {
        assert_eq!(route("GET", path), Err((404, String::new())), "{path}");
    }
}

#[test]
fn other_methods_are_405_with_the_methods_there_are() {
    let allow = |path, method| route(method, path).unwrap_err();
    assert_eq!(allow("/v1/events", "PUT"), (405, "GET, HEAD, OPTIONS, POST".to_owned()));
    assert_eq!(allow("/v1/bookings/1/cancel", "GET"), (405, "OPTIONS, POST".to_owned()));
    assert_eq!(allow("/v1/bookings/1/cancel", "HEAD"), (405, "OPTIONS, POST".to_owned()));
    assert_eq!(allow("/v1/events", "BREW"), (405, "GET, HEAD, OPTIONS, POST".to_owned()));
    assert_eq!(allow("/v1/events", "OPTIONS"), (204, "GET, HEAD, OPTIONS, POST".to_owned()));
}

#[test]
fn parameters_are_decoded_and_ids_are_checked() {
    let router = router();
    let params = |path: &str| match router.route(&Request::get(path).body(()).unwrap()) {
        Routed::Endpoint(found) => found.params,
        Routed::Answer(answer) => panic!("{answer:?}"),
    };
    assert_eq!(params("/v1/events/a%2Fb+%C3%BC").get("event_id"), Some("a/b+ü"));
    assert_eq!(params("/v1/events").get("event_id"), None);
    let id = params(&format!("/v1/events/{ID}"));
    assert_eq!(id.uuid("event_id", ProblemType::NotFound).unwrap().to_string(), ID);
    let odd = params("/v1/events/1").uuid("event_id", ProblemType::EventNotFound);
    assert_eq!(odd.unwrap_err().kind(), ProblemType::EventNotFound);
}

#[test]
fn the_template_is_noted_for_the_log() {
    let router = router();
    let label_of = |path: &str| {
        let label = RouteLabel::default();
        let request = Request::put(path).extension(label.clone()).body(()).unwrap();
        router.route(&request);
        label.get()
    };
    assert_eq!(label_of("/v1/events/1"), "/v1/events/{event_id}");
    assert_eq!(label_of("/v2"), RouteLabel::NONE);
}

#[test]
fn a_table_with_a_mistake_is_refused() {
    let twice = Router::new([(Method::GET, "/a", 1), (Method::GET, "/a", 2)]);
    assert!(matches!(twice, Err(RouterError::Repeated { .. })));
    let collision = Router::new([(Method::GET, "/{a}", 1), (Method::POST, "/{b}", 2)]);
    assert!(matches!(collision, Err(RouterError::Pattern { .. })));
}

#[test]
fn the_table_can_be_listed() {
    let table = router();
    let routes: Vec<_> = table.routes().collect();
    assert_eq!(routes.len(), 6);
    assert!(routes.contains(&(&Method::POST, "/v1/events")));
}

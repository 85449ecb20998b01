//! What every answer says about itself, whoever asks for what.

use booking_server::api::{admin, endpoint};
use booking_server::pages;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Launch, Press, Server, booking, event};

/// One request of every kind, with a name, and whether others than its client may keep the answer.
struct Shown {
    name: String,
    answer: Answer,
    may_be_kept: bool,
}

struct Collector<'a> {
    server: &'a Server,
    shown: Vec<Shown>,
}

impl Collector<'_> {
    async fn ask(&mut self, method: Method, url: &str, body: &str, accept: &str) {
        let form = "application/x-www-form-urlencoded";
        let kind = if body.starts_with('{') { "application/json" } else { form };
        let headers = [("content-type", kind), ("accept", accept)];
        let client = &self.server.client;
        let answer = client.send(method.clone(), url, &headers, body.to_owned()).await;
        let path = url.splitn(4, '/').nth(3).unwrap_or_default();
        let personal = ["bookings", "mock-gateway", "payments", "book", "metrics", "stock"];
        let may_be_kept = answer.status.is_success()
            && [Method::GET, Method::HEAD].contains(&method)
            && !personal.iter().any(|part| path.contains(part));
        self.shown.push(Shown { name: format!("{method} /{path}"), answer, may_be_kept });
    }

    /// Asks as a browser, too.
    async fn get(&mut self, url: &str) {
        for accept in ["application/json", "text/html"] {
            self.ask(Method::GET, url, "", accept).await;
        }
        self.ask(Method::HEAD, url, "", "*/*").await;
        self.ask(Method::OPTIONS, url, "", "*/*").await;
    }

    async fn post(&mut self, url: &str, body: &str) {
        self.ask(Method::POST, url, body, "text/html").await;
    }
}

/// Asks for everything that either listener has, and for what they have not.
async fn everything(server: &Server) -> Vec<Shown> {
    let open = server.event(5).await;
    let pending = server.hold(&open, 1).await;
    let paid = server.hold(&open, 1).await;
    server.press(&paid, Press::Pay).await;
    server.wait_for(&paid, "confirmed").await;
    let id = |booking: &Value| booking["id"].as_str().unwrap().to_owned();
    let payment = pending["payment_url"].as_str().unwrap();
    let payment = format!("/mock-gateway{}", payment.split_once("/mock-gateway").unwrap().1);
    let page = server.get(&format!("/events/{open}")).await.text();
    let assets = page.split('"').filter(|part| part.starts_with("/assets/")).map(str::to_owned);

    let mut all = Collector { server, shown: Vec::new() };
    let (pending, paid) = (id(&pending), id(&paid));
    let public = ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/v1/events"];
    let more = ["/v1/events/facets", "/v1/events/suggest?q=x", "/nothing", "/v1/nothing", "/%zz"];
    let bad = ["/v1/events?limit=0", "/?sort=x", "/v1/bookings", "/mock-gateway/pay/x"];
    let of_things = [
        format!("/v1/events/{open}"),
        format!("/events/{open}"),
        format!("/events/{pending}"),
        format!("/v1/bookings/{pending}"),
        format!("/bookings/{pending}"),
        format!("/bookings/{paid}"),
        format!("/bookings/{open}"),
        format!("/bookings/{paid}/calendar.ics"),
        payment.clone(),
    ];
    let fixed = public.into_iter().chain(more).chain(bad).map(str::to_owned);
    for path in fixed.chain(of_things).chain(assets) {
        all.get(&server.public(&path)).await;
    }
    let wanted = booking(&open, 1).to_string();
    let form = "quantity=1&name=Ada&email=ada%40example.org";
    let book = format!("/events/{open}/book");
    let cancel = format!("/bookings/{pending}/cancel");
    let too_late = format!("/v1/bookings/{paid}/cancel");
    for (path, body) in [
        ("/v1/bookings", &*wanted),
        ("/v1/bookings", "{"),
        ("/v1/bookings", "x=y"),
        ("/v1/bookings", &"{".repeat(70_000)),
        ("/v1/payments/ipn", "{}"),
        (&book, form),
        (&book, "quantity=0"),
        (&payment, "action=none"),
        ("/mock-gateway/pay/x", "action=pay"),
        (&cancel, ""),
        (&too_late, ""),
    ] {
        all.post(&server.public(path), body).await;
    }
    let at_event = format!("/v1/events/{open}");
    let of_admin = ["/docs", "/openapi.json", "/metrics", "/nothing", "/v1/events"];
    for path in of_admin.into_iter().map(str::to_owned).chain([
        at_event.clone(),
        format!("{at_event}/bookings"),
        format!("{at_event}/stock"),
    ]) {
        all.get(&server.admin(&path)).await;
    }
    let new = event(1).to_string();
    all.post(&server.admin("/v1/events"), &new).await;
    all.post(&server.admin("/v1/events"), "{}").await;
    all.post(&server.admin(&format!("/v1/bookings/{paid}/refund")), "").await;
    let change = json!({ "title": "Another" }).to_string();
    all.ask(Method::PATCH, &server.admin(&at_event), &change, "*/*").await;
    all.post(&server.admin(&format!("{at_event}/publish")), "").await;
    all.post(&server.admin(&format!("{at_event}/cancel")), "").await;
    all.shown
}

/// Nothing inline but what is named by its hash, nothing from anywhere, no frame around it. `own` is the public
/// address, where forms may lead.
fn assert_policy(name: &str, policy: &str, own: &str) {
    let policy = &policy.replace(own, "");
    assert!(policy.starts_with("default-src 'none'"), "{name}: {policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{name}: {policy}");
    for loose in ["unsafe", "*", "http:", "data:", "blob:"] {
        assert!(!policy.contains(loose), "{name}: {policy}");
    }
    let scripts = policy.split(';').map(str::trim).find(|part| part.starts_with("script-src"));
    assert!([None, Some("script-src 'self'")].contains(&scripts), "{name}: {policy}");
}

/// Fails unless every route of the tables was asked for: by the server's own count.
async fn assert_complete(server: &Server) {
    let metrics = server.manage(Method::GET, "/metrics", &Value::Null).await.text();
    let api = endpoint::ROUTES.iter().map(|(method, path, _)| ("public", method, *path));
    let admin = admin::endpoint::ROUTES.iter().map(|(method, path, _)| ("admin", method, *path));
    let pages = pages::ROUTES.iter().map(|(method, path, _)| ("public", method, *path));
    for (listener, method, path) in api.chain(admin).chain(pages) {
        let labels = [("listener", listener), ("route", path), ("method", method.as_str())];
        let labels = labels.map(|(name, value)| format!("{name}=\"{value}\""));
        let is_counted = metrics.lines().any(|line| {
            line.starts_with("http_requests_total{") && labels.iter().all(|l| line.contains(l))
        });
        assert!(is_counted, "nobody asked for {method} {path} of the {listener} listener");
    }
}

#[tokio::test]
async fn every_answer_of_both_listeners_bears_the_headers_that_protect_it() {
    let server = Launch::new().start().await;
    let shown = everything(&server).await;
    for Shown { name, answer, may_be_kept } in &shown {
        let header = |name: &str| answer.header(name);
        let name = &format!("{name} ({})", answer.status);
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{name}");
        assert_eq!(header("x-frame-options"), Some("DENY"), "{name}");
        let referrer = header("referrer-policy").unwrap_or_default();
        assert!(["same-origin", "no-referrer"].contains(&referrer), "{name}: {referrer}");
        let policy = header("content-security-policy").unwrap_or_default();
        assert_policy(name, policy, &server.public(""));
        assert!(header("x-request-id").is_some(), "{name}");
        let kept = header("cache-control").unwrap_or_default();
        assert!(*may_be_kept || kept == "no-store", "{name} may be kept: {kept:?}");
        // Neither who answers nor who asks: there is no session that another site could use.
        for telling in
            ["server", "x-powered-by", "via", "set-cookie", "access-control-allow-origin"]
        {
            assert_eq!(header(telling), None, "{name}");
        }
        let text = answer.text();
        let version = env!("CARGO_PKG_VERSION");
        assert!(!text.contains("hyper") && !text.contains("panicked"), "{name}: {text}");
        assert!(!text.contains(&format!("booking-server/{version}")), "{name}: {text}");
    }
    assert_complete(&server).await;
    let statuses: std::collections::BTreeSet<u16> =
        shown.iter().map(|shown| shown.answer.status.as_u16()).collect();
    println!("headers: {} answers with the statuses {statuses:?}", shown.len());
    for status in [200, 201, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422] {
        assert!(statuses.contains(&status), "no answer was {status}");
    }
}

/// Whose address is as good as a ticket is told to no other site.
#[tokio::test]
async fn pages_of_bookings_and_payments_hide_their_address() {
    let server = Server::start().await;
    let open = server.event(5).await;
    let pending = server.hold(&open, 1).await;
    let page = server.get(&format!("/bookings/{}", pending["id"].as_str().unwrap())).await;
    let payment = pending["payment_url"].as_str().unwrap().split_once("/mock-gateway").unwrap().1;
    let payment = server.get(&format!("/mock-gateway{payment}")).await;
    for page in [page, payment] {
        assert_eq!(page.status, 200);
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert!(page.text().contains("<meta name=\"robots\" content=\"noindex\">"));
    }
}

//! The admin listener, asked by those who must not reach it.

mod disguises;

use http::Method;
use serde_json::{Value, json};

use self::disguises::{Disguise, disguises};
use crate::support::{Press, Server, event};
use crate::wire::{RawAnswer, Wire, answers, authority};

/// An operation of an OpenAPI document, with ids of things that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Operation {
    method: String,
    path: String,
}

/// What there is to be changed, and what it looks like.
struct World {
    server: Server,
    event: String,
    booking: Value,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let event = server.event(5).await;
        let booking = server.hold(&event, 1).await;
        server.press(&booking, Press::Pay).await;
        server.wait_for(&booking, "confirmed").await;
        Self { server, event, booking }
    }

    /// Everything that an admin call could have changed.
    async fn state(&self) -> Value {
        let manage = async |path: &str| {
            self.server.manage(Method::GET, path, &Value::Null).await.expect(200)
        };
        let event = format!("/v1/events/{}", self.event);
        let stock = self.server.stock(&self.event).await;
        json!([
            manage(&event).await,
            stock,
            manage(&format!("{event}/bookings")).await,
            self.server.get("/v1/events?include_past=true&limit=100").await.expect(200),
        ])
    }

    async fn operations(&self, url: &str) -> Vec<Operation> {
        let document = self.server.client.send(Method::GET, url, &[], "").await.expect(200);
        let paths = document["paths"].as_object().unwrap();
        let operation = |method: &str, path: &str| Operation {
            method: method.to_uppercase(),
            path: path
                .replace("{event_id}", &self.event)
                .replace("{booking_id}", self.booking["id"].as_str().unwrap()),
        };
        let methods = ["get", "post", "patch", "put", "delete"];
        paths
            .iter()
            .flat_map(|(path, item)| {
                let there = methods.iter().filter(|method| item.get(**method).is_some());
                there.map(|method| operation(method, path)).collect::<Vec<_>>()
            })
            .collect()
    }

    async fn of_admin(&self) -> Vec<Operation> {
        self.operations(&self.server.admin("/openapi.json")).await
    }

    async fn of_public(&self) -> Vec<Operation> {
        self.operations(&self.server.public("/openapi.json")).await
    }
}

/// Sends a request that ends the connection, with a body that the operation would take.
async fn ask(mut wire: Wire, method: &str, target: &str, host: &str, fields: &str) -> RawAnswer {
    let body = event(7).to_string();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{fields}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    wire.send(request).await;
    let mut said = answers(&wire.rest().await);
    assert_eq!(said.len(), 1, "{method} {target}: {said:?}");
    said.remove(0)
}

const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

/// Every path of the admin document by every method, plainly and in every disguise.
#[tokio::test]
async fn no_disguise_reaches_it_through_the_public_listener() {
    let world = World::new().await;
    let (admin, public) = (world.of_admin().await, world.of_public().await);
    let at_admin = authority(&world.server.admin("")).to_owned();
    let before = world.state().await;
    let mut paths: Vec<&str> = admin.iter().map(|operation| &*operation.path).collect();
    paths.dedup();
    let is_public = |method: &str, path: &str| {
        let method = if method == "HEAD" { "GET" } else { method };
        public
            .iter()
            .any(|there| there.path == path && [&*there.method, "OPTIONS"].contains(&method))
    };
    let mut asked = 0;
    for path in paths {
        for method in METHODS {
            for Disguise { target, host, fields } in disguises(method, path, &at_admin) {
                // What both listeners have is the public one's own.
                let bare = target.strip_prefix(&format!("http://{at_admin}")).unwrap_or(&target);
                if is_public(method, bare) {
                    continue;
                }
                let wire = Wire::to(&world.server).await;
                let answer = ask(wire, method, &target, &host, &fields).await;
                // What a path is not good for may be asked of it: that changes nothing.
                let is_asking = method == "OPTIONS" && answer.status == 204;
                let is_refused = is_asking || [400, 404, 405].contains(&answer.status);
                assert!(is_refused, "{method} {target} {host} {fields}: {answer:?}");
                asked += 1;
            }
        }
    }
    assert_eq!(world.state().await, before, "nothing was changed");
    println!("admin through public: {asked} requests, all refused");
}

/// A public route is asked, and headers name another: some proxies and frameworks would follow them.
#[tokio::test]
async fn headers_lead_nowhere_else() {
    let world = World::new().await;
    let at_admin = authority(&world.server.admin("")).to_owned();
    let before = world.state().await;
    let shown = format!("/v1/events/{}", world.event);
    let mut asked = 0;
    for Operation { method, path } in world.of_admin().await {
        for (own_method, own_path) in
            [("GET", "/healthz"), ("GET", &*shown), ("POST", "/v1/bookings")]
        {
            let wire = Wire::to(&world.server).await;
            let plain = ask(wire, own_method, own_path, "x", "").await;
            for fields in disguises::headers(&method, &path, &at_admin) {
                let wire = Wire::to(&world.server).await;
                let led = ask(wire, own_method, own_path, "x", &fields).await;
                assert_eq!((led.status, &led.body), (plain.status, &plain.body), "{fields}");
                asked += 1;
            }
        }
    }
    assert_eq!(world.state().await, before, "nothing was changed");
    println!("admin by headers: {asked} requests, all answered as without them");
}

/// The organiser's browser can reach it, and pages of others run in that browser.
#[tokio::test]
async fn pages_of_others_change_nothing_through_the_organisers_browser() {
    let world = World::new().await;
    let at_admin = authority(&world.server.admin("")).to_owned();
    let at_public = authority(&world.server.public("")).to_owned();
    let before = world.state().await;
    let port = at_admin.rsplit_once(':').unwrap().1;
    let rebound = format!("rebound.example:{port}");
    let foreign = [
        (&at_admin, "origin: https://evil.example\r\n".to_owned()),
        (&at_admin, "origin: null\r\n".to_owned()),
        (&at_admin, format!("origin: http://{at_public}\r\n")),
        (&at_admin, "referer: https://evil.example/page\r\n".to_owned()),
        (&at_admin, "sec-fetch-site: cross-site\r\n".to_owned()),
        (&at_admin, "sec-fetch-site: same-site\r\n".to_owned()),
        // A proxy, or a page by its form's fields, cannot say otherwise.
        (&at_admin, format!("sec-fetch-site: cross-site\r\norigin: http://{at_admin}\r\n")),
        // A name of the attacker's that was made to lead here: the browser takes both for one site.
        (&rebound, format!("sec-fetch-site: same-origin\r\norigin: http://{rebound}\r\n")),
        (&rebound, String::new()),
        (&rebound, format!("x-forwarded-host: {at_admin}\r\nforwarded: host={at_admin}\r\n")),
    ];
    let mut asked = 0;
    for Operation { method, path } in world.of_admin().await {
        for (host, fields) in &foreign {
            let is_rebound = *host == &rebound;
            // A page cannot read what another site answers to a GET, and it changes nothing.
            if method == "GET" && !is_rebound {
                continue;
            }
            let wire = Wire::to_admin(&world.server).await;
            let answer = ask(wire, &method, &path, host, fields).await;
            assert_eq!(answer.status, 403, "{method} {path} {host} {fields}");
            assert!(answer.body.contains("/problems/foreign-origin"), "{answer:?}");
            asked += 1;
        }
    }
    assert_eq!(world.state().await, before, "nothing was changed");
    println!("admin from foreign pages: {asked} requests, all refused");
}

/// No page may read its answers, nor be told beforehand that it may ask.
#[tokio::test]
async fn no_page_of_others_is_given_leave() {
    let world = World::new().await;
    for (url, operations) in [
        (world.server.admin(""), world.of_admin().await),
        (world.server.public(""), world.of_public().await),
    ] {
        for Operation { method, path } in operations {
            let headers = [
                ("origin", "https://evil.example"),
                ("access-control-request-method", &*method),
                ("access-control-request-headers", "content-type"),
                ("access-control-request-private-network", "true"),
            ];
            for asking in [Method::OPTIONS, Method::GET] {
                let url = format!("{url}{path}");
                let answer = world.server.client.send(asking, &url, &headers, "").await;
                let given = answer.headers.keys().find(|name| name.as_str().starts_with("access-"));
                assert_eq!(given, None, "{url}");
            }
        }
    }
}

//! What is true of every page, whatever it shows.

use booking_core::testkit::seed;
use http::{Request, StatusCode, header};
use http_body_util::Full;

use super::shop::{Page, Shop, attribute, tags};

/// One page of every kind and state that matters.
async fn pages(shop: &Shop) -> Vec<(&'static str, Page)> {
    let event = shop.add(&seed::event("Concert").tag("jazz").description("Text.")).await;
    shop.add(&seed::event("Other").category("fair").venue("Berlin", "DE", None)).await;
    let form = shop.filled_form(event, "0").await;
    let payment = shop.book(event, "1").await;
    let pending = format!("/bookings/{}", shop.newest_booking(event).await);
    let free = shop.add(&seed::event("Open day").free()).await;
    let confirmed = shop.book(free, "1").await;
    vec![
        ("search", shop.get("/").await),
        ("filtered search", shop.get("/?q=concert&country=CH").await),
        ("empty search", shop.get("/?q=zzzzzz").await),
        ("refused search", shop.get("/?sort=x&available=y").await),
        ("event", shop.get(&format!("/events/{event}")).await),
        ("refused form", shop.submit(&form).await),
        ("pending", shop.get(&pending).await),
        ("confirmed", shop.get(&confirmed).await),
        ("payment", shop.get(&payment).await),
        ("refused payment", shop.get("/mock-gateway/pay/x").await),
        ("missing", shop.get("/nowhere").await),
    ]
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere_and_nothing_is_inline() {
    let shop = Shop::open();
    for (name, page) in pages(&shop).await {
        for (tag, attribute_name) in
            [("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")]
        {
            for tag in page.tags(tag) {
                match attribute(tag, attribute_name) {
                    Some(address) => {
                        assert!(address.starts_with("/assets/"), "{name}: {tag}");
                        assert_eq!(shop.get(&address).await.status, StatusCode::OK, "{tag}");
                    }
                    None => assert_eq!(tag, "<script type=\"application/ld+json\">", "{name}"),
                }
            }
        }
        for tag in page.body.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
            for inline in [" style=", " onclick=", " onload=", " onsubmit=", " srcset="] {
                assert!(!tag.contains(inline), "{name}: <{tag}>");
            }
        }
        assert!(tags(&page.body, "style").is_empty(), "{name}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"), "{name}: {policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn everybody_finds_their_way() {
    let shop = Shop::open();
    for (name, page) in pages(&shop).await {
        page.assert_has("<html lang=\"en\">");
        page.assert_has("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        assert_eq!(page.tags("h1").len(), 1, "{name} has one main heading");
        assert_eq!(page.tags("main").len(), 1, "{name}");
        let title = page.body.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(!title.trim().is_empty(), "{name}");
        let labels: Vec<_> =
            page.tags("label").iter().map(|label| attribute(label, "for").unwrap()).collect();
        let controls = page.tags("input").into_iter().chain(page.tags("select"));
        for control in controls.filter(|tag| !tag.contains("type=\"hidden\"")) {
            let id = attribute(control, "id").unwrap();
            assert!(labels.contains(&id), "{name}: {control} has no label");
        }
        let described = page.body.split("aria-describedby=\"").skip(1);
        for id in described.map(|rest| rest.split('"').next().unwrap()) {
            page.assert_has(&format!("id=\"{id}\""));
        }
        for image in page.tags("img") {
            assert!(image.contains(" alt="), "{name}: {image}");
        }
        let mut ids: Vec<_> = page.body.split(" id=\"").skip(1).collect();
        for rest in &mut ids {
            *rest = rest.split('"').next().unwrap();
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{name}: every id is there once");
    }
}

#[tokio::test]
async fn every_form_works_without_scripts() {
    let shop = Shop::open();
    for (name, page) in pages(&shop).await {
        for form in page.body.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            for part in [" action=\"/", " method=\"", "<button", "type=\"submit\""] {
                assert!(form.contains(part), "{name}: {part} is not in {form}");
            }
        }
    }
}

#[tokio::test]
async fn problems_are_pages_for_browsers_and_documents_for_tools() {
    let shop = Shop::open();
    let event = shop.add(&seed::event("Concert")).await;
    let page = shop.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    page.assert_has("<h1>Page not found</h1>");

    let address = format!("/events/{event}/book");
    let page = shop.get(&address).await;
    assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(page.header("allow"), "OPTIONS, POST");
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");

    for accept in [None, Some("*/*"), Some("application/json")] {
        let mut request = Request::get("/bookings/x");
        if let Some(accept) = accept {
            request = request.header(header::ACCEPT, accept);
        }
        let document = shop.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(document.status, StatusCode::NOT_FOUND);
        assert_eq!(document.header("content-type"), "application/problem+json");
        document.assert_has("/problems/booking-not-found");
    }
}

#[tokio::test]
async fn files_are_kept_by_browsers_until_they_change() {
    let shop = Shop::open();
    let page = shop.get("/").await;
    let address = attribute(page.tags("link").last().unwrap(), "href").unwrap();
    let file = shop.get(&address).await.ok();
    assert_eq!(file.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    let request = Request::get(&address).header(header::IF_NONE_MATCH, file.header("etag"));
    let unchanged = shop.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    let other = shop.get("/assets/0000000000000000/site.css").await.ok();
    assert_eq!(other.header("cache-control"), "no-cache");
    assert_eq!(
        shop.get("/assets/0000000000000000/secrets.txt").await.status,
        StatusCode::NOT_FOUND
    );
}

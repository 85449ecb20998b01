use booking_core::testkit::seed::{self, DAY};
use http::StatusCode;

use super::shop::Shop;

#[tokio::test]
async fn events_are_shown_in_their_own_time_and_currency() {
    let shop = Shop::open();
    let tokyo = seed::event("Matsuri").price(5_000, "JPY").category("festival");
    let tokyo = tokyo.venue("Tokyo", "JP", None).with(|draft| {
        draft.starts_at = "2027-03-20T10:00:00Z".parse().unwrap();
        draft.ends_at = "2027-03-20T13:00:00Z".parse().unwrap();
        "Asia/Tokyo".clone_into(&mut draft.timezone);
    });
    let id = shop.add(&tokyo.capacity(7)).await;
    let page = shop.get("/").await.ok();
    page.assert_has("Sat 20 Mar 2027, 19:00 JST");
    page.assert_has("5,000 JPY");
    page.assert_has("Only 7 left");
    page.assert_has("Hall of Tokyo, Tokyo, Japan");
    page.assert_has("<h2 id=\"results\">1 event</h2>");
    assert_eq!(page.link("Matsuri"), format!("/events/{id}"));
    assert_eq!(page.header("cache-control"), "public, max-age=1, must-revalidate");
}

#[tokio::test]
async fn the_state_of_sales_is_told() {
    let shop = Shop::open();
    let from = "2027-01-20T09:00:00Z".parse().unwrap();
    shop.add(&seed::event("Later").on_sale(Some(from), None)).await;
    let full = shop.add(&seed::event("Full").capacity(1).free()).await;
    shop.book(full, "1").await;
    let held = shop.add(&seed::event("Held").capacity(1)).await;
    shop.book(held, "1").await;
    let page = shop.get("/").await.ok();
    page.assert_has("On sale from 20 Jan 2027, 10:00 CET");
    page.assert_has("Sold out");
    page.assert_has("None free right now");
}

#[tokio::test]
async fn filters_narrow_the_results_and_can_be_removed() {
    let shop = Shop::open();
    shop.add(&seed::event("Jazz night").category("concert").tag("jazz")).await;
    shop.add(&seed::event("Rock night").category("concert").venue("Berlin", "DE", None)).await;
    shop.add(&seed::event("Chess open").category("sports")).await;

    let all = shop.get("/").await.ok();
    assert!(all.has("Jazz night") && all.has("Rock night") && all.has("Chess open"));
    all.assert_has("<option value=\"DE\">Germany</option>");
    all.assert_has("<a class=\"chip\" href=\"/?category=sports\">");

    let found = shop.get("/?q=night&category=concert&country=&starts_from=&sort=").await.ok();
    assert!(found.has("Jazz night") && found.has("Rock night") && !found.has("Chess open"));
    found.assert_has("<h2 id=\"results\">2 events</h2>");
    found.assert_has("<option value=\"concert\" selected>Concert</option>");
    found.assert_has("href=\"/?category=concert\""); // Removes the text.
    found.assert_has("href=\"/?q=night\""); // Removes the category.
    found.assert_has("href=\"/?q=night&#38;category=concert&#38;country=DE\""); // Adds a country.

    let german = shop.get("/?q=night&category=concert&country=DE").await.ok();
    german.assert_has("<h2 id=\"results\">1 event</h2>");
    let tagged = shop.get("/?tag=jazz").await.ok();
    tagged.assert_has("<input type=\"hidden\" name=\"tag\" value=\"jazz\">");
    assert!(tagged.has("Jazz night") && !tagged.has("Rock night"));
    let later = shop.get("/?starts_from=2030-01-01").await.ok();
    later.assert_has("Nothing found.");
}

#[tokio::test]
async fn every_event_is_on_exactly_one_page() {
    let shop = Shop::open();
    for number in 0_u32..45 {
        let starts_at = seed::later(DAY * (number + 1));
        shop.add(&seed::event(&format!("Event no {number}.")).starts_at(starts_at)).await;
    }
    let mut address = "/?country=CH".to_owned();
    let mut seen = Vec::new();
    for page_number in 1..=3 {
        let page = shop.get(&address).await.ok();
        page.assert_has("<h2 id=\"results\">45 events</h2>");
        seen.extend((0..45).filter(|number| page.has(&format!("Event no {number}.<"))));
        if page_number < 3 {
            address = page.link("More events");
        } else {
            page.assert_lacks("More events");
        }
        assert_eq!(page.has("Back to the first page"), page_number > 1);
    }
    assert_eq!(seen, (0..45).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_cannot_be_searched_for_is_said_beside_the_form() {
    let shop = Shop::open();
    shop.add(&seed::event("Concert")).await;
    let page = shop.get("/?starts_from=soon&available=many&q=x&sort=colour").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.assert_has("value=\"soon\" aria-invalid=\"true\" aria-describedby=\"starts_from-wrong\"");
    page.assert_has("<p class=\"wrong\" id=\"available-wrong\">It must be a whole number");
    page.assert_has("<li>Order must be one of those on offer.</li>");
    page.assert_has("<li>From must be a date such as 2026-01-31.</li>");
    page.assert_has("value=\"x\"");
    for broken in ["/?q=%ff", "/?cursor=nonsense", "/?country=Atlantis", "/?q=%00"] {
        let page = shop.get(broken).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{broken}");
        page.assert_has("This search cannot be done as it is.");
        page.assert_has("action=\"/\"");
    }
}

#[tokio::test]
async fn parameters_of_others_do_no_harm() {
    let shop = Shop::open();
    shop.add(&seed::event("Concert")).await;
    let page = shop.get("/?utm_source=mail&fbclid=1&q=concert").await.ok();
    page.assert_has("Concert");
    page.assert_lacks("utm_source");
}

use booking_core::testkit::seed;
use http::{Request, StatusCode, header};
use http_body_util::Full;

use super::shop::{PUBLIC_URL, Shop, tags};

async fn payment(shop: &Shop) -> (String, String) {
    let id = shop.add(&seed::event("Concert")).await;
    let payment = shop.book(id, "2").await;
    (payment, format!("{PUBLIC_URL}/bookings/{}", shop.newest_booking(id).await))
}

#[tokio::test]
async fn the_page_is_plainly_a_test() {
    let shop = Shop::open();
    let (payment, _) = payment(&shop).await;
    let page = shop.get(&payment).await.ok();
    page.assert_has("Test payment service: no money moves");
    page.assert_has("<p class=\"sum\">90.00 EUR</p>");
    page.assert_has("Concert");
    page.assert_has("15 minutes left");
    for action in ["pay", "decline", "give_up"] {
        page.assert_has(&format!("name=\"action\" value=\"{action}\""));
    }
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn looking_at_the_page_changes_nothing() {
    let shop = Shop::open();
    let (payment, booking) = payment(&shop).await;
    shop.get(&payment).await.ok();
    assert_eq!(shop.gateway.deliver_due().await, 0);
    shop.get(&booking).await.ok().assert_has("Waiting for your payment");
}

#[tokio::test]
async fn each_button_leads_back_to_the_booking() {
    let shop = Shop::open();
    for (action, after, told) in [
        ("pay", "Paid", "Your tickets are booked"),
        ("decline", "Declined", "The payment did not go through"),
        ("give_up", "Given up", "The payment did not go through"),
    ] {
        let (payment, booking) = payment(&shop).await;
        let form = shop.get(&payment).await.ok().form("").fill("action", action);
        assert_eq!(shop.submit(&form).await.location(), booking);
        assert_eq!(shop.submit(&form).await.location(), booking, "a second click does no harm");
        assert_eq!(shop.gateway.deliver_due().await, 1, "and tells nothing twice");
        shop.get(&booking).await.ok().assert_has(told);
        let page = shop.get(&payment).await.ok();
        page.assert_has(&format!("<h1>{after}</h1>"));
        assert!(tags(&page.body, "form").is_empty());
        assert_eq!(page.link("Back to the booking"), booking);
    }
}

#[tokio::test]
async fn who_paid_cannot_decline() {
    let shop = Shop::open();
    let (payment, _) = payment(&shop).await;
    let form = shop.get(&payment).await.ok().form("");
    shop.submit(&form.clone().fill("action", "pay")).await.location();
    let page = shop.submit(&form.fill("action", "decline")).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("<h1>Paid</h1>");
}

#[tokio::test]
async fn the_signed_parameters_may_stand_in_the_address() {
    let shop = Shop::open();
    let (payment, booking) = payment(&shop).await;
    let request = Request::post(payment.strip_prefix(PUBLIC_URL).unwrap())
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from("action=pay"))
        .unwrap();
    assert_eq!(shop.send(request).await.location(), booking);
}

#[tokio::test]
async fn what_is_to_go_wrong_can_be_chosen() {
    let shop = Shop::open();
    let (first, _) = payment(&shop).await;
    let form = shop.get(&first).await.ok().form("").fill("action", "pay").fill("fault", "never");
    shop.submit(&form).await.location();
    assert_eq!(shop.gateway.deliver_due().await, 0);

    let (second, _) = payment(&shop).await;
    let form = shop.get(&second).await.ok().form("").fill("action", "pay").fill("fault", "twice");
    shop.submit(&form).await.location();
    assert_eq!(shop.gateway.deliver_due().await, 2);

    let (third, _) = payment(&shop).await;
    let form = shop.get(&third).await.ok().form("");
    for (action, fault) in [("pay", "explode"), ("steal", ""), ("", "")] {
        let page = shop.submit(&form.clone().fill("action", action).fill("fault", fault)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.assert_has("Nothing was paid.");
    }
    assert_eq!(shop.gateway.deliver_due().await, 0);
}

#[tokio::test]
async fn a_changed_link_is_refused() {
    let shop = Shop::open();
    let (payment, booking) = payment(&shop).await;
    let cheaper = payment.replace("amount=9000", "amount=9");
    let cut = payment.split_once("&signature").unwrap().0.to_owned();
    let doubled = format!("{payment}&amount=9");
    let bare = payment.split_once('?').unwrap().0.to_owned();
    for address in [cheaper, cut, doubled, bare, format!("{PUBLIC_URL}/mock-gateway/pay/x")] {
        assert_ne!(address, payment);
        let page = shop.get(&address).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{address}");
        page.assert_has("This payment link is not valid");
        assert!(tags(&page.body, "form").is_empty());
    }
    let form = shop.get(&payment).await.ok().form("").fill("action", "pay").fill("amount", "9");
    assert_eq!(shop.submit(&form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(shop.gateway.deliver_due().await, 0);
    shop.get(&booking).await.ok().assert_has("Waiting for your payment");
}

#[tokio::test]
async fn too_late_is_said_with_a_way_back() {
    let shop = Shop::open();
    let (payment, booking) = payment(&shop).await;
    let form = shop.get(&payment).await.ok().form("").fill("action", "pay");
    shop.clock.advance(seed::HOLD);
    let page = shop.get(&payment).await.ok();
    page.assert_has("<h1>Too late to pay</h1>");
    assert_eq!(page.link("Back to the booking"), booking);
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("<h1>Too late to pay</h1>");
    shop.get(&booking).await.ok().assert_has("The time to pay is over");
}

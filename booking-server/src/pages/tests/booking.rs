use std::time::Duration;

use booking_core::domain::ids::{BookingId, EventId};
use booking_core::testkit::seed;
use http::StatusCode;

use super::shop::{Form, PUBLIC_URL, Shop, tags};

async fn booked(shop: &Shop) -> (EventId, BookingId, String) {
    let id = shop.add(&seed::event("Concert & more")).await;
    shop.book(id, "2").await;
    let booking = shop.newest_booking(id).await;
    (id, booking, format!("/bookings/{booking}"))
}

async fn press(shop: &Shop, address: &str, action: &str) -> String {
    let payment = shop.get(address).await.ok().link("Go to payment");
    let page = shop.get(&payment).await.ok();
    let returned = shop.submit(&page.form("").fill("action", action)).await.location();
    shop.gateway.deliver_due().await;
    returned
}

#[tokio::test]
async fn a_pending_booking_shows_the_way_to_pay_and_the_time_left() {
    let shop = Shop::open();
    let (_, booking, address) = booked(&shop).await;
    shop.clock.advance(Duration::from_mins(1));
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>Waiting for your payment</h1>");
    page.assert_has("data-seconds-left=\"840\">14 minutes left</span>");
    page.assert_has("held until <time datetime=\"2027-01-15T12:15:00.123456Z\">13:15 CET</time>");
    page.assert_has(&format!("data-poll=\"/v1/bookings/{booking}\" data-status=\"pending\""));
    page.assert_has("<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>");
    page.assert_has("90.00 EUR");
    page.assert_has("Concert &#38; more");
    page.assert_lacks("Add to calendar");
    assert!(page.link("Go to payment").starts_with(&format!("{PUBLIC_URL}/mock-gateway/pay/")));
}

#[tokio::test]
async fn the_page_of_a_booking_stays_out_of_caches_and_logs_of_others() {
    let shop = Shop::open();
    let (_, _, address) = booked(&shop).await;
    let page = shop.get(&address).await.ok();
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    page.assert_has("<meta name=\"robots\" content=\"noindex\">");
}

#[tokio::test]
async fn only_the_notification_confirms() {
    let shop = Shop::open();
    let (_, booking, address) = booked(&shop).await;
    let payment = shop.get(&address).await.ok().link("Go to payment");
    let form = shop.get(&payment).await.ok().form("").fill("action", "pay");
    let returned = shop.submit(&form).await.location();
    assert_eq!(returned, format!("{PUBLIC_URL}{address}"));
    let page = shop.get(&returned).await.ok();
    page.assert_has("Waiting for your payment");
    page.assert_has("If you have just paid");

    shop.gateway.deliver_due().await;
    let page = shop.get(&returned).await.ok();
    page.assert_has("<h1>Your tickets are booked</h1>");
    page.assert_has(&booking.to_string());
    page.assert_lacks("data-poll");
    page.assert_lacks("http-equiv");
    page.assert_lacks("Give up");
    assert!(tags(&page.body, "form").is_empty());

    let google = page.link("Add to Google Calendar");
    assert!(google.starts_with("https://calendar.google.com/calendar/render?action=TEMPLATE"));
    assert!(google.contains("dates=20270214T120000Z%2F20270214T150000Z"), "{google}");
    let file = shop.get(&page.link("Add to calendar (.ics)")).await.ok();
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"tickets.ics\"");
    file.assert_has("DTSTART:20270214T120000Z\r\n");
    file.assert_has(&format!("UID:booking-{booking}@tickets.test\r\n"));
    file.assert_has("SUMMARY:Concert & more\r\n");
    file.assert_has("LOCATION:Tonhalle\\, Claridenstrasse 7\\, Zürich\\, Switzerland\r\n");
}

#[tokio::test]
async fn there_is_no_calendar_file_without_a_ticket() {
    let shop = Shop::open();
    let (_, _, address) = booked(&shop).await;
    let page = shop.get(&format!("{address}/calendar.ics")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn tickets_can_be_given_up_until_they_are_paid_for() {
    let shop = Shop::open();
    let (event, _, address) = booked(&shop).await;
    let form = shop.get(&address).await.ok().form("/cancel");
    assert_eq!(shop.submit(&form).await.location(), address);
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>You gave these tickets up</h1>");
    assert_eq!(page.link("Try again"), format!("/events/{event}"));
    assert_eq!(shop.listing(event).await.stock.available(), 100);
    assert_eq!(shop.submit(&form).await.location(), address, "giving up twice is giving up");

    let (_, booking, address) = booked(&shop).await;
    let form = shop.get(&address).await.ok().form("/cancel");
    press(&shop, &address, "pay").await;
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("The booking is paid for, so it cannot be given up here.");
    page.assert_has("Your tickets are booked");
    shop.system.organiser().refund(booking).await.unwrap();
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("The money is given back, so there is nothing left to give up.");

    let id = shop.add(&seed::event("Open day").free()).await;
    let action = shop.book(id, "2").await + "/cancel";
    let page = shop.submit(&Form { action, fields: Vec::new() }).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("The tickets are yours, so they cannot be given up here.");
}

#[tokio::test]
async fn other_sites_cannot_give_tickets_up() {
    let shop = Shop::open();
    let (event, _, address) = booked(&shop).await;
    let form = shop.get(&address).await.ok().form("/cancel");
    for headers in [
        [("sec-fetch-site", "cross-site")],
        [("origin", "https://evil.example.org")],
        [("referer", "https://evil.example.org/")],
    ] {
        let page = shop.submit_with(&form, &headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(shop.listing(event).await.stock.held(), 2);
    // The page bids the browser to hide its address, which older ones take for the origin, too.
    assert_eq!(shop.submit_with(&form, &[("origin", "null")]).await.location(), address);
}

#[tokio::test]
async fn what_did_not_work_out_can_be_tried_again() {
    let shop = Shop::open();
    let (event, _, address) = booked(&shop).await;
    press(&shop, &address, "decline").await;
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>The payment did not go through</h1>");
    assert_eq!(page.link("Try again"), format!("/events/{event}"));

    let (event, _, address) = booked(&shop).await;
    shop.clock.advance(seed::HOLD);
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>The time to pay is over</h1>");
    page.assert_lacks("Go to payment");
    assert_eq!(page.link("Try again"), format!("/events/{event}"));
}

#[tokio::test]
async fn money_on_its_way_back_is_told() {
    let shop = Shop::open();
    let (event, booking, address) = booked(&shop).await;
    press(&shop, &address, "pay").await;
    shop.system.organiser().refund(booking).await.unwrap();
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>Your money is on its way back</h1>");
    page.assert_has("The organiser gives back the whole amount.");
    page.assert_has("data-status=\"refund_due\"");
    assert!(tags(&page.body, "form").is_empty());
    shop.system.run_due_work().await.unwrap();
    shop.gateway.deliver_due().await;
    let page = shop.get(&address).await.ok();
    page.assert_has("<h1>Your money was given back</h1>");
    page.assert_lacks("data-poll");
    assert_eq!(shop.listing(event).await.stock.available(), 100);
}

#[tokio::test]
async fn a_payment_after_the_tickets_were_gone_comes_back() {
    let shop = Shop::open();
    let event = shop.add(&seed::event("Concert").capacity(1)).await;
    shop.book(event, "1").await;
    let late = format!("/bookings/{}", shop.newest_booking(event).await);
    let payment = shop.get(&late).await.ok().link("Go to payment");
    let pay = shop.get(&payment).await.ok().form("").fill("action", "pay").fill("fault", "late=1h");
    shop.submit(&pay).await.location();
    shop.clock.advance(seed::HOLD);
    shop.system.run_due_work().await.unwrap();
    let quick = shop.book(event, "1").await;
    shop.submit(&shop.get(&quick).await.ok().form("").fill("action", "pay")).await.location();
    shop.gateway.deliver_due().await;
    shop.clock.advance(Duration::from_hours(1));
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(1)).await;
    shop.gateway.deliver_due().await;
    let page = shop.get(&late).await.ok();
    page.assert_has("Your payment came when the tickets were gone.");
}

#[tokio::test]
async fn bookings_of_an_event_that_was_called_off_say_so() {
    let shop = Shop::open();
    let (event, _, unpaid) = booked(&shop).await;
    shop.book(event, "1").await;
    let paid = format!("/bookings/{}", shop.newest_booking(event).await);
    press(&shop, &paid, "pay").await;
    shop.system.organiser().cancel(event).await.unwrap();
    for settled in [false, true] {
        if settled {
            shop.system.run_due_work().await.unwrap();
        }
        let page = shop.get(&unpaid).await.ok();
        page.assert_has("<h1>The event was called off</h1>");
        page.assert_has("You have not paid for the tickets");
        page.assert_lacks("Go to payment");
        let page = shop.get(&paid).await.ok();
        page.assert_has("<h1>The event was called off</h1>");
        page.assert_has("You get back the whole amount.");
        page.assert_lacks("Add to calendar");
    }
}

#[tokio::test]
async fn unknown_bookings_are_not_found() {
    let shop = Shop::open();
    for address in [format!("/bookings/{}", seed::booking_id()), "/bookings/mine".to_owned()] {
        let page = shop.get(&address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        page.assert_has("<h1>Booking not found</h1>");
    }
}

use std::time::Duration;

use booking_core::testkit::faulty::Fault;
use booking_core::testkit::seed;
use http::StatusCode;

use super::shop::{PUBLIC_URL, Shop, tags};

const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;{{7*7}}";

#[tokio::test]
async fn an_event_is_told_with_place_and_time() {
    let shop = Shop::open();
    let event = seed::event("Concert").description("First line.\nSecond line.").tag("jazz & soul");
    let id = shop
        .add(&event.with(|draft| {
            draft.url = Some("https://concert.example.org/".to_owned());
            draft.image_url = Some("https://pictures.example.org/1.jpg".to_owned());
        }))
        .await;
    let page = shop.get(&format!("/events/{id}")).await.ok();
    page.assert_has("<h1 dir=\"auto\">Concert</h1>");
    page.assert_has("Sunday, 14 February 2027");
    page.assert_has("13:00 to 16:00 CET (Europe/Zurich)");
    page.assert_has("Claridenstrasse 7");
    page.assert_lacks("Join online");
    page.assert_has("First line.\nSecond line.");
    page.assert_has("href=\"/?tag=jazz+%26+soul\"");
    page.assert_has("src=\"https://pictures.example.org/1.jpg\"");
    page.assert_has("100 left");
    page.assert_has("45.00 EUR");
    assert_eq!(page.header("cache-control"), "no-store", "each showing has a token of its own");
}

#[tokio::test]
async fn what_others_wrote_is_never_markup() {
    let shop = Shop::open();
    let event = seed::event(HOSTILE).description(HOSTILE).tag("<b>tag</b>").with(|draft| {
        draft.category = "<i>category</i>".to_owned();
        draft.image_url = Some("https://a.example.org/\"onerror=alert(1)".to_owned());
    });
    let id = shop.add(&event.venue("<u>City</u>", "CH", None)).await;
    let payment =
        shop.submit(&shop.filled_form(id, "1").await.fill("name", HOSTILE)).await.location();
    let booking = format!("/bookings/{}", shop.newest_booking(id).await);
    let query = format!("/?q={}", "%3Cscript%3E%22%27");
    for address in [format!("/events/{id}"), "/".to_owned(), query, payment, booking] {
        let page = shop.get(&address).await.ok();
        for tag in ["<script>", "<img src=x", "<b>", "<i>", "<u>"] {
            page.assert_lacks(tag);
        }
        for tag in page.tags("img") {
            assert!(!tag.contains(" onerror"), "{tag}");
        }
    }
    let form = shop.filled_form(id, "0").await.fill("name", HOSTILE).fill("email", HOSTILE);
    let page = shop.submit(&form).await;
    page.assert_lacks("<script>");
    assert_eq!(page.form("/book").value("name"), HOSTILE, "and it is kept as it was typed");
}

#[tokio::test]
async fn search_engines_read_valid_json() {
    let shop = Shop::open();
    let id = shop.add(&seed::event(HOSTILE)).await;
    let page = shop.get(&format!("/events/{id}")).await.ok();
    let (_, rest) = page.body.split_once("<script type=\"application/ld+json\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let event: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(event["name"], HOSTILE);
    assert_eq!(event["url"], format!("{PUBLIC_URL}/events/{id}"));
    assert_eq!(event["offers"]["price"], "45.00");
    assert_eq!(event["offers"]["priceCurrency"], "EUR");
}

#[tokio::test]
async fn an_online_event_links_to_where_it_is() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Lecture").online()).await;
    let page = shop.get(&format!("/events/{id}")).await.ok();
    assert_eq!(page.link("Join online"), "https://stream.example.org/?a=1&b=2");
}

#[tokio::test]
async fn booking_leads_to_the_payment_page() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let location = shop.book(id, "3").await;
    assert!(location.starts_with(&format!("{PUBLIC_URL}/mock-gateway/pay/pay_")), "{location}");
    let listing = shop.listing(id).await;
    assert_eq!((listing.stock.held(), listing.stock.sold()), (3, 0));
}

#[tokio::test]
async fn free_tickets_are_booked_at_once() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Open day").free()).await;
    let page = shop.get(&format!("/events/{id}")).await.ok();
    page.assert_has(">Book</button>");
    page.assert_lacks("while you pay");
    let location = shop.book(id, "2").await;
    assert_eq!(location, format!("/bookings/{}", shop.newest_booking(id).await));
    shop.get(&location).await.ok().assert_has("Your tickets are booked");
}

#[tokio::test]
async fn every_wrong_field_is_marked_and_what_was_typed_is_kept() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "many").await.fill("name", " ").fill("email", "zoe@home");
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.assert_has("<p class=\"wrong\" id=\"quantity-wrong\">Please enter a whole number.</p>");
    page.assert_has("<p class=\"wrong\" id=\"name-wrong\">Please enter your name.</p>");
    page.assert_has("<p class=\"wrong\" id=\"email-wrong\">This is not an e-mail address.</p>");
    let again = page.form("/book");
    assert_eq!(again.value("quantity"), "many");
    assert_eq!(again.value("email"), "zoe@home");
    assert_eq!(again.value("form_token"), form.value("form_token"));
    assert_eq!(shop.bookings(id).await, 0);

    let put_right = again.fill("quantity", "1").fill("name", "Zoë").fill("email", "z@example.org");
    shop.submit(&put_right).await.location();
    assert_eq!(shop.bookings(id).await, 1);
}

#[tokio::test]
async fn more_than_the_event_allows_is_refused_beside_the_field() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert").max_per_booking(4)).await;
    let page = shop.submit(&shop.filled_form(id, "5").await).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.assert_has("id=\"quantity-wrong\">One booking may be for at most 4.</p>");
    page.assert_has("max=\"4\"");
    for quantity in ["0", "-1", "+1", "1001", "1.5", ""] {
        let page = shop.submit(&shop.filled_form(id, quantity).await).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{quantity}");
    }
    assert_eq!(shop.bookings(id).await, 0);
}

#[tokio::test]
async fn a_form_sent_twice_books_once() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "2").await;
    let (first, second) = tokio::join!(shop.submit(&form), shop.submit(&form));
    assert_eq!(first.location(), second.location(), "both clicks lead to the same payment");
    assert_eq!(shop.submit(&form).await.location(), first.location(), "and so does a later one");
    assert_eq!(shop.bookings(id).await, 1);
    assert_eq!(shop.listing(id).await.stock.held(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_second_of_two_clicks_waits_for_the_first() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "2").await;
    shop.faults.push_for("admit", Fault::Delay(Duration::from_secs(1)));
    let (first, second) = tokio::join!(shop.submit(&form), shop.submit(&form));
    assert_eq!(first.location(), second.location());
    assert_eq!(shop.bookings(id).await, 1);

    let form = shop.filled_form(id, "2").await;
    shop.faults.push_for("admit", Fault::Delay(Duration::from_secs(8)));
    let (first, second) = tokio::join!(shop.submit(&form), shop.submit(&form));
    first.location();
    assert_eq!(second.status, StatusCode::CONFLICT, "nobody waits for ever");
    second.assert_has("Your booking is being made.");
    assert_eq!(second.form("/book"), form);
}

#[tokio::test]
async fn a_form_that_met_a_fault_can_be_sent_again() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    for fault in [Fault::Before, Fault::After] {
        let before = shop.bookings(id).await;
        let form = shop.filled_form(id, "2").await;
        shop.faults.push_for("admit", fault);
        let page = shop.submit(&form).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(page.header("retry-after"), "2");
        page.assert_has("this form books only once");
        let again = page.form("/book");
        for field in ["form_token", "quantity", "name", "email"] {
            assert_eq!(again.value(field), form.value(field));
        }
        shop.submit(&again).await.location();
        assert_eq!(shop.bookings(id).await, before + 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_form_sent_again_with_other_entries_asks_first() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "2").await;
    shop.submit(&form).await.location();
    let page = shop.submit(&form.clone().fill("quantity", "3")).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("Book again?");
    assert_eq!(shop.bookings(id).await, 1);
    let again = page.form("/book");
    assert_ne!(again.value("form_token"), form.value("form_token"));
    shop.submit(&again).await.location();
    assert_eq!(shop.bookings(id).await, 2);
}

#[tokio::test]
async fn two_showings_of_the_form_are_two_bookings() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    assert_ne!(shop.book(id, "1").await, shop.book(id, "1").await);
    assert_eq!(shop.bookings(id).await, 2);
}

#[tokio::test]
async fn too_few_tickets_are_told_with_what_is_left_and_when_more_may_come() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert").capacity(5)).await;
    let form = shop.filled_form(id, "4").await;
    shop.book(id, "3").await;
    shop.clock.advance(Duration::from_mins(5));
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("Only 2 tickets are left.");
    page.assert_has("3 tickets are held for buyers who have not paid yet.");
    page.assert_has("may be free again in 10 minutes, at 13:15 CET.");
    page.assert_has("id=\"quantity-wrong\">At most 2 can be had right now.</p>");
    page.assert_has("max=\"2\"");
    assert_eq!(page.form("/book").value("name"), "Zoë Ångström");

    shop.submit(&page.form("/book").fill("quantity", "2")).await.location();
    let page = shop.get(&format!("/events/{id}")).await.ok();
    page.assert_has("None free right now.");
    page.assert_has("5 tickets are held");
    assert!(tags(&page.body, "form").is_empty(), "there is nothing to book");
    assert_eq!(page.link("Look again"), format!("/events/{id}"));
}

#[tokio::test]
async fn a_sold_out_event_says_so() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Open day").capacity(2).free()).await;
    let form = shop.filled_form(id, "1").await;
    shop.book(id, "2").await;
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("All tickets are sold.");
    assert!(tags(&page.body, "form").is_empty());
    shop.get(&format!("/events/{id}")).await.ok().assert_has(">Sold out</span>");
}

#[tokio::test]
async fn what_is_not_on_sale_cannot_be_booked() {
    let shop = Shop::open();
    let opens = seed::later(3 * seed::DAY);
    let id = shop.add(&seed::event("Later").on_sale(Some(opens), None)).await;
    let page = shop.get(&format!("/events/{id}")).await.ok();
    page.assert_has("Not on sale yet.");
    page.assert_has("Sales open on 18 Jan 2027, 13:00 CET, in 3 days.");
    assert!(tags(&page.body, "form").is_empty());

    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "1").await;
    shop.system.organiser().cancel(id).await.unwrap();
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("The event was called off.");

    let closes = seed::later(Duration::from_mins(1));
    let id = shop.add(&seed::event("Soon").on_sale(None, Some(closes))).await;
    let form = shop.filled_form(id, "1").await;
    shop.clock.set(closes);
    let page = shop.submit(&form).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_has("Sales have closed.");
    shop.clock.set(seed::later(40 * seed::DAY));
    shop.get(&format!("/events/{id}")).await.ok().assert_has("The event is over.");
}

#[tokio::test]
async fn drafts_and_unknown_events_are_not_found() {
    let shop = Shop::open();
    let draft = shop.add(&seed::event("Secret").draft()).await;
    let unknown = seed::event_id();
    for address in [format!("/events/{draft}"), format!("/events/{unknown}"), "/events/1".into()] {
        let page = shop.get(&address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        page.assert_has("<h1>Event not found</h1>");
        page.assert_lacks("Secret");
    }
    let open = shop.add(&seed::event("Concert")).await;
    let mut form = shop.filled_form(open, "1").await;
    form.action = format!("/events/{draft}/book");
    assert_eq!(shop.submit(&form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(shop.bookings(draft).await, 0);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "1").await;
    let foreign: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", PUBLIC_URL)],
        &[("origin", "https://evil.example.org")],
        &[("origin", "null")],
        &[("referer", "https://evil.example.org/tickets.test/")],
        &[("origin", "http://tickets.test.evil.example.org")],
    ];
    for headers in foreign {
        let page = shop.submit_with(&form, headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(shop.bookings(id).await, 0);
    let own: [&[(&str, &str)]; 5] = [
        &[],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("origin", PUBLIC_URL)],
        &[("referer", "http://tickets.test/events/1")],
    ];
    for headers in own {
        shop.submit_with(&form, headers).await.location();
    }
    assert_eq!(shop.bookings(id).await, 1);
}

#[tokio::test]
async fn a_form_that_says_something_twice_books_nothing() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    for again in ["3", ""] {
        let mut form = shop.filled_form(id, "2").await;
        form.fields.push(("quantity".to_owned(), again.to_owned()));
        let page = shop.submit(&form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "and then {again:?}");
    }
    assert_eq!(shop.listing(id).await.stock.available(), 100);
}

#[tokio::test]
async fn a_form_without_a_token_books_too() {
    let shop = Shop::open();
    let id = shop.add(&seed::event("Concert")).await;
    let form = shop.filled_form(id, "1").await.fill("form_token", "");
    shop.submit(&form).await.location();
    assert_eq!(shop.bookings(id).await, 1);
}

#[tokio::test]
async fn below_a_path_every_link_stays_below_it() {
    let shop = Shop::open_at("https://example.org/shop");
    let id = shop.add(&seed::event("Concert").tag("jazz")).await;
    for address in ["/".to_owned(), format!("/events/{id}")] {
        let page = shop.get(&address).await.ok();
        for (tag, name) in [("a", "href"), ("link", "href"), ("script", "src"), ("form", "action")]
        {
            for tag in page.tags(tag) {
                let Some(target) = super::shop::attribute(tag, name) else { continue };
                assert!(target.starts_with("/shop/") || target == "#main", "{tag}");
            }
        }
    }
    let page = shop.get(&format!("/events/{id}")).await;
    assert!(
        page.header("content-security-policy")
            .contains("form-action 'self' https: https://example.org;")
    );
}

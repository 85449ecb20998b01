//! Whoever has a booking's id may see the booking. Nobody gets one by asking or guessing.

use std::collections::BTreeSet;

use http::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Answer, Server};

fn id_of(booking: &Value) -> Uuid {
    booking["id"].as_str().unwrap().parse().unwrap()
}

/// Ids that somebody tries who has one: of other things, of other times, and the closest neighbours.
fn guesses(booking: Uuid, event: &str) -> Vec<String> {
    let bits = booking.as_u128();
    let near = |other: u128| Uuid::from_u128(other).hyphenated().to_string();
    let mut found = vec![
        event.to_owned(),
        near(bits + 1),
        near(bits - 1),
        near(0),
        near(u128::MAX),
        // The next of the same millisecond would have the next count and other random bits.
        near(bits + (1 << 64)),
        near(bits - (1 << 80)),
        "42".to_owned(),
        "me".to_owned(),
        format!("{booking}x"),
        booking.simple().to_string(),
        booking.braced().to_string(),
        booking.urn().to_string(),
        format!("%20{booking}"),
        format!("{booking}%2fcalendar.ics"),
    ];
    found.extend((0..62).step_by(7).map(|bit| near(bits ^ (1 << bit))));
    found
}

/// What there is to be seen of an answer, but for what is new in each.
fn shape(answer: &Answer) -> (u16, HeaderMap, String) {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id").unwrap();
    headers.remove("date").unwrap();
    (answer.status.as_u16(), headers, answer.text())
}

#[tokio::test]
async fn whatever_is_guessed_is_answered_alike() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 1).await;
    let guesses = guesses(id_of(&booking), &event);
    for (method, start, end) in [
        (Method::GET, "/v1/bookings/", ""),
        (Method::POST, "/v1/bookings/", "/cancel"),
        (Method::GET, "/bookings/", ""),
        (Method::POST, "/bookings/", "/cancel"),
        (Method::GET, "/bookings/", "/calendar.ics"),
    ] {
        for accept in ["application/json", "text/html"] {
            let mut shapes = Vec::new();
            for guess in &guesses {
                let url = server.public(&format!("{start}{guess}{end}"));
                let headers = [("accept", accept)];
                shapes.push(shape(&server.client.send(method.clone(), &url, &headers, "").await));
            }
            let (status, _, text) = &shapes[0];
            assert_eq!(*status, 404, "{text}");
            for (guess, shape) in guesses.iter().zip(&shapes) {
                assert_eq!(shape, &shapes[0], "{method} {start}{guess}{end}");
            }
        }
    }
    println!("ids: {} guesses, each in ten ways, all answered alike", guesses.len());
    assert_eq!(server.status(&booking).await, "pending");
    assert_eq!(server.stock(&event).await, [5, 5, 1, 0]);
}

#[tokio::test]
async fn nothing_public_lists_bookings_or_names_buyers() {
    let server = Server::start().await;
    let event = server.event(5).await;
    let booking = server.hold(&event, 1).await;
    let id = booking["id"].as_str().unwrap();
    let secrets = [id, "ada@example.org", "Ada Lovelace"];
    let open = |secret: &&str, text: &str| text.contains(*secret);
    for path in [
        "/v1/bookings".to_owned(),
        "/v1/bookings/".to_owned(),
        "/v1/bookings?limit=100".to_owned(),
        "/v1/bookings?email=ada@example.org".to_owned(),
        "/bookings".to_owned(),
        format!("/v1/events/{event}/bookings"),
        format!("/v1/events/{event}"),
        format!("/events/{event}"),
        "/v1/events?q=ada".to_owned(),
        "/v1/events?q=lovelace".to_owned(),
        format!("/v1/events?q={id}"),
        "/v1/events/suggest?q=ada".to_owned(),
        "/v1/events/facets?q=ada".to_owned(),
        "/?q=lovelace".to_owned(),
        "/readyz".to_owned(),
        "/metrics".to_owned(),
    ] {
        let answer = server.get(&path).await;
        let text = answer.text();
        // What was typed is shown again; nothing else may be.
        let typed: Vec<_> = secrets.iter().filter(|secret| path.contains(**secret)).collect();
        let told: Vec<_> = secrets
            .iter()
            .filter(|secret| open(secret, &text) && !typed.contains(secret))
            .collect();
        assert!(told.is_empty(), "{path} tells {told:?}: {text}");
    }
    // Whoever holds the id sees the booking: that is what it is for.
    assert_eq!(server.find(&booking).await["customer"]["email"], "ada@example.org");
    // And the log, which others read, holds neither names nor addresses.
    assert!(!server.log().contains("ada@example.org") && !server.log().contains("Lovelace"));
}

/// 62 bits of each id are random (`SystemIds`), so of ids made at the same moment nobody can tell another's.
#[tokio::test]
async fn ids_of_one_moment_have_nothing_in_common_that_could_be_counted_on() {
    const BOOKINGS: usize = 200;
    const RANDOM: u64 = (1 << 62) - 1;
    let server = Server::start().await;
    let event = server.event(u32::try_from(BOOKINGS).unwrap()).await;
    let mut tails = BTreeSet::new();
    let (mut ones, mut zeros) = (0, 0);
    for _ in 0..BOOKINGS {
        let id = id_of(&server.hold(&event, 1).await);
        assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
        let tail = id.as_u64_pair().1 & RANDOM;
        ones |= tail;
        zeros |= !tail & RANDOM;
        tails.insert(tail);
    }
    assert_eq!(tails.len(), BOOKINGS);
    println!("ids: of {BOOKINGS}, {} bits took both values", (ones & zeros).count_ones());
    assert_eq!(ones & zeros, RANDOM, "each of the 62 bits takes both values");
}

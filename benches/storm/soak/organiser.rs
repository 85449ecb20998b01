//! What organisers do meanwhile.

use std::sync::Arc;
use std::time::Duration;

use booking_benches::gateway::unix_now;
use booking_benches::stage::rehearsal;
use booking_core::testkit::SplitMix;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::guests::Programme;
use crate::client::Client;

const STEP: Duration = Duration::from_secs(1);

/// An event that begins so soon is sold, reminded of and over within a run.
const BEGINS_AFTER: SignedDuration = SignedDuration::from_mins(5);
const REMINDED_MINUTES: u32 = 3;
/// Few, so that they sell out.
const TICKETS: u32 = 150;

/// Makes events, edits them, moves some, calls some off, and reads door lists, until everybody goes home.
pub(crate) async fn organise(client: Client, programme: Arc<Programme>) {
    let mut random = SplitMix::new(u64::MAX);
    for step in 0_u32.. {
        if client.is_over() {
            return;
        }
        if step.is_multiple_of(20)
            && let Some(event) = offer_soon(&client, step).await
        {
            programme.offer(event);
        }
        let event = programme.lasting(&mut random);
        let text = format!("Edited for the {step}th time.");
        edit(&client, event, &json!({ "description": text })).await;
        if step.is_multiple_of(5) {
            let path = format!("/v1/events/{event}/bookings?limit=100");
            client.once(Method::GET, &path, &[], "").await;
            let path = format!("/v1/events/{event}/stock");
            client.once(Method::GET, &path, &[], "").await;
        }
        if step % 30 == 15
            && let Some(event) = programme.middle()
        {
            if step % 60 == 15 {
                let later = begins_at(BEGINS_AFTER);
                let change = json!({ "starts_at": later.0, "ends_at": later.1 });
                edit(&client, &event, &change).await;
            } else {
                let path = format!("/v1/events/{event}/cancel");
                client.until_answered(Method::POST, &path, &[], "").await;
            }
        }
        sleep(STEP).await;
    }
}

async fn edit(client: &Client, event: &str, change: &Value) {
    let path = format!("/v1/events/{event}");
    client.until_answered(Method::PATCH, &path, &[], &change.to_string()).await;
}

/// Returns when an event begins and ends, as the API takes it.
fn begins_at(after: SignedDuration) -> (String, String) {
    let now = Timestamp::from_second(unix_now()).expect("it is now");
    let begins = now + after;
    (begins.to_string(), (begins + SignedDuration::from_hours(3)).to_string())
}

/// Puts an event on sale that begins soon. Every second one costs nothing.
async fn offer_soon(client: &Client, step: u32) -> Option<String> {
    let mut body = rehearsal(TICKETS);
    let (starts_at, ends_at) = begins_at(BEGINS_AFTER);
    body["starts_at"] = json!(starts_at);
    body["ends_at"] = json!(ends_at);
    body["reminder_minutes"] = json!(REMINDED_MINUTES);
    if step.is_multiple_of(40) {
        body["price"]["amount"] = json!(0);
    }
    let made = client.until_answered(Method::POST, "/v1/events", &[], &body.to_string()).await;
    let (StatusCode::CREATED, event) = made? else { return None };
    let id = event["id"].as_str()?.to_owned();
    let path = format!("/v1/events/{id}/publish");
    client.until_answered(Method::POST, &path, &[], "").await?;
    Some(id)
}

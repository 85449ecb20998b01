//! What is asked for.

use std::time::Duration;

use anyhow::Context as _;
use booking_benches::gateway::{Gateway, PATH, SIGNATURE};
use booking_benches::stage::create_event;
use serde_json::Value;

use crate::client::{self, Answer};
use crate::server::{SECRET, Server};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    BarePage,
    BareBooking,
    Page,
    PageNotModified,
    Booked,
    BookedWithKey,
    SoldOut,
    Declined,
    Paid,
}

/// The requests of a run, and how each is to be answered.
pub(crate) struct Prepared {
    pub(crate) requests: Vec<Vec<u8>>,
    status: u16,
}

impl Prepared {
    /// Makes sure that what was measured is what was meant.
    pub(crate) fn check(&self, answer: &Answer) -> anyhow::Result<()> {
        anyhow::ensure!(answer.status == self.status, "answered {answer:?}, not {}", self.status);
        Ok(())
    }
}

impl Scenario {
    pub(crate) const ALL: [Self; 9] = [
        Self::BarePage,
        Self::BareBooking,
        Self::Page,
        Self::PageNotModified,
        Self::SoldOut,
        Self::Booked,
        Self::BookedWithKey,
        Self::Declined,
        Self::Paid,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::BarePage => "bare hyper, an event",
            Self::BareBooking => "bare hyper, a booking",
            Self::Page => "an event",
            Self::PageNotModified => "an event, not modified",
            Self::SoldOut => "a booking, sold out",
            Self::Booked => "a booking",
            Self::BookedWithKey => "a booking with an idempotency key",
            Self::Declined => "a notification of a failed payment, and its mail",
            Self::Paid => "a notification of a payment, and its mail",
        }
    }

    pub(crate) const fn is_bare(self) -> bool {
        matches!(self, Self::BarePage | Self::BareBooking)
    }

    /// Puts an event on sale and makes `count` requests.
    pub(crate) async fn prepare(
        self,
        server: &Server,
        count: usize,
        connections: usize,
    ) -> anyhow::Result<Prepared> {
        if self.is_bare() {
            return Ok(match self {
                Self::BarePage => {
                    repeat(client::request("GET", "/v1/events/1", "", ""), count, 200)
                }
                _ => repeat(book("0190163d-8694-739b-aea5-966c26f8ad91", ""), count, 201),
            });
        }
        let capacity = if self == Self::SoldOut { 1 } else { 1_000_000 };
        let event = create_event(&server.admin, capacity).await?;
        let page = format!("/v1/events/{event}");
        let get = client::request("GET", &page, "", "");
        Ok(match self {
            Self::BarePage | Self::BareBooking | Self::Page => repeat(get, count, 200),
            Self::PageNotModified => {
                let shown = client::send_one(&server.public, get).await?;
                let tag = shown.header("etag").context("an event has a tag")?;
                let header = format!("If-None-Match: {tag}\r\n");
                repeat(client::request("GET", &page, &header, ""), count, 304)
            }
            Self::SoldOut => {
                client::send_one(&server.public, book(&event, "")).await?;
                repeat(book(&event, ""), count, 409)
            }
            Self::Booked => repeat(book(&event, ""), count, 201),
            Self::BookedWithKey => {
                let key = |index| format!("Idempotency-Key: key-{index}\r\n");
                let requests = (0..count).map(|index| book(&event, &key(index))).collect();
                Prepared { requests, status: 201 }
            }
            Self::Declined | Self::Paid => {
                let bookings = vec![book(&event, ""); count];
                let booked = client::send(&server.public, &bookings, connections).await?;
                let kind = if self == Self::Paid { "succeeded" } else { "failed" };
                let requests =
                    booked.iter().map(|booking| anyhow::Ok(notify(&booking.json()?, kind)));
                Prepared { requests: requests.collect::<anyhow::Result<_>>()?, status: 200 }
            }
        })
    }

    /// Waits for what the requests leave to be done.
    pub(crate) async fn settle(self, server: &Server, requests: usize) {
        while matches!(self, Self::Declined | Self::Paid) && server.mails() < requests {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn repeat(request: Vec<u8>, count: usize, status: u16) -> Prepared {
    Prepared { requests: vec![request; count], status }
}

fn book(event: &str, headers: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"event_id":"{event}","quantity":1,"customer":{{"name":"Ada Lovelace","email":"ada@example.org"}}}}"#
    );
    client::request("POST", "/v1/bookings", headers, &body)
}

/// Says what became of a payment, as the gateway does.
fn notify(booking: &Value, kind: &str) -> Vec<u8> {
    let (body, signature) = Gateway::new(SECRET).notification(booking, kind);
    client::request("POST", PATH, &format!("{SIGNATURE}: {signature}\r\n"), &body)
}

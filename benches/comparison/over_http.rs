//! Whole servers, under the same load program.

use std::sync::Arc;

use anyhow::Context as _;
use booking_benches::bare::{self, Work};
use booking_benches::load::{Bookings, Class, Kind, Pages, Recorder, Report, Script, Span, closed};
use booking_benches::shop::{Backend, Shop};
use booking_benches::stage::{Backdrop, Stage, StageOptions, built_server, call, create_event};
use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Lab;
use crate::postgres::{book_by_row_lock, pool};
use crate::sample::Sample;
use crate::table::Table;

const CONNECTIONS: usize = 256;

/// One round: bookings, pages and refusals, each beside hyper alone.
pub(crate) async fn run(lab: &Lab, table: &mut Table, round: usize) -> anyhow::Result<()> {
    let embedded = stage(Backdrop::Embedded).await?;
    let event = create_event(&embedded.admin, 10).await?;
    let path = format!("/v1/events/{event}");
    let page = call(&embedded.public[0], Method::GET, &path, &Value::Null).await?;
    let page = Bytes::from(page.to_string());
    let body = json!({ "event_id": event, "quantity": 1,
        "customer": { "name": "Buyer 1", "email": "buyer1@example.org" } });
    let mut booking = call(&embedded.public[0], Method::POST, "/v1/bookings", &body).await?;
    let answered = booking.as_object_mut().context("a booking is an object")?;
    // These the bare server takes from the request.
    for field in ["quantity", "customer", "event_id"] {
        answered.remove(field);
    }
    drop(embedded);

    let address = bare::serve(page.clone(), booking.clone(), None).await?;
    let events = vec![event.clone()];
    let bookings: Arc<dyn Script> = Arc::new(Bookings::new(events.clone(), 1));
    let rate = drive(lab, &address, &bookings, Kind::Book, Class::Done).await?;
    table.add("hyper alone: bookings", rate);
    let pages: Arc<dyn Script> = Arc::new(Pages::new(&events));
    table.add("hyper alone: pages", drive(lab, &address, &pages, Kind::Page, Class::Done).await?);

    for (name, backdrop) in [
        ("engine on PostgreSQL: bookings", Backdrop::Postgres),
        ("engine on PostgreSQL and Redis: bookings", Backdrop::Redis),
    ] {
        let stage = stage(backdrop).await?;
        let events = vec![create_event(&stage.admin, 100_000_000).await?];
        let bookings: Arc<dyn Script> = Arc::new(Bookings::new(events.clone(), 1));
        let rate = drive(lab, &stage.public[0], &bookings, Kind::Book, Class::Done).await?;
        table.add(name, rate);
        if backdrop == Backdrop::Redis {
            let pages: Arc<dyn Script> = Arc::new(Pages::new(&events));
            let rate = drive(lab, &stage.public[0], &pages, Kind::Page, Class::Done).await?;
            table.add("engine on PostgreSQL and Redis: pages", rate);
            let few = vec![create_event(&stage.admin, 1).await?];
            let refused: Arc<dyn Script> = Arc::new(Bookings::new(few, 1));
            let rate = drive(lab, &stage.public[0], &refused, Kind::Book, Class::Conflict).await?;
            table.add("engine on PostgreSQL and Redis: sold out", rate);
        }
    }
    table.add("row lock a booking", row_lock(lab, page, booking, round, &bookings).await?);
    Ok(())
}

async fn stage(backdrop: Backdrop) -> anyhow::Result<Stage> {
    let program = built_server().to_owned();
    Stage::set(StageOptions { backdrop, servers: 1, program, flags: Vec::new() }).await
}

/// Returns how many requests a second end as they should. Not one may end otherwise, but for the tickets that are left.
async fn drive(
    lab: &Lab,
    address: &str,
    script: &Arc<dyn Script>,
    kind: Kind,
    class: Class,
) -> anyhow::Result<f64> {
    let span = Span { warm_up: lab.span.warm_up, counted: lab.span.counted };
    let recorder = Arc::new(Recorder::new(Instant::now() + span.warm_up));
    closed(&[address.to_owned()], CONNECTIONS, span, script, &recorder).await;
    let report = Report::new(&recorder, span.counted);
    let others = report.count_other_than(&[class]);
    anyhow::ensure!(others == 0, "{others} requests ended otherwise:\n{report}");
    Ok(report.rate(kind))
}

/// A server that locks the event's row for each booking.
async fn row_lock(
    lab: &Lab,
    page: Bytes,
    booking: Value,
    round: usize,
    bookings: &Arc<dyn Script>,
) -> anyhow::Result<f64> {
    let database = format!("row_lock_{round}");
    lab.postgres.create_database(&database).await;
    let url = lab.postgres.url(&database);
    let options = PgOptions::parse(&url)?;
    PgDatabase::migrate(&options).await?;
    let shop = Shop::open(&Backend::Postgres(options), 1, 1_000).await;
    let event = shop.events()[0];
    let sample = Arc::new(Sample::from(&shop.book_one(event).await?));
    let pool = pool(&url, 16).await?;
    let connections = pool.clone();
    let work: Work = Arc::new(move || {
        let (pool, sample) = (connections.clone(), Arc::clone(&sample));
        Box::pin(async move { book_by_row_lock(&pool, event.as_uuid(), &sample).await.is_ok() })
    });
    let address = bare::serve(page, booking, Some(work)).await?;
    let rate = drive(lab, &address, bookings, Kind::Book, Class::Done).await?;
    pool.close().await;
    drop(shop);
    lab.postgres.drop_database(&database).await;
    Ok(rate)
}

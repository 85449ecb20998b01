//! Whole servers, under the same load program.

use std::process::Stdio;
use std::sync::Arc;

use anyhow::Context as _;
use booking_benches::bare::{Bare, Work};
use booking_benches::load::{Bookings, Class, Kind, Pages, Recorder, Report, Script, Span, closed};
use booking_benches::shop::{Backend, Shop};
use booking_benches::stage::{Backdrop, Stage, StageOptions, built_server, call, create_event};
use booking_core::adapters::postgres::{PgDatabase, PgOptions};
use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::Instant;
use uuid::Uuid;

use crate::Lab;
use crate::postgres::{book_by_row_lock, pool};
use crate::sample::Sample;
use crate::table::{ROW_LOCK, Table};

const CONNECTIONS: usize = 256;
const BARE_BOOKINGS: &str = "hyper alone: bookings";
const BARE_PAGES: &str = "hyper alone: pages";

/// One round: bookings, pages and refusals, each beside hyper alone.
pub(crate) async fn run(lab: &Lab, table: &mut Table, round: usize) -> anyhow::Result<()> {
    let embedded = stage(Backdrop::Embedded).await?;
    let event = create_event(&embedded.admin, 10).await?;
    let path = format!("/v1/events/{event}");
    let page = call(&embedded.public[0], Method::GET, &path, &Value::Null).await?;
    let page = Bytes::from(page.to_string());
    let body = json!({ "event_id": event, "quantity": 1,
        "customer": { "name": "Buyer 1", "email": "buyer1@example.org" } });
    let booking = call(&embedded.public[0], Method::POST, "/v1/bookings", &body).await?;
    let payment_url = booking["payment_url"].as_str().context("it has to be paid")?.to_owned();
    drop(embedded);

    // In a process of its own, as the engine is.
    let bare = launch_bare(&page, &payment_url, None).await?;
    let address = bare.address.clone();
    let events = vec![event.clone()];
    let bookings: Arc<dyn Script> = Arc::new(Bookings::new(events.clone(), 1));
    let rate = drive(lab, &address, &bookings, Kind::Book, Class::Done).await?;
    table.add(BARE_BOOKINGS, None, rate);
    let pages: Arc<dyn Script> = Arc::new(Pages::new(&events));
    table.add(BARE_PAGES, None, drive(lab, &address, &pages, Kind::Page, Class::Done).await?);

    for (name, backdrop) in [
        ("engine on PostgreSQL: bookings", Backdrop::Postgres),
        ("engine on PostgreSQL and Redis: bookings", Backdrop::Redis),
    ] {
        let stage = stage(backdrop).await?;
        let events = vec![create_event(&stage.admin, 100_000_000).await?];
        let bookings: Arc<dyn Script> = Arc::new(Bookings::new(events.clone(), 1));
        let rate = drive(lab, &stage.public[0], &bookings, Kind::Book, Class::Done).await?;
        table.add(name, Some(BARE_BOOKINGS), rate);
        if backdrop == Backdrop::Redis {
            let pages: Arc<dyn Script> = Arc::new(Pages::new(&events));
            let rate = drive(lab, &stage.public[0], &pages, Kind::Page, Class::Done).await?;
            table.add("engine on PostgreSQL and Redis: pages", Some(BARE_PAGES), rate);
            let few = vec![create_event(&stage.admin, 1).await?];
            let refused: Arc<dyn Script> = Arc::new(Bookings::new(few, 1));
            let rate = drive(lab, &stage.public[0], &refused, Kind::Book, Class::Conflict).await?;
            table.add("engine on PostgreSQL and Redis: sold out", Some(BARE_BOOKINGS), rate);
        }
    }
    table.add(
        ROW_LOCK,
        Some(BARE_BOOKINGS),
        row_lock(lab, page, &payment_url, round, &bookings).await?,
    );
    Ok(())
}

async fn stage(backdrop: Backdrop) -> anyhow::Result<Stage> {
    let program = built_server().to_owned();
    let flags = Vec::new();
    Stage::set(StageOptions { backdrop, servers: 1, program, flags, mail_server: None }).await
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
    let from = Instant::now() + span.warm_up;
    let recorder = Arc::new(Recorder::new(from).until(from + span.counted));
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
    payment_url: &str,
    round: usize,
    bookings: &Arc<dyn Script>,
) -> anyhow::Result<f64> {
    let database = format!("row_lock_{round}");
    lab.postgres.create_database(&database).await;
    let url = lab.postgres.url(&database);
    let options = PgOptions::parse(&url)?;
    PgDatabase::migrate(&options).await?;
    let shop = Shop::open(&Backend::Postgres(Box::new(options)), 1, 1_000).await;
    let server = launch_bare(&page, payment_url, Some((url, shop.events()[0].as_uuid()))).await?;
    let rate = drive(lab, &server.address, bookings, Kind::Book, Class::Done).await?;
    drop((server, shop));
    lab.postgres.drop_database(&database).await;
    Ok(rate)
}

/// A bare server that runs in a process of its own, and ends with this.
struct BareServer {
    address: String,
    _process: Child,
}

/// What such a process is told, as one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    page: String,
    payment_url: String,
    /// The database and the event, if each booking is to lock its row.
    row_lock: Option<(String, Uuid)>,
}

async fn launch_bare(
    page: &Bytes,
    payment_url: &str,
    row_lock: Option<(String, Uuid)>,
) -> anyhow::Result<BareServer> {
    let page = std::str::from_utf8(page)?.to_owned();
    let told =
        serde_json::to_string(&Told { page, payment_url: payment_url.to_owned(), row_lock })?;
    let mut process = Command::new(std::env::current_exe()?)
        .arg("serve-bare")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = process.stdin.take().context("it is piped")?;
    stdin.write_all(format!("{told}\n").as_bytes()).await?;
    let stdout = process.stdout.take().context("it is piped")?;
    let address = BufReader::new(stdout).lines().next_line().await?.context("it did not start")?;
    Ok(BareServer { address, _process: process })
}

/// What that process does: it serves until it is killed.
pub(crate) async fn serve_bare() -> anyhow::Result<()> {
    let line = BufReader::new(tokio::io::stdin()).lines().next_line().await?;
    let told: Told = serde_json::from_str(&line.context("it is told nothing")?)?;
    let work = match told.row_lock {
        None => None,
        Some((url, event)) => {
            let shop = Shop::open(&Backend::Memory, 1, 1).await;
            let sample = Arc::new(Sample::from(&shop.book_one(shop.events()[0]).await?));
            let pool = pool(&url, 16).await?;
            let work: Work = Arc::new(move || {
                let (pool, sample) = (pool.clone(), Arc::clone(&sample));
                Box::pin(async move { book_by_row_lock(&pool, event, &sample).await.is_ok() })
            });
            Some(work)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    crate::say(&listener.local_addr()?.to_string());
    Bare { page: told.page.into(), payment_url: told.payment_url, work }.serve(listener).await
}

//! Serves the engine's HTTP API and pages beside the routes of another server.
//!
//! Run:    cargo run -p booking-examples --example mount
//! Expect: /hello answers 200, /v1/events answers 200 with 1 event, /nowhere answers 404
//! Next:   `booking_server::service` is a tower service: any tower or hyper server can mount it.

use std::convert::Infallible;
use std::sync::Arc;

use booking_core::adapters::mock_gateway::{IpnSecrets, MockGateway};
use booking_core::assembly;
use booking_core::domain::quantity::Capacity;
use booking_server::HttpService;
use booking_server::app::App;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tower::Service;

/// The routes of the host's own come first; everything else is the engine's.
async fn route(
    request: Request<Incoming>,
    mut engine: HttpService,
) -> Result<Response<Full<Bytes>>, Infallible> {
    match request.uri().path() {
        "/hello" => Ok(Response::new(Full::from("Hello from the host.\n"))),
        _ => engine.call(request).await,
    }
}

async fn serve(listener: TcpListener, engine: HttpService) {
    while let Ok((stream, _)) = listener.accept().await {
        let engine = engine.clone();
        let service = service_fn(move |request| route(request, engine.clone()));
        tokio::spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away is no concern of an example.
            let _ = connection.await;
        });
    }
}

async fn get(origin: &str, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(format!("{origin}{path}").parse()?).await?;
    let status = answer.status();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (clock, ids) = assembly::clock_and_ids();
    let secrets = IpnSecrets::parse("a secret of sixteen bytes or more")?;
    let gateway = MockGateway::builder(secrets, clock.clone(), ids);
    let (gateway, connect) = assembly::mock_gateway_in_process(gateway)?;
    let system = assembly::in_memory(Arc::new(gateway)).build()?;
    connect(&system);
    let details = booking_examples::concert(clock.now())?;
    let event = system.organiser().create(details, Capacity::new(100)?).await?.event;
    system.organiser().publish(event.id).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let app = App::builder(system).public_url(&origin).build();
    let server = tokio::spawn(serve(listener, booking_server::service(app)));

    let (hello, _) = get(&origin, "/hello").await?;
    let (events, page) = get(&origin, "/v1/events?q=organ").await?;
    let (nowhere, _) = get(&origin, "/nowhere").await?;
    let found = String::from_utf8(page.to_vec())?.matches(&event.id.to_string()).count();
    println!(
        "/hello answers {}, /v1/events answers {} with {found} event, /nowhere answers {}",
        hello.as_u16(),
        events.as_u16(),
        nowhere.as_u16()
    );
    assert_eq!((hello, events, nowhere), (StatusCode::OK, StatusCode::OK, StatusCode::NOT_FOUND));
    assert_eq!(found, 1);
    server.abort();
    Ok(())
}

//! Whether a stall is seen, by a server that stands still.

use std::convert::Infallible;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::*;
use crate::load::{Kind, Pages, Report};

/// A server that answers nothing before it is let go.
struct Stalled {
    address: String,
    may_answer: watch::Sender<bool>,
    seen: Arc<AtomicUsize>,
}

impl Stalled {
    async fn start(status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (may_answer, told) = watch::channel(false);
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (told, counter) = (told.clone(), Arc::clone(&counter));
                let service = service_fn(move |_: Request<Incoming>| {
                    let mut told = told.clone();
                    counter.fetch_add(1, Ordering::Relaxed);
                    async move {
                        // A test that has ended lets everybody go.
                        let _ = told.wait_for(|may_answer| *may_answer).await;
                        let mut answer = Response::new(Full::new(Bytes::from_static(b"{}")));
                        *answer.status_mut() = status;
                        Ok::<_, Infallible>(answer)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, may_answer, seen }
    }

    fn answer(&self) {
        self.may_answer.send(true).unwrap();
    }
}

fn pages() -> Arc<dyn Script> {
    Arc::new(Pages::new(&["0190163d-8694-739b-aea5-966c26f8ad91".to_owned()]))
}

const STALL: Duration = Duration::from_millis(400);

fn load() -> Open {
    let span = Span { warm_up: Duration::ZERO, counted: STALL };
    Open { rhythm: Rhythm::Even, rate: 500.0, seed: 1, span }
}

/// In a closed loop one request would be slow. Here everybody is who came meanwhile: half of them waited for more than
/// half of the stall.
#[tokio::test]
async fn a_stall_is_felt_by_everybody_who_came_during_it() {
    let server = Stalled::start(StatusCode::OK).await;
    let recorder = Arc::new(Recorder::new(Instant::now()));
    let pool = Arc::new(Pool::new(vec![server.address.clone()], 1, Arc::clone(&recorder)));
    let script = pages();
    tokio::join!(open(load(), &pool, &script, &recorder), async {
        tokio::time::sleep(STALL).await;
        server.answer();
    });
    let report = Report::new(&recorder, STALL);
    let done = report.kinds[0].count(Class::Done);
    assert!((199..=200).contains(&done), "{done} were due and served");
    let half = report.kinds[0].latency(Class::Done, 0.5).unwrap();
    assert!(half >= STALL / 3, "half of them waited for {half:?} at most");
    assert_eq!(recorder.ever(Kind::Page, Class::NotSent), 0);
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_connection_counts_as_not_sent() {
    let server = Stalled::start(StatusCode::OK).await;
    let recorder = Arc::new(Recorder::new(Instant::now()));
    let pool = Pool::new(vec![server.address.clone()], 1, Arc::clone(&recorder));
    let pool = Arc::new(pool.give_up(Duration::from_millis(1)));
    let script = pages();
    tokio::join!(open(load(), &pool, &script, &recorder), async {
        while recorder.ever(Kind::Page, Class::NotSent) < 50 {
            tokio::task::yield_now().await;
        }
        server.answer();
    });
    assert!(recorder.ever(Kind::Page, Class::Done) >= 1);
    assert_eq!(recorder.unknown(Kind::Page), 0, "what was not sent did nothing");
}

#[tokio::test]
async fn a_closed_loop_has_one_request_on_each_connection() {
    let server = Stalled::start(StatusCode::OK).await;
    let recorder = Arc::new(Recorder::new(Instant::now()));
    let addresses = [server.address.clone()];
    let span = Span { warm_up: Duration::ZERO, counted: Duration::from_mins(1) };
    let script = pages();
    tokio::join!(closed(&addresses, 3, span, &script, &recorder), async {
        while server.seen.load(Ordering::Relaxed) < 3 {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.seen.load(Ordering::Relaxed), 3);
        recorder.stop();
        server.answer();
    });
    assert_eq!(recorder.ever(Kind::Page, Class::Done), 3);
}

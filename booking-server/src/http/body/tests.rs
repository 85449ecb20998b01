use std::convert::Infallible;

use http_body_util::{Full, channel::Channel};

use super::*;

const LIMITS: BodyLimits = BodyLimits { max_bytes: 8, timeout: Duration::from_secs(5) };

fn typed(content_type: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))])
}

fn full(length: usize) -> Full<Bytes> {
    Full::new(Bytes::from(vec![b'a'; length]))
}

async fn read<B>(headers: &HeaderMap, body: B) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let budget = BodyBudget::new(usize::MAX);
    super::read(headers, body, LIMITS, &budget).await.map(|read| read.into_parts().0)
}

#[tokio::test]
async fn a_body_up_to_the_limit_is_read() {
    let headers = HeaderMap::new();
    assert_eq!(read(&headers, full(0)).await.unwrap(), "");
    assert_eq!(read(&headers, full(8)).await.unwrap(), "aaaaaaaa");
}

#[tokio::test]
async fn a_larger_body_is_refused_whether_or_not_its_length_was_known() {
    let problem = read(&HeaderMap::new(), full(9)).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::PayloadTooLarge);

    let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
    sender.send_data(Bytes::from_static(b"12345")).await.unwrap();
    sender.send_data(Bytes::from_static(b"67890")).await.unwrap();
    drop(sender);
    let problem = read(&HeaderMap::new(), body).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::PayloadTooLarge);
}

#[tokio::test]
async fn nothing_is_waited_for_when_the_client_asks_first() {
    /// Says it is long and never sends anything.
    struct Promise;
    impl Body for Promise {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            panic!("nobody may ask for this body")
        }
        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(9)
        }
    }
    let headers = HeaderMap::from_iter([(EXPECT, HeaderValue::from_static("100-continue"))]);
    let problem = read(&headers, Promise).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::PayloadTooLarge);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_in_time_is_a_408() {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
    sender.send_data(Bytes::from_static(b"123")).await.unwrap();
    let problem = read(&HeaderMap::new(), body).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::RequestTimeout);
    drop(sender);
}

/// Only what has arrived counts, and only until it is dropped.
#[tokio::test]
async fn bodies_share_a_budget_of_memory() {
    let limits = BodyLimits { max_bytes: 1024, ..LIMITS };
    let budget = BodyBudget::new(1500);
    let headers = HeaderMap::new();
    let (mut sender, open) = Channel::<Bytes, Infallible>::new(4);
    let open = super::read(&headers, open, limits, &budget);
    let mut open = std::pin::pin!(open);
    assert!(is_pending(open.as_mut()).await, "it waits for more");
    // A thousand frames of one byte take no more than the same bytes in one frame.
    let (mut drop_by_drop, dripping) = Channel::<Bytes, Infallible>::new(1000);
    for _ in 0..1000 {
        drop_by_drop.send_data(Bytes::from_static(b"x")).await.unwrap();
    }
    drop(drop_by_drop);
    let held = super::read(&headers, dripping, limits, &budget).await.unwrap();
    let (content, claim) = held.into_parts();
    assert_eq!(content.len(), 1000);

    sender.send_data(Bytes::from_static(b"1")).await.unwrap();
    drop(sender);
    let problem = open.await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::Overloaded, "the memory is taken");
    drop(claim);
    assert!(super::read(&headers, full(1024), limits, &budget).await.is_ok(), "it is free again");
}

/// Polls once, and tells whether the future is still pending.
async fn is_pending<F: Future>(mut future: Pin<&mut F>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let (sender, body) = Channel::<Bytes, std::io::Error>::new(4);
    sender.abort(std::io::Error::other("gone"));
    let problem = read(&HeaderMap::new(), body).await.unwrap_err();
    assert_eq!(problem.kind(), ProblemType::MalformedRequest);
}

#[test]
fn json_media_types_are_accepted_and_others_refused() {
    for good in [
        "application/json",
        "Application/JSON",
        "application/json; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/merge-patch+json",
        "application/json; profile=x",
    ] {
        assert!(read_json(&typed(good), b"1").is_ok(), "{good}");
    }
    for bad in [
        "",
        "text/json",
        "text/plain",
        "application/jsonp",
        "application/json; charset=latin1",
        "application/x-www-form-urlencoded",
        "image/svg+json",
    ] {
        let problem = read_json(&typed(bad), b"1").unwrap_err();
        assert_eq!(problem.kind(), ProblemType::UnsupportedMediaType, "{bad}");
    }
    assert_eq!(read_json(&HeaderMap::new(), b"1").unwrap_err().status(), 415);
    let mut compressed = typed("application/json");
    compressed.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert_eq!(read_json(&compressed, b"1").unwrap_err().status(), 415);
}

#[test]
fn malformed_json_is_placed_but_not_quoted() {
    let detail = |body: &[u8]| {
        let problem = parse_json(body).unwrap_err();
        assert_eq!(problem.kind(), ProblemType::MalformedJson);
        problem.detail_text().unwrap().to_owned()
    };
    assert_eq!(detail(b"{\"a\":\n secret}"), "the body is not JSON at line 2, column 2");
    assert_eq!(detail(b"{\"a\": 1"), "the JSON breaks off at line 1, column 7");
    assert_eq!(detail(b""), "the JSON breaks off at line 1, column 0");
    assert_eq!(detail(b"1 2"), "the body is not JSON at line 1, column 3");
    assert_eq!(detail(b"\"a\xff\""), "the body is not UTF-8 at byte 2");
    assert_eq!(detail(br#""\ud800""#), "the body is not JSON at line 1, column 8");
    let deep = detail(&b"[".repeat(100_000));
    assert!(deep.starts_with("the body is nested too deeply at line 1"), "{deep}");
}

/// RFC 8259, 4: what an object with the same name twice means depends on who reads it.
#[test]
fn json_in_which_a_name_is_repeated_is_refused_by_name() {
    let problem =
        parse_json(br#"{"a": 1, "b": {"c": [{"d": 1, "\u0064": 2}]}, "a": 1}"#).unwrap_err();
    assert_eq!(problem.kind(), ProblemType::InvalidRequest);
    let told: Vec<_> =
        problem.errors().iter().map(|e| format!("{} {}", e.pointer, e.detail)).collect();
    assert_eq!(told, ["/b/c/0/d is given more than once", "/a is given more than once"]);
    assert!(parse_json(br#"{"a": {"a": 1}, "b": {"a": 1}}"#).is_ok());
    // What is no JSON is told first.
    let problem = parse_json(br#"{"a": 1, "a": 1"#).unwrap_err();
    assert_eq!(problem.kind(), ProblemType::MalformedJson);
}

#[test]
fn an_object_is_read_field_by_field() {
    let headers = typed("application/json");
    let read = |body: &[u8]| read_object(&headers, body, |body| body.required_integer("a"));
    assert_eq!(read(br#"{"a": 1}"#).unwrap(), 1);
    assert_eq!(read(br#"{"b": 1}"#).unwrap_err().errors().len(), 2);
    assert_eq!(read(b"{").unwrap_err().status(), 400);
}

#[test]
fn forms_are_decoded_strictly() {
    let headers = typed("application/x-www-form-urlencoded; charset=utf-8");
    let form = read_form(&headers, b"name=Ann+B&quantity=2").unwrap();
    let read = form.read(|form| {
        let name = form.required_text("name");
        form.require("quantity");
        let quantity = form.integer("quantity");
        Some((name?, quantity?))
    });
    assert_eq!(read.unwrap(), ("Ann B".to_owned(), 2));
    for broken in [&b"name=%ff"[..], b"name=\xff", b"name=%2"] {
        assert_eq!(read_form(&headers, broken).unwrap_err().status(), 400);
    }
    let repeated =
        read_form(&headers, b"name=Ann&quantity=2&name=Bob&quantity=&fault=&note=a").unwrap_err();
    let fields: Vec<_> = repeated.errors().iter().map(|error| &*error.pointer).collect();
    assert_eq!((repeated.status().as_u16(), fields), (422, vec!["/name", "/quantity"]));
    assert_eq!(read_form(&typed("application/json"), b"").unwrap_err().status(), 415);
}

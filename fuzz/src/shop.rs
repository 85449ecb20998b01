//! The system that a target sends its input to, and what every answer must be.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Once;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri};
use serde_json::Value;

use crate::harness::{Answer, Api, Listener, SECRET, event_with};

/// Runs a future on a runtime of its own, whose clock stands still: what it leaves behind ends with it.
pub(crate) fn run<F: Future<Output = ()>>(future: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future);
}

/// Makes a system with one event on sale, and returns its id. It is the same id every time.
pub(crate) async fn with_event(members: &Value) -> (Api, String) {
    let api = Api::new();
    let id = api.publish(&event_with(members)).await;
    (api, id)
}

/// Sends what the documents describe, and judges the answer.
pub(crate) async fn ask(api: &Api, listener: Listener, request: Request<Bytes>) -> Answer {
    let answer = api.send(listener, request).await;
    judge(&answer);
    answer
}

/// Sends what a browser may ask for, and judges the answer.
pub(crate) async fn browse(api: &Api, listener: Listener, request: Request<Bytes>) -> Answer {
    let answer = api.call(listener, request).await;
    judge(&answer);
    answer
}

thread_local! {
    /// The input of this run, as it is written and as forms and addresses mean it.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Notes the input that the next answers are about.
pub(crate) fn begin(input: &[u8]) {
    let decoded = url::form_urlencoded::parse(input)
        .flat_map(|(name, value)| [name.into_owned(), value.into_owned()].concat().into_bytes());
    let decoded: Vec<u8> = decoded.collect();
    INPUT.replace([input, &decoded].concat());
}

/// Makes what takes long and is made once: it belongs to no input.
pub(crate) fn warm_up() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        run(async {
            let api = Api::new();
            for listener in [Listener::Public, Listener::Admin] {
                for address in ["/openapi.json", "/docs", "/"] {
                    browse(&api, listener, get(address)).await;
                }
                let _ = listener.document();
            }
        });
    });
}

/// What is true of every answer to what was `said`.
fn judge(answer: &Answer) {
    let status = answer.status;
    assert!(!status.is_server_error(), "no input is the server's fault: {answer:?}");
    let is_in = |part: &[u8], whole: &[u8]| whole.windows(part.len()).any(|window| window == part);
    // What was said may be repeated: a title, the name of a field.
    let holds =
        |text: &[u8]| is_in(text, &answer.body) && !INPUT.with_borrow(|input| is_in(text, input));
    assert!(!holds(SECRET.as_bytes()), "the secret is told: {answer:?}");
    for sign in [&b"SELECT "[..], b"sqlite", b"panicked", b"src/"] {
        let is_page = answer.header("content-type").starts_with("text/html");
        assert!(status.is_success() || is_page || !holds(sign), "internals are told: {answer:?}");
    }
    if !status.is_client_error() {
        return;
    }
    match answer.header("content-type") {
        // `HEAD` is answered without a body.
        _ if answer.body.is_empty() => {}
        "application/problem+json" => {
            let problem = answer.json();
            assert_eq!(problem["status"], status.as_u16(), "{answer:?}");
            for member in ["type", "title", "detail"] {
                let text = problem[member].as_str().unwrap_or_default();
                assert!(!text.is_empty(), "{member} is missing: {answer:?}");
            }
            let slug = problem["type"].as_str().unwrap().strip_prefix("/problems/");
            assert!(slug.is_some(), "{answer:?}");
        }
        kind if kind.starts_with("text/html") => {}
        kind => panic!("{kind} is no form for a problem: {answer:?}"),
    }
}

/// Makes a request, unless its address is not one: HTTP would not bring it here.
pub(crate) fn request(
    method: Method,
    address: &str,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Option<Request<Bytes>> {
    let address: Uri = address.parse().ok()?;
    let mut request = Request::builder().method(method).uri(address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body)).ok()
}

/// Makes a request with JSON.
pub(crate) fn json(method: Method, address: &str, body: &[u8]) -> Request<Bytes> {
    request(method, address, &[("content-type", b"application/json")], body).unwrap()
}

/// Makes a request for something that is there.
pub(crate) fn get(address: &str) -> Request<Bytes> {
    request(Method::GET, address, &[], &[]).unwrap()
}

/// Fails if the books do not balance.
pub(crate) async fn assert_balanced(api: &Api) {
    let report = api.app.system().audit().await.unwrap();
    assert!(report.discrepancies.is_empty(), "{report:?}");
}

/// Fails if a refusal names who asked. Texts that the input has more than once may be names of fields as well.
pub(crate) fn assert_silent(answer: &Answer, input: &[u8], texts: &[Option<&str>]) {
    if answer.status.is_success() || answer.status == StatusCode::NOT_MODIFIED {
        return;
    }
    let input = String::from_utf8_lossy(input);
    let told = String::from_utf8_lossy(&answer.body);
    for text in texts.iter().flatten() {
        let is_telling = text.len() >= 8
            && text.contains(|c: char| c == '@' || !c.is_ascii())
            && input.matches(text).count() == 1;
        assert!(!is_telling || !told.contains(text), "{text:?} is told: {told}");
    }
}

/// Splits an input at its first line end.
pub(crate) fn first_line(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, &[]),
    }
}

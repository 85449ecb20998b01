//! Requests whose end a proxy and a server may see in different places.
//!
//! Each shape hides a second request where one of the two might begin to read it. It must be refused, or be taken
//! as exactly one request, whatever a proxy would have made of it.

use crate::support::Server;
use crate::wire::{RawAnswer, exchange};

/// What must never be answered.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: hidden\r\n\r\n";
/// What shows that the connection is still in step. It ends it, too.
const LAST: &str =
    "GET /healthz HTTP/1.1\r\nhost: x\r\nx-request-id: last\r\nconnection: close\r\n\r\n";

/// How a shape is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Met {
    /// With a 4xx or by closing, and nothing behind it is read.
    Refused,
    /// As one request that swallows what is hidden in it; the one behind it is answered next.
    One,
    /// As one request after which the connection is closed.
    OneAndClosed,
}

use Met::{One, OneAndClosed, Refused};

#[derive(Clone)]
struct Shape {
    name: &'static str,
    bytes: Vec<u8>,
    met: Met,
}

/// A request with these header lines, each ended by itself, and a body.
fn post(name: &'static str, lines: &str, body: &str, met: Met) -> Shape {
    let head = "POST /nothing HTTP/1.1\r\nhost: x\r\nx-request-id: outer\r\n";
    Shape { name, bytes: format!("{head}{lines}\r\n{body}").into_bytes(), met }
}

fn length(of: &str) -> String {
    format!("content-length: {}\r\n", of.len())
}

/// The length says one thing, the coding another, or either says two.
fn lengths_and_codings() -> Vec<Shape> {
    let ended = format!("0\r\n\r\n{HIDDEN}");
    let both = format!("{}transfer-encoding: chunked\r\n", length(&ended));
    let turned = format!("transfer-encoding: chunked\r\n{}", length(&ended));
    let two = format!("content-length: 0\r\n{}", length(HIDDEN));
    let list = format!("content-length: 0, {}\r\n", HIDDEN.len());
    let twice = length(HIDDEN).repeat(2);
    let signed = format!("content-length: +{}\r\n", HIDDEN.len());
    vec![
        post("length, then chunked", &both, &ended, OneAndClosed),
        post("chunked, then length", &turned, &ended, OneAndClosed),
        post("two lengths", &two, HIDDEN, Refused),
        post("a list of lengths", &list, HIDDEN, Refused),
        post("the same length twice", &twice, HIDDEN, One),
        post("a signed length", &signed, HIDDEN, Refused),
        post("a negative length", "content-length: -1\r\n", HIDDEN, Refused),
        post("a hexadecimal length", "content-length: 0x10\r\n", HIDDEN, Refused),
        post("a length over 64 bits", "content-length: 18446744073709551616\r\n", HIDDEN, Refused),
        post("an empty length", "content-length:\r\n", HIDDEN, Refused),
        post("chunked, identity", "transfer-encoding: chunked, identity\r\n", &ended, Refused),
        post("identity", "transfer-encoding: identity\r\n", &ended, Refused),
        post("chunked twice", "transfer-encoding: chunked, chunked\r\n", &ended, Refused),
        post("another coding", "transfer-encoding: gzip, chunked\r\n", &ended, Refused),
        post(
            "two coding lines",
            "transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n",
            &ended,
            Refused,
        ),
        post("a word like chunked", "transfer-encoding: xchunked\r\n", &ended, Refused),
        post("quoted", "transfer-encoding: \"chunked\"\r\n", &ended, Refused),
        post("a vertical tab", "transfer-encoding: \x0bchunked\r\n", &ended, Refused),
        post("an empty coding", "transfer-encoding:\r\n", &ended, Refused),
    ]
}

/// Lines that end, or begin, where they should not.
fn lines() -> Vec<Shape> {
    let ended = format!("0\r\n\r\n{HIDDEN}");
    let own = length(HIDDEN);
    let spaced = format!("content-length : {}\r\n", HIDDEN.len());
    let folded = format!("x-a: b\r\n {own}");
    let by_return = format!("x-a: b\r{own}");
    let by_feed = format!("x-a: b\n{own}");
    let with_nul = format!("x-a: \0\r\n{own}");
    let mut found = vec![
        post("a space before the colon", &spaced, HIDDEN, Refused),
        post("chunked before a spaced colon", "transfer-encoding : chunked\r\n", &ended, Refused),
        post("a folded line", &folded, HIDDEN, Refused),
        post("a folded coding", "transfer-encoding:\r\n chunked\r\n", &ended, Refused),
        post("a line begun by a space", &format!(" x-a: b\r\n{own}"), HIDDEN, Refused),
        post("a return inside a line", &by_return, HIDDEN, Refused),
        post("a line ended by a feed alone", &by_feed, HIDDEN, One),
        post("a NUL in a value", &with_nul, HIDDEN, Refused),
        post("a NUL in a name", &format!("x\0a: b\r\n{own}"), HIDDEN, Refused),
        post("no colon", &format!("x-a\r\n{own}"), HIDDEN, Refused),
        post("no name", &format!(": b\r\n{own}"), HIDDEN, Refused),
        post("a tab before the value", &own.replace(": ", ":\t"), HIDDEN, One),
    ];
    let feeds = format!("POST /nothing HTTP/1.1\nhost: x\nx-request-id: outer\n{own}\n{HIDDEN}");
    found.push(Shape {
        name: "feeds alone",
        bytes: feeds.replace("\r\n\n", "\n\n").into(),
        met: One,
    });
    found
}

/// Chunks whose size is not a plain hexadecimal number, or whose data does not end where it says.
fn chunks() -> Vec<Shape> {
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    let hidden = HIDDEN.len();
    let chunk = |name, body: String, met| post(name, CHUNKED, &body, met);
    vec![
        chunk("a size over 64 bits", format!("10000000000000000\r\n\r\n{HIDDEN}"), Refused),
        chunk("a negative size", format!("-1\r\n{HIDDEN}"), Refused),
        chunk("a signed size", format!("+0\r\n\r\n{HIDDEN}"), Refused),
        chunk("a prefixed size", format!("0x0\r\n\r\n{HIDDEN}"), Refused),
        chunk("an empty size", format!("\r\n{HIDDEN}"), Refused),
        chunk("a size with an underscore", format!("0_0\r\n\r\n{HIDDEN}"), Refused),
        chunk("data that goes on", format!("1\r\nab0\r\n\r\n{HIDDEN}"), Refused),
        chunk("a size ended by a feed", format!("0\n\n{HIDDEN}"), Refused),
        chunk("a feed in an extension", format!("0;a\n\r\n\r\n{HIDDEN}"), Refused),
        chunk("a return in an extension", format!("1;a\rb\r\nX\r\n0\r\n\r\n{HIDDEN}"), Refused),
        chunk("an endless extension", format!("1;{}\r\nX\r\n", "a".repeat(64 << 10)), Refused),
        chunk("data ended by a feed", format!("1\r\na\n0\r\n\r\n{HIDDEN}"), Refused),
        chunk("hidden in a chunk", format!("{hidden:x}\r\n{HIDDEN}\r\n0\r\n\r\n"), One),
        chunk(
            "hidden in a chunk, with zeros",
            format!("000{hidden:X}\r\n{HIDDEN}\r\n0\r\n\r\n"),
            One,
        ),
        chunk("a length in the trailer", format!("0\r\n{}x: y\r\n\r\n", length(HIDDEN)), One),
        chunk("an endless trailer", format!("0\r\n{}", "x-a: b\r\n".repeat(9_000)), Refused),
    ]
}

/// Bodies of requests that are answered without looking at them.
fn unread_bodies() -> Vec<Shape> {
    let own = length(HIDDEN);
    let padded = format!("{HIDDEN}{}", "a".repeat(70_000));
    let with = |name, start: &str, lines: &str, body: &str, met| Shape {
        name,
        bytes: format!("{start} HTTP/1.1\r\nx-request-id: outer\r\n{lines}\r\n{body}").into_bytes(),
        met,
    };
    let hosted = format!("host: x\r\n{own}");
    let long = format!("POST /{}", "a".repeat(9_000));
    vec![
        with("a GET with a body", "GET /healthz", &hosted, HIDDEN, One),
        with("an OPTIONS with a body", "OPTIONS /healthz", &hosted, HIDDEN, One),
        with("a DELETE with a body", "DELETE /healthz", &hosted, HIDDEN, One),
        with("an unknown method with a body", "BREW /healthz", &hosted, HIDDEN, One),
        with("no host", "POST /healthz", &own, HIDDEN, One),
        with("a long address", &long, &hosted, HIDDEN, One),
        with(
            "expects to be asked",
            "POST /x",
            &format!("expect: 100-continue\r\n{hosted}"),
            HIDDEN,
            One,
        ),
        with("too large", "POST /x", &format!("host: x\r\n{}", length(&padded)), &padded, One),
        with(
            "too large, and expects to be asked",
            "POST /x",
            &format!("host: x\r\nexpect: 100-continue\r\n{}", length(&padded)),
            &padded,
            OneAndClosed,
        ),
    ]
}

fn seen(answers: &[RawAnswer]) -> Vec<(u16, &str)> {
    let id = |answer: &RawAnswer| match answer.header("x-request-id") {
        Some("outer") => "outer",
        Some("last") => "last",
        Some("hidden") => "hidden",
        // The parser refused it before there was a request.
        _ => "",
    };
    answers.iter().filter(|a| a.status != 100).map(|answer| (answer.status, id(answer))).collect()
}

fn is_met(met: Met, seen: &[(u16, &str)]) -> bool {
    let is_refusal = |status: &u16| (400..500).contains(status);
    match (met, seen) {
        (Refused, [(status, id)]) => is_refusal(status) && ["", "outer"].contains(id),
        (Refused, []) | (One, [(_, "outer"), (200, "last")]) | (OneAndClosed, [(_, "outer")]) => {
            true
        }
        (Refused | One | OneAndClosed, _) => false,
    }
}

#[tokio::test]
async fn what_two_readers_may_understand_differently_is_never_two_requests() {
    let server = Server::start().await;
    let shapes = [lengths_and_codings(), lines(), chunks(), unread_bodies()].concat();
    let mut wrong = Vec::new();
    let count = shapes.len();
    for Shape { name, bytes, met } in shapes {
        let sent = [&*bytes, LAST.as_bytes()].concat();
        let answers = exchange(&server, sent).await;
        let seen = seen(&answers);
        println!("smuggling, {name}: {seen:?}");
        if !is_met(met, &seen) {
            wrong.push(format!("{name}: {met:?} was expected, and {seen:?} came"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("smuggling: {count} shapes, none of them was taken for two requests");
    server.get("/healthz").await.expect(200);
}

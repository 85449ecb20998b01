use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use super::super::read as read_with_care;
use super::*;

const PLAIN: &str = r#"{"event_id":"0190163d-8694-739b-aea5-966c26f8ad91","quantity":2,
    "customer":{"name":"Zoë Ångström","email":"zoe@mail.example.org"}}"#;

fn headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// Whether both readers agree about a body: the quick one understands what the careful one does, or nothing.
fn is_understood(headers: &HeaderMap, text: &str) -> bool {
    let carefully =
        body::read_object(headers, text.as_bytes(), |body| read_with_care(headers, body));
    let Some(quickly) = read(headers, text.as_bytes()) else { return false };
    let carefully = carefully.expect("what is read quickly is valid");
    assert_eq!(format!("{quickly:?}"), format!("{carefully:?}"), "{text}");
    assert_eq!(quickly.customer, carefully.customer, "{text}");
    true
}

#[test]
fn what_is_plain_is_understood() {
    let mut headers = headers();
    assert!(is_understood(&headers, PLAIN));
    assert!(is_understood(&headers, &PLAIN.replace("Zoë", "  Zoë")), "it is trimmed");
    headers.insert(KEY, HeaderValue::from_static("key-1"));
    assert!(is_understood(&headers, PLAIN));
    assert!(is_understood(&headers, &PLAIN.replace("}}", "},\"locale\":\"de-CH\"}")));
    assert!(is_understood(&headers, &PLAIN.replace("}}", "},\"locale\":null}")));
    headers.insert(http::header::ACCEPT_LANGUAGE, HeaderValue::from_static("fr, de;q=0.5"));
    assert!(is_understood(&headers, PLAIN));
}

#[test]
fn everything_else_is_left_to_the_careful_reader() {
    let changes = [
        ("\"quantity\":2", "\"quantity\":0"),
        ("\"quantity\":2", "\"quantity\":4294967295"),
        ("\"quantity\":2", "\"quantity\":2.0"),
        ("\"quantity\":2", "\"quantity\":-1"),
        ("\"quantity\":2", "\"quantity\":4294967297"),
        ("\"quantity\":2", "\"quantity\":\"2\""),
        ("\"quantity\":2", "\"quantity\":null"),
        ("\"quantity\":2,", ""),
        ("\"quantity\":2", "\"quantity\":2,\"quantity\":3"),
        ("\"quantity\":2", "\"quantity\":2,\"seats\":\"A1\""),
        ("\"name\"", "\"nickname\""),
        ("\"name\":", "\"title\":\"Dr\",\"name\":"),
        ("Zoë Ångström", ""),
        ("Zoë", "Zo\\u00eb"),
        ("Zoë", "Zo\\u0000"),
        ("mail.example.org", "localhost"),
        ("0190163d-8694", "0190163d8694"),
        ("{\"event_id\"", "[\"event_id\""),
        (
            "{\"name\":\"Zoë Ångström\",\"email\":\"zoe@mail.example.org\"}",
            "[\"Zoë Ångström\",\"zoe@mail.example.org\"]",
        ),
        ("}}", "},\"locale\":\"english\"}"),
        ("}}", "},\"locale\":1}"),
        ("}}", "}}}"),
        ("}}", "}"),
    ];
    for (from, to) in changes {
        let text = PLAIN.replace(from, to);
        assert_ne!(text, PLAIN, "{from} is there");
        assert!(!is_understood(&headers(), &text), "{text}");
    }
    let by_position = r#"["0190163d-8694-739b-aea5-966c26f8ad91",2,["Zoe","zoe@example.org"]]"#;
    assert!(!is_understood(&headers(), by_position));
    assert!(read(&headers(), b"{\"event_id\":\"\xff\"}").is_none());
}

#[test]
fn headers_that_are_not_plain_are_left_to_the_careful_reader() {
    let changes: [(http::HeaderName, &'static str); 5] = [
        (CONTENT_TYPE, "application/json; charset=utf-8"),
        (CONTENT_TYPE, "text/plain"),
        (CONTENT_ENCODING, "gzip"),
        (KEY, ""),
        (KEY, "page-form:1"),
    ];
    for (name, value) in changes {
        let mut headers = headers();
        headers.insert(name, HeaderValue::from_static(value));
        assert!(!is_understood(&headers, PLAIN), "{value}");
    }
    let mut twice = headers();
    twice.append(KEY, HeaderValue::from_static("a"));
    twice.append(KEY, HeaderValue::from_static("b"));
    assert!(!is_understood(&twice, PLAIN));
}

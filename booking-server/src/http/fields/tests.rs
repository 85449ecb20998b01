use serde_json::json;

use super::*;

/// Reads one field and returns it, or the errors as `pointer: detail`.
fn read<T>(
    body: Value,
    read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
) -> Result<T, Vec<String>> {
    read_value(body, read).map_err(|problem| {
        problem
            .errors()
            .iter()
            .map(|error| format!("{}: {}", error.pointer, error.detail))
            .collect()
    })
}

fn pointers<T: std::fmt::Debug>(result: Result<T, Vec<String>>) -> Vec<String> {
    let errors = result.unwrap_err();
    errors.iter().map(|error| error.split(": ").next().unwrap().to_owned()).collect()
}

#[test]
fn valid_fields_are_read() {
    let body = json!({
        "name": "Ann", "count": -3, "ratio": 2, "open": true, "tags": ["a", "b"],
        "id": "0190163d-8694-739b-aea5-966c26f8ad91", "at": "2026-01-31T20:00:00Z",
        "venue": {"city": "Oslo"}, "nothing": null,
    });
    let (name, count, ratio, open, tags, city, nothing) = read(body, |body| {
        let name = body.required_string("name");
        let count = body.required_integer("count");
        let ratio = body.required_number("ratio");
        let open = body.required_boolean("open");
        let tags = body.required_strings("tags");
        let id = body.required_uuid("id");
        let at = body.required_instant("at");
        let city = body.required_object("venue", |venue| venue.required_string("city"));
        let nothing = body.optional_string("nothing");
        id.zip(at)?;
        Some((name?, count?, ratio?, open?, tags?, city?, nothing))
    })
    .unwrap();
    assert_eq!((name.as_str(), count, open, nothing), ("Ann", -3, true, None));
    assert!((ratio - 2.0).abs() < f64::EPSILON);
    assert_eq!((tags, city.as_str()), (vec!["a".to_owned(), "b".to_owned()], "Oslo"));
}

#[test]
fn every_offending_field_is_named_at_once() {
    let body = json!({
        "name": 1, "tags": ["a", 2, {}], "venue": {"city": false, "extra": 1}, "odd/na~me": 1,
    });
    let result = read(body, |body| {
        let name = body.required_string("name");
        let count = body.required_integer("count");
        let tags = body.optional_strings("tags");
        let venue = body.optional_object("venue", |venue| venue.required_string("city"));
        Some((name?, count?, tags, venue))
    });
    assert_eq!(
        pointers(result),
        ["/name", "/count", "/tags/1", "/tags/2", "/venue/city", "/venue/extra", "/odd~1na~0me"]
    );
}

#[test]
fn only_whole_numbers_are_whole_numbers() {
    for good in [json!(0), json!(i64::MAX), json!(i64::MIN)] {
        let value = good.as_i64();
        assert_eq!(read(json!({"n": good}), |body| body.required_integer("n")).ok(), value);
    }
    // JSON knows one kind of numbers, so this is the integer 2.
    assert_eq!(read(json!({"n": 2.0}), |body| body.required_integer("n")).ok(), Some(2));
    let huge: Value = serde_json::from_str("99999999999999999999").unwrap();
    for bad in [json!(1.5), json!(1e16), json!(u64::MAX), huge, json!("2"), json!(true), json!([1])]
    {
        let result = read(json!({"n": bad}), |body| body.required_integer("n"));
        assert!(result.unwrap_err()[0].starts_with("/n: must be a whole number"), "{bad}");
    }
}

#[test]
fn null_is_absent_for_an_optional_field_and_wrong_for_a_required_one() {
    let body = json!({"a": null, "b": null, "c": 1});
    let result = read(body, |body| {
        assert_eq!(body.presence("a"), Presence::Null);
        assert_eq!(body.presence("c"), Presence::Given);
        assert_eq!(body.presence("d"), Presence::Absent);
        let a = body.optional_string("a");
        let b = body.required_string("b");
        let c = body.optional_integer("c");
        Some((a, b?, c))
    });
    assert_eq!(result.unwrap_err(), ["/b: must be a string"]);
}

#[test]
fn conversion_errors_are_noted_under_the_field() {
    let body = json!({"quantity": 0});
    let result = read(body, |body| {
        let quantity = body.required_integer("quantity");
        body.convert("quantity", quantity, |value| {
            if value > 0 { Ok(value) } else { Err("must be at least 1") }
        })
    });
    assert_eq!(result.unwrap_err(), ["/quantity: must be at least 1"]);
}

#[test]
fn a_text_that_cannot_be_stored_is_refused() {
    let body = json!({"name": "a\0b", "tags": ["\0"]});
    let result = read(body, |body| {
        let name = body.required_string("name");
        let tags = body.required_strings("tags");
        Some((name?, tags?))
    });
    assert_eq!(pointers(result), ["/name", "/tags/0"]);
}

#[test]
fn unknown_fields_pass_only_where_that_is_said() {
    let read_id = |body: &mut ObjectReader<'_>| body.required_integer("id");
    let body = json!({"id": 1, "more": 2});
    assert_eq!(pointers(read(body.clone(), read_id)), ["/more"]);
    let lenient = read(body, |body| {
        body.allow_unknown();
        read_id(body)
    });
    assert_eq!(lenient, Ok(1));
}

#[test]
fn what_is_not_an_object_is_refused_as_a_whole() {
    for body in [json!([]), json!(1), json!(null), json!("{}")] {
        let result = read(body, |body| body.required_string("a"));
        assert_eq!(result.unwrap_err(), [": must be an object"]);
    }
}

#[test]
fn the_answer_does_not_grow_with_the_number_of_errors() {
    let fields: Map<_, _> = (0..1000).map(|n| (format!("f{n}"), json!(n))).collect();
    let result = read(Value::Object(fields), |_| Some(()));
    assert_eq!(result.unwrap_err().len(), FieldErrors::MAX);
}

#[test]
fn a_reader_that_gives_up_without_an_error_is_our_fault() {
    let problem = read_value(json!({}), |_| None::<()>).unwrap_err();
    assert_eq!(problem.status(), 500);
}

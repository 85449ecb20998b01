use super::*;

/// Reads all of `text`: records as they are, the rest as `line: reason`.
fn read_within(text: &str, limits: Limits) -> Vec<String> {
    let mut reader = RecordReader::new(text.as_bytes(), limits);
    let mut items = Vec::new();
    while let Some(item) = reader.next_item().unwrap() {
        items.push(match item {
            Item::Record { line, json } => format!("{line} {}", String::from_utf8(json).unwrap()),
            Item::Broken { line, reason } => format!("{line}: {reason}"),
        });
        assert!(items.len() < 1_000, "the reader goes round in circles");
    }
    items
}

fn read(text: &str) -> Vec<String> {
    read_within(text, Limits::default())
}

const CUT: &str = "is cut off: another record begins inside it";
const OPEN: &str = "is cut off: it has no end";

#[test]
fn records_are_split_wherever_they_stand() {
    assert_eq!(read(""), [""; 0]);
    assert_eq!(read(" \n\n"), [""; 0]);
    assert_eq!(read("{}"), ["1 {}"]);
    assert_eq!(read("\u{feff}{\"a\":1}\n\n{\"b\":\"}{\"}"), ["1 {\"a\":1}", "3 {\"b\":\"}{\"}"]);
    assert_eq!(read("[\n{\"a\":[{}]},\n{}\n]\n"), ["2 {\"a\":[{}]}", "3 {}"]);
    assert_eq!(
        read("{\"@graph\":[{\"a\":\"\\\"]\"},{}],\"b\":[{}]}{}"),
        ["1 {\"a\":\"\\\"]\"}", "1 {}", "1 {}"]
    );
    // Only the outermost object's own key opens a list.
    assert_eq!(read("{\"a\":{\"@graph\":[{}]}}"), ["1 {\"a\":{\"@graph\":[{}]}}"]);
    assert_eq!(read("{\"a\":\"@graph\",\"b\":[{}]}"), ["1 {\"a\":\"@graph\",\"b\":[{}]}"]);
}

#[test]
fn a_record_that_is_cut_off_costs_no_other() {
    for broken in
        ["{\"a\":\"x", "{\"a\":1", "{\"a\":{\"b\":1}", "{\"a\":[1", "{\"a\":1,", "{\"a\"", "{"]
    {
        let cut = format!("1: {CUT}");
        let text = format!("{broken}\n{{\"b\":1}}\n{{\"c\":2}}\n");
        assert_eq!(read(&text), [&cut, "2 {\"b\":1}", "3 {\"c\":2}"], "{broken}");
        assert_eq!(read(broken), [format!("1: {OPEN}")], "{broken}");
    }
    // After a colon or a comma the next record looks like a part of this one, until the one after
    // it.
    for broken in ["{\"a\":", "{\"a\":[", "{\"a\":[1,"] {
        let text = format!("{broken}\n{{\"b\":1}}\n{{\"c\":2}}\n");
        let found = read(&text);
        assert_eq!(found[1..], ["2 {\"b\":1}", "3 {\"c\":2}"], "{broken}");
        let text = format!("{broken}\n{{\"b\":1}}\n");
        assert_eq!(read(&text), [&format!("1: {OPEN}"), "2 {\"b\":1}"], "{broken}");
    }
}

#[test]
fn a_record_that_is_broken_within_an_array_costs_no_other() {
    let found = read("[\n  {\"a\": \"x,\n  {\"b\": [{\n}]},\n  {\"c\": 1}\n]\n{\"d\":1}");
    assert_eq!(found, [&format!("2: {CUT}"), "3 {\"b\": [{\n}]}", "5 {\"c\": 1}", "7 {\"d\":1}"]);
    assert_eq!(read("[{\"a\":[1},{\"b\":2}]"), ["1 {\"a\":[1}", "1 {\"b\":2}"]);
    assert_eq!(
        read("[1, \"a]{\", {\"b\":2}, null]"),
        [
            "1: is not a JSON object",
            "1: is not a JSON object",
            "1 {\"b\":2}",
            "1: is not a JSON object"
        ]
    );
    assert_eq!(read("[{}"), ["1 {}", "1: the input ends inside a list"]);
    assert_eq!(
        read("]\n{}}\n{}"),
        ["1: is not a JSON object", "2 {}", "2: is not a JSON object", "3 {}"]
    );
}

#[test]
fn bare_line_breaks_in_strings_are_forgiven() {
    assert_eq!(read("{\"a\":\"x\n\ty\",\n\"b\":1}\n{}"), ["1 {\"a\":\"x  y\",\n\"b\":1}", "4 {}"]);
}

#[test]
fn records_are_bounded() {
    let limits = Limits { max_bytes: 40, max_depth: 3 };
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(100));
    let too_large = "is larger than 40 bytes";
    assert_eq!(
        read_within(&format!("{large}\n{{}}\n[{large},{{\"b\":1}}]"), limits),
        [&format!("1: {too_large}"), "2 {}", &format!("3: {too_large}"), "3 {\"b\":1}"]
    );
    // A string without an end does not swallow the file.
    let lines = "{\"b\":1}\n".repeat(3);
    let text = format!("{{\"a\":\"{}\n{lines}", "x".repeat(100));
    assert_eq!(read_within(&text, limits).len(), 4);
    let deep = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    assert_eq!(read_within(&deep(3), limits), [format!("1 {}", deep(3))]);
    assert_eq!(
        read_within(&format!("{}\n{{}}", deep(4)), limits),
        ["1: is nested more than 3 levels deep", "2 {}"]
    );
    // Neither do brackets that are opened and never closed.
    assert_eq!(read(&"[".repeat(100_000)).len(), 2);
    assert!(read(&"{\"a\":".repeat(500_000)).len() < 3);
}

/// Each line opens a level and might begin a record. Were the end awaited for each of them, a file
/// of a megabyte would take minutes.
#[test]
fn what_is_too_deep_is_given_up_before_its_end() {
    const LINE: &str = "{\"a\":[\n";
    let text = LINE.repeat(2_000);
    let mut reader = RecordReader::new(text.as_bytes(), Limits::default());
    let mut broken = 0;
    while let Some(item) = reader.next_item().unwrap() {
        assert!(matches!(item, Item::Broken { .. }), "{item:?}");
        let to_be_read_again = reader.pushed.len() - reader.pushed_at;
        assert!(to_be_read_again <= LINE.len() * (Limits::default().max_depth + 1));
        broken += 1;
    }
    assert_eq!(broken, 2_000);
}

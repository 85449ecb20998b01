//! Mails, read by Python.

use std::path::Path;

use booking_core::adapters::mail::EmlNotifier;
use booking_core::ports::Notifier;
use booking_core::ports::notifier::BuyerMessage;
use serde_json::Value;

use crate::world;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mail/read_mails.py");

/// Writes the mails of messages, and returns what Python reads in them, in the order of the messages.
pub(crate) async fn read(messages: &[BuyerMessage]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let notifier = EmlNotifier::new(folder.path(), world::renderer());
    for message in messages {
        notifier.send(message).await.unwrap();
    }
    let mails = read_folder(folder.path());
    assert_eq!(mails.len(), messages.len());
    let find = |message: &BuyerMessage| {
        let id = message.identity();
        mails.iter().find(|mail| mail["file"] == id.as_str()).unwrap().clone()
    };
    messages.iter().map(find).collect()
}

pub(crate) fn read_folder(folder: &Path) -> Vec<Value> {
    let printed = booking_testbed::python(&["icalendar"], Path::new(READER), &[folder]);
    serde_json::from_str(&printed).unwrap()
}

/// Returns the value of a header that is there once.
pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array().unwrap();
    let mut found = headers.iter().filter(|header| header[0] == name);
    let value = found.next().unwrap_or_else(|| panic!("{name} is missing"))[1].as_str().unwrap();
    assert!(found.next().is_none(), "{name} is there once");
    value
}

/// Checks what holds for every mail: nobody else gets it, nothing in it is broken, and nothing in it loads or runs.
pub(crate) fn assert_sound(mail: &Value, message: &BuyerMessage) {
    const TAGS: [&str; 15] = [
        "a", "bdi", "body", "div", "h1", "head", "html", "meta", "p", "script", "style", "table",
        "td", "title", "tr",
    ];
    assert_eq!(mail["defects"], Value::Array(Vec::new()));
    assert_eq!(mail["header_defects"], Value::Array(Vec::new()));
    assert_eq!(mail["bare_breaks"], 0);
    assert!(mail["longest_line"].as_u64().unwrap() <= 998, "{mail}");
    assert!(mail["longest_header"].as_u64().unwrap() <= 200, "{mail}");
    assert_eq!(mail["recipients"], serde_json::json!([message.booking.customer.email()]));
    let names: Vec<_> =
        mail["headers"].as_array().unwrap().iter().map(|header| header[0].clone()).collect();
    assert_eq!(
        names,
        [
            "from",
            "to",
            "subject",
            "date",
            "message-id",
            "auto-submitted",
            "x-auto-response-suppress",
            "mime-version",
            "content-type"
        ]
    );
    assert_eq!(header(mail, "message-id"), format!("<{}@shop.example.org>", message.identity()));
    assert_eq!(header(mail, "auto-submitted"), "auto-generated");
    assert!(header(mail, "subject").chars().count() <= 150);
    let page = &mail["page"];
    for tag in page["tags"].as_array().unwrap() {
        assert!(TAGS.contains(&tag.as_str().unwrap()), "{tag}");
    }
    assert_eq!(page["is_balanced"], true);
    assert_eq!(page["handlers"], Value::Array(Vec::new()));
    assert_eq!(page["loads"], Value::Array(Vec::new()));
    let data = page["data"].as_array().unwrap();
    assert!(data.len() <= 1 && page["scripts"] == data.len(), "scripts are data, and can be read");
    for link in page["links"].as_array().unwrap() {
        let link = link.as_str().unwrap();
        let places = [world::SHOP, "https://calendar.google.com/calendar/render?"];
        assert!(places.iter().any(|place| link.starts_with(place)), "{link}");
    }
}

//! Names, titles and places that somebody wrote who means harm.

use booking_core::domain::booking::Customer;
use booking_core::domain::event::{EventDetails, EventDraft, LocationDraft};
use booking_core::domain::notice::NoticeKind;
use serde_json::json;

use crate::reading::{assert_sound, read};
use crate::world::{draft, message};

const HOSTILE: [&str; 15] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onclick=\"alert(1)\" x=\"",
    "<!-- ]]> --> <![CDATA[ <style>*{display:none}</style>",
    "&lt;b&gt; &amp;amp; &#60;i&#62;",
    "{{ letter.subject }} {% raw %} {# no #} ${7*7} <%= 1 %> #{1}",
    "%s %n %00 %0d%0aBcc: thief@mail.example.com",
    "\\r\\nBcc: thief@mail.example.com",
    "=?utf-8?Q?x=0D=0ABcc:_thief@mail.example.com?=",
    "\" <thief@mail.example.com>, \"",
    "\u{202e}evil\u{202c} \u{2067}evil\u{2069} \u{200f}\u{061c}evil",
    "END:VEVENT\\nBEGIN:VALARM;X=\"y\"",
    "\u{2215}\u{ff1c}script\u{ff1e} \u{feff}\u{200b}\u{ad}",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    ".",
];

fn without_turns(text: &str) -> String {
    text.replace(['\u{202e}', '\u{202c}', '\u{2067}', '\u{2069}'], "")
}

#[tokio::test]
async fn hostile_texts_stay_text_wherever_they_stand() {
    let longest = ["x".repeat(300), "李\u{1F3B5}".repeat(150), "<b>".repeat(100)];
    let texts: Vec<&str> = HOSTILE.into_iter().chain(longest.iter().map(String::as_str)).collect();
    let mut messages = Vec::new();
    for text in &texts {
        let short: String = text.chars().take(200).collect();
        let draft = EventDraft {
            title: (*text).to_owned(),
            location: LocationDraft::Venue {
                name: short.clone(),
                address: short.clone(),
                city: short.clone(),
                country: String::new(),
                latitude: None,
                longitude: None,
            },
            ..draft()
        };
        let customer = Customer::new(&short, "o'brien+x@mail.example.org").unwrap();
        for kind in [NoticeKind::BookingConfirmed, NoticeKind::HoldExpired] {
            messages.push(message(kind, draft.clone(), customer.clone()));
        }
    }
    for (message, mail) in messages.iter().zip(read(&messages).await) {
        assert_sound(&mail, message);
        let title = without_turns(&message.event.details.title);
        let shown = mail["page"]["texts"].as_array().unwrap();
        assert!(shown.contains(&json!(title)), "{title:?} is shown as it is: {shown:?}");
        assert!(mail["text"].as_str().unwrap().contains(&format!("Event: {title}")), "{title:?}");
        if message.kind == NoticeKind::BookingConfirmed {
            assert_eq!(mail["calendar"]["summary"], title);
            assert_eq!(mail["calendar"]["inner"], json!(["VEVENT"]));
            assert_eq!(mail["page"]["data"][0]["reservationFor"]["name"], title);
        }
        let whole = mail.to_string();
        for turn in ['\u{202e}', '\u{202c}', '\u{2067}', '\u{2069}'] {
            assert!(!whole.contains(turn), "nothing turns the text around");
        }
    }
}

#[tokio::test]
async fn a_name_that_carries_a_message_is_not_shown() {
    let names = [
        "Win at evil.example",
        "Visit https://evil.example now",
        "evil@evil.example",
        ". evil",
        &"Buy ".repeat(40),
    ];
    let messages = names
        .map(|name| Customer::new(name, "zoe@mail.example.org").unwrap())
        .map(|customer| message(NoticeKind::BookingConfirmed, draft(), customer));
    for (message, mail) in messages.iter().zip(read(&messages).await) {
        assert_sound(&mail, message);
        assert_eq!(mail["name"], "");
        let whole = mail.to_string();
        assert!(!whole.contains("evil.example") && !whole.contains("Buy Buy"), "{whole}");
        assert!(mail["text"].as_str().unwrap().lines().any(|line| line == "Hello,"));
    }
}

/// Those cannot even be asked for.
#[test]
fn line_breaks_and_endless_texts_are_refused_at_the_door() {
    for text in ["a\r\nBcc: thief@mail.example.com", "a\nb", "a\u{2028}b", &"x".repeat(10_000)] {
        assert!(Customer::new(text, "zoe@mail.example.org").is_err(), "{text:?}");
        let titled = EventDraft { title: text.to_owned(), ..draft() };
        assert!(EventDetails::check(titled).is_err(), "{text:?}");
        let mut placed = draft();
        if let LocationDraft::Venue { name, .. } = &mut placed.location {
            text.clone_into(name);
        }
        assert!(EventDetails::check(placed).is_err(), "{text:?}");
    }
}

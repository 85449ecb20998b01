use std::path::Path;

use self::reader::Part;
use super::*;
use crate::domain::booking::{Booking, BookingStatus, Customer};
use crate::domain::event::{Event, EventDetails, EventDraft, EventStatus, LocationDraft};
use crate::domain::ids::{BookingId, EventId, NoticeId};
use crate::domain::locale::Locale;
use crate::domain::money::{Currency, Money};
use crate::domain::notice::{NoticeKind, Recipient};
use crate::domain::quantity::Quantity;
use crate::domain::time::Timestamp;
use crate::ports::notifier::{BuyerMessage, Notifier, NotifierError};

mod reader;

const BOOKING: &str = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6b";
const EVENT: &str = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6c";
const NOTICE: &str = "0192f3c1-7a5e-7cc3-9c7f-0d9b3f1f2a6d";

fn settings() -> MailSettings {
    MailSettings {
        from: "Box office <tickets@shop.example.org>".to_owned(),
        public_url: "https://shop.example.org/".to_owned(),
        domain: None,
    }
}

fn renderer() -> MailRenderer {
    MailRenderer::new(&settings()).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn draft() -> EventDraft {
    EventDraft {
        title: "Nocturnes, Op. 9; live".to_owned(),
        description: String::new(),
        category: "concert".to_owned(),
        tags: Vec::new(),
        location: LocationDraft::Venue {
            name: "Tonhalle".to_owned(),
            address: "Claridenstrasse 7".to_owned(),
            city: "Zürich".to_owned(),
            country: "CH".to_owned(),
            latitude: None,
            longitude: None,
        },
        starts_at: at("2027-03-27T19:00:00Z"),
        ends_at: at("2027-03-27T21:30:00Z"),
        all_day: false,
        timezone: "Europe/Zurich".to_owned(),
        on_sale_from: None,
        on_sale_until: None,
        price_minor: 4_550,
        currency: "CHF".to_owned(),
        max_per_booking: 10,
        url: None,
        image_url: None,
    }
}

fn message_about(kind: NoticeKind, draft: EventDraft) -> BuyerMessage {
    let details = EventDetails::check(draft).unwrap();
    let unit_price = details.price;
    let quantity = Quantity::new(2).unwrap();
    let now = at("2027-02-01T08:30:15Z");
    let (status, event_status) = match kind {
        NoticeKind::PaymentFailed => (BookingStatus::PaymentFailed, EventStatus::Published),
        NoticeKind::HoldExpired => (BookingStatus::Expired, EventStatus::Published),
        NoticeKind::BookingCancelled => (BookingStatus::Cancelled, EventStatus::Published),
        NoticeKind::EventCancelled => (BookingStatus::RefundDue, EventStatus::Cancelled),
        NoticeKind::RefundDue => (BookingStatus::RefundDue, EventStatus::Published),
        NoticeKind::Refunded => (BookingStatus::Refunded, EventStatus::Published),
        _ => (BookingStatus::Confirmed, EventStatus::Published),
    };
    let event = Event::entered(EVENT.parse::<EventId>().unwrap(), details, event_status, now);
    let booking = Booking {
        id: BOOKING.parse::<BookingId>().unwrap(),
        event_id: event.id,
        quantity,
        unit_price,
        total: unit_price.checked_mul(quantity.get()).unwrap(),
        customer: Customer::new("Zoë Ångström", "zoe@mail.example.org").unwrap(),
        locale: Locale::ENGLISH,
        status,
        payment: None,
        expires_at: at("2027-02-01T08:45:00Z"),
        created_at: now,
        confirmed_at: None,
        cancelled_at: None,
    };
    BuyerMessage {
        id: NOTICE.parse::<NoticeId>().unwrap(),
        kind,
        booking,
        event,
        now,
        attempt: 1,
        edition: 0,
    }
}

fn message(kind: NoticeKind) -> BuyerMessage {
    message_about(kind, draft())
}

fn render(message: &BuyerMessage) -> Part {
    Part::read(&renderer().render(message).unwrap().formatted())
}

fn calendar_lines(mail: &Part) -> Vec<String> {
    let calendar = mail.find("text/calendar").expect("there is a calendar file");
    let text = calendar.text();
    assert!(text.lines().all(|line| line.len() <= 75), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    text.replace("\r\n ", "").lines().map(str::to_owned).collect()
}

fn assert_has(lines: &[String], line: &str) {
    assert!(lines.iter().any(|each| each == line), "{line} is not in {lines:#?}");
}

#[test]
fn a_confirmation_says_everything_in_text_html_and_calendar() {
    let mail = render(&message(NoticeKind::BookingConfirmed));
    assert_eq!(mail.header("subject"), "Your tickets: Nocturnes, Op. 9; live");
    assert_eq!(mail.header("from"), "\"Box office\" <tickets@shop.example.org>");
    assert_eq!(mail.header("to"), "Zoë Ångström <zoe@mail.example.org>");
    assert_eq!(mail.header("message-id"), format!("<{NOTICE}@shop.example.org>"));
    assert_eq!(mail.header("date"), "Mon, 01 Feb 2027 08:30:15 +0000");
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    let text = mail.find("text/plain").unwrap().text();
    for expected in [
        "Hello Zoë Ångström,",
        "Event: Nocturnes, Op. 9; live",
        "When: Saturday, 27 March 2027, 20:00 to 22:30 (Europe/Zurich, CET, UTC+01:00)",
        "Where: Tonhalle, Claridenstrasse 7, Zürich, CH",
        "Tickets: 2",
        "Total: CHF 91.00",
        &format!("Booking number: {BOOKING}"),
        &format!("https://shop.example.org/bookings/{BOOKING}"),
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected}: {text}");
    }
    let html = mail.find("text/html").unwrap().text();
    assert!(html.contains(">CHF 91.00</div>"));
    assert!(html.contains(&format!("<a href=\"https://shop.example.org/bookings/{BOOKING}\" ")));
    assert!(html.contains("Zürich"));
}

#[test]
fn the_calendar_file_publishes_the_event_in_utc() {
    let mail = render(&message(NoticeKind::BookingConfirmed));
    let part = mail.find("text/calendar").unwrap();
    assert!(part.header("content-type").contains("method=PUBLISH"));
    assert!(part.header("content-disposition").contains("booking.ics"));
    let lines = calendar_lines(&mail);
    for line in [
        "METHOD:PUBLISH",
        &format!("UID:booking-{BOOKING}@shop.example.org"),
        "DTSTAMP:20270201T083015Z",
        "DTSTART:20270327T190000Z",
        "DTEND:20270327T213000Z",
        "SUMMARY:Nocturnes\\, Op. 9\\; live",
        "LOCATION:Tonhalle\\, Claridenstrasse 7\\, Zürich\\, CH",
        &format!("URL:https://shop.example.org/bookings/{BOOKING}"),
        "ORGANIZER:mailto:tickets@shop.example.org",
        "STATUS:CONFIRMED",
        "SEQUENCE:0",
    ] {
        assert_has(&lines, line);
    }
    assert!(!lines.iter().any(|line| line.starts_with("ATTENDEE")));
    for once in ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR", "VERSION:2.0"] {
        assert_eq!(lines.iter().filter(|line| *line == once).count(), 1, "{once}");
    }
}

#[test]
fn whole_days_are_dates_of_the_events_zone_and_the_end_is_the_day_after() {
    // Two days in Tokyo, which begin the day before in UTC.
    for ends_at in ["2027-05-02T15:00:00Z", "2027-05-02T14:59:59Z"] {
        let draft = EventDraft {
            all_day: true,
            timezone: "Asia/Tokyo".to_owned(),
            starts_at: at("2027-04-30T15:00:00Z"),
            ends_at: at(ends_at),
            ..draft()
        };
        let mail = render(&message_about(NoticeKind::BookingConfirmed, draft));
        let lines = calendar_lines(&mail);
        assert_has(&lines, "DTSTART;VALUE=DATE:20270501");
        assert_has(&lines, "DTEND;VALUE=DATE:20270503");
        let text = mail.find("text/plain").unwrap().text();
        assert!(text.contains("When: Saturday, 1 May 2027 to Sunday, 2 May 2027 (Asia/Tokyo)"));
        assert!(text.contains("dates=20270501%2F20270503"));
    }
    let start = at("2027-04-30T15:00:00Z");
    let draft = EventDraft {
        all_day: true,
        timezone: "Asia/Tokyo".to_owned(),
        starts_at: start,
        ends_at: start,
        ..draft()
    };
    let lines = calendar_lines(&render(&message_about(NoticeKind::BookingConfirmed, draft)));
    assert_has(&lines, "DTEND;VALUE=DATE:20270502");
}

#[test]
fn google_gets_the_same_event() {
    let text = render(&message(NoticeKind::BookingConfirmed)).find("text/plain").unwrap().text();
    let link = text.lines().find(|line| line.starts_with("https://calendar.google.com/")).unwrap();
    let link = url::Url::parse(link).unwrap();
    let pairs: Vec<_> = link.query_pairs().into_owned().collect();
    for (name, value) in [
        ("action", "TEMPLATE"),
        ("text", "Nocturnes, Op. 9; live"),
        ("dates", "20270327T190000Z/20270327T213000Z"),
        ("location", "Tonhalle, Claridenstrasse 7, Zürich, CH"),
        ("ctz", "Europe/Zurich"),
    ] {
        assert!(pairs.contains(&(name.to_owned(), value.to_owned())), "{pairs:?}");
    }
}

#[test]
fn every_notice_for_buyers_has_its_mail() {
    for kind in NoticeKind::ALL {
        let rendered = renderer().render(&message(kind));
        if kind.recipient() == Recipient::Gateway {
            assert!(matches!(rendered, Err(NotifierError::Permanent { .. })));
            continue;
        }
        let mail = Part::read(&rendered.unwrap().formatted());
        let text = mail.find("text/plain").unwrap().text();
        let subject = match kind {
            NoticeKind::BookingConfirmed => "Your tickets",
            NoticeKind::EventReminder => "Reminder",
            NoticeKind::PaymentFailed => "Payment failed",
            NoticeKind::HoldExpired => "Booking expired",
            NoticeKind::BookingCancelled => "Booking cancelled",
            NoticeKind::EventChanged => "Event changed",
            NoticeKind::EventCancelled => "Event cancelled",
            NoticeKind::RefundDue => "Refund under way",
            NoticeKind::Refunded => "Refund",
            NoticeKind::ExpirePayment | NoticeKind::RequestRefund => unreachable!(),
        };
        assert!(mail.header("subject").starts_with(&format!("{subject}: ")), "{kind:?}");
        assert!(text.contains(BOOKING) && text.contains("CHF 91.00"), "{text}");
        assert_eq!(
            mail.find("text/calendar").is_some(),
            matches!(kind, NoticeKind::BookingConfirmed | NoticeKind::EventChanged)
        );
        assert_eq!(
            text.contains(&format!("https://shop.example.org/events/{EVENT}")),
            matches!(
                kind,
                NoticeKind::PaymentFailed | NoticeKind::HoldExpired | NoticeKind::BookingCancelled
            )
        );
    }
}

#[test]
fn what_is_no_longer_valid_leaves_the_calendar() {
    for kind in [NoticeKind::EventCancelled, NoticeKind::RefundDue] {
        let mut message = message(kind);
        message.booking.confirmed_at = Some(message.now);
        let mail = render(&message);
        let part = mail.find("text/calendar").unwrap();
        assert!(part.header("content-type").contains("method=CANCEL"));
        let lines = calendar_lines(&mail);
        assert_has(&lines, "METHOD:CANCEL");
        assert_has(&lines, "STATUS:CANCELLED");
        assert_has(&lines, "SEQUENCE:1");
        assert_has(&lines, &format!("UID:booking-{BOOKING}@shop.example.org"));
    }
}

#[test]
fn a_cancelled_event_is_told_by_what_was_paid() {
    let text = |status| {
        let mut message = message(NoticeKind::EventCancelled);
        message.booking.status = status;
        render(&message).find("text/plain").unwrap().text()
    };
    assert!(text(BookingStatus::RefundDue).contains("You will get your money back: CHF 91.00."));
    assert!(text(BookingStatus::Refunded).contains("has been given back: CHF 91.00."));
    assert!(text(BookingStatus::Cancelled).contains("Nothing was paid for"));
}

#[test]
fn money_is_shown_by_its_currency_and_changing_clocks_are_told() {
    let mut message = message_about(
        NoticeKind::EventReminder,
        EventDraft {
            currency: "JPY".to_owned(),
            ends_at: at("2027-03-28T02:00:00Z"),
            location: LocationDraft::Online { url: None },
            ..draft()
        },
    );
    message.booking.total = Money::new(9_100, Currency::new("JPY").unwrap()).unwrap();
    let text = render(&message).find("text/plain").unwrap().text();
    assert!(text.contains("Total: JPY 9,100\r\n"), "{text}");
    assert!(text.contains("Where: Online\r\n"));
    assert!(text.contains(
        "When: Saturday, 27 March 2027, 20:00 (CET, UTC+01:00) to Sunday, 28 March 2027, 04:00 \
         (CEST, UTC+02:00), Europe/Zurich. The clocks go forward by one hour during the event.\r\n"
    ));
}

#[test]
fn hostile_names_and_titles_stay_text() {
    let long = "long ".repeat(50);
    let titles = [
        "<script>alert(1)</script> & \"quotes\" 'too'",
        "=?utf-8?q?Bcc:=20evil=40example.org?=",
        "\u{202e}gro.elpmaxe",
        "BEGIN:VALARM;\\nEND:VEVENT",
        &long,
    ];
    let names = [
        "\" <evil@example.org>, \"",
        "Visit https://evil.example now",
        "Win at evil.example",
        "=?utf-8?b?QmNjOg==?=",
        "evil@example.org",
        "a, b; c: d",
        "<b>Zoe</b>",
    ];
    for title in titles {
        for name in names {
            let draft = EventDraft { title: title.to_owned(), ..draft() };
            let mut message = message_about(NoticeKind::BookingConfirmed, draft);
            message.booking.customer = Customer::new(name, "zoe@mail.example.org").unwrap();
            let rendered = renderer().render(&message).unwrap();
            let envelope: Vec<_> =
                rendered.envelope().to().iter().map(ToString::to_string).collect();
            assert_eq!(envelope, ["zoe@mail.example.org"]);
            let raw = rendered.formatted();
            let mail = Part::read(&raw);
            let names: Vec<_> = mail.headers.iter().map(|(name, _)| name.as_str()).collect();
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
            let to = mail.header("to");
            assert_eq!(to.matches('@').count(), 1, "{to}");
            let subject = mail.header("subject");
            assert!(subject.chars().count() <= 120 && !subject.contains('\u{202e}'), "{subject}");
            let html = mail.find("text/html").unwrap().text();
            assert_eq!(html.matches("<script").count(), 1, "the data of the reservation");
            assert!(!html.contains("<b>") && !html.contains("evil.ex"));
            assert!(!mail.find("text/plain").unwrap().text().contains("evil.ex"));
            let lines = calendar_lines(&mail);
            assert!(!lines.iter().any(|line| line == "BEGIN:VALARM"));
            assert!(raw.split(|byte| *byte == b'\n').all(|line| line.len() <= 998));
        }
    }
}

/// What checks events lets neither through; whoever writes texts need not rely on it.
#[test]
fn line_breaks_and_endless_titles_come_no_further_than_here() {
    let endless = "x".repeat(10_000);
    for title in ["Gala\r\nBcc: evil@example.org", "Gala\u{2028}Bcc: x", "Gala\0", &endless] {
        let draft = EventDraft { title: title.to_owned(), ..draft() };
        assert!(EventDetails::check(draft).is_err(), "{title:?}");
        assert!(Customer::new(title, "zoe@mail.example.org").is_err());
        let clipped = text::clip(title, 300);
        assert!(clipped.chars().count() <= 300);
        assert!(!clipped.contains(['\r', '\n', '\0', '\u{2028}']), "{clipped:?}");
    }
    assert_eq!(text::clip("\u{202e}abc\u{2066}", 3), "abc", "what is not shown does not count");
    assert_eq!(text::clip("abcd", 3), "ab…");
}

#[test]
fn other_templates_say_what_they_want_within_bounds() {
    #[derive(Debug)]
    struct Shout;
    impl MailTemplates for Shout {
        fn write(&self, message: &BuyerMessage, links: &MailLinks) -> MailContent {
            let title = &message.event.details.title;
            MailContent {
                subject: format!("{title}!\r\nBcc: evil@example.org {}", "!".repeat(500)),
                text: format!("See {}", links.booking),
                html: format!("<a href=\"{}\">again</a>", links.event),
            }
        }
    }
    let renderer = renderer().with_templates(std::sync::Arc::new(Shout));
    let message = message(NoticeKind::BookingConfirmed);
    let mail = Part::read(&renderer.render(&message).unwrap().formatted());
    let subject = mail.header("subject");
    assert!(subject.starts_with("Nocturnes, Op. 9; live!  Bcc: evil@example.org !!!"), "{subject}");
    assert_eq!(subject.chars().count(), 150);
    assert!(mail.headers.iter().all(|(name, _)| name != "bcc"));
    let text = mail.find("text/plain").unwrap().text();
    assert_eq!(text, format!("See https://shop.example.org/bookings/{BOOKING}"));
    assert!(mail.find("text/html").unwrap().text().contains(&format!("/events/{EVENT}")));
    assert!(mail.find("text/calendar").is_some(), "it is none of their concern");
}

#[test]
fn settings_are_checked() {
    let with = |change: fn(&mut MailSettings)| {
        let mut settings = settings();
        change(&mut settings);
        MailRenderer::new(&settings).map(|_| ()).map_err(|(field, _)| field)
    };
    assert_eq!(with(|it| it.from = "tickets@localhost".to_owned()), Ok(()));
    assert_eq!(with(|it| it.domain = Some("mail.example.org".to_owned())), Ok(()));
    assert_eq!(with(|it| it.from = String::new()), Err("from"));
    assert_eq!(with(|it| it.from = "a@example.org\r\nBcc: b@example.org".to_owned()), Err("from"));
    assert_eq!(with(|it| it.public_url = "shop.example.org".to_owned()), Err("public_url"));
    assert_eq!(with(|it| it.domain = Some("a>b".to_owned())), Err("domain"));
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_repeat_replaces_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("deep/mail");
    let notifier = EmlNotifier::new(&mails, renderer());
    let mut message = message(NoticeKind::BookingConfirmed);
    notifier.send(&message).await.unwrap();
    let first = std::fs::read(notifier.path_of(&message)).unwrap();
    notifier.send(&message).await.unwrap();
    assert_eq!(std::fs::read(notifier.path_of(&message)).unwrap(), first, "it is the same mail");
    message.now = at("2027-02-01T09:00:00Z");
    notifier.send(&message).await.unwrap();
    assert_eq!(files(&mails), [format!("{NOTICE}.eml")]);
    let mail = Part::read(&std::fs::read(notifier.path_of(&message)).unwrap());
    assert_eq!(mail.header("date"), "Mon, 01 Feb 2027 09:00:00 +0000");
    assert_eq!(mail.header("message-id"), format!("<{NOTICE}@shop.example.org>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_leave_one_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let notifier = std::sync::Arc::new(EmlNotifier::new(folder.path(), renderer()));
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let notifier = std::sync::Arc::clone(&notifier);
        senders.spawn(async move { notifier.send(&message(NoticeKind::Refunded)).await });
    }
    assert!(senders.join_all().await.iter().all(Result::is_ok));
    assert_eq!(files(folder.path()), [format!("{NOTICE}.eml")]);
    let whole = renderer().render(&message(NoticeKind::Refunded)).unwrap().formatted();
    assert_eq!(std::fs::read(folder.path().join(format!("{NOTICE}.eml"))).unwrap(), whole);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_fault_that_may_pass() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "not a folder").unwrap();
    let notifier = EmlNotifier::new(blocked.join("mail"), renderer());
    let error = notifier.send(&message(NoticeKind::Refunded)).await.unwrap_err();
    assert!(matches!(error, NotifierError::Temporary { .. }));
    assert!(!format!("{error:?}").contains("zoe"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_mails() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let notifier = EmlNotifier::new(folder.path(), renderer());
    let message = message(NoticeKind::Refunded);
    notifier.send(&message).await.unwrap();
    let permissions = std::fs::metadata(notifier.path_of(&message)).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
}

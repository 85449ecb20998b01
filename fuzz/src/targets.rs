//! One target for each place that reads what strangers send.

mod bookings;
mod events;
mod import;
mod mails;
mod notifications;
mod pages;
mod requests;
mod searches;
mod secrets;

use crate::shop;

/// A place that reads what strangers send.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Sends an input there, and panics if a promise is broken.
    pub run: fn(&[u8]),
    /// What it reads beyond what the corpus shows.
    pub words: &'static [&'static str],
    /// The most memory that an input may take: so much, and so many bytes for each of its own.
    pub memory: (usize, usize),
}

impl Target {
    /// Runs an input.
    ///
    /// # Panics
    /// If it breaks a promise, or takes too much memory.
    pub fn check(&self, input: &[u8]) {
        shop::warm_up();
        shop::begin(input);
        let taken = allocation_counter::measure(|| (self.run)(input)).bytes_max;
        let (base, factor) = self.memory;
        let bound = base + factor * input.len();
        let is_bounded = usize::try_from(taken).is_ok_and(|taken| taken <= bound);
        assert!(is_bounded, "{taken} bytes were taken for {} of the input", input.len());
    }
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("booking_body", bookings::body),
    target("booking_key", bookings::key),
    target("event_body", events::body),
    target("event_patch", events::patch),
    target("search_query", searches::query),
    target("cursor", searches::cursor),
    target("ids", requests::ids),
    target("request", requests::whole),
    target("notification", notifications::body),
    target("signature", notifications::signature),
    target("payment_page", pages::payment),
    target("booking_form", pages::booking),
    target("import", import::run),
    target("secrets", secrets::parse),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, words: WORDS, memory: (2 << 20, 64) }
}

/// What is awkward anywhere.
const WORDS: &[&str] = &[
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "9223372036854775807",
    "18446744073709551616",
    "0.1",
    "4294967296",
    "\\u0000",
    "\\ud800",
    "%00",
    "%2f",
    "%",
    "+",
    "\u{0}",
    "\u{202e}",
    "\u{fffd}",
    "ß",
    "İ",
    "e\u{301}",
    "日本語",
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=1>",
    "{{7*7}}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "\r\nX-Injected: 1",
    "[]",
    "{}",
    "\"\"",
    "2027-02-30T25:61:61Z",
    "-9999-01-01T00:00:00Z",
    "9999-12-31T23:59:60+14:00",
    "00000000-0000-0000-0000-000000000000",
    "01901634-0000-7000-8000-00000000000G",
    "a@b",
    "a@[127.0.0.1]",
    "javascript:alert(1)",
    "http://[::1]:1/",
    "NaN",
    "Infinity",
    "1_000",
    "٣",
    "\t",
    " ",
    ",",
    "=",
    "&",
    ";",
    "\"",
];

//! Words that are still being typed.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "The word being typed matches by its beginning",
        q: "jav",
        has: &["berlin-js", "kyoto-java", "lisbon-js", "vienna-js"],
        ..ANY
    },
    Asked {
        why: "The word being typed matches by its beginning",
        q: "javas",
        has: &["berlin-js", "tokyo-js", "vienna-js"],
        lacks: &["zurich-jazz"],
        ..ANY
    },
    Asked {
        why: "One letter begins many words",
        q: "z",
        has: &["zurich-jazz"],
        lacks: &["nuuk-drum"],
        ..ANY
    },
    Asked {
        why: "Beginnings count in the city, too",
        q: "longy",
        first: &["longyearbyen-marathon", "longyearbyen-blues"],
        ..ANY
    },
    Asked {
        why: "Beginnings count in the description, too",
        q: "nosf",
        first: &["los-angeles-film"],
        ..ANY
    },
    Asked {
        why: "Beginnings count in tags, too",
        q: "bluegr",
        exactly: Some(&["austin-swift"]),
        ..ANY
    },
    Asked {
        why: "Only the last word is a beginning",
        q: "jav workshop",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "The last of several words is a beginning",
        q: "workshop jav",
        has: &["lisbon-js", "yogyakarta-batik"],
        lacks: &["berlin-js"],
        ..ANY
    },
    Asked {
        why: "The last of several words is a beginning",
        q: "night of the org",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "A beginning is no ending",
        q: "script",
        lacks: &["berlin-js", "lisbon-js"],
        ..ANY
    },
    Asked {
        why: "A beginning is no middle",
        q: "mlet",
        lacks: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "A beginning without its accent",
        q: "strassen",
        has: &["zurich-strassenmusik"],
        lacks: &["berlin-oper-aida"],
        ..ANY
    },
    Asked {
        why: "A whole word ranks above beginnings",
        q: "go",
        first: &["san-francisco-go", "seoul-go"],
        has: &["madrid-prado"],
        ..ANY
    },
    Asked {
        why: "A beginning as short as two letters",
        q: "xh",
        exactly: Some(&["pristina-xhaz"]),
        ..ANY
    },
    Asked { why: "The beginning of a number", q: "202", has: &["chatham-sunrise"], ..ANY },
    Asked { why: "A phrase at the end is no beginning", q: "\"jav\"", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A phrase at the end is no beginning",
        q: "workshop \"jav\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A phrase of two words at the end is no beginning",
        q: "\"techno nig\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "An excluded word at the end is no beginning",
        q: "rust -jav",
        has: &["online-rust-wasm", "zurich-rust"],
        ..ANY
    },
];

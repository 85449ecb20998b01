//! Filters without and with words.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "A category alone",
        category: "ballet",
        has: &["london-ballet", "paris-ballet", "almaty-balet", "havana-ballet"],
        lacks: &["delhi-kathak"],
        ..ANY
    },
    Asked {
        why: "A category in capitals is the same",
        category: "BALLET",
        has: &["london-ballet", "paris-ballet"],
        lacks: &["delhi-kathak"],
        ..ANY
    },
    Asked { why: "A category is exact", category: "ball", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A tag alone",
        tag: "puppets",
        exactly: Some(&[
            "lyon-guignol",
            "istanbul-karagoz",
            "hanoi-puppets",
            "jakarta-wayang",
            "osaka-bunraku",
        ]),
        ..ANY
    },
    Asked {
        why: "A tag of two words",
        tag: "early music",
        exactly: Some(&["utrecht-oudemuziek", "cambridge-us-viol"]),
        ..ANY
    },
    Asked { why: "A tag is exact, not its first word", tag: "early", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A tag with signs",
        tag: "c++",
        exactly: Some(&["madrid-cpp", "krakow-cpp", "online-cpp"]),
        ..ANY
    },
    Asked {
        why: "A tag with a full stop",
        tag: ".net",
        exactly: Some(&["copenhagen-net", "auckland-net"]),
        ..ANY
    },
    Asked { why: "A tag in another script", tag: "재즈", exactly: Some(&["seoul-jazz"]), ..ANY },
    Asked {
        why: "A country alone",
        country: "IS",
        exactly: Some(&[
            "reykjavik-airwaves",
            "thingvellir-rimur",
            "reykjavik-saga",
            "reykjavik-chess",
            "reykjavik-thorrablot",
        ]),
        ..ANY
    },
    Asked {
        why: "A country in small letters",
        country: "fj",
        exactly: Some(&["suva-meke", "suva-rugby", "taveuni-lali", "taveuni-garden"]),
        ..ANY
    },
    Asked { why: "A country without events", country: "BT", exactly: Some(&[]), ..ANY },
    Asked {
        why: "An event online is in no country",
        q: "rust javascript",
        country: "DE",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A city in any writing",
        city: "TROMSO",
        exactly: Some(&["tromso-nordlys", "tromso-ski"]),
        ..ANY
    },
    Asked {
        why: "A city in its own writing",
        city: "東京",
        has: &["tokyo-yoichi", "tokyo-rust", "tokyo-marathon"],
        lacks: &["kyoto-tea", "osaka-bunraku"],
        ..ANY
    },
    Asked { why: "A city is exact, not a part", city: "York", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A city of one name in two countries",
        city: "Paris",
        has: &["paris-ete", "paris-us-country", "paris-us-fair"],
        lacks: &["past-paris-valse", "london-tea"],
        ..ANY
    },
    Asked {
        why: "A city in one country",
        country: "US",
        city: "paris",
        exactly: Some(&["paris-us-country", "paris-us-fair"]),
        ..ANY
    },
    Asked {
        why: "A city in one country",
        country: "AR",
        city: "Cordoba",
        exactly: Some(&["cordoba-ar-cuarteto"]),
        ..ANY
    },
    Asked {
        why: "A city in one country",
        country: "CR",
        city: "san jose",
        exactly: Some(&["san-jose-cr-web"]),
        ..ANY
    },
    Asked {
        why: "A city in one country",
        country: "KI",
        city: "London",
        exactly: Some(&["london-ki-drums"]),
        ..ANY
    },
    Asked {
        why: "A city with a comma and full stops",
        city: "washington d c",
        exactly: Some(&["washington-cherry"]),
        ..ANY
    },
    Asked {
        why: "A category in a country",
        category: "workshop",
        country: "JP",
        exactly: Some(&["kyoto-tea", "osaka-takoyaki"]),
        ..ANY
    },
    Asked {
        why: "Words, category and country",
        q: "organ",
        category: "concert",
        country: "US",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "Words and a tag",
        q: "london",
        tag: "jazz",
        exactly: Some(&["london-acid"]),
        ..ANY
    },
    Asked {
        why: "From a date on, in UTC",
        starts_from: "2028-03-01",
        exactly: Some(&["far-future-fair", "far-future-eclipse"]),
        ..ANY
    },
    Asked {
        why: "To a date, and all of its day",
        starts_to: "2027-03-01",
        exactly: Some(&["running-winter-lights", "barcelona-mobile"]),
        ..ANY
    },
    Asked {
        why: "One day of UTC",
        starts_from: "2027-05-31",
        starts_to: "2027-05-31",
        exactly: Some(&["london-ki-drums"]),
        ..ANY
    },
    Asked {
        why: "The day at the place is not the day of UTC",
        starts_from: "2027-06-01",
        starts_to: "2027-06-01",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "The last hours of a day belong to it",
        starts_from: "2027-12-31",
        starts_to: "2027-12-31",
        exactly: Some(&["mcmurdo-icestock", "edinburgh-ceilidh", "chatham-sunrise"]),
        ..ANY
    },
    Asked {
        why: "Between two instants",
        starts_from: "2027-05-01T04:00:00Z",
        starts_to: "2027-05-01T14:30:00Z",
        has: &["wroclaw-gitary", "liege-fanfare", "hanoi-puppets"],
        lacks: &["london-museum"],
        ..ANY
    },
    Asked {
        why: "Between two instants with an offset",
        starts_from: "2027-08-28T05:00:00+12:00",
        starts_to: "2027-08-28T07:00:00+12:00",
        has: &["taveuni-lali"],
        ..ANY
    },
    Asked {
        why: "A range in which nothing begins",
        starts_from: "2028-04-01",
        starts_to: "2028-06-30",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A range turned round is empty",
        starts_from: "2027-09-01",
        starts_to: "2027-06-01",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Words in a month",
        q: "jazz",
        starts_from: "2027-07-01",
        starts_to: "2027-07-31",
        has: &["nice-jazz", "aarhus-jazz", "istanbul-caz", "essen-zollverein"],
        lacks: &["montreal-jazz", "zurich-jazz", "cancelled-nice-jazz"],
        ..ANY
    },
    Asked {
        why: "An event that has begun but not ended is found",
        q: "lichtklang",
        exactly: Some(&["running-winter-lights"]),
        ..ANY
    },
    Asked {
        why: "An event that is over is not found",
        q: "rust nation",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "An event that is over is found if wanted",
        q: "rust nation",
        include_past: true,
        exactly: Some(&["past-rust-berlin"]),
        ..ANY
    },
    Asked {
        why: "Past and future together",
        q: "corsa",
        country: "IT",
        include_past: true,
        exactly: Some(&["past-milan-run"]),
        ..ANY
    },
    Asked {
        why: "Only the past",
        starts_to: "2027-02-25",
        include_past: true,
        exactly: Some(&[
            "past-berlin-jazz",
            "past-paris-valse",
            "past-rust-berlin",
            "past-js-berlin",
            "past-zurich-improv",
            "past-milan-run",
        ]),
        ..ANY
    },
    Asked {
        why: "Only the past, without being wanted",
        starts_to: "2027-02-25",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A draft is never found",
        q: "keller jazz programm",
        include_past: true,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A cancelled event is never found",
        q: "dawn jazz nice",
        include_past: true,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Drafts and cancelled events are in no filter",
        tag: "kubernetes",
        city: "Oslo",
        include_past: true,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "What is free in euros",
        country: "ES",
        price_max: Some((0, "EUR")),
        exactly: Some(&["coruna-gaitas", "coruna-pulpo"]),
        ..ANY
    },
    Asked {
        why: "A price in its own currency only",
        country: "CH",
        price_max: Some((100_000, "EUR")),
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A price up to and including the amount",
        price_max: Some((2_500, "CHF")),
        has: &["zurich-museum", "zurich-orgel", "running-winter-lights"],
        lacks: &["zurich-improv"],
        ..ANY
    },
    Asked {
        why: "A currency without decimals",
        category: "workshop",
        country: "JP",
        price_max: Some((4_000, "JPY")),
        exactly: Some(&["osaka-takoyaki"]),
        ..ANY
    },
    Asked {
        why: "A currency of three decimals",
        price_max: Some((7_500, "KWD")),
        exactly: Some(&["kuwait-oud"]),
        ..ANY
    },
    Asked {
        why: "A currency of three decimals, one unit less",
        price_max: Some((7_499, "KWD")),
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Tickets are left",
        q: "berlin",
        category: "conference",
        available: 160,
        exactly: Some(&["berlin-js"]),
        ..ANY
    },
    Asked {
        why: "Not enough tickets are left",
        q: "berlin",
        category: "conference",
        available: 161,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Sold out is found without asking for tickets",
        q: "ballet cygnes",
        exactly: Some(&["paris-ballet"]),
        ..ANY
    },
    Asked {
        why: "Sold out is left out when tickets are asked for",
        q: "ballet cygnes",
        available: 1,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "One ticket is left, and one is asked for",
        q: "brass bands street parade",
        available: 1,
        exactly: Some(&["ascona-jazz"]),
        ..ANY
    },
    Asked {
        why: "One ticket is left, and two are asked for",
        q: "brass bands street parade",
        available: 2,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Everything together",
        q: "jazz",
        category: "festival",
        tag: "open-air",
        country: "RO",
        city: "cluj napoca",
        starts_from: "2027-09-01",
        starts_to: "2027-09-30",
        near: Some((46.77, 23.62)),
        radius_km: 20.0,
        price_max: Some((30_000, "RON")),
        available: 4,
        exactly: Some(&["cluj-jazz"]),
        ..ANY
    },
];

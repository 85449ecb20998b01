//! Circles on the globe, and the other orders.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "Around a city, 50 km if nothing is said",
        near: Some((47.377, 8.542)),
        has: &["zurich-jazz", "zurich-rust", "running-winter-lights"],
        lacks: &["basel-art", "geneva-ux"],
        ..ANY
    },
    Asked {
        why: "A wider circle",
        near: Some((47.377, 8.542)),
        radius_km: 90.0,
        has: &["zurich-jazz", "basel-art"],
        lacks: &["geneva-ux", "ascona-jazz", "strasbourg-marche"],
        ..ANY
    },
    Asked {
        why: "An event without a position is in no circle",
        q: "jazz",
        near: Some((46.157, 8.773)),
        radius_km: 60.0,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A circle across the date line, from the west",
        near: Some((-17.0, 179.9)),
        radius_km: 150.0,
        exactly: Some(&["taveuni-lali", "taveuni-garden"]),
        ..ANY
    },
    Asked {
        why: "A circle across the date line, from the east",
        near: Some((-17.0, -179.5)),
        radius_km: 150.0,
        exactly: Some(&["taveuni-lali", "taveuni-garden"]),
        ..ANY
    },
    Asked {
        why: "Nearest first, across the date line",
        near: Some((-17.0, -179.9)),
        radius_km: 1_200.0,
        sort: "distance",
        has: &["apia-fiafia", "suva-meke", "taveuni-lali", "nukualofa-brass", "pago-pago-canoe"],
        lacks: &["auckland-poly"],
        ..ANY
    },
    Asked {
        why: "Nearest first, across the date line",
        q: "drums",
        near: Some((-17.0, -179.9)),
        radius_km: 1_200.0,
        sort: "distance",
        first: &["taveuni-lali", "suva-meke"],
        exactly: Some(&["taveuni-lali", "suva-meke"]),
        ..ANY
    },
    Asked {
        why: "A circle around a pole reaches every longitude",
        near: Some((90.0, 0.0)),
        radius_km: 1_400.0,
        exactly: Some(&[
            "longyearbyen-blues",
            "longyearbyen-marathon",
            "alert-sing",
            "alert-astronomy",
        ]),
        ..ANY
    },
    Asked {
        why: "Nearest first at the pole",
        category: "concert",
        near: Some((89.9, 180.0)),
        radius_km: 2_500.0,
        sort: "distance",
        first: &["alert-sing", "tromso-nordlys"],
        exactly: Some(&["alert-sing", "tromso-nordlys"]),
        ..ANY
    },
    Asked {
        why: "Across the pole is nearer than around",
        near: Some((82.5, 117.0)),
        radius_km: 1_800.0,
        has: &["alert-sing"],
        lacks: &["tromso-nordlys"],
        ..ANY
    },
    Asked {
        why: "Around the south pole",
        near: Some((-90.0, 0.0)),
        radius_km: 1_500.0,
        exactly: Some(&["mcmurdo-icestock", "mcmurdo-run", "mcmurdo-science"]),
        ..ANY
    },
    Asked {
        why: "The whole globe holds all that have a position",
        category: "market",
        near: Some((0.0, 0.0)),
        radius_km: 20_100.0,
        exactly: Some(&[
            "hamburg-fish",
            "strasbourg-marche",
            "dubai-dates",
            "bangkok-market",
            "tokyo-yoichi",
            "shanghai-yeshi",
        ]),
        ..ANY
    },
    Asked {
        why: "Nearest first",
        category: "museum",
        near: Some((47.377, 8.542)),
        radius_km: 1_000.0,
        sort: "distance",
        first: &["zurich-museum", "paris-louvre", "amsterdam-rembrandt", "berlin-museum"],
        lacks: &["wellington-museum"],
        ..ANY
    },
    Asked {
        why: "Nearest first among what the words find",
        q: "hamlet",
        near: Some((43.65, -79.38)),
        radius_km: 20_000.0,
        sort: "distance",
        first: &["london-ca-hamlet", "london-hamlet"],
        exactly: Some(&["london-ca-hamlet", "london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "By relevance although a circle is given",
        q: "hamlet",
        near: Some((43.65, -79.38)),
        radius_km: 20_000.0,
        first: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "Two cities of one name are far apart",
        city: "Cambridge",
        near: Some((52.2, 0.1)),
        exactly: Some(&["cambridge-carols", "cambridge-c", "cambridge-darwin"]),
        ..ANY
    },
    Asked {
        why: "A radius of less than a kilometre",
        category: "concert",
        near: Some((47.377, 8.542)),
        radius_km: 0.5,
        exactly: Some(&["zurich-jazz", "zurich-orgel"]),
        ..ANY
    },
    Asked {
        why: "An empty sea",
        near: Some((-48.9, -123.4)),
        radius_km: 1_000.0,
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "By start if nothing is asked for",
        country: "IS",
        first: &[
            "reykjavik-chess",
            "reykjavik-saga",
            "thingvellir-rimur",
            "reykjavik-airwaves",
            "reykjavik-thorrablot",
        ],
        ..ANY
    },
    Asked {
        why: "By start across zones: the earlier instant, not the earlier clock",
        tag: "drums",
        first: &["auckland-poly", "london-ki-drums", "nuuk-drum", "kyoto-taiko", "taveuni-lali"],
        exactly: Some(&[
            "auckland-poly",
            "london-ki-drums",
            "nuuk-drum",
            "kyoto-taiko",
            "taveuni-lali",
        ]),
        ..ANY
    },
    Asked {
        why: "By start, the past first if it is wanted",
        category: "marathon",
        include_past: true,
        first: &["past-milan-run"],
        has: &["ended-at-noon-run"],
        ..ANY
    },
    Asked {
        why: "By price: currencies by their codes, then the cheapest",
        tag: "puppets",
        sort: "price",
        first: &[
            "lyon-guignol",
            "jakarta-wayang",
            "osaka-bunraku",
            "istanbul-karagoz",
            "hanoi-puppets",
        ],
        ..ANY
    },
    Asked {
        why: "By price within one currency",
        country: "GB",
        city: "london",
        sort: "price",
        first: &[
            "london-football",
            "london-proms",
            "london-comedy",
            "london-acid",
            "london-choir",
            "london-hamlet",
            "london-tea",
            "london-ballet",
            "london-museum",
            "london-ai",
        ],
        exactly: Some(&[
            "london-football",
            "london-proms",
            "london-comedy",
            "london-acid",
            "london-choir",
            "london-hamlet",
            "london-tea",
            "london-ballet",
            "london-museum",
            "london-ai",
        ]),
        ..ANY
    },
    Asked {
        why: "By price among what the words find",
        q: "hamlet",
        sort: "price",
        first: &["london-ca-hamlet", "london-hamlet"],
        exactly: Some(&["london-ca-hamlet", "london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "By price, not by amount alone",
        tag: "shakespeare",
        sort: "price",
        first: &["london-ca-hamlet", "edinburgh-fringe", "london-hamlet"],
        exactly: Some(&["london-ca-hamlet", "edinburgh-fringe", "london-hamlet"]),
        ..ANY
    },
];

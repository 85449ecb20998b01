//! The order by relevance.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "The title counts more than tags, these more than the description",
        q: "organ",
        first: &["new-york-organ", "los-angeles-film", "gyor-orgona", "london-acid"],
        ..ANY
    },
    Asked {
        why: "Title, then city",
        q: "rust",
        first: &["berlin-rust", "online-rust-book"],
        has: &["zurich-rust", "online-paid", "rust-coaster", "rust-wine", "manchester-rust"],
        lacks: &["past-rust-berlin"],
        ..ANY
    },
    Asked {
        why: "A language and an animal share a name",
        q: "python",
        has: &[
            "sydney-python",
            "nairobi-python",
            "buenos-aires-python",
            "accra-data",
            "prague-python",
        ],
        lacks: &["draft-python-rome"],
        ..ANY
    },
    Asked {
        why: "A town, and what people do with books",
        q: "reading",
        has: &["reading-beer", "reading-festival", "online-haskell", "online-rust-book"],
        ..ANY
    },
    Asked {
        why: "A title before the tag of earlier events",
        q: "kubernetes",
        first: &["seattle-kube", "amsterdam-kube"],
        has: &["seoul-kube", "singapore-cloud"],
        lacks: &["cancelled-kube-oslo"],
        ..ANY
    },
    Asked {
        why: "A title before the tag of an earlier event",
        q: "comedy",
        first: &["london-comedy", "melbourne-comedy", "sydney-comedy"],
        has: &["tokyo-rakugo"],
        ..ANY
    },
    Asked { why: "A description comes last", q: "saxofon", exactly: Some(&["zurich-wine"]), ..ANY },
    Asked {
        why: "A description comes last",
        q: "jazz wine",
        has: &["zurich-wine"],
        lacks: &["wellington-museum", "zurich-jazz"],
        ..ANY
    },
    Asked {
        why: "A whole word, and the beginning of another",
        q: "java",
        has: &[
            "yogyakarta-gamelan",
            "kyoto-java",
            "yogyakarta-batik",
            "bengaluru-java",
            "hamburg-java",
            "berlin-js",
        ],
        ..ANY
    },
    Asked {
        why: "An island and a language share a name",
        q: "java workshop",
        has: &["yogyakarta-batik"],
        lacks: &["lisbon-js"],
        ..ANY
    },
    Asked {
        why: "The best match, not the earliest event",
        q: "piano marathon",
        first: &["luxembourg-piano"],
        lacks: &["berlin-marathon"],
        ..ANY
    },
    Asked {
        why: "Relevance can be asked for by name",
        q: "hamlet",
        sort: "relevance",
        first: &["london-hamlet", "london-ca-hamlet"],
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "Another order keeps the same results",
        q: "hamlet",
        sort: "starts_at",
        first: &["london-hamlet", "london-ca-hamlet"],
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "By start, the description counts as much as the title",
        q: "organ",
        sort: "starts_at",
        first: &["london-acid", "new-york-organ", "gyor-orgona", "los-angeles-film"],
        ..ANY
    },
    Asked {
        why: "Titles, then tags, then descriptions; the earlier event first within each",
        q: "brass",
        first: &[
            "nukualofa-brass",
            "new-orleans-jazz",
            "liege-fanfare",
            "hamburg-fish",
            "lyon-nuits",
            "belgrade-trubaci",
            "munich-blasmusik",
            "cape-town-jazz",
            "ascona-jazz",
        ],
        ..ANY
    },
    Asked {
        why: "Titles, then tags, then descriptions; the earlier event first within each",
        q: "wine",
        first: &[
            "adelaide-wine",
            "cardiff-rarebit",
            "online-cheese",
            "zurich-wine",
            "athens-souvlaki",
            "madrid-tapas",
            "rust-wine",
            "lyon-bouchons",
            "tbilisi-supra",
            "new-york-gallery",
            "cambridge-carols",
        ],
        ..ANY
    },
    Asked {
        why: "The title first, then what is tagged with it",
        q: "mozart",
        first: &["salzburg-mozart", "izmir-opera", "hamburg-cmoll", "vienna-zauberfloete"],
        ..ANY
    },
    Asked {
        why: "The title first, then what is tagged with it",
        q: "flamenco",
        first: &["madrid-flamenco", "cordoba-guitarra"],
        ..ANY
    },
    Asked {
        why: "Titles before categories",
        q: "museum",
        first: &["wellington-museum", "london-museum"],
        has: &["zurich-museum", "paris-louvre"],
        ..ANY
    },
    Asked {
        why: "A title twice: by start",
        q: "singalong",
        first: &["alert-sing", "london-proms"],
        ..ANY
    },
    Asked {
        why: "Titles, then tags, then descriptions",
        q: "kubernetes",
        first: &["seattle-kube", "amsterdam-kube", "seoul-kube", "singapore-cloud"],
        exactly: Some(&["seattle-kube", "amsterdam-kube", "seoul-kube", "singapore-cloud"]),
        ..ANY
    },
    Asked {
        why: "What two words find, the better match first",
        q: "stand up comedy",
        first: &[
            "edinburgh-comedy",
            "london-comedy",
            "melbourne-comedy",
            "sydney-comedy",
            "cape-town-comedy",
        ],
        ..ANY
    },
    Asked {
        why: "What two words find, the better match first",
        q: "rock festival",
        first: &["plzen-rock", "porto-primavera", "helsinki-metalli"],
        has: &["busan-rock"],
        ..ANY
    },
    Asked {
        why: "A title with both words before one with one of them",
        q: "jazz park",
        first: &["cluj-jazz", "ghent-lichtjazz"],
        ..ANY
    },
    Asked {
        why: "All equal: by start",
        q: "shakespeare",
        first: &["london-hamlet", "london-ca-hamlet", "edinburgh-fringe"],
        exactly: Some(&["london-hamlet", "london-ca-hamlet", "edinburgh-fringe"]),
        ..ANY
    },
];

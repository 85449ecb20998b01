//! Words with wrong letters.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "One letter is wrong",
        q: "javascropt",
        has: &["berlin-js", "lisbon-js", "vienna-js"],
        ..ANY
    },
    Asked {
        why: "One letter is missing",
        q: "javscript",
        has: &["berlin-js", "lisbon-js", "vienna-js"],
        ..ANY
    },
    Asked { why: "One letter too many", q: "javaascript", has: &["berlin-js", "lisbon-js"], ..ANY },
    Asked {
        why: "Two letters changed places",
        q: "javasrcipt",
        has: &["berlin-js", "lisbon-js"],
        ..ANY
    },
    Asked {
        why: "Two letters of a long word are wrong",
        q: "javoscrept",
        has: &["berlin-js", "lisbon-js"],
        ..ANY
    },
    Asked {
        why: "A k for a c",
        q: "san francisko",
        has: &["san-francisco-go", "san-francisco-fog"],
        lacks: &["san-jose-cr-web"],
        ..ANY
    },
    Asked {
        why: "Two wrong letters in a long word",
        q: "kubernettis",
        has: &["amsterdam-kube", "seattle-kube", "singapore-cloud"],
        lacks: &["cancelled-kube-oslo"],
        ..ANY
    },
    Asked {
        why: "Two letters changed places in a word of six",
        q: "zurihc",
        has: &["zurich-jazz", "zurich-rust"],
        ..ANY
    },
    Asked {
        why: "One letter is missing in a word of five",
        q: "zurch",
        has: &["zurich-jazz", "zurich-rust"],
        ..ANY
    },
    Asked {
        why: "A word of four letters may have one wrong",
        q: "rusk",
        has: &["zurich-rust", "berlin-rust", "rust-wine"],
        ..ANY
    },
    Asked {
        why: "One letter too many in a word of six",
        q: "hamelet",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "Two wrong letters in six are one too many",
        q: "zurrhc",
        lacks: &["zurich-jazz", "zurich-rust"],
        ..ANY
    },
    Asked {
        why: "Three wrong letters in a long word are one too many",
        q: "kabernettos",
        lacks: &["amsterdam-kube", "seattle-kube"],
        ..ANY
    },
    Asked {
        why: "The first letter must be right",
        q: "xurich",
        lacks: &["zurich-jazz", "zurich-rust"],
        ..ANY
    },
    Asked {
        why: "The first letter must be right, also in a swap",
        q: "azurich",
        lacks: &["zurich-jazz"],
        ..ANY
    },
    Asked {
        why: "The first letter must be right, also in a long word",
        q: "havascript",
        lacks: &["berlin-js", "lisbon-js"],
        ..ANY
    },
    Asked { why: "Three letters must be exact", q: "teb", exactly: Some(&[]), ..ANY },
    Asked {
        why: "Three letters must be exact",
        q: "jaz",
        has: &["zurich-jazz"],
        lacks: &["kyoto-java"],
        ..ANY
    },
    Asked {
        why: "A word with a digit must be exact",
        q: "2029",
        lacks: &["chatham-sunrise"],
        ..ANY
    },
    Asked { why: "A word with a digit must be exact", q: "x2road", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A beginning in a description comes before a typo in a title",
        q: "marche",
        first: &["strasbourg-marche", "marrakech-tagine", "nukualofa-brass"],
        has: &["ushuaia-ski"],
        ..ANY
    },
    Asked {
        why: "A word in a description comes before typos in titles",
        q: "ballett",
        first: &["vienna-ballett"],
        has: &["mexico-ballet", "london-ballet", "copenhagen-ballet"],
        ..ANY
    },
    Asked {
        why: "A word in a tag or description comes before typos in titles",
        q: "danse",
        first: &["paris-ballet", "dakar-mbalax"],
        has: &["amsterdam-dance", "buenos-aires-tango"],
        ..ANY
    },
    Asked {
        why: "Each word may have its own typo",
        q: "rembrant donkre",
        exactly: Some(&["amsterdam-rembrandt"]),
        ..ANY
    },
    Asked {
        why: "One word right, one with a typo",
        q: "hamlt london",
        has: &["london-hamlet", "london-ca-hamlet"],
        lacks: &["london-comedy"],
        ..ANY
    },
    Asked {
        why: "A typo in the city narrows as the city does",
        q: "jazz zuricj",
        has: &["zurich-jazz"],
        lacks: &["nice-jazz", "ascona-jazz"],
        ..ANY
    },
    Asked {
        why: "A wrong letter where an accent was",
        q: "kobenhaven",
        has: &["copenhagen-net", "copenhagen-lights"],
        ..ANY
    },
    Asked {
        why: "A typo in a word of the description",
        q: "nosferattu",
        exactly: Some(&["los-angeles-film"]),
        ..ANY
    },
    Asked {
        why: "Typos in Polish",
        q: "lazienkach chopim",
        exactly: Some(&["warsaw-chopin"]),
        ..ANY
    },
    Asked {
        why: "Typos in Cyrillic", q: "щелкунчек", exactly: Some(&["almaty-balet"]), ..ANY
    },
    Asked {
        why: "Typos in Greek", q: "αντιγονι", exactly: Some(&["athens-antigone"]), ..ANY
    },
    Asked { why: "Typos do not help a phrase", q: "\"hamlt\"", exactly: Some(&[]), ..ANY },
    Asked {
        why: "Typos do not help a phrase",
        q: "\"nigth of the organ\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "An excluded word excludes no word like it",
        q: "hamlet -londom",
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "A swap of neighbours in four letters",
        q: "jzaz",
        has: &["zurich-jazz", "nice-jazz"],
        ..ANY
    },
    Asked {
        why: "A doubled letter",
        q: "postgressql",
        has: &["oslo-postgres", "warsaw-postgres"],
        ..ANY
    },
    Asked {
        why: "A missing ending is no typo but a beginning",
        q: "postgres",
        first: &["toronto-postgres"],
        has: &["oslo-postgres", "warsaw-postgres"],
        ..ANY
    },
];

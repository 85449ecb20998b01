//! Phrases and excluded words.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "The words of a phrase stand side by side",
        q: "\"night of the organ\"",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "The words of a phrase stand in order",
        q: "\"organ of the night\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A phrase does not jump over words",
        q: "\"night the organ\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A phrase within one field only",
        q: "\"hamlet london\"",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A phrase in the description",
        q: "\"brass bands\"",
        exactly: Some(&["ascona-jazz", "new-orleans-jazz"]),
        ..ANY
    },
    Asked {
        why: "A phrase in the city",
        q: "\"san josé\"",
        exactly: Some(&["san-jose-us-devops", "san-jose-cr-web"]),
        ..ANY
    },
    Asked {
        why: "A phrase in a tag",
        q: "\"machine learning\"",
        exactly: Some(&["london-ai"]),
        ..ANY
    },
    Asked {
        why: "A phrase ignores accents and case",
        q: "\"CAFE du RIRE\"",
        exactly: Some(&["paris-rire"]),
        ..ANY
    },
    Asked {
        why: "A phrase ignores what separates its words",
        q: "\"stand up\"",
        has: &["london-comedy", "edinburgh-comedy"],
        lacks: &["chicago-improv"],
        ..ANY
    },
    Asked {
        why: "A phrase of one word is that word",
        q: "\"java\"",
        exactly: Some(&[
            "yogyakarta-gamelan",
            "kyoto-java",
            "yogyakarta-batik",
            "bengaluru-java",
            "hamburg-java",
        ]),
        ..ANY
    },
    Asked {
        why: "A phrase and a word",
        q: "\"open air\" carmen",
        exactly: Some(&["sydney-opera"]),
        ..ANY
    },
    Asked {
        why: "Two phrases",
        q: "\"brass bands\" \"street parade\"",
        exactly: Some(&["ascona-jazz"]),
        ..ANY
    },
    Asked {
        why: "A phrase in the title comes before one in the description",
        q: "\"jazz in the park\"",
        exactly: Some(&["cluj-jazz"]),
        ..ANY
    },
    Asked {
        why: "An excluded word leaves out",
        q: "hamlet -park",
        exactly: Some(&["london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "An excluded word leaves out by any field",
        q: "java -jvm",
        has: &["bengaluru-java", "yogyakarta-batik"],
        lacks: &["hamburg-java"],
        ..ANY
    },
    Asked {
        why: "An excluded word leaves out by the description",
        q: "jazz -brass",
        has: &["zurich-jazz", "nice-jazz"],
        lacks: &["ascona-jazz", "new-orleans-jazz", "cape-town-jazz"],
        ..ANY
    },
    Asked {
        why: "An excluded word leaves out by the city",
        q: "hamlet -springbank",
        exactly: Some(&["london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "An excluded word is exact, not a beginning",
        q: "java -jav",
        has: &["kyoto-java", "hamburg-java", "yogyakarta-batik"],
        ..ANY
    },
    Asked {
        why: "An excluded word before the wanted one",
        q: "-park hamlet",
        exactly: Some(&["london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "An excluded word without its accent",
        q: "jazz -ville",
        has: &["nice-jazz"],
        lacks: &["montreal-jazz"],
        ..ANY
    },
    Asked {
        why: "An excluded word with an accent",
        q: "\"open air\" jazz -zürich",
        has: &["cluj-jazz", "aarhus-jazz"],
        lacks: &["zurich-jazz"],
        ..ANY
    },
    Asked {
        why: "Two excluded words",
        q: "rust -javascript -async",
        has: &["berlin-rust", "rust-wine", "online-rust-book"],
        lacks: &["online-rust-wasm", "zurich-rust", "online-paid"],
        ..ANY
    },
    Asked {
        why: "An excluded phrase",
        q: "hamlet -\"in the park\"",
        exactly: Some(&["london-hamlet"]),
        ..ANY
    },
    Asked {
        why: "An excluded phrase must stand as a whole",
        q: "hamlet -\"park hamlet\"",
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "A hyphen within a word excludes nothing",
        q: "post-rock",
        lacks: &["munich-rock"],
        ..ANY
    },
    Asked {
        why: "What is asked for and excluded is not found",
        q: "hamlet -hamlet",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Only an excluded word: what contains it is never shown",
        q: "-jazz",
        lacks: &["zurich-jazz", "nice-jazz", "zurich-wine"],
        ..ANY
    },
];

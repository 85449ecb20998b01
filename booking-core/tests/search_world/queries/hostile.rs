//! Texts that nobody means well, and those that only look like it.

use super::{ANY, Asked};

/// A word of 200 letters: the longest text that is accepted.
const LONGEST: &str = "\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(super) const QUERIES: &[Asked] = &[
    Asked { why: "Quotes of SQL are separators", q: "' OR 1=1 --", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A statement is only words",
        q: "'; DROP TABLE events; --",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A colon and a star are separators",
        q: "hamlet:*",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "The syntax of other engines means nothing",
        q: "qx:b*",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "The syntax of other engines means nothing",
        q: "NEAR(hamlet tosca, 5)",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "An opened bracket",
        q: "hamlet (",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked { why: "Operators are words", q: "hamlet AND NOT park", exactly: Some(&[]), ..ANY },
    Asked { why: "A field’s name is a word", q: "title:hamlet", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A percent sign and an underscore are no wildcards",
        q: "h%t",
        lacks: &["london-hamlet"],
        ..ANY
    },
    Asked {
        why: "An underscore is no wildcard",
        q: "haml_t",
        lacks: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "A star is no wildcard",
        q: "ham*et",
        lacks: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked { why: "A regular expression is none", q: "h.mlet", lacks: &["london-hamlet"], ..ANY },
    Asked {
        why: "Backslashes are separators",
        q: "\\hamlet\\",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "An opened quote breaks nothing",
        q: "\"night of the organ",
        has: &["new-york-organ"],
        ..ANY
    },
    Asked {
        why: "An opened quote at the end breaks nothing",
        q: "hamlet \"",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "An empty phrase asks for nothing",
        q: "hamlet \"\"",
        has: &["london-hamlet", "london-ca-hamlet"],
        lacks: &["london-tea"],
        ..ANY
    },
    Asked {
        why: "A phrase of signs asks for nothing",
        q: "hamlet \"!?\"",
        has: &["london-hamlet", "london-ca-hamlet"],
        lacks: &["london-tea"],
        ..ANY
    },
    Asked {
        why: "A hyphen alone excludes nothing",
        q: "hamlet -",
        has: &["london-hamlet", "london-ca-hamlet"],
        lacks: &["london-tea"],
        ..ANY
    },
    Asked {
        why: "A hyphen between words excludes nothing",
        q: "hamlet - park",
        exactly: Some(&["london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "Two hyphens before a word",
        q: "hamlet --verbose",
        lacks: &["london-tea"],
        ..ANY
    },
    Asked {
        why: "A dash is no hyphen",
        q: "hamlet –park",
        has: &["london-ca-hamlet"],
        lacks: &["london-hamlet"],
        ..ANY
    },
    Asked {
        why: "An excluded empty phrase excludes nothing",
        q: "hamlet -\"\"",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked { why: "The longest word there may be", q: LONGEST, exactly: Some(&[]), ..ANY },
    Asked {
        why: "Many short words",
        q: "qq xx zz qqq xxx zzz qqqq xxxx zzzz qqqqq xxxxx zzzzz qqqqqq xxxxxx zzzzzz qqqqqqq xxxxxxx zzzzzzz qqqqqqqq xxxxxxxx",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "An emoji is a separator",
        q: "🎷 hamlet 🎭",
        has: &["london-hamlet", "london-ca-hamlet"],
        lacks: &["london-tea"],
        ..ANY
    },
    Asked {
        why: "Joined emoji are separators",
        q: "hamlet👩\u{200d}🎤park",
        exactly: Some(&["london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "Marks of direction are no part of a word",
        q: "\u{200f}מהרגלים\u{200e}",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Marks of direction are no part of a word",
        q: "\u{202b}סדנת\u{202c} חומוס",
        exactly: Some(&["tel-aviv-hummus"]),
        ..ANY
    },
    Asked {
        why: "A space that does not break is a space",
        q: "night\u{a0}of\u{3000}the organ",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "A tab and a line break are spaces",
        q: "night\tof\nthe organ",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "Marks without a letter ask for nothing alone",
        q: "hamlet \u{301}\u{308}",
        has: &["london-hamlet", "london-ca-hamlet"],
        ..ANY
    },
    Asked {
        why: "A tag of HTML is only words",
        q: "<b>hamlet</b> <script>",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "A percent code is not decoded again",
        q: "hamlet%20park",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Signs alone ask for nothing, so only the country counts",
        q: "!!! ??? ...",
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
        why: "A hyphen alone asks for nothing",
        q: "-",
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
        why: "An empty phrase alone asks for nothing",
        q: "\"\"",
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
        why: "A lone quote asks for nothing",
        q: "\"",
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
        why: "An emoji alone asks for nothing",
        q: "🎷",
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
        why: "Spaces and marks of direction ask for nothing",
        q: "  \u{200f}\u{202e} ",
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
];

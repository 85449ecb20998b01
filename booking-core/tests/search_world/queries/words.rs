//! Words, and the fields in which they are found.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "A word is found in the venue’s city, without its accent",
        q: "zurich",
        has: &["zurich-jazz", "zurich-rust", "zurich-museum", "zurich-wine"],
        lacks: &["draft-zurich-jazz", "past-zurich-improv", "geneva-oeuvre"],
        ..ANY
    },
    Asked {
        why: "A word is found in the title",
        q: "hamlet",
        first: &["london-hamlet", "london-ca-hamlet"],
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "A word is found in the description",
        q: "nosferatu",
        exactly: Some(&["los-angeles-film"]),
        ..ANY
    },
    Asked {
        why: "A word is found in the venue",
        q: "rudolfinum",
        exactly: Some(&["prague-jaro"]),
        ..ANY
    },
    Asked {
        why: "A word is found in a tag",
        q: "bluegrass",
        exactly: Some(&["austin-swift"]),
        ..ANY
    },
    Asked {
        why: "A word is found in the category",
        q: "exhibition",
        has: &["basel-art", "milan-design", "cambridge-darwin"],
        lacks: &["berlin-museum"],
        ..ANY
    },
    Asked {
        why: "Both words of a title are found, and one is not enough",
        q: "techno night",
        has: &["lodz-techno"],
        lacks: &["berlin-techno"],
        ..ANY
    },
    Asked {
        why: "Every word must be found, in whichever field",
        q: "jazz zurich",
        has: &["zurich-jazz", "zurich-wine"],
        lacks: &["zurich-rust", "geneva-oeuvre", "nice-jazz"],
        ..ANY
    },
    Asked {
        why: "Words may come from four fields",
        q: "mozart opera wien zauberflöte",
        exactly: Some(&["vienna-zauberfloete"]),
        ..ANY
    },
    Asked {
        why: "The order of words does not matter",
        q: "park the in hamlet",
        exactly: Some(&["london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "The order of words does not matter",
        q: "hamlet park the in",
        exactly: Some(&["london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "A word that stands nowhere empties the result",
        q: "jazz zurich accordionists",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Repeating a word asks for nothing new",
        q: "nosferatu NOSFERATU Nosferatu",
        exactly: Some(&["los-angeles-film"]),
        ..ANY
    },
    Asked {
        why: "Case does not matter",
        q: "MARATHON",
        has: &["berlin-marathon", "tokyo-marathon", "luxembourg-piano"],
        lacks: &["past-milan-run"],
        ..ANY
    },
    Asked { why: "A number is a word", q: "1950", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A number is a word like any other",
        q: "2028",
        first: &["chatham-sunrise"],
        ..ANY
    },
    Asked {
        why: "Digits and thousands are separate words",
        q: "12 000 pipes",
        exactly: Some(&["new-york-organ"]),
        ..ANY
    },
    Asked {
        why: "A hyphen separates words",
        q: "open air carmen",
        exactly: Some(&["sydney-opera"]),
        ..ANY
    },
    Asked {
        why: "A hyphenated query is two words",
        q: "stand-up",
        has: &[
            "london-comedy",
            "edinburgh-comedy",
            "sydney-comedy",
            "melbourne-comedy",
            "cape-town-comedy",
        ],
        lacks: &["zurich-improv"],
        ..ANY
    },
    Asked {
        why: "An ampersand separates words",
        q: "rock & roll",
        first: &["munich-rock"],
        lacks: &["porto-primavera"],
        ..ANY
    },
    Asked { why: "Brackets are no part of a word", q: "roll (live)", has: &["munich-rock"], ..ANY },
    Asked {
        why: "A full stop separates words",
        q: "node.js",
        has: &["new-york-node"],
        lacks: &["berlin-js"],
        ..ANY
    },
    Asked {
        why: "C++ is another language than C",
        q: "c++",
        exactly: Some(&["krakow-cpp", "online-cpp", "madrid-cpp"]),
        ..ANY
    },
    Asked {
        why: "So it is in quotes",
        q: "\"C++\"",
        exactly: Some(&["krakow-cpp", "online-cpp", "madrid-cpp"]),
        ..ANY
    },
    Asked { why: "C# is another one", q: "c#", exactly: Some(&["copenhagen-net"]), ..ANY },
    Asked {
        why: "C is a whole word here: only c itself",
        q: "c workshop",
        has: &["cambridge-c"],
        lacks: &["lisbon-js", "krakow-cpp"],
        ..ANY
    },
    Asked {
        why: ".NET is the word net",
        q: ".net summit",
        first: &["copenhagen-net"],
        lacks: &["zurich-rust"],
        ..ANY
    },
    Asked {
        why: "A full stop before a word is no part of it",
        q: ".NET",
        first: &["auckland-net", "copenhagen-net"],
        has: &["utrecht-network"],
        ..ANY
    },
    Asked {
        why: "The whole title",
        q: "Death and the King’s Horseman",
        first: &["lagos-play"],
        ..ANY
    },
    Asked {
        why: "An apostrophe in the query does as in the text",
        q: "O'Brien",
        first: &["dublin-obrien"],
        ..ANY
    },
    Asked {
        why: "Both forms of the apostrophe are alike",
        q: "l'été indien",
        exactly: Some(&["paris-ete"]),
        ..ANY
    },
    Asked {
        why: "Quote marks of typographers are separators",
        q: "„Weinfest“ am Rhein",
        exactly: Some(&["rust-wine"]),
        ..ANY
    },
    Asked {
        why: "Many words still narrow",
        q: "two bands of fiddle five pubs sets",
        exactly: Some(&[]),
        ..ANY
    },
    Asked {
        why: "Many words still narrow",
        q: "five sets of fiddle and pipes belfast folk",
        exactly: Some(&["belfast-trad"]),
        ..ANY
    },
    Asked {
        why: "A country’s English name is found like the city",
        q: "jazz switzerland",
        has: &["zurich-jazz", "ascona-jazz"],
        lacks: &["nice-jazz", "draft-zurich-jazz"],
        ..ANY
    },
    Asked {
        why: "A country’s English name is found like the city",
        q: "iceland chess",
        first: &["reykjavik-chess"],
        lacks: &["reykjavik-saga"],
        ..ANY
    },
    Asked {
        why: "An event without city or tags is found by its title",
        q: "parlons",
        exactly: Some(&["online-untagged"]),
        ..ANY
    },
    Asked {
        why: "The city of two words",
        q: "san jose",
        has: &["san-jose-us-devops", "san-jose-cr-web"],
        lacks: &["san-francisco-go"],
        ..ANY
    },
    Asked {
        why: "An event without a country is found by its city",
        q: "prishtine",
        exactly: Some(&["pristina-xhaz"]),
        ..ANY
    },
    Asked {
        why: "An event without a position is found by its city",
        q: "ascona",
        exactly: Some(&["ascona-jazz"]),
        ..ANY
    },
    Asked {
        why: "An ordinary word that is also a city finds both",
        q: "nice",
        has: &["london-tea", "nice-jazz", "nice-carnaval"],
        lacks: &["cancelled-nice-jazz"],
        ..ANY
    },
    Asked {
        why: "An ordinary word that is also a city finds both",
        q: "essen",
        first: &["essen-food", "essen-zollverein"],
        exactly: Some(&["essen-food", "essen-zollverein"]),
        ..ANY
    },
    Asked {
        why: "A town that bears the name of a language",
        q: "rust wine",
        first: &["rust-wine"],
        lacks: &["zurich-rust"],
        ..ANY
    },
    Asked {
        why: "Two cities of one name",
        q: "london hamlet",
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
    Asked {
        why: "Three cities of one name",
        q: "london",
        first: &["london-choir"],
        has: &["london-football", "london-ca-folk", "london-ki-drums"],
        ..ANY
    },
];

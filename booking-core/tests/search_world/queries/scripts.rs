//! Accents, letters and scripts of the world.

use super::{ANY, Asked};

pub(super) const QUERIES: &[Asked] = &[
    Asked {
        why: "German ß is ss",
        q: "strasse",
        has: &["zurich-strassenmusik", "essen-food"],
        ..ANY
    },
    Asked { why: "German umlauts", q: "kolle singt", exactly: Some(&["cologne-karneval"]), ..ANY },
    Asked { why: "Polish ł", q: "lodz techno", exactly: Some(&["lodz-techno"]), ..ANY },
    Asked {
        why: "Polish ł typed as it is",
        q: "ŁÓDŹ techno",
        exactly: Some(&["lodz-techno"]),
        ..ANY
    },
    Asked {
        why: "Danish ø and å",
        q: "kobenhavn sange",
        exactly: Some(&["copenhagen-oerne"]),
        ..ANY
    },
    Asked {
        why: "Danish ø is o, so oe is a typo", q: "oernes", has: &["copenhagen-oerne"], ..ANY
    },
    Asked { why: "Danish ø is o", q: "ornes sange", exactly: Some(&["copenhagen-oerne"]), ..ANY },
    Asked {
        why: "Norwegian ø",
        q: "tromso",
        has: &["tromso-nordlys", "tromso-ski"],
        lacks: &["oslo-jazz"],
        ..ANY
    },
    Asked {
        why: "Danish æ is ae", q: "aebleskiver", exactly: Some(&["copenhagen-lights"]), ..ANY
    },
    Asked { why: "French œ is oe", q: "coeur rit", exactly: Some(&["paris-rire"]), ..ANY },
    Asked {
        why: "French œ at the beginning",
        q: "oeuvre piano",
        has: &["geneva-oeuvre"],
        lacks: &["luxembourg-piano"],
        ..ANY
    },
    Asked { why: "French œ twice", q: "boeuf oeufs", exactly: Some(&["paris-boeuf"]), ..ANY },
    Asked {
        why: "Icelandic þ is th",
        q: "thorrablot",
        exactly: Some(&["reykjavik-thorrablot"]),
        ..ANY
    },
    Asked {
        why: "Icelandic þ in the city",
        q: "thingvellir",
        exactly: Some(&["thingvellir-rimur"]),
        ..ANY
    },
    Asked {
        why: "Vietnamese đ",
        q: "da nang",
        has: &["da-nang-festival", "da-nang-noodle"],
        lacks: &["hanoi-nhac"],
        ..ANY
    },
    Asked {
        why: "Vietnamese with all its marks",
        q: "Đà Nẵng nấu",
        exactly: Some(&["da-nang-noodle"]),
        ..ANY
    },
    Asked {
        why: "Vietnamese without its marks",
        q: "le hoi phao hoa",
        exactly: Some(&["da-nang-festival"]),
        ..ANY
    },
    Asked { why: "Turkish dotless ı", q: "igdir", exactly: Some(&["igdir-asik"]), ..ANY },
    Asked { why: "Turkish dotted İ", q: "istanbul caz", exactly: Some(&["istanbul-caz"]), ..ANY },
    Asked {
        why: "Turkish in capitals",
        q: "İSTANBUL DERBİSİ",
        exactly: Some(&["istanbul-futbol"]),
        ..ANY
    },
    Asked { why: "Czech", q: "pribehy lisky", exactly: Some(&[]), ..ANY },
    Asked {
        why: "Czech háček and čárka",
        q: "prihody lisky bystrousky",
        exactly: Some(&["brno-janacek"]),
        ..ANY
    },
    Asked { why: "Hungarian ő", q: "gyor", has: &["gyor-orgona"], ..ANY },
    Asked {
        why: "Romanian ș with a comma",
        q: "bucuresti muzeelor",
        exactly: Some(&["bucharest-noapte"]),
        ..ANY
    },
    Asked { why: "Spanish ñ", q: "pena de fiestas", exactly: Some(&["santiago-pena"]), ..ANY },
    Asked { why: "Portuguese ã", q: "sao paulo jazz", exactly: Some(&["sao-paulo-choro"]), ..ANY },
    Asked {
        why: "Letters and marks typed apart are the letters",
        q: "mu\u{308}nchen kabarett",
        exactly: Some(&["munich-kabarett"]),
        ..ANY
    },
    Asked {
        why: "Greek without accents",
        q: "βραδια ρεμπετικου",
        exactly: Some(&["athens-rebetiko"]),
        ..ANY
    },
    Asked {
        why: "Greek in capitals, with the sigma of the end",
        q: "ΧΟΡΟΣ",
        first: &["thessaloniki-choros"],
        ..ANY
    },
    Asked {
        why: "Greek city",
        q: "αθηνα",
        has: &["athens-rebetiko", "athens-antigone", "athens-souvlaki"],
        lacks: &["athens-us-indie", "thessaloniki-choros"],
        ..ANY
    },
    Asked { why: "Russian ё is е", q: "елка", exactly: Some(&["almaty-kuy"]), ..ANY },
    Asked {
        why: "Ukrainian й", q: "перша українська", exactly: Some(&["kyiv-opera"]), ..ANY
    },
    Asked { why: "Georgian", q: "ღვინო", exactly: Some(&["tbilisi-supra"]), ..ANY },
    Asked {
        why: "Arabic without its points",
        q: "مهرجان بيروت",
        exactly: Some(&["beirut-mahrajan"]),
        ..ANY
    },
    Asked {
        why: "Arabic with its points",
        q: "مَهرَجانٌ بيروت",
        exactly: Some(&["beirut-mahrajan"]),
        ..ANY
    },
    Asked {
        why: "Arabic beginnings",
        q: "القاه",
        has: &["cairo-football", "cairo-theatre", "cairo-calligraphy"],
        lacks: &["beirut-mahrajan"],
        ..ANY
    },
    Asked {
        why: "Hebrew without its points",
        q: "סדנת",
        exactly: Some(&["tel-aviv-hummus"]),
        ..ANY
    },
    Asked {
        why: "Hebrew with points typed elsewhere",
        q: "סַדנת חומוס",
        exactly: Some(&["tel-aviv-hummus"]),
        ..ANY
    },
    Asked {
        why: "Hindi", q: "संगीत", has: &["mumbai-sangeet"], lacks: &["mumbai-natak"], ..ANY
    },
    Asked {
        why: "Japanese, a part of a title",
        q: "夜市",
        exactly: Some(&["tokyo-yoichi", "taipei-yeshi", "shanghai-yeshi"]),
        ..ANY
    },
    Asked {
        why: "Japanese, the city",
        q: "東京",
        has: &["tokyo-yoichi", "tokyo-jazz", "tokyo-kabuki", "tokyo-js", "tokyo-rust"],
        lacks: &["osaka-takoyaki", "beijing-ai"],
        ..ANY
    },
    Asked {
        why: "Japanese, the whole title",
        q: "東京夜市",
        first: &["tokyo-yoichi"],
        lacks: &["taipei-yeshi", "tokyo-jazz"],
        ..ANY
    },
    Asked {
        why: "Japanese, several parts must all be found",
        q: "東京 夜市",
        exactly: Some(&["tokyo-yoichi"]),
        ..ANY
    },
    Asked {
        why: "Japanese, parts of title and description",
        q: "太鼓 大文字",
        exactly: Some(&["kyoto-taiko"]),
        ..ANY
    },
    Asked {
        why: "Japanese katakana within a title",
        q: "ジャズ",
        has: &["tokyo-jazz"],
        lacks: &["tokyo-yoichi"],
        ..ANY
    },
    Asked {
        why: "Japanese and Latin letters in one word",
        q: "Rust東京",
        exactly: Some(&["tokyo-rust"]),
        ..ANY
    },
    Asked { why: "Latin letters before Japanese ones", q: "javascript", has: &["tokyo-js"], ..ANY },
    Asked {
        why: "Chinese, one character",
        q: "园",
        has: &["shanghai-yeshi"],
        lacks: &["tokyo-kabuki"],
        ..ANY
    },
    Asked {
        why: "Chinese, the middle of a title",
        q: "音乐",
        exactly: Some(&["shanghai-yinyue"]),
        ..ANY
    },
    Asked {
        why: "Chinese, parts of title and city",
        q: "大会 北京",
        exactly: Some(&["beijing-ai"]),
        ..ANY
    },
    Asked { why: "Chinese that stands nowhere", q: "音乐 北京", exactly: Some(&[]), ..ANY },
    Asked {
        why: "A colon in full width separates words",
        q: "霸王别姬",
        exactly: Some(&["beijing-opera"]),
        ..ANY
    },
    Asked {
        why: "Thai, a part of a title without spaces",
        q: "ดนตรี",
        first: &["bangkok-dontri"],
        has: &["chiang-mai-jazz"],
        lacks: &["bangkok-market"],
        ..ANY
    },
    Asked {
        why: "Thai, parts of title and city",
        q: "ตลาด กรุงเทพ",
        exactly: Some(&["bangkok-market"]),
        ..ANY
    },
    Asked {
        why: "Korean, a part of a word",
        q: "페스티벌",
        exactly: Some(&["seoul-jazz", "busan-rock"]),
        ..ANY
    },
    Asked {
        why: "Korean, a part of a word and a word",
        q: "재즈 서울",
        exactly: Some(&["seoul-jazz"]),
        ..ANY
    },
    Asked {
        why: "Korean, the beginning of a word",
        q: "쿠버",
        exactly: Some(&["seoul-kube"]),
        ..ANY
    },
    Asked {
        why: "Letters in full width are those letters",
        q: "ｈａｍｌｅｔ",
        exactly: Some(&["london-hamlet", "london-ca-hamlet"]),
        ..ANY
    },
];

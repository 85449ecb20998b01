//! Plain text from what was written for web pages.

/// Makes one line: entities decoded, blanks collapsed, control characters dropped.
pub(super) fn line(raw: &str) -> String {
    collapse(&decode(raw))
}

/// Makes plain text of HTML: tags dropped, blocks on lines of their own, entities decoded.
pub(super) fn block(raw: &str) -> String {
    let had_tags = has_tag(raw);
    let mut plain = decode(&strip(raw));
    if !had_tags && has_tag(&plain) {
        // Many sites escape the HTML of their descriptions as a whole.
        plain = decode(&strip(&plain));
    }
    let mut lines: Vec<String> = Vec::new();
    for line in plain.lines().map(collapse) {
        let repeats_gap = line.is_empty() && lines.last().is_none_or(String::is_empty);
        if !repeats_gap {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned()
}

/// Cuts a text that is longer than `max` characters; tells whether it did.
pub(super) fn truncate(text: &mut String, max: usize) -> bool {
    let Some((end, _)) = text.char_indices().nth(max) else { return false };
    let cut = text[..end].char_indices().nth_back(0).map_or(0, |(at, _)| at);
    text.truncate(cut);
    text.push('…');
    true
}

fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let is_gap = |c: char| c.is_whitespace() || c.is_control();
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

const TAGS: [&str; 33] = [
    "a",
    "abbr",
    "article",
    "b",
    "blockquote",
    "br",
    "div",
    "em",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "li",
    "ol",
    "p",
    "script",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "table",
    "td",
    "tr",
    "u",
    "ul",
];

/// Tags that end a line of text.
const BREAKS: [&str; 14] = [
    "article",
    "blockquote",
    "br",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "p",
    "tr",
];

/// A tag is given up after this, so that a text of opened tags is not searched again and again.
const MAX_TAG_BYTES: usize = 8_192;

/// A tag at the beginning of a text.
struct Tag<'a> {
    name: &'a str,
    is_end: bool,
    length: usize,
}

/// Reads a tag of HTML; `c't <webdev>` holds none, and neither does `a < b`.
fn tag_at(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    if inner.starts_with("!--") {
        let length = text.find("-->").map_or(text.len(), |at| at + 3);
        return Some(Tag { name: "!--", is_end: false, length });
    }
    let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |rest| (true, rest));
    let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
    let name = TAGS.into_iter().find(|tag| tag.eq_ignore_ascii_case(&inner[..end]))?;
    if !inner[end..].starts_with([' ', '>', '/', '\n', '\r', '\t']) {
        return None;
    }
    let length = text.bytes().take(MAX_TAG_BYTES).position(|byte| byte == b'>')? + 1;
    Some(Tag { name, is_end, length })
}

fn has_tag(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| tag_at(&text[at..]).is_some())
}

fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(tag) = tag_at(rest) else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.length..];
        if matches!(tag.name, "script" | "style") && !tag.is_end {
            // What stands between is not text; without an end, all of it is not.
            let is_end = |at: &usize| {
                tag_at(&rest[*at..]).is_some_and(|end| end.is_end && end.name == tag.name)
            };
            let end = rest.match_indices("</").map(|(at, _)| at).find(is_end);
            rest = &rest[end.unwrap_or(rest.len())..];
        } else if BREAKS.contains(&tag.name) {
            out.push('\n');
        } else if matches!(tag.name, "td" | "img") {
            out.push(' ');
        }
    }
    out.push_str(rest);
    out
}

fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let entity = rest.bytes().take(12).position(|byte| byte == b';');
        match entity.and_then(|end| Some((entity_char(rest.get(..end)?)?, end))) {
            Some((decoded, end)) => {
                out.push(decoded);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn entity_char(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    let decoded = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "lsquo" => '‘',
        "rsquo" => '’',
        "ldquo" => '“',
        "rdquo" => '”',
        "laquo" => '«',
        "raquo" => '»',
        "bull" => '•',
        "middot" => '·',
        "euro" => '€',
        "pound" => '£',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "times" => '×',
        "deg" => '°',
        "szlig" => 'ß',
        _ => return accented(name),
    };
    Some(decoded)
}

/// Reads names such as `eacute`: a letter and an accent.
fn accented(name: &str) -> Option<char> {
    const ACCENTS: [(&str, &str, &str); 8] = [
        ("acute", "aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ"),
        ("grave", "aeiouAEIOU", "àèìòùÀÈÌÒÙ"),
        ("circ", "aeiouAEIOU", "âêîôûÂÊÎÔÛ"),
        ("uml", "aeiouyAEIOU", "äëïöüÿÄËÏÖÜ"),
        ("tilde", "anoANO", "ãñõÃÑÕ"),
        ("cedil", "cC", "çÇ"),
        ("ring", "aA", "åÅ"),
        ("slash", "oO", "øØ"),
    ];
    let letter = name.chars().next()?;
    let (_, plain, marked) =
        ACCENTS.iter().find(|(accent, _, _)| *accent == &name[letter.len_utf8()..])?;
    let at = plain.chars().position(|c| c == letter)?;
    marked.chars().nth(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_lines_of_text() {
        let html = "<p>Zwei&nbsp;Tage &amp; <b>viele</b> Ideen</p>\
            <ul><li>eins</li><li>zwei</li></ul>\
            <script>alert('x < y')</script><!-- note --><p class=\"x\">Ende</p>";
        assert_eq!(block(html), "Zwei Tage & viele Ideen\n\neins\n\nzwei\n\nEnde");
        assert_eq!(block("&lt;p&gt;Ol&eacute;&lt;/p&gt;"), "Olé");
        assert_eq!(block("<script>never closed"), "");
    }

    #[test]
    fn what_is_no_html_stays() {
        for text in
            ["c't <webdev>", "a < b > c", "AT&T & co; &unknown; &#xFFFFFFFF;", "<", "&", "&;"]
        {
            assert_eq!(block(text), text);
            assert_eq!(line(text), text);
        }
        assert_eq!(line("&lt;3 &#8211; &#x41;\u{0}b\n c"), "<3 – A b c");
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let mut text = "ééééé".to_owned();
        assert!(!truncate(&mut text, 5));
        assert!(truncate(&mut text, 4));
        assert_eq!(text, "ééé…");
    }
}

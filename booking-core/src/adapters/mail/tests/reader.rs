//! Reads mails as far as the tests need it: RFC 5322 headers, RFC 2045 parts, RFC 2047 words.

/// A mail, or a part of one.
#[derive(Debug)]
pub(super) struct Part {
    /// Names in lower case, and unfolded, decoded values.
    pub(super) headers: Vec<(String, String)>,
    body: Vec<u8>,
    parts: Vec<Part>,
}

impl Part {
    pub(super) fn read(raw: &[u8]) -> Self {
        let end = find(raw, b"\r\n\r\n").expect("headers end with an empty line");
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let body = &raw[end + 4..];
        let headers: Vec<_> = head
            .replace("\r\n ", " ")
            .replace("\r\n\t", " ")
            .split("\r\n")
            .map(|line| {
                let (name, value) = line.split_once(": ").expect("a header has a name");
                (name.to_ascii_lowercase(), decode_words(value))
            })
            .collect();
        let mut part = Self { headers, body: Vec::new(), parts: Vec::new() };
        let kind = part.header("content-type");
        if let Some((_, boundary)) = kind.split_once("boundary=\"") {
            let boundary = boundary.split('"').next().unwrap();
            part.parts = split(body, boundary).into_iter().map(Self::read).collect();
        } else {
            part.body = match &*part.header("content-transfer-encoding") {
                "7bit" => body.to_vec(),
                "quoted-printable" => decode_quoted(body),
                "base64" => decode_base64(body),
                other => panic!("{other} is not an encoding that mails are written in"),
            };
        }
        part
    }

    /// Returns the value of a header that is there once.
    pub(super) fn header(&self, name: &str) -> String {
        let values: Vec<_> = self.headers.iter().filter(|(key, _)| key == name).collect();
        assert_eq!(values.len(), 1, "{name} in {:?}", self.headers);
        values[0].1.clone()
    }

    /// Returns the first part of a media type.
    pub(super) fn find(&self, kind: &str) -> Option<&Part> {
        if self.header("content-type").starts_with(kind) {
            return Some(self);
        }
        self.parts.iter().find_map(|part| part.find(kind))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let text = std::str::from_utf8(body).unwrap();
    let delimiter = format!("--{boundary}");
    let mut pieces = text.split(delimiter.as_str());
    assert_eq!(pieces.next(), Some(""), "nothing stands before the first part");
    let mut parts: Vec<_> = pieces.collect();
    assert_eq!(parts.pop().map(str::trim_end), Some("--"), "the last delimiter closes the parts");
    parts
        .into_iter()
        .map(|part| part.strip_prefix("\r\n").unwrap().strip_suffix("\r\n").unwrap().as_bytes())
        .collect()
}

fn decode_quoted(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap().replace("=\r\n", "");
    let mut decoded = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'=' {
            let digits = std::str::from_utf8(&after[..2]).unwrap();
            decoded.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &after[2..];
        } else {
            decoded.push(byte);
            rest = after;
        }
    }
    decoded
}

fn decode_base64(body: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut decoded) = (0_u32, 0, Vec::new());
    for byte in body.iter().filter(|byte| !b"\r\n=".contains(byte)) {
        let digit = ALPHABET.iter().position(|each| each == byte).expect("a base64 digit");
        bits = (bits << 6) | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    decoded
}

/// Decodes encoded words; white space between two of them does not count (RFC 2047 §6.2).
fn decode_words(value: &str) -> String {
    let mut decoded = String::new();
    let mut was_encoded = false;
    for word in value.split(' ') {
        let bare = word.strip_prefix("=?utf-8?b?").and_then(|word| word.strip_suffix("?="));
        if !(decoded.is_empty() || (was_encoded && bare.is_some())) {
            decoded.push(' ');
        }
        was_encoded = bare.is_some();
        match bare {
            Some(bare) => {
                let word = decode_base64(bare.as_bytes());
                decoded.push_str(std::str::from_utf8(&word).unwrap());
            }
            None => decoded.push_str(word),
        }
    }
    decoded
}

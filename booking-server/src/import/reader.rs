//! Splits a stream of JSON into records, one at a time.
//!
//! It understands single objects, objects one a line or one after another, arrays, and objects that
//! carry their records in a list (`@graph`, `itemListElement`, `dataFeedElement`), in any mixture.
//! Only one record is in memory at a time, however long the arrays are.
//!
//! A record that is broken or cut off costs that record: the reader looks for the next line that
//! begins with `{`, no further to the right than the broken record did, and goes on from there.

use std::io::{self, BufRead};

use self::scan::{Scan, Step};

mod scan;

/// What a record may measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one record.
    pub max_bytes: usize,
    /// The most levels of nesting of one record.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_depth: 64 }
    }
}

/// What stands in the stream where a record is expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// One object.
    Record {
        /// The line of its first byte.
        line: u64,
        /// Its text, brackets balanced.
        json: Vec<u8>,
    },
    /// Something that is not an object, or one that cannot be used.
    Broken {
        /// The line of its first byte.
        line: u64,
        /// Why.
        reason: String,
    },
}

/// Nested arrays of records are flattened, down to here.
const MAX_CONTAINERS: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    /// `[ record, … ]`
    Array,
    /// `{ "@graph": [ record, … ], … }`
    List,
}

/// Reads records from `input`.
#[derive(Debug)]
pub(super) struct RecordReader<R> {
    input: R,
    /// Bytes to be read again before `input`, from `pushed_at` on.
    pushed: Vec<u8>,
    pushed_at: usize,
    line: u64,
    column: usize,
    /// Only blanks were read of this line.
    is_indent: bool,
    bytes_read: u64,
    limits: Limits,
    containers: Vec<Container>,
}

/// A byte with what it takes to recognise the beginning of a record.
#[derive(Debug, Clone, Copy)]
struct Byte {
    value: u8,
    line: u64,
    column: usize,
    /// Nothing but blanks precedes it on its line.
    leads: bool,
}

impl<R: BufRead> RecordReader<R> {
    pub(super) fn new(input: R, limits: Limits) -> Self {
        Self {
            input,
            pushed: Vec::new(),
            pushed_at: 0,
            line: 1,
            column: 0,
            is_indent: true,
            bytes_read: 0,
            limits,
            containers: Vec::new(),
        }
    }

    /// Returns how much of the input was read.
    pub(super) const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Returns the next record, or `None` at the end of the input.
    pub(super) fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            let Some(byte) = self.next_byte()? else {
                let is_open = !self.containers.is_empty();
                self.containers.clear();
                let reason = "the input ends inside a list".to_owned();
                return Ok(is_open.then_some(Item::Broken { line: self.line, reason }));
            };
            match byte.value {
                // The record separator of RFC 7464 and the byte order mark of UTF-8 are blanks.
                b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1e | 0xef | 0xbb | 0xbf => {}
                b'{' => {
                    if let Some(item) = self.read_object(byte)? {
                        return Ok(Some(item));
                    }
                }
                b'[' if self.containers.len() < MAX_CONTAINERS => {
                    self.containers.push(Container::Array);
                }
                b']' if !self.containers.is_empty() => {
                    if self.containers.pop() == Some(Container::List) {
                        self.skip_tail(byte)?;
                    }
                }
                _ => {
                    self.skip_junk(byte.value)?;
                    let reason = "is not a JSON object".to_owned();
                    return Ok(Some(Item::Broken { line: byte.line, reason }));
                }
            }
        }
    }

    /// Reads an object whose brace was read; `None` if it turned out to hold a list of records.
    fn read_object(&mut self, start: Byte) -> io::Result<Option<Item>> {
        let mut scan = Scan::new(start.column, self.limits.max_depth);
        let mut buffer = vec![b'{'];
        let mut is_kept = true;
        let broken =
            |reason: &str| Ok(Some(Item::Broken { line: start.line, reason: reason.to_owned() }));
        loop {
            let Some(byte) = self.next_byte()? else {
                self.resume_in(&buffer, start);
                return broken("is cut off: it has no end");
            };
            if is_kept {
                buffer.push(byte.value);
            }
            match scan.step(byte, &buffer) {
                Step::More => {}
                Step::List => {
                    self.containers.push(Container::List);
                    return Ok(None);
                }
                Step::CutOff => {
                    if is_kept {
                        self.resume_in(&buffer, start);
                    } else {
                        self.push_back(byte);
                    }
                    return broken("is cut off: another record begins inside it");
                }
                Step::Complete if !is_kept => return broken(&self.too_much(&scan)),
                Step::Complete => {
                    if scan.has_raw_control() {
                        blank_controls(&mut buffer);
                    }
                    return Ok(Some(Item::Record { line: start.line, json: buffer }));
                }
            }
            // At once, not at the end: whatever opens one level a line would be read again for each
            // of them.
            let is_too_deep = scan.deepest() > self.limits.max_depth;
            if is_kept && (is_too_deep || buffer.len() > self.limits.max_bytes) {
                if self.resume_in(&buffer, start) {
                    return broken(&self.too_much(&scan));
                }
                is_kept = false;
                buffer = Vec::new();
            }
        }
    }

    fn too_much(&self, scan: &Scan) -> String {
        let Limits { max_bytes, max_depth } = self.limits;
        if scan.deepest() > max_depth {
            format!("is nested more than {max_depth} levels deep")
        } else {
            format!("is larger than {max_bytes} bytes")
        }
    }

    /// Drops what follows the list in the object that it belongs to.
    fn skip_tail(&mut self, end: Byte) -> io::Result<()> {
        let mut scan = Scan::new(end.column, self.limits.max_depth);
        scan.continue_after_list();
        while let Some(byte) = self.next_byte()? {
            match scan.step(byte, &[]) {
                Step::Complete => break,
                Step::CutOff => {
                    self.push_back(byte);
                    break;
                }
                Step::More | Step::List => {}
            }
        }
        Ok(())
    }

    /// Drops a value that is not an object: at the top to the end of the line, in a list to its
    /// end.
    fn skip_junk(&mut self, first: u8) -> io::Result<()> {
        let is_in_list = !self.containers.is_empty();
        let mut in_string = first == b'"';
        let mut escaped = false;
        if first == b'\n' {
            return Ok(());
        }
        while let Some(byte) = self.next_byte()? {
            match byte.value {
                b'\n' => break,
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b',' | b']' if is_in_list && !in_string => {
                    self.push_back(byte);
                    break;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Goes back to the first line in `buffer` that may begin another record; tells whether there
    /// is one.
    fn resume_in(&mut self, buffer: &[u8], start: Byte) -> bool {
        let mut line = start.line;
        for (at, _) in buffer.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            line += 1;
            let rest = &buffer[at + 1..];
            let indent = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            if indent <= start.column && rest.get(indent) == Some(&b'{') {
                let mut pushed = rest.to_vec();
                pushed.extend_from_slice(&self.pushed[self.pushed_at..]);
                (self.pushed, self.pushed_at) = (pushed, 0);
                (self.line, self.column, self.is_indent) = (line, 0, true);
                return true;
            }
        }
        false
    }

    fn push_back(&mut self, byte: Byte) {
        let mut pushed = vec![byte.value];
        pushed.extend_from_slice(&self.pushed[self.pushed_at..]);
        (self.pushed, self.pushed_at) = (pushed, 0);
        (self.line, self.column, self.is_indent) = (byte.line, byte.column, byte.leads);
    }

    fn next_byte(&mut self) -> io::Result<Option<Byte>> {
        let value = if let Some(value) = self.pushed.get(self.pushed_at) {
            self.pushed_at += 1;
            *value
        } else {
            let available = loop {
                match self.input.fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            let Some(value) = available.first().copied() else { return Ok(None) };
            self.input.consume(1);
            self.bytes_read += 1;
            value
        };
        let is_blank = matches!(value, b' ' | b'\t' | 0xef | 0xbb | 0xbf);
        let (line, column) = (self.line, self.column);
        let leads = self.is_indent && !is_blank;
        if value == b'\n' {
            (self.line, self.column, self.is_indent) = (line + 1, 0, true);
        } else {
            self.column += 1;
            self.is_indent &= is_blank;
        }
        Ok(Some(Byte { value, line, column, leads }))
    }
}

/// Makes blanks of the control characters within strings: pages often hold bare line breaks there,
/// which JSON forbids.
fn blank_controls(json: &mut [u8]) {
    let (mut in_string, mut escaped) = (false, false);
    for byte in json {
        if !in_string {
            in_string = *byte == b'"';
        } else if *byte < 0x20 {
            *byte = b' ';
            escaped = false;
        } else if escaped {
            escaped = false;
        } else if *byte == b'\\' {
            escaped = true;
        } else if *byte == b'"' {
            in_string = false;
        }
    }
}

#[cfg(test)]
mod tests;

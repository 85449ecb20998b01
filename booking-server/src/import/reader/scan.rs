//! Finding the end of a record.

use std::ops::Range;

use super::Byte;

/// Lists within an object that hold records.
const LIST_KEYS: [&[u8]; 3] = [b"@graph", b"itemListElement", b"dataFeedElement"];

/// Follows strings and brackets; whether the rest is JSON is the parser's business.
#[derive(Debug)]
pub(super) struct Scan {
    /// Column of the record's first byte.
    column: usize,
    /// Open brackets, as many as may be open and one more.
    open: Vec<u8>,
    max_depth: usize,
    /// How many more are open. Of these only the number is kept: there is no end to brackets.
    beyond: usize,
    deepest: usize,
    in_string: bool,
    escaped: bool,
    has_raw_control: bool,
    /// The last byte that is neither blank nor in a string.
    last: u8,
    /// The last string of the outermost object, without its quotes.
    string: Range<usize>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    More,
    /// The object is closed.
    Complete,
    /// A list of records was opened.
    List,
    /// This byte begins another record.
    CutOff,
}

impl Scan {
    /// Begins with an object whose brace was read in `column`.
    pub(super) fn new(column: usize, max_depth: usize) -> Self {
        Self {
            column,
            open: vec![b'{'],
            max_depth,
            beyond: 0,
            deepest: 1,
            in_string: false,
            escaped: false,
            has_raw_control: false,
            last: b'{',
            string: 0..0,
        }
    }

    /// Goes on in the object whose list of records has ended.
    pub(super) fn continue_after_list(&mut self) {
        self.last = b']';
    }

    /// Returns the most levels that were open at once.
    pub(super) const fn deepest(&self) -> usize {
        self.deepest
    }

    /// Tells whether a string holds a control character as it is.
    pub(super) const fn has_raw_control(&self) -> bool {
        self.has_raw_control
    }

    /// Takes a byte, which is the last one of `buffer` if that is kept.
    pub(super) fn step(&mut self, byte: Byte, buffer: &[u8]) -> Step {
        let may_begin = byte.value == b'{' && byte.leads && byte.column <= self.column;
        if self.in_string {
            if may_begin {
                return Step::CutOff;
            }
            self.step_in_string(byte.value, buffer.len());
            return Step::More;
        }
        match byte.value {
            b' ' | b'\t' | b'\r' | b'\n' => return Step::More,
            b'"' => {
                self.in_string = true;
                if self.is_outermost() {
                    self.string = buffer.len()..buffer.len();
                }
            }
            b'{' | b'[' => {
                if may_begin && !self.is_value_expected() {
                    return Step::CutOff;
                }
                let is_list = byte.value == b'['
                    && self.is_outermost()
                    && self.last == b':'
                    && buffer.get(self.string.clone()).is_some_and(|key| LIST_KEYS.contains(&key));
                if is_list {
                    return Step::List;
                }
                if self.open.len() <= self.max_depth {
                    self.open.push(byte.value);
                } else {
                    self.beyond += 1;
                }
                self.deepest = self.deepest.max(self.open.len() + self.beyond);
            }
            b'}' | b']' => {
                if self.beyond > 0 {
                    self.beyond -= 1;
                    self.last = byte.value;
                    return Step::More;
                }
                // A bracket that was forgotten in between is closed with the outer one.
                let opening = if byte.value == b'}' { b'{' } else { b'[' };
                if let Some(at) = self.open.iter().rposition(|open| *open == opening) {
                    self.open.truncate(at);
                }
                if self.open.is_empty() {
                    return Step::Complete;
                }
            }
            _ => {}
        }
        self.last = byte.value;
        Step::More
    }

    fn step_in_string(&mut self, value: u8, length: usize) {
        self.has_raw_control |= value < 0x20;
        if self.escaped {
            self.escaped = false;
        } else if value == b'\\' {
            self.escaped = true;
        } else if value == b'"' {
            self.in_string = false;
            if self.is_outermost() && length > 0 {
                self.string.end = length - 1;
            }
        }
    }

    fn is_outermost(&self) -> bool {
        self.open.len() == 1 && self.beyond == 0
    }

    fn is_value_expected(&self) -> bool {
        if self.beyond > 0 {
            return matches!(self.last, b'[' | b',' | b':');
        }
        match self.open.last() {
            Some(b'{') => self.last == b':',
            _ => matches!(self.last, b'[' | b','),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(scan: &mut Scan, value: u8) -> Step {
        scan.step(Byte { value, line: 1, column: 1, leads: false }, &[])
    }

    #[test]
    fn brackets_without_end_take_no_memory_and_still_find_their_end() {
        const LEVELS: usize = 1_000_000;
        let mut scan = Scan::new(0, 64);
        for _ in 0..LEVELS {
            assert_eq!(step(&mut scan, b'['), Step::More);
        }
        assert_eq!(scan.deepest(), LEVELS + 1);
        assert!(scan.open.len() <= 65, "{}", scan.open.len());
        for _ in 0..LEVELS {
            assert_eq!(step(&mut scan, b']'), Step::More);
        }
        assert_eq!(step(&mut scan, b'}'), Step::Complete);
    }
}

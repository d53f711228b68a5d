//! The bytes of a stream, a window at a time, and the place in it.

use super::bad_input::{BadInput, Problem};
use alloc::vec::Vec;
use core::fmt;
use std::io::{ErrorKind, Read};

/// How much is asked of the input at a time.
const CHUNK: usize = 256 << 10;

/// A window on the input: what was read and is not yet done with.
pub(super) struct Input<R> {
    source: R,
    /// Its first `filled` bytes were read, of which those before `start` are done with.
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    consumed: u64,
    place: Place,
}

/// A place in the input; both counted from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Place {
    pub(super) const fn bad(self, problem: Problem) -> BadInput {
        BadInput { line: self.line, column: self.column, problem }
    }

    /// The place behind these bytes, which begin here.
    pub(super) fn behind(self, bytes: &[u8]) -> Self {
        match memchr::memrchr(b'\n', bytes) {
            None => Self { column: self.column + bytes.len() as u64, ..self },
            Some(last) => Self { line: self.line + memchr::memchr_iter(b'\n', bytes).count() as u64, column: (bytes.len() - last) as u64 },
        }
    }

    /// The place that a reader of the bytes from here calls so, lines and columns counted from 1; a column 0 is the line's end before it.
    pub(super) const fn further(self, line: usize, column: usize) -> Self {
        let (line, column) = (line as u64, column as u64);
        if line <= 1 {
            Self { line: self.line, column: self.column + column.saturating_sub(1) }
        } else {
            Self { line: self.line + line - 1, column: if column == 0 { 1 } else { column } }
        }
    }
}

impl<R: Read> Input<R> {
    pub(super) const fn new(source: R) -> Self {
        let place = Place { line: 1, column: 1 };
        Self { source, buffer: Vec::new(), start: 0, filled: 0, ended: false, consumed: 0, place }
    }

    /// What was read and is not done with.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.filled]
    }

    /// The place of the first of these bytes.
    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// The place of one of these bytes.
    pub(super) fn place_of(&self, at: usize) -> Place {
        self.place.behind(&self.bytes()[..at])
    }

    /// How many bytes are done with.
    pub(super) const fn consumed(&self) -> u64 {
        self.consumed
    }

    /// How much memory the window takes.
    #[cfg(test)]
    pub(super) const fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Is done with so many of the bytes.
    pub(super) fn advance(&mut self, length: usize) {
        self.place = self.place.behind(&self.bytes()[..length]);
        self.start += length;
        self.consumed += length as u64;
    }

    /// Reads more; whether there was more.
    pub(super) fn fill(&mut self) -> Result<bool, BadInput> {
        if self.buffer.len() - self.filled < CHUNK / 2 {
            self.buffer.copy_within(self.start..self.filled, 0);
            (self.start, self.filled) = (0, self.filled - self.start);
            // Twice as much as is held, that a long document be copied a few times only; and less again after it.
            let wanted = (2 * self.filled).next_multiple_of(CHUNK).max(CHUNK);
            self.buffer.resize(wanted, 0);
            self.buffer.shrink_to(2 * wanted);
        }
        while !self.ended {
            match self.source.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    self.filled += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.place_of(self.filled - self.start).bad(Problem::Unreadable(error))),
            }
        }
        Ok(false)
    }

    /// The first byte that is not blank, which becomes the first of the bytes; `None` at the end.
    pub(super) fn first(&mut self) -> Result<Option<u8>, BadInput> {
        self.first_but(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    /// The same, but a line's end is not blank.
    pub(super) fn first_of_line(&mut self) -> Result<Option<u8>, BadInput> {
        self.first_but(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
    }

    fn first_but(&mut self, blank: impl Fn(u8) -> bool) -> Result<Option<u8>, BadInput> {
        loop {
            let length = self.bytes().iter().take_while(|byte| blank(**byte)).count();
            self.advance(length);
            match *self.bytes() {
                // A byte order mark is no part of any line.
                [0xef, 0xbb, 0xbf, ..] => {
                    self.start += 3;
                    self.consumed += 3;
                }
                [first, ..] if first != 0xef || self.bytes().len() >= 3 => return Ok(Some(first)),
                _ => {
                    if !self.fill()? {
                        return Ok(self.bytes().first().copied());
                    }
                }
            }
        }
    }

    /// The length of the line that begins here, if that is at most `longest` and ends like an object; without what is blank behind it.
    pub(super) fn line(&mut self, longest: usize) -> Result<Option<usize>, BadInput> {
        let mut searched = 0;
        let end = loop {
            let bytes = self.bytes();
            match memchr::memchr(b'\n', &bytes[searched..]) {
                Some(end) => break searched + end,
                None if bytes.len() > longest => return Ok(None),
                None => searched = bytes.len(),
            }
            if !self.fill()? {
                break searched;
            }
        };
        let line = self.bytes()[..end].trim_ascii_end();
        Ok((end <= longest && line.ends_with(b"}")).then_some(line.len()))
    }

    /// Goes to the beginning of the next line. Gives the place behind the last byte left out that is not blank.
    pub(super) fn skip_line(&mut self) -> Result<Option<Place>, BadInput> {
        let mut end = None;
        loop {
            let bytes = self.bytes();
            let newline = memchr::memchr(b'\n', bytes);
            let part = newline.map_or(bytes, |newline| &bytes[..newline]);
            let (length, solid) = (part.len(), part.trim_ascii_end().len());
            if solid > 0 {
                end = Some(self.place_of(solid));
            }
            self.advance(length + usize::from(newline.is_some()));
            if newline.is_some() || !self.fill()? {
                return Ok(end);
            }
        }
    }
}

impl<R> fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("place", &self.place).field("consumed", &self.consumed).finish_non_exhaustive()
    }
}

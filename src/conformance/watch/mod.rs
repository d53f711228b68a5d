//! Reads recordings of watches, and other streams of Pods, document by document: gigabytes in constant memory.
//!
//! A stream is any mixture of
//!
//! - watch events `{"type", "object"}`, with or without the recorder's `t`, one a line (`kubectl get pod -w -o json --output-watch-events`) or
//!   over many lines;
//! - Pods, one a line or over many lines (`kubectl get pod -w -o json`);
//! - lists: the `List` of `kubectl get pod -o json`, the API server's `PodList`, JSON arrays. Their items come one by one, the list as a whole is
//!   never held.
//!
//! A phase, QoS class or condition status that the API does not know is left out and [told apart](Item::words): it is what the checker looks for.
//! What cannot be read is told with its place and, where it is known, its field; the reading goes on behind it, at the next document or line that
//! can begin one. A [`Checker`] must be told of it, too, by its [`gap`](crate::check::Checker::gap): a version may be lost.
//!
//! ```
//! use pod_lifecycle::conformance::watch::{Document, Reader};
//!
//! let stream = r#"{"type": "ADDED", "object": {"kind": "Pod", "metadata": {"name": "a"}}}
//! {"type": "ADDED", "object": {"kind": "Po
//! {"type": "MODIFIED", "object": {"kind": "Pod", "metadata": {"name": "a"}, "status": {"startTime": "soon"}}}
//! {"kind": "PodList", "items": [{"metadata": {"name": "b"}}]}"#;
//! let told: Vec<_> = Reader::new(stream.as_bytes())
//!     .map(|item| match item {
//!         Ok(item) => match item.document {
//!             Document::Event(event) => format!("{}: {}", item.line, event.type_),
//!             Document::Object(pod) => format!("{}: {}", item.line, pod.metadata.name),
//!         },
//!         Err(bad) => bad.to_string(),
//!     })
//!     .collect();
//! assert_eq!(told[0], "1: ADDED");
//! assert_eq!(told[1], "2:41: a line ends within a text");
//! assert!(told[2].contains(": object.status.startTime: invalid value"));
//! assert_eq!(told[3], "4: b");
//! ```

mod bad_input;
mod document;
mod foreign;
mod input;
mod scan;
#[cfg(test)]
mod tests;

pub use bad_input::{BadInput, Problem};

use crate::api::{Pod, WatchEvent};
use crate::check::{Checker, Finding, ForeignWord};
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::mem;
use document::{list_kind, parse, parse_line};
use foreign::parse_foreign;
use input::{Input, Place};
use scan::{Scanner, Step, shown};
use std::io::Read;

/// What a Pod in etcd can be many times over; a document that is longer is refused, for a stream is not held in memory.
const LONGEST: usize = 16 << 20;

/// Up to this length a line is tried as one whole document, without looking for its structure first.
const LONGEST_LINE: usize = 256 << 10;

/// A document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The line in which it begins, counted from 1.
    pub line: u64,
    /// What it is.
    pub document: Document,
    /// Words of its Pod's status that the API does not know: the fields were left out, of conditions they are Unknown.
    pub words: Vec<ForeignWord>,
}

impl Item {
    /// Hands it to a checker.
    pub fn check(self, checker: &mut Checker, found: &mut dyn FnMut(Finding)) {
        match self.document {
            Document::Event(event) => checker.event_with(event, &self.words, self.line, found),
            Document::Object(pod) => checker.object_with(*pod, &self.words, self.line, found),
        }
    }
}

/// What a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// An event of a watch.
    Event(WatchEvent),
    /// A bare Pod, of `kubectl get pod -w -o json`, or an item of a list.
    Object(Box<Pod>),
}

/// A document, and the foreign words that were taken out of it.
fn parse_with_words(document: &[u8], shape: document::Shape) -> Result<(Document, Vec<ForeignWord>), document::Failure> {
    match parse(document, shape) {
        Ok(document) => Ok((document, Vec::new())),
        Err(failure) => parse_foreign(document, shape).ok_or(failure),
    }
}

/// Reads a stream; an iterator over its documents. Ends after the first failure of the input itself.
///
/// A document is given out as soon as its last byte is there (in a line of its own: the line's end), so the stream may be a watch that still runs.
/// The input needs no buffer of its own.
#[derive(Debug)]
pub struct Reader<R> {
    input: Input<R>,
    within: Within,
}

/// Where the reading is.
#[derive(Clone, Copy, Debug)]
enum Within {
    /// Between documents.
    Stream,
    List(List),
    /// The input has failed or come to its end.
    End,
}

/// A list whose items are read.
#[derive(Clone, Copy, Debug)]
struct List {
    begun: Place,
    /// It is the field `items` of an object, which goes on behind it.
    of_object: bool,
    /// Its object says that these are no Pods; that was told, and its items are passed over.
    foreign: bool,
    /// An item was read: a comma must come before the next one.
    comma: bool,
}

impl<R: Read> Reader<R> {
    /// A reader of this stream.
    pub fn new(input: R) -> Self {
        Self { input: Input::new(input), within: Within::Stream }
    }

    /// How many bytes were taken from the input and done with.
    pub const fn bytes(&self) -> u64 {
        self.input.consumed()
    }

    /// The next document; `None` if there was something else.
    fn step(&mut self, first: u8) -> Result<Option<Item>, BadInput> {
        let place = self.input.place();
        let expected = match (self.within, first) {
            (Within::Stream, b'{') => {
                return match self.line()? {
                    Some(item) => Ok(Some(item)),
                    None => self.document(false),
                };
            }
            (Within::Stream, b'[') => {
                self.input.advance(1);
                self.within = Within::List(List { begun: place, of_object: false, foreign: false, comma: false });
                return Ok(None);
            }
            (Within::List(list), b']') => {
                self.input.advance(1);
                self.within = Within::Stream;
                return if list.of_object { self.rest_of_list() } else { Ok(None) };
            }
            (Within::List(list), b',') if list.comma => {
                self.input.advance(1);
                self.within = Within::List(List { comma: false, ..list });
                return Ok(None);
            }
            (Within::List(list), b'{') if !list.comma => {
                self.within = Within::List(List { comma: true, ..list });
                return self.document(list.foreign);
            }
            (Within::List(list), b'{') => {
                let outside = place.line > list.begun.line && place.column <= list.begun.column;
                self.within = if outside { Within::Stream } else { Within::List(List { comma: false, ..list }) };
                return Err(place.bad(Problem::syntax("expected `,` or `]`, found `{`")));
            }
            (Within::List(list), _) if list.comma => "`,` or `]`",
            (Within::List(_), _) => "`{` or `]`",
            _ => "`{`",
        };
        self.recover(place.column)?;
        Err(place.bad(Problem::Syntax(format!("expected {expected}, found {}", shown(first)))))
    }

    /// The document if it is one whole line, which is what streams are mostly made of.
    fn line(&mut self) -> Result<Option<Item>, BadInput> {
        let Some(length) = self.input.line(LONGEST_LINE)? else { return Ok(None) };
        let line = self.input.place().line;
        let document = parse_line(&self.input.bytes()[..length]);
        if document.is_some() {
            self.input.advance(length);
        }
        Ok(document.map(|document| Item { line, document, words: Vec::new() }))
    }

    /// A document of any form that begins here; if it is of a list of another kind, it is passed over.
    fn document(&mut self, foreign: bool) -> Result<Option<Item>, BadInput> {
        let mut scanner = Scanner::new(matches!(self.within, Within::Stream));
        let place = self.input.place();
        match self.extent(&mut scanner)? {
            Extent::Items(length) => {
                let kind = list_kind(&self.input.bytes()[..length]);
                self.input.advance(length);
                let foreign = !matches!(kind.as_str(), "" | "List" | "PodList");
                self.within = Within::List(List { begun: place, of_object: true, foreign, comma: false });
                if foreign { Err(place.bad(Problem::Kind(kind))) } else { Ok(None) }
            }
            Extent::Whole(length) => {
                let read = (!foreign).then(|| parse_with_words(&self.input.bytes()[..length], scanner.shape));
                self.input.advance(length);
                match read.transpose() {
                    Ok(read) => Ok(read.map(|(document, words)| Item { line: place.line, document, words })),
                    Err(failure) => Err(place.further(failure.line, failure.column).bad(failure.problem)),
                }
            }
        }
    }

    /// What follows `items` in the object of a list.
    fn rest_of_list(&mut self) -> Result<Option<Item>, BadInput> {
        if let Extent::Whole(length) = self.extent(&mut Scanner::behind_items())? {
            self.input.advance(length);
        }
        Ok(None)
    }

    /// Where the document that begins here ends. If it is broken, the input goes to where the next one can begin.
    fn extent(&mut self, scanner: &mut Scanner) -> Result<Extent, BadInput> {
        let (at, problem) = loop {
            match scanner.scan(self.input.bytes()) {
                Step::Whole(length) if length <= LONGEST => return Ok(Extent::Whole(length)),
                Step::Whole(_) => break (LONGEST, Some(Problem::TooLong)),
                Step::Items(length) => return Ok(Extent::Items(length)),
                Step::Bad { at, problem } => break (at, Some(problem)),
                Step::More if self.input.bytes().len() > LONGEST => break (LONGEST, Some(Problem::TooLong)),
                Step::More if !self.input.fill()? => break (self.input.bytes().len(), None),
                Step::More => {}
            }
        };
        let (begun, place) = (self.input.place(), self.input.place_of(at));
        Err(match problem {
            // It may be JSON: nothing in it is taken for a document of its own.
            Some(problem @ (Problem::TooDeep | Problem::TooLong)) => {
                self.input.advance(at);
                self.recover(begun.column)?;
                begun.bad(problem)
            }
            problem => {
                let end = self.recover(begun.column)?;
                match problem {
                    Some(problem) if self.input.place() > place => place.bad(problem),
                    // What can begin a document, before the trouble was seen, tells where the broken one really ended.
                    _ => end.bad(Problem::Truncated { begun: begun.line }),
                }
            }
        })
    }

    /// Goes to the next line that can begin a document, or that ends the list or goes on with it; the broken one began in this column.
    /// Gives the end of what is left out.
    fn recover(&mut self, column: u64) -> Result<Place, BadInput> {
        let mut end = self.input.place();
        loop {
            end = self.input.skip_line()?.unwrap_or(end);
            let first = self.input.first_of_line()?;
            let here = self.input.place();
            match (first, &mut self.within) {
                (None, _) => return Ok(end),
                (Some(b'{' | b'['), Within::List(list)) if here.column == column => {
                    list.comma = false;
                    return Ok(end);
                }
                (Some(b']'), Within::List(_)) if here.column < column => return Ok(end),
                (Some(b'{' | b'['), within) if here.column <= column => {
                    *within = Within::Stream;
                    return Ok(end);
                }
                (Some(b'{' | b'}' | b'[' | b']' | b'"' | b',' | b'\n'), _) => {}
                // No JSON goes on like this; that is told on its own.
                (Some(_), within) if here.column == 1 => {
                    *within = Within::Stream;
                    return Ok(end);
                }
                (Some(_), _) => {}
            }
        }
    }
}

/// The extent of a document, in bytes.
enum Extent {
    Whole(usize),
    /// Of a list up to its items.
    Items(usize),
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Item, BadInput>;

    fn next(&mut self) -> Option<Self::Item> {
        while !matches!(self.within, Within::End) {
            let found = match self.input.first() {
                Ok(Some(first)) => self.step(first),
                Ok(None) => {
                    let place = self.input.place();
                    return match mem::replace(&mut self.within, Within::End) {
                        Within::List(list) => Some(Err(place.bad(Problem::Truncated { begun: list.begun.line }))),
                        _ => None,
                    };
                }
                Err(failed) => Err(failed),
            };
            match found {
                Ok(None) => {}
                Ok(Some(item)) => return Some(Ok(item)),
                Err(bad) => {
                    if matches!(bad.problem, Problem::Unreadable(_)) {
                        self.within = Within::End;
                    }
                    return Some(Err(bad));
                }
            }
        }
        None
    }
}

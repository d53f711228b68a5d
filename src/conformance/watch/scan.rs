//! Finds where a JSON document ends, without reading what it says.
//!
//! Structure is checked, for that finds the end of what is broken. Words, numbers and escapes are left to the parser.

use super::bad_input::Problem;
use super::document::Shape;
use alloc::format;
use alloc::string::String;

/// How deep a document may nest; the limit of `serde_json`, too.
pub(super) const DEEPEST: usize = 128;

/// Looks at a document from its beginning; goes on where it stopped when there are more bytes.
#[derive(Debug)]
pub(super) struct Scanner {
    at: usize,
    next: Next,
    /// How many objects and lists are open, and the kinds of the open ones: a bit, 1 for an object, the innermost lowest.
    depth: usize,
    objects: u128,
    /// Where the newest text begins, if it is a key of the document itself.
    key: Option<usize>,
    /// The newest key of the document is `items`, and that is where a list of Pods can be.
    items: bool,
    may_be_list: bool,
    /// The document's fields so far.
    pub(super) shape: Shape,
}

/// What must come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// The rest of a text, which is a key.
    KeyText,
    /// The rest of a text, which is a value.
    ValueText,
    /// The rest of a word or number.
    Word,
}

/// How far the scanner came.
#[derive(Debug)]
pub(super) enum Step {
    /// The document goes on behind the bytes.
    More,
    /// This is its length.
    Whole(usize),
    /// It is a list, whose first item can begin after so many bytes.
    Items(usize),
    /// It is broken at this byte.
    Bad { at: usize, problem: Problem },
}

impl Scanner {
    /// For a document that begins with the first byte; a list is given out at its `items` if it may be one.
    pub(super) fn new(may_be_list: bool) -> Self {
        let shape = Shape::default();
        Self { at: 0, next: Next::Value, depth: 0, objects: 0, key: None, items: false, may_be_list, shape }
    }

    /// For the rest of a list's object, behind the `]` of its items.
    pub(super) fn behind_items() -> Self {
        Self { next: Next::CommaOrEnd, depth: 1, objects: 1, ..Self::new(false) }
    }

    /// Goes on; the bytes are those of the last call and more.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Step {
        while let Some(&byte) = bytes.get(self.at) {
            match self.next {
                Next::KeyText | Next::ValueText => {
                    if let Some(step) = self.text(bytes) {
                        return step;
                    }
                    continue;
                }
                Next::Word => {
                    if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                        self.at += 1;
                        continue;
                    }
                    self.next = Next::CommaOrEnd;
                }
                _ => {}
            }
            self.at += 1;
            match (self.next, byte) {
                (_, b' ' | b'\t' | b'\r' | b'\n') => {}
                (Next::Value | Next::ValueOrEnd, b'{') => {
                    if self.depth == DEEPEST {
                        return Step::Bad { at: self.at - 1, problem: Problem::TooDeep };
                    }
                    self.open(true);
                    self.next = Next::KeyOrEnd;
                }
                (Next::Value | Next::ValueOrEnd, b'[') => {
                    if self.depth == 1 && self.items && self.may_be_list {
                        return Step::Items(self.at);
                    }
                    if self.depth == DEEPEST {
                        return Step::Bad { at: self.at - 1, problem: Problem::TooDeep };
                    }
                    self.open(false);
                    self.next = Next::ValueOrEnd;
                }
                (Next::Value | Next::ValueOrEnd, b'"') => self.next = Next::ValueText,
                (Next::Value | Next::ValueOrEnd, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.next = Next::Word,
                (Next::Key | Next::KeyOrEnd, b'"') => {
                    self.key = (self.depth == 1).then_some(self.at);
                    self.next = Next::KeyText;
                }
                (Next::Colon, b':') => self.next = Next::Value,
                (Next::CommaOrEnd, b',') => self.next = if self.objects & 1 == 1 { Next::Key } else { Next::Value },
                (Next::KeyOrEnd | Next::CommaOrEnd, b'}') if self.objects & 1 == 1 => self.close(),
                (Next::ValueOrEnd | Next::CommaOrEnd, b']') if self.objects & 1 == 0 => self.close(),
                _ => {
                    let problem = Problem::Syntax(format!("expected {}, found {}", self.expected(), shown(byte)));
                    return Step::Bad { at: self.at - 1, problem };
                }
            }
            if self.depth == 0 {
                return Step::Whole(self.at);
            }
        }
        Step::More
    }

    /// The rest of a text, as far as it is there.
    fn text(&mut self, bytes: &[u8]) -> Option<Step> {
        let rest = &bytes[self.at..];
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
            self.at = bytes.len();
            return None;
        };
        match (rest[found], rest.get(found + 1)) {
            (b'"', _) => {
                if self.next == Next::ValueText {
                    self.next = Next::CommaOrEnd;
                } else {
                    self.next = Next::Colon;
                    if let Some(begin) = self.key.take() {
                        let key = &bytes[begin..self.at + found];
                        self.items = key == b"items";
                        self.shape.add(key);
                    }
                }
                self.at += found + 1;
                None
            }
            (b'\\', None) => {
                self.at += found;
                Some(Step::More)
            }
            (b'\\', Some(escaped)) if *escaped != b'\n' => {
                self.at += found + 2;
                None
            }
            (b'\\', Some(_)) => Some(Step::Bad { at: self.at + found + 1, problem: Problem::syntax("a line ends within a text") }),
            _ => Some(Step::Bad { at: self.at + found, problem: Problem::syntax("a line ends within a text") }),
        }
    }

    const fn open(&mut self, object: bool) {
        self.depth += 1;
        self.objects = self.objects << 1 | object as u128;
    }

    const fn close(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
        self.next = Next::CommaOrEnd;
    }

    const fn expected(&self) -> &'static str {
        match self.next {
            Next::Value => "a value",
            Next::ValueOrEnd => "a value or `]`",
            Next::Key => "a key",
            Next::KeyOrEnd => "a key or `}`",
            Next::Colon => "`:`",
            _ if self.objects & 1 == 1 => "`,` or `}`",
            _ => "`,` or `]`",
        }
    }
}

/// A byte, for people.
pub(super) fn shown(byte: u8) -> String {
    match byte {
        0x21..=0x7e => format!("`{}`", char::from(byte)),
        _ => format!("the byte {byte:#04x}"),
    }
}

//! Where all choices come from: a list of small numbers, made by proptest or by a fuzzer.

/// Reads numbers one after the other; beyond the end they are 0, the simplest choice.
#[derive(Clone, Debug)]
pub(crate) struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    pub(crate) const fn new(numbers: &'a [u8]) -> Self {
        Self(numbers)
    }

    /// Those that were not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u8) -> u8 {
        self.next() % end
    }

    /// One of these.
    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.next()) % choices.len()].clone()
    }

    /// True in `share` of 256 cases; never for 0.
    pub(crate) fn chance(&mut self, share: u8) -> bool {
        self.next() > u8::MAX - share
    }
}

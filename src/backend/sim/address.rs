//! Addresses of a Pod CIDR: unique in the run, freed at the end.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt::Write;

/// Gives out the addresses of 10.0.0.0/8 from 10.88.0.1 on, the lowest free one first among those freed, after all fresh ones are used.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    next: u32,
    free: BTreeSet<u32>,
}

const FIRST: u32 = 10 << 24 | 88 << 16 | 1;
const LAST: u32 = 10 << 24 | 0x00ff_fffe;

impl Addresses {
    pub(super) const fn new() -> Self {
        Self { next: FIRST, free: BTreeSet::new() }
    }

    /// A fresh address as long as there are any, so that a new sandbox does not get its old one back.
    pub(super) fn take(&mut self) -> Option<u32> {
        if self.next <= LAST {
            self.next += 1;
            return Some(self.next - 1);
        }
        self.free.pop_first()
    }

    pub(super) fn give_back(&mut self, address: u32) {
        self.free.insert(address);
    }
}

/// Writes it as text.
pub(super) fn write(address: u32, text: &mut String) {
    let [a, b, c, d] = address.to_be_bytes();
    let _ = write!(text, "{a}.{b}.{c}.{d}");
}

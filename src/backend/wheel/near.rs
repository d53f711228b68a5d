//! The timers that are due soon, in order.

use super::{NONE, Timer};
use crate::time::Time;
use alloc::vec::Vec;

/// The timers of the hand's tick: those that were there when the hand came, sorted, and a heap of those that were set since.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// The last one is the next; where one was taken back, there is nobody. The last one is somebody.
    sorted: Vec<(Time, u32)>,
    heap: Vec<(Time, u32)>,
}

/// What `Timer::before` says of a near timer; `Timer::after` is its place there.
const SORTED: u32 = 0;
const HEAP: u32 = 1;

/// What is used again and again is kept up to this size.
const KEPT: usize = 1 << 12;

impl Near {
    pub(super) const fn new() -> Self {
        Self { sorted: Vec::new(), heap: Vec::new() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.sorted.is_empty() && self.heap.is_empty()
    }

    pub(super) fn first(&self) -> Option<(Time, u32)> {
        self.sorted.last().into_iter().chain(self.heap.first()).min().copied()
    }

    pub(super) fn take_first(&mut self, timers: &mut [Timer]) {
        if self.sorted.last().is_some_and(|sorted| self.heap.first().is_none_or(|first| sorted < first)) {
            self.sorted.pop();
            self.trim();
        } else if !self.heap.is_empty() {
            self.remove_from_heap(0, timers);
        }
    }

    /// Adds a timer to those that were there before.
    pub(super) fn insert(&mut self, at: Time, owner: u32, timers: &mut [Timer]) {
        self.heap.push((at, owner));
        self.rise(self.heap.len() - 1, timers);
    }

    /// Adds a timer; [`sort`](Self::sort) is still to be called.
    pub(super) fn gather(&mut self, at: Time, owner: u32) {
        self.sorted.push((at, owner));
    }

    pub(super) fn sort(&mut self, timers: &mut [Timer]) {
        self.sorted.sort_unstable_by(|one, other| other.cmp(one));
        for (place, &(_, owner)) in self.sorted.iter().enumerate() {
            (timers[owner as usize].before, timers[owner as usize].after) = (SORTED, place as u32);
        }
    }

    /// Takes a timer back, whose `before` and `after` say where it is.
    pub(super) fn remove(&mut self, part: u32, place: u32, timers: &mut [Timer]) {
        if part == SORTED {
            self.sorted[place as usize].1 = NONE;
            self.trim();
        } else {
            self.remove_from_heap(place as usize, timers);
        }
    }

    fn trim(&mut self) {
        while self.sorted.pop_if(|(_, owner)| *owner == NONE).is_some() {}
        if self.sorted.is_empty() && self.sorted.capacity() > KEPT {
            self.sorted = Vec::new();
        }
    }

    fn remove_from_heap(&mut self, place: usize, timers: &mut [Timer]) {
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            let place = self.rise(place, timers);
            self.sink(place, timers);
        } else if self.heap.is_empty() && self.heap.capacity() > KEPT {
            self.heap = Vec::new();
        }
    }

    /// Moves one up to its place, and says which that is.
    fn rise(&mut self, mut place: usize, timers: &mut [Timer]) -> usize {
        let own = self.heap[place];
        while place > 0 && own < self.heap[(place - 1) / 2] {
            self.put(place, self.heap[(place - 1) / 2], timers);
            place = (place - 1) / 2;
        }
        self.put(place, own, timers);
        place
    }

    fn sink(&mut self, mut place: usize, timers: &mut [Timer]) {
        let own = self.heap[place];
        loop {
            let children = self.heap.iter().enumerate().skip(2 * place + 1).take(2);
            let Some((child, &lesser)) = children.min_by_key(|(_, timer)| **timer).filter(|(_, lesser)| **lesser < own) else { break };
            self.put(place, lesser, timers);
            place = child;
        }
        self.put(place, own, timers);
    }

    fn put(&mut self, place: usize, (at, owner): (Time, u32), timers: &mut [Timer]) {
        self.heap[place] = (at, owner);
        (timers[owner as usize].before, timers[owner as usize].after) = (HEAP, place as u32);
    }
}

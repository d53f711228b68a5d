//! Who is to be woken when: a hierarchical timer wheel.
//!
//! Time is cut into ticks of 2^20 ns, about a millisecond, and a tick's number into digits of eight bits. A timer waits in the list of the highest
//! digit in which its tick differs from that of the wheel's hand, and under that digit; so it is moved at most once a digit until its turn
//! comes (G. Varghese and T. Lauck, 1987, scheme 7). What is due in the hand's own tick or before is kept in order.
//!
//! Every timer has an owner, and an owner has at most one: it is set, moved and taken back at its place, and nothing is left behind.
//! Timers of the same moment come in the order of their owners' numbers.

mod near;

#[cfg(test)]
mod tests;

use crate::time::Time;
use alloc::boxed::Box;
use alloc::vec::Vec;
use near::Near;

/// Bits of a tick's length in nanoseconds.
const TICK_BITS: u32 = 20;
const DIGIT_BITS: u32 = 8;
const DIGITS: usize = 1 << DIGIT_BITS;
/// Enough for every moment there is: no timer is too far away for the wheel.
const LEVELS: usize = (u64::BITS - TICK_BITS).div_ceil(DIGIT_BITS) as usize;

/// No owner.
const NONE: u32 = u32::MAX;

/// A timer for each of many owners, who are numbered from 0. See the [module documentation](self).
///
/// 16 bytes an owner. Setting, moving, taking back: constant; the next one: constant on average over its life, if not very many are due in
/// the same millisecond (then it is sorted among them).
#[derive(Debug, Default)]
pub(super) struct Wheel {
    /// By owner.
    timers: Vec<Timer>,
    /// The tick up to which all timers are near. If there is no near one, there is none at all.
    hand: u64,
    near: Near,
    /// The far ones; made when there is the first.
    far: Option<Box<Far>>,
}

/// The timer of one owner.
#[derive(Clone, Copy, Debug)]
struct Timer {
    at: Option<Time>,
    /// In a list: the one before; else which part of the near ones it is in.
    before: u32,
    /// In a list: the one after; else its place among the near ones.
    after: u32,
}

impl Timer {
    const UNSET: Self = Self { at: None, before: NONE, after: NONE };
}

/// Lists of timers, by level and digit.
#[derive(Debug)]
struct Far {
    first: [[u32; DIGITS]; LEVELS],
    /// Which lists are not empty: one bit each.
    taken: [[u64; DIGITS / 64]; LEVELS],
    /// Which levels have had a list that was not empty since they were last looked through: one bit each.
    levels: u32,
}

fn tick(at: Time) -> u64 {
    // The numbers of ticks are in the order of time before the epoch too.
    (at.nanos() as u64 ^ 1 << 63) >> TICK_BITS
}

impl Wheel {
    /// A wheel without timers.
    pub(super) const fn new() -> Self {
        Self { timers: Vec::new(), hand: 0, near: Near::new(), far: None }
    }

    /// When this owner is to be woken.
    pub(super) fn get(&self, owner: u32) -> Option<Time> {
        self.timers.get(owner as usize)?.at
    }

    /// Says when this owner is to be woken, in place of what was said before.
    pub(super) fn set(&mut self, owner: u32, at: Option<Time>) {
        let known = self.get(owner);
        if known == at {
            return;
        }
        if known.is_some() {
            self.take_back(owner);
            self.bring_near();
        }
        if let Some(at) = at {
            let missing = (owner as usize + 1).saturating_sub(self.timers.len());
            self.timers.extend((0..missing).map(|_| Timer::UNSET));
            if self.near.is_empty() {
                self.hand = tick(at);
            }
            self.timers[owner as usize].at = Some(at);
            self.place(owner, at);
        }
    }

    /// When the next one is to be woken, and who.
    pub(super) fn next(&self) -> Option<(Time, u32)> {
        self.near.first()
    }

    /// Takes out the next one who is to be woken by now.
    pub(super) fn wake(&mut self, now: Time) -> Option<u32> {
        let (_, owner) = self.next().filter(|(at, _)| *at <= now)?;
        self.near.take_first(&mut self.timers);
        self.timers[owner as usize] = Timer::UNSET;
        self.bring_near();
        Some(owner)
    }

    /// Puts a timer where it belongs.
    fn place(&mut self, owner: u32, at: Time) {
        let Some((level, digit)) = self.list_of(at) else {
            self.near.insert(at, owner, &mut self.timers);
            return;
        };
        let far = self.far.get_or_insert_with(Far::new);
        let first = core::mem::replace(&mut far.first[level][digit], owner);
        far.taken[level][digit / 64] |= 1 << (digit % 64);
        far.levels |= 1 << level;
        (self.timers[owner as usize].before, self.timers[owner as usize].after) = (NONE, first);
        if first != NONE {
            self.timers[first as usize].before = owner;
        }
    }

    /// The list of the timers of this moment, by level and digit; `None`: they are near.
    fn list_of(&self, at: Time) -> Option<(usize, usize)> {
        let tick = tick(at);
        if tick <= self.hand {
            return None;
        }
        let level = (u64::BITS - 1 - (tick ^ self.hand).leading_zeros()) / DIGIT_BITS;
        Some((level as usize, (tick >> (level * DIGIT_BITS)) as usize % DIGITS))
    }

    /// Takes a timer from its place.
    fn take_back(&mut self, owner: u32) {
        let Timer { at, before, after } = core::mem::replace(&mut self.timers[owner as usize], Timer::UNSET);
        let Some(at) = at else { return };
        let Some((level, digit)) = self.list_of(at) else {
            self.near.remove(before, after, &mut self.timers);
            return;
        };
        if after != NONE {
            self.timers[after as usize].before = before;
        }
        if before != NONE {
            self.timers[before as usize].after = after;
        } else if let Some(far) = &mut self.far {
            far.first[level][digit] = after;
            if after == NONE {
                far.taken[level][digit / 64] &= !(1 << (digit % 64));
            }
        }
    }

    /// Moves the hand to the next timer if there is no near one.
    fn bring_near(&mut self) {
        if !self.near.is_empty() {
            return;
        }
        let Some(first) = self.far.as_mut().and_then(|far| far.take_first_list()) else { return };
        if let Timer { at: Some(at), after: NONE, .. } = self.timers[first as usize] {
            // In a wheel of few timers each is mostly alone.
            self.hand = tick(at);
            self.near.insert(at, first, &mut self.timers);
            return;
        }
        let mut next = first;
        let mut earliest = None;
        while let Some(timer) = self.timers.get(next as usize) {
            earliest = [earliest, timer.at].into_iter().flatten().min();
            next = timer.after;
        }
        let Some(earliest) = earliest else { return };
        // All others are later: those in lists of this level and above keep their places.
        self.hand = tick(earliest);
        next = first;
        while let Some(&Timer { at: Some(at), after, .. }) = self.timers.get(next as usize) {
            if tick(at) == self.hand {
                self.near.gather(at, next);
            } else {
                self.place(next, at);
            }
            next = after;
        }
        self.near.sort(&mut self.timers);
    }
}

impl Far {
    fn new() -> Box<Self> {
        Box::new(Self { first: [[NONE; DIGITS]; LEVELS], taken: [[0; DIGITS / 64]; LEVELS], levels: 0 })
    }

    /// Takes out the list of the earliest timers.
    fn take_first_list(&mut self) -> Option<u32> {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            if let Some((nth, word)) = self.taken[level].iter_mut().enumerate().find(|(_, word)| **word != 0) {
                let digit = nth * 64 + word.trailing_zeros() as usize;
                *word &= *word - 1;
                return Some(core::mem::replace(&mut self.first[level][digit], NONE));
            }
            self.levels &= self.levels - 1;
        }
        None
    }
}

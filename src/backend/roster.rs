//! What is kept of many Pods, by key.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// Values by key, side by side in memory. Their places are given anew when they are free; keys, which grow, are used once.
///
/// Beside the values it takes 4 bytes a key, but nothing for long rows of keys whose values are gone.
#[derive(Debug)]
pub(super) struct Roster<T> {
    /// The place of each value, by key.
    pages: Vec<Option<Box<Page>>>,
    values: Vec<Option<T>>,
    free: Vec<u32>,
}

/// The places of the values of this many keys in a row.
#[derive(Debug)]
struct Page {
    places: [u32; KEYS],
    /// How many of them there are.
    living: u32,
}

const KEYS: usize = 256;

/// No place.
const NONE: u32 = u32::MAX;

impl<T> Roster<T> {
    pub(super) const fn new() -> Self {
        Self { pages: Vec::new(), values: Vec::new(), free: Vec::new() }
    }

    /// The place of this key's value.
    pub(super) fn place(&self, key: usize) -> Option<u32> {
        let place = self.pages.get(key / KEYS)?.as_ref()?.places[key % KEYS];
        (place != NONE).then_some(place)
    }

    /// The value of this key.
    pub(super) fn get(&self, key: usize) -> Option<&T> {
        self.at(self.place(key)?)
    }

    /// The value of this key.
    pub(super) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        self.at_mut(self.place(key)?)
    }

    /// The value of this key, and its place.
    pub(super) fn entry(&mut self, key: usize) -> Option<(u32, &mut T)> {
        let place = self.place(key)?;
        Some((place, self.at_mut(place)?))
    }

    /// The value at this place.
    pub(super) fn at(&self, place: u32) -> Option<&T> {
        self.values.get(place as usize)?.as_ref()
    }

    /// The value at this place.
    pub(super) fn at_mut(&mut self, place: u32) -> Option<&mut T> {
        self.values.get_mut(place as usize)?.as_mut()
    }

    /// Adds a value, whose key has none, and says its place.
    pub(super) fn insert(&mut self, key: usize, value: T) -> u32 {
        let place = self.free.pop().unwrap_or(self.values.len() as u32);
        match self.values.get_mut(place as usize) {
            Some(free) => *free = Some(value),
            None => self.values.push(Some(value)),
        }
        let missing = (key / KEYS + 1).saturating_sub(self.pages.len());
        self.pages.extend((0..missing).map(|_| None));
        let page = self.pages[key / KEYS].get_or_insert_with(|| Box::new(Page { places: [NONE; KEYS], living: 0 }));
        page.places[key % KEYS] = place;
        page.living += 1;
        place
    }

    /// Takes a value out, and says where it was.
    pub(super) fn remove(&mut self, key: usize) -> Option<(u32, T)> {
        let place = self.place(key)?;
        let value = self.values[place as usize].take()?;
        self.free.push(place);
        let page = &mut self.pages[key / KEYS];
        if let Some(living) = page {
            living.places[key % KEYS] = NONE;
            living.living -= 1;
            if living.living == 0 {
                *page = None;
            }
        }
        Some((place, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_and_empty_pages_go() {
        let mut roster = Roster::new();
        for key in 0..10 * KEYS {
            let place = roster.insert(key, key);
            assert!(place <= 20, "so many are there at once, and the new one");
            assert_eq!((roster.get(key), roster.at(place), roster.place(key)), (Some(&key), Some(&key), Some(place)));
            if let Some(old) = key.checked_sub(20) {
                assert_eq!(roster.remove(old).map(|(_, value)| value), Some(old));
                assert_eq!((roster.remove(old), roster.get_mut(old)), (None, None));
            }
        }
        assert_eq!(roster.pages.iter().flatten().count(), 1);
        assert_eq!((roster.get(usize::MAX), roster.place(10 * KEYS)), (None, None));
    }
}

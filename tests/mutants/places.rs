//! Where mutants are made: the same places in each run.

use crate::corpus::{Recording, Versions};
use crate::edit::Edit;
use crate::kind::Kind;

/// A mutant.
pub(crate) struct Mutant {
    /// Of which recording.
    pub(crate) of: usize,
    /// At which version, counted from 0.
    pub(crate) at: usize,
    pub(crate) versions: Versions,
}

/// Up to so many mutants of a kind, spread over the recordings: no recording gives its next one before each has been asked for one.
pub(crate) fn mutants(kind: &Kind, recordings: &[Recording], most: usize) -> Vec<Mutant> {
    let mut chance = Chance::of(kind.name);
    let mut places: Vec<(usize, Vec<usize>)> =
        recordings.iter().enumerate().map(|(of, recording)| (of, (0..recording.versions.len()).collect())).collect();
    let mut made = Vec::new();
    while !places.is_empty() && made.len() < most {
        chance.shuffle(&mut places);
        for (of, free) in &mut places {
            let next = core::iter::from_fn(|| (!free.is_empty()).then(|| free.swap_remove(chance.below(free.len()))));
            let tried: Vec<usize> = next.collect();
            let found = tried.iter().position(|at| {
                let mutant = (0..3).find_map(|_| mutate(kind, recordings, (*of, *at), chance.next()));
                let is_made = mutant.is_some();
                made.extend(mutant);
                is_made
            });
            *free = found.map_or_else(Vec::new, |found| tried[found + 1..].to_vec());
            if made.len() == most {
                break;
            }
        }
        places.retain(|(_, free)| !free.is_empty());
    }
    made
}

/// The mutant of this place and choice, if there is one.
pub(crate) fn mutate(kind: &Kind, recordings: &[Recording], (of, at): (usize, usize), pick: u64) -> Option<Mutant> {
    let original = &recordings[of].versions;
    let mut edit = Edit::new(&recordings[of], at, pick);
    (kind.change)(&mut edit)?;
    (edit.versions != *original).then_some(Mutant { of, at, versions: edit.versions })
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn of(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn shuffle<T>(&mut self, of: &mut [T]) {
        (1..of.len()).rev().for_each(|last| of.swap(last, self.below(last + 1)));
    }
}

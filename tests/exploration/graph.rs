//! The states found, and which of them lead to the end.

/// States by number, and the moves between them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Of each state, the states from which a move leads there.
    sources: Vec<Vec<u32>>,
    /// States in which somebody has asked for the Pod's end.
    deleted: Vec<bool>,
    /// States in which the Pod is gone.
    gone: Vec<u32>,
    moves: usize,
}

impl Graph {
    pub(crate) fn add(&mut self, deleted: bool, gone: bool) -> u32 {
        let id = self.sources.len() as u32;
        self.sources.push(Vec::new());
        self.deleted.push(deleted);
        self.gone.extend(gone.then_some(id));
        id
    }

    pub(crate) fn connect(&mut self, from: u32, to: u32) {
        self.sources[to as usize].push(from);
        self.moves += 1;
    }

    pub(crate) const fn moves(&self) -> usize {
        self.moves
    }

    /// A state in which the Pod is asked to end and from which no way leads to its end.
    pub(crate) fn stuck(&self) -> Option<u32> {
        let mut ends = vec![false; self.sources.len()];
        let mut open = self.gone.clone();
        while let Some(id) = open.pop() {
            if !core::mem::replace(&mut ends[id as usize], true) {
                open.extend(&self.sources[id as usize]);
            }
        }
        (0..self.sources.len()).find(|&id| self.deleted[id] && !ends[id]).map(|id| id as u32)
    }
}

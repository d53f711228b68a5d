//! The states found, and which of them lead to the end.

/// States by number, in the order in which they are looked at, and the moves between them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// Of each state that was looked at, where its moves begin.
    first: Vec<u32>,
    /// Where the moves lead.
    moves: Vec<Edge>,
    /// Of each state, the state and the number of the move by which it was found.
    found: Vec<(u32, u32)>,
    /// States in which somebody has asked for the Pod's end.
    deleted: Vec<bool>,
    /// States in which the Pod is gone.
    gone: Vec<bool>,
}

/// A move, and where it leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) to: u32,
    /// Nobody fails and nothing happens that was not asked for.
    pub(crate) is_good: bool,
}

impl Graph {
    pub(crate) fn add(&mut self, found: (u32, u32), deleted: bool, gone: bool) -> u32 {
        let id = self.found.len() as u32;
        self.found.push(found);
        self.deleted.push(deleted);
        self.gone.push(gone);
        id
    }

    /// The moves of the next state.
    pub(crate) fn connect(&mut self, moves: impl Iterator<Item = Edge>) {
        self.first.push(self.moves.len() as u32);
        self.moves.extend(moves);
    }

    pub(crate) const fn states(&self) -> usize {
        self.found.len()
    }

    pub(crate) const fn moves(&self) -> usize {
        self.moves.len()
    }

    /// The moves of a state that was looked at.
    pub(crate) fn of(&self, id: u32) -> &[Edge] {
        let end = self.first.get(id as usize + 1).map_or(self.moves.len(), |&next| next as usize);
        &self.moves[self.first[id as usize] as usize..end]
    }

    /// By which moves a state is reached, by their numbers.
    pub(crate) fn way(&self, mut id: u32) -> Vec<u32> {
        let mut way = Vec::new();
        while id != 0 {
            let (before, nth) = self.found[id as usize];
            way.push(nth);
            id = before;
        }
        way.reverse();
        way
    }

    /// A state from which no way leads to the end of the Pod.
    pub(crate) fn stuck(&self) -> Option<u32> {
        let mut sources = vec![Vec::new(); self.states()];
        for id in 0..self.states() as u32 {
            self.of(id).iter().for_each(|edge| sources[edge.to as usize].push(id));
        }
        let mut ends = vec![false; self.states()];
        let mut open: Vec<_> = (0..self.states() as u32).filter(|&id| self.gone[id as usize]).collect();
        while let Some(id) = open.pop() {
            if !core::mem::replace(&mut ends[id as usize], true) {
                open.extend(&sources[id as usize]);
            }
        }
        (0..self.states()).find(|&id| !ends[id]).map(|id| id as u32)
    }

    /// How many good moves the end of a deleted Pod takes at most, in whatever order they come; if it may not come, the state from which it does not.
    pub(crate) fn longest_end(&self) -> Result<u32, u32> {
        const UNKNOWN: u32 = u32::MAX;
        const OPEN: u32 = u32::MAX - 1;
        let mut longest = vec![UNKNOWN; self.states()];
        for begin in (0..self.states() as u32).filter(|&id| self.deleted[id as usize]) {
            let mut open = vec![begin];
            while let Some(&id) = open.last() {
                let good = || self.of(id).iter().filter(|edge| edge.is_good);
                match longest[id as usize] {
                    UNKNOWN => {
                        longest[id as usize] = OPEN;
                        for edge in good() {
                            match longest[edge.to as usize] {
                                UNKNOWN => open.push(edge.to),
                                OPEN => return Err(id),
                                _ => {}
                            }
                        }
                    }
                    OPEN => {
                        let most = good().map(|edge| longest[edge.to as usize] + 1).max();
                        longest[id as usize] = most.or_else(|| self.gone[id as usize].then_some(0)).ok_or(id)?;
                        open.pop();
                    }
                    _ => drop(open.pop()),
                }
            }
        }
        Ok(longest.into_iter().filter(|&length| length < OPEN).max().unwrap_or(0))
    }
}

//! What the simulated runtime keeps of the instances of a container, in few bytes: all else is asked of the script again.

use super::due::How;
use crate::pod::Attempt;
use crate::rules::view::InstanceState;
use crate::spec::ContainerIndex;
use crate::time::Time;
use alloc::boxed::Box;

/// The containers of a Pod: mostly one.
#[derive(Debug)]
pub(super) enum Containers {
    One(SimContainer),
    Many(Box<[SimContainer]>),
}

/// A container in the simulated runtime.
#[derive(Clone, Debug, Default)]
pub(super) struct SimContainer {
    /// How many runs there were.
    pub(super) runs: u32,
    /// How many instances were made: no id is used twice.
    pub(super) made: u32,
    pub(super) records: Records,
}

/// The records of a container, newest first: mostly one that runs and one that has ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    newest: [Option<Record>; 2],
    older: Option<Box<Self>>,
}

/// One instance in the simulated runtime.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) attempt: Attempt,
    pub(super) restart_count: i32,
    pub(super) sandbox: u32,
    /// Number of the instance, from 0.
    pub(super) made: u32,
    /// Number of its run; 0 before the start.
    pub(super) run: u32,
    pub(super) stage: Stage,
    /// Its process is being stopped, or a hook runs or has run in it: more of it is kept aside.
    pub(super) is_aside: bool,
    pub(super) created_at: Time,
    pub(super) started_at: Option<Time>,
    pub(super) finished_at: Option<Time>,
}

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Created,
    Running,
    Exited(How),
}

impl Record {
    pub(super) const fn state(&self) -> InstanceState {
        match self.stage {
            Stage::Created => InstanceState::Created,
            Stage::Running => InstanceState::Running,
            Stage::Exited(_) => InstanceState::Exited,
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.stage == Stage::Running
    }
}

impl Containers {
    /// So many.
    pub(super) fn new(number: usize) -> Self {
        match number {
            1 => Self::One(SimContainer::default()),
            _ => Self::Many((0..number).map(|_| SimContainer::default()).collect()),
        }
    }

    pub(super) fn get(&self, container: ContainerIndex) -> Option<&SimContainer> {
        self.all().get(container.get())
    }

    pub(super) fn get_mut(&mut self, container: ContainerIndex) -> Option<&mut SimContainer> {
        self.all_mut().get_mut(container.get())
    }

    pub(super) const fn all(&self) -> &[SimContainer] {
        match self {
            Self::One(one) => core::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub(super) const fn all_mut(&mut self) -> &mut [SimContainer] {
        match self {
            Self::One(one) => core::slice::from_mut(one),
            Self::Many(many) => many,
        }
    }

    /// Now they are so many.
    pub(super) fn resize(&mut self, number: usize) {
        if number != self.all().len() {
            let mut resized = self.all().to_vec();
            resized.resize_with(number, Default::default);
            *self = Self::Many(resized.into());
        }
    }
}

impl Records {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> + Clone {
        core::iter::successors(Some(self), |records| records.older.as_deref()).flat_map(|records| records.newest.iter().flatten())
    }

    pub(super) fn find_mut(&mut self, is: impl Fn(&Record) -> bool) -> Option<&mut Record> {
        let mut records = self;
        loop {
            // The place is looked for first: a reference given out in the loop would be taken to last.
            if let Some(place) = records.newest.iter().position(|record| record.as_ref().is_some_and(&is)) {
                return records.newest[place].as_mut();
            }
            records = records.older.as_deref_mut()?;
        }
    }

    /// Numbers them anew, the newest with this one.
    pub(super) fn number(&mut self, newest: Attempt) {
        let mut attempt = newest.0;
        let mut records = Some(self);
        while let Some(these) = records {
            for record in these.newest.iter_mut().flatten() {
                record.attempt.0 = attempt;
                attempt = attempt.wrapping_sub(1);
            }
            records = these.older.as_deref_mut();
        }
    }

    /// Adds the newest one.
    pub(super) fn add(&mut self, record: Record) {
        let [first, second] = self.newest;
        self.newest = [Some(record), first];
        if let Some(displaced) = second {
            self.older.get_or_insert_default().add(displaced);
        }
    }

    /// Drops those that are not to stay; it is told how many are newer.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(usize, &Record) -> bool) {
        let mut kept = Self::default();
        let mut end = &mut kept;
        let mut number = 0;
        for (nth, record) in self.iter().enumerate() {
            if stays(nth, record) {
                if number == end.newest.len() {
                    (end, number) = (end.older.get_or_insert_default(), 0);
                }
                end.newest[number] = Some(*record);
                number += 1;
            }
        }
        *self = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn records_are_small_and_stay_in_order() {
        assert_eq!((size_of::<Option<Record>>(), size_of::<SimContainer>(), size_of::<Containers>()), (48, 112, 112));
        let mut records = Records::default();
        for run in 0..7 {
            let at = Time::EPOCH;
            records.add(Record {
                attempt: Attempt(run),
                restart_count: 0,
                sandbox: 0,
                made: run,
                run,
                stage: Stage::Created,
                is_aside: false,
                created_at: at,
                started_at: None,
                finished_at: None,
            });
        }
        let runs = |records: &Records| records.iter().map(|record| record.run).collect::<Vec<_>>();
        assert_eq!(runs(&records), [6, 5, 4, 3, 2, 1, 0]);
        records.retain(|nth, record| nth != 1 && record.run != 3);
        assert_eq!(runs(&records), [6, 4, 2, 1, 0]);
        assert_eq!(records.find_mut(|record| record.run == 1).map(|record| record.made), Some(1));
        assert!(records.find_mut(|record| record.run == 3).is_none());
    }
}

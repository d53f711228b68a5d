//! What is due on the simulated node, and when: in few bytes, since a million Pods wait for something.

use crate::pod::{Attempt, Event, HookKind};
use crate::rules::actions::ResizedResource;
use crate::rules::probe::RawOutcome;
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, ProbeKind};
use crate::time::Time;
use alloc::vec::Vec;

/// Something that is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Due {
    // News that is known already.
    Plain(Plain),
    SandboxFailed {
        attempt: u32,
    },
    SandboxStopped {
        attempt: u32,
    },
    SandboxStopFailed {
        attempt: u32,
    },
    SandboxDied {
        attempt: u32,
    },
    ImagePresent {
        container: ContainerIndex,
    },
    ImageAbsent {
        container: ContainerIndex,
    },
    ImageNameInvalid {
        container: ContainerIndex,
    },
    PullFailed {
        container: ContainerIndex,
        reason: WaitingReason,
    },
    HookFailed {
        container: ContainerIndex,
        attempt: Attempt,
        hook: HookKind,
        why: Missing,
    },
    ProbeBroken {
        container: ContainerIndex,
        attempt: Attempt,
        kind: ProbeKind,
    },
    /// A generation in two halves.
    ResizeAllocated {
        generation: [u32; 2],
    },
    Updated {
        container: ContainerIndex,
        attempt: Attempt,
        resource: ResizedResource,
    },
    UpdateFailed {
        container: ContainerIndex,
        attempt: Attempt,
        resource: ResizedResource,
    },
    // What is still to happen.
    Started {
        container: ContainerIndex,
        attempt: Attempt,
    },
    SandboxUp {
        attempt: u32,
    },
    Create {
        container: ContainerIndex,
        attempt: Attempt,
        restart_count: i32,
    },
    Pulled {
        container: ContainerIndex,
    },
    Up {
        container: ContainerIndex,
        run: u32,
    },
    /// The process ends: by itself, on the stop signal, or by force.
    End {
        container: ContainerIndex,
        run: u32,
        how: How,
    },
    HookEnd {
        container: ContainerIndex,
        run: u32,
        hook: HookKind,
        ok: bool,
    },
    ProbeEnd {
        container: ContainerIndex,
        run: u32,
        attempt: Attempt,
        probed: Probed,
    },
}

/// News without any particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    Stored,
    Scheduled,
    Bound,
    Admitted,
    VolumesMounted,
    VolumesUnmounted,
    ObjectRemoved,
    Aborted,
}

/// Why a hook failed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Its container is not there.
    NotFound,
    /// Its container ended.
    Ended,
}

/// Why a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    ByItself,
    OnTerm,
    /// The runtime's patience after the stop signal is over.
    TimedOut,
    Killed,
}

/// A probe and its outcome in one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Probed(u8);

const KINDS: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Readiness, ProbeKind::Liveness];
const OUTCOMES: [RawOutcome; 5] = [RawOutcome::Success, RawOutcome::Warning, RawOutcome::Failure, RawOutcome::Unknown, RawOutcome::Error];

impl Probed {
    pub(super) fn new(kind: ProbeKind, outcome: RawOutcome) -> Self {
        let kind = KINDS.iter().position(|known| *known == kind).unwrap_or_default();
        let outcome = OUTCOMES.iter().position(|known| *known == outcome).unwrap_or_default();
        Self((outcome * KINDS.len() + kind) as u8)
    }

    pub(super) const fn get(self) -> (ProbeKind, RawOutcome) {
        (KINDS[self.0 as usize % KINDS.len()], OUTCOMES[self.0 as usize / KINDS.len() % OUTCOMES.len()])
    }
}

impl Due {
    /// The event, if it is one already.
    pub(super) fn news(self) -> Option<Event<'static>> {
        Some(match self {
            Self::Plain(Plain::Stored) => Event::Stored,
            Self::Plain(Plain::Scheduled) => Event::Scheduled,
            Self::Plain(Plain::Bound) => Event::Bound,
            Self::Plain(Plain::Admitted) => Event::Admitted,
            Self::Plain(Plain::VolumesMounted) => Event::VolumesMounted,
            Self::Plain(Plain::VolumesUnmounted) => Event::VolumesUnmounted,
            Self::Plain(Plain::ObjectRemoved) => Event::ObjectRemoved,
            Self::Plain(Plain::Aborted) => Event::Aborted,
            Self::SandboxFailed { attempt } => Event::SandboxFailed { attempt },
            Self::SandboxStopped { attempt } => Event::SandboxStopped { attempt },
            Self::SandboxStopFailed { attempt } => Event::SandboxStopFailed { attempt },
            Self::SandboxDied { attempt } => Event::SandboxDied { attempt },
            Self::ImagePresent { container } => Event::ImagePresent { container },
            Self::ImageAbsent { container } => Event::ImageAbsent { container },
            Self::ImageNameInvalid { container } => {
                Event::ImageFailed { container, reason: WaitingReason::InvalidImageName, message: "couldn't parse image name" }
            }
            Self::PullFailed { container, reason } => {
                let message = "rpc error: code = NotFound desc = failed to pull and unpack image: not found";
                Event::ImageFailed { container, reason, message }
            }
            Self::HookFailed { container, attempt, hook, why } => {
                let message = match why {
                    Missing::NotFound => "container not found",
                    Missing::Ended => "container ended",
                };
                Event::HookFinished { container, attempt, hook, ok: false, message }
            }
            Self::ProbeBroken { container, attempt, kind } => Event::Probed { container, attempt, kind, outcome: RawOutcome::Error },
            Self::ResizeAllocated { generation: [high, low] } => {
                Event::ResizeAllocated { generation: (u64::from(high) << 32 | u64::from(low)) as i64 }
            }
            Self::Updated { container, attempt, resource } => Event::ContainerUpdated { container, attempt, resource },
            Self::UpdateFailed { container, attempt, resource } => {
                Event::ContainerUpdateFailed { container, attempt, resource, message: "the container is not running" }
            }
            Self::Started { .. }
            | Self::SandboxUp { .. }
            | Self::Create { .. }
            | Self::Pulled { .. }
            | Self::Up { .. }
            | Self::End { .. }
            | Self::HookEnd { .. }
            | Self::ProbeEnd { .. } => return None,
        })
    }
}

/// What is due of one Pod, the earliest first: that is here, the rest in the [`Store`] of all Pods. When the first is due is known elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agenda {
    due: Due,
    rest: u32,
}

/// The rest of what is due, of all Pods: lists, in order.
#[derive(Debug)]
pub(super) struct Store {
    nodes: Vec<Node>,
    /// Those that are not used, as a list.
    free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    at: Time,
    due: Due,
    next: u32,
}

/// No node.
const NONE: u32 = u32::MAX;

impl Agenda {
    /// Nothing is due.
    pub(super) const EMPTY: Self = Self { due: Due::Plain(Plain::Aborted), rest: NONE };

    /// Adds something, after all that is due at the same moment, and says when the first is due now; `first`: when it was before.
    pub(super) fn add(&mut self, first: Option<Time>, at: Time, due: Due, store: &mut Store) -> Time {
        match first {
            None => self.due = due,
            Some(first) if at < first => {
                self.rest = store.make(Node { at: first, due: self.due, next: self.rest });
                self.due = due;
            }
            Some(first) => {
                let mut before = None;
                let mut next = self.rest;
                while let Some(node) = store.nodes.get(next as usize).filter(|node| node.at <= at) {
                    (before, next) = (Some(next), node.next);
                }
                let made = store.make(Node { at, due, next });
                match before {
                    None => self.rest = made,
                    Some(before) => store.nodes[before as usize].next = made,
                }
                return first;
            }
        }
        at
    }

    /// Takes out what is due first, of which there is something, and says when the next is due.
    pub(super) fn take(&mut self, store: &mut Store) -> (Due, Option<Time>) {
        let taken = self.due;
        let next = store.drop(self.rest).map(|Node { at, due, next }| {
            *self = Self { due, rest: next };
            at
        });
        (taken, next)
    }

    /// Drops what is not to happen any more, and says when the first is due now; `first`: when it was before.
    pub(super) fn retain(&mut self, first: Option<Time>, store: &mut Store, mut stays: impl FnMut(&Due) -> bool) -> Option<Time> {
        let (mut kept, mut kept_first) = (Self::EMPTY, None);
        let mut first = first;
        while let Some(at) = first {
            let (due, next) = self.take(store);
            if stays(&due) {
                kept_first = Some(kept.add(kept_first, at, due, store));
            }
            first = next;
        }
        *self = kept;
        kept_first
    }
}

impl Store {
    pub(super) const fn new() -> Self {
        Self { nodes: Vec::new(), free: NONE }
    }

    fn make(&mut self, node: Node) -> u32 {
        let place = self.free;
        match self.nodes.get_mut(place as usize) {
            Some(free) => {
                self.free = free.next;
                *free = node;
                place
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() as u32 - 1
            }
        }
    }

    fn drop(&mut self, place: u32) -> Option<Node> {
        let node = self.nodes.get_mut(place as usize)?;
        let dropped = *node;
        node.next = self.free;
        self.free = place;
        Some(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small() {
        assert_eq!((size_of::<Due>(), size_of::<Agenda>(), size_of::<Node>()), (12, 16, 24));
    }

    #[test]
    fn a_probe_and_its_outcome_are_a_byte() {
        let all = KINDS.into_iter().flat_map(|kind| OUTCOMES.map(|outcome| (kind, outcome)));
        assert!(all.clone().all(|(kind, outcome)| Probed::new(kind, outcome).get() == (kind, outcome)));
        assert_eq!(all.count(), 15);
    }

    #[test]
    fn what_is_due_comes_in_order_and_its_room_is_used_again() {
        let (mut store, mut agenda) = (Store::new(), Agenda::EMPTY);
        let due = |attempt| Due::SandboxUp { attempt };
        for round in 0..3 {
            let mut first = None;
            for (attempt, secs) in (0..).zip([5, 3, 9, 3, 5, 1, 9]) {
                first = Some(agenda.add(first, Time::from_secs(secs), due(attempt), &mut store));
            }
            first = agenda.retain(first, &mut store, |known| *known != due(6));
            assert_eq!(first, Some(Time::from_secs(1)));
            for (attempt, next) in [(5, Some(3)), (1, Some(3)), (3, Some(5)), (0, Some(5)), (4, Some(9)), (2, None)] {
                assert_eq!(agenda.take(&mut store), (due(attempt), next.map(Time::from_secs)), "{round}");
            }
            assert_eq!(agenda.retain(None, &mut store, |_| true), None);
        }
        assert_eq!(store.nodes.len(), 6);
    }
}

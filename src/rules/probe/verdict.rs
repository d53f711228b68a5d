//! What a probe worker says: to a tick, and to the outcome of a probe.

use super::ProbeResult;

/// What a tick decided, and the results it changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Tick {
    /// What to do.
    pub verdict: Verdict,
    /// Results cached by the tick itself, before any probe.
    pub changes: Changes,
}

/// What to do after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Run the probe, and tell the worker its outcome.
    Probe,
    /// Nothing until the next tick.
    Wait(Wait),
    /// The worker has ended: drop it and its result.
    End(End),
}

/// Why a tick does not probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// The last probe still runs. The tick is kept, once ([`Answer::owed`]).
    Busy,
    /// The kubelet has no status of the Pod yet, or none of an instance of the container.
    NoInstance,
    /// The worker has given its verdict on this instance.
    OnHold,
    /// The container does not run.
    NotRunning,
    /// The initial delay is not over.
    InitialDelay,
    /// Of a startup probe: the container has started already.
    Started,
    /// Of a readiness or liveness probe: the container has not started yet.
    NotStarted,
}

/// Why a worker ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The Pod is Succeeded or Failed.
    PodTerminal,
    /// The container has ended and is not restarted.
    NotRestarted,
    /// The Pod was being deleted when the worker was made, and the probe is not a readiness probe.
    PodDeleted,
}

/// A cached result that changed (kubelet `results.Update`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Change {
    /// The result before; `None` if there was none for this instance.
    pub from: Option<ProbeResult>,
    /// The result now.
    pub to: ProbeResult,
}

/// The cached results a tick changed, in order: at most three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    from: Option<ProbeResult>,
    to: [Option<ProbeResult>; 3],
}

impl Changes {
    /// None yet, since this result.
    pub(super) const fn since(from: Option<ProbeResult>) -> Self {
        Self { from, to: [None; 3] }
    }

    /// These and one more.
    pub(super) fn then(mut self, result: ProbeResult) -> Self {
        if let Some(free) = self.to.iter_mut().find(|to| to.is_none()) {
            *free = Some(result);
        }
        self
    }

    /// Whether nothing changed.
    pub const fn is_empty(&self) -> bool {
        self.to[0].is_none()
    }

    /// The changes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Change> + use<> {
        let (mut from, to) = (self.from, self.to);
        to.into_iter().flatten().map(move |to| Change { from: from.replace(to), to })
    }
}

/// What the outcome of a probe brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Answer {
    /// The cached result changed.
    pub change: Option<Change>,
    /// A tick came while the probe ran: tick again at once.
    pub owed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_follow_from_each_other() {
        let none = Changes::since(Some(ProbeResult::Success));
        assert!(none.is_empty() && none.iter().next().is_none());
        let twice = none.then(ProbeResult::Failure).then(ProbeResult::Success);
        assert!(!twice.is_empty());
        let [first, second] = [(ProbeResult::Success, ProbeResult::Failure), (ProbeResult::Failure, ProbeResult::Success)]
            .map(|(from, to)| Change { from: Some(from), to });
        assert!(twice.iter().eq([first, second]));
    }
}

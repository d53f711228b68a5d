//! What a version shows, as far as it tells which rules cannot have anything to tell of it.

use super::version::{Change, Container, Version};
use crate::spec::ProbeKind;

/// A set of facts about a version or a change. Most versions show few, and a third of the rules ask for one: not to run those saves a sixth
/// of the instructions of all checks, and with them code that has to be fetched, since that of all rules does not fit in the nearest cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts(u8);

impl Facts {
    /// None.
    pub(super) const NONE: Self = Self(0);
    /// Some container shows a termination, present or last; of a change: before or after.
    pub(super) const ENDED: Self = Self(1);
    /// Some container waits.
    pub(super) const WAITING: Self = Self(2);
    /// Some container has a startup probe.
    pub(super) const STARTUP_PROBE: Self = Self(4);
    /// Some container has a readiness probe.
    pub(super) const READINESS_PROBE: Self = Self(8);
    /// The phase is terminal; of a change: before or after.
    pub(super) const TERMINAL: Self = Self(16);
    /// The Pod is being deleted; of a change: before or after.
    pub(super) const DELETED: Self = Self(32);
    /// Some container shows another instance, count or kind of state than before, or has or has no longer a last termination; or shows two
    /// states at once.
    pub(super) const MOVED: Self = Self(64);

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    const fn only(self, these: Self) -> Self {
        Self(self.0 & these.0)
    }

    const fn if_so(self, is_so: bool) -> Self {
        if is_so { self } else { Self::NONE }
    }

    /// What a version shows.
    pub(super) fn of(version: &Version<'_>) -> Self {
        let ended = Self::TERMINAL.if_so(version.is_terminal());
        let deleted = Self::DELETED.if_so(version.meta().deletion_timestamp.is_some());
        version.containers().map(|container| Self::of_container(&container)).fold(ended.and(deleted), Self::and)
    }

    fn of_container(container: &Container<'_>) -> Self {
        let probed = |kind| container.spec.is_some_and(|spec| spec.probe(kind).is_some());
        Self::ENDED
            .if_so(container.terminated().is_some() || container.last().is_some())
            .and(Self::WAITING.if_so(container.waiting().is_some()))
            .and(Self::STARTUP_PROBE.if_so(probed(ProbeKind::Startup)))
            .and(Self::READINESS_PROBE.if_so(probed(ProbeKind::Readiness)))
    }

    /// What a change shows, its new version showing these.
    pub(super) fn of_change(change: &Change<'_>, new: Self) -> Self {
        let before = Self::of(change.old).only(Self::ENDED.and(Self::TERMINAL).and(Self::DELETED));
        new.and(before).and(Self::MOVED.if_so(change.both().any(|(old, new)| has_moved(&old, &new))))
    }
}

fn has_moved(old: &Container<'_>, new: &Container<'_>) -> bool {
    let states =
        |container: &Container<'_>| [container.waiting().is_some(), container.running().is_some(), container.terminated().is_some()];
    old.status.restart_count != new.status.restart_count
        || states(old) != states(new)
        || states(new).iter().filter(|is_there| **is_there).count() > 1
        || old.last().is_some() != new.last().is_some()
        || old.status.container_id != new.status.container_id
}

#[cfg(test)]
mod tests {
    use super::Facts;
    use crate::check::catalogue::bases::{DELETING, RUNNING, STARTING, SUCCEEDED};
    use crate::check::catalogue::containers::bases::SERVING;
    use crate::check::tests::with_change;
    use crate::check::{Example, Step};

    #[test]
    fn a_version_shows_what_its_containers_show() {
        const STILL: &[Step] = &[&["t = 60"]];
        for (base, shows) in [
            (RUNNING, Facts::NONE),
            (STARTING, Facts::WAITING),
            (SUCCEEDED, Facts::ENDED.and(Facts::TERMINAL)),
            (DELETING, Facts::DELETED),
            (SERVING, Facts::ENDED.and(Facts::STARTUP_PROBE)),
        ] {
            assert_eq!(with_change(&Example { base, steps: STILL }, |change| Facts::of(change.new)), shows, "{base}");
            // Nothing moves where nothing changes.
            let of_change = with_change(&Example { base, steps: STILL }, |change| Facts::of_change(change, Facts::NONE));
            assert_eq!(of_change, shows.only(Facts::ENDED.and(Facts::TERMINAL).and(Facts::DELETED)), "{base}");
        }
        const PROBED: &[Step] = &[&["spec.containers[web].readinessProbe = {\"exec\": {}}"]];
        assert_eq!(with_change(&Example { base: RUNNING, steps: PROBED }, |change| Facts::of(change.new)), Facts::READINESS_PROBE);
    }

    #[test]
    fn a_container_moves_with_its_instance_its_count_its_state_and_its_last_end() {
        const LAST: &str = r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 1}}"#;
        let cases: [(&'static [Step], bool); 7] = [
            (&[&["status.containerStatuses[web].restartCount = 1"]], true),
            (&[&["status.containerStatuses[web].containerID = containerd://a1"]], true),
            (&[&[LAST]], true),
            (&[&[LAST], &["status.containerStatuses[web].lastState = {}"]], true),
            (&[&[r#"status.containerStatuses[web].state.waiting = {"reason": "CrashLoopBackOff"}"#], &["t = 60"]], true),
            (&[&[r#"status.containerStatuses[web].state = {"waiting": {}}"#]], true),
            (&[&[LAST, "status.containerStatuses[web].ready = false"], &["status.containerStatuses[web].ready = true"]], false),
        ];
        for (steps, moves) in cases {
            let facts = with_change(&Example { base: RUNNING, steps }, |change| Facts::of_change(change, Facts::NONE));
            assert_eq!(facts.only(Facts::MOVED), Facts::MOVED.if_so(moves), "{steps:?}");
        }
    }
}

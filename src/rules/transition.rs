//! Which states a container may leave in the status (kubelet `checkContainerStateTransition`).
//!
//! A container that has ended for good cannot come back: the kubelet drops a whole status update in which one does.

use super::restart;
use super::view::{ApiStatuses, StatusState, Statuses};
use crate::api::{ContainerStatus, PodStatus, RestartPolicy};
use crate::gates::Gates;
use crate::spec::{ContainerIndex, Spec};

/// What the kubelet says to a status update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Transition {
    /// It is taken.
    Legal,
    /// It is dropped: this regular container had ended for good and would come back.
    Illegal(ContainerIndex),
    /// It is dropped: this init container had ended for good and would come back.
    IllegalInit(ContainerIndex),
    /// It is dropped: the init container status at this place of the last status is not that of the spec's init container at this place.
    SpecMismatch(usize),
}

impl Transition {
    /// Whether the update is taken.
    pub const fn is_legal(self) -> bool {
        matches!(self, Self::Legal)
    }
}

/// What the kubelet says to an update from the status `old` to one in which a container is terminated or not as `ends` says; `ends`
/// is `None` for a container that the new status does not have, which is no return.
///
/// Regular containers are judged before init containers; ephemeral ones are not looked at. In statuses read through [`Statuses`] every init
/// container stands in its place; for lists as the API has them see [`between`].
pub fn judge(spec: &Spec, old: &impl Statuses, ends: impl Fn(ContainerIndex) -> Option<bool>, gates: &Gates) -> Transition {
    judge_in_place(spec, old, ends, None, gates)
}

/// What the kubelet says to an update from one API status to another one.
///
/// Only here can an init container status be out of its place ([`Transition::SpecMismatch`]); the kubelet goes through the old list and
/// stops at the first that is, unless one before it is illegal.
pub fn between(spec: &Spec, old: &PodStatus, new: &PodStatus, gates: &Gates) -> Transition {
    let new = ApiStatuses::new(spec, new);
    let ends = |container| new.find(container).map(|status| status.state.terminated.is_some());
    let misplaced = misplaced(spec, &old.init_container_statuses);
    judge_in_place(spec, &ApiStatuses::new(spec, old), ends, misplaced, gates)
}

/// Whether a status may show this container as not terminated after it showed it terminated with this exit code (kubelet
/// `checkContainerStateTransition`).
///
/// It may if the Pod's policy is Always or some container may restart all containers; for a sidecar; after a failure under OnFailure;
/// and where the container's own rules and policy restart it after that code. Ephemeral containers are not asked about.
pub fn may_leave_terminated(spec: &Spec, container: ContainerIndex, exit_code: i32, gates: &Gates) -> bool {
    may_anything(spec, gates) || may_return(spec, container, exit_code, gates)
}

fn judge_in_place(
    spec: &Spec,
    old: &impl Statuses,
    ends: impl Fn(ContainerIndex) -> Option<bool>,
    misplaced: Option<usize>,
    gates: &Gates,
) -> Transition {
    if may_anything(spec, gates) {
        return Transition::Legal;
    }
    let comes_back = |&container: &ContainerIndex| {
        let Some(StatusState::Terminated(exit)) = old.entry(container).map(|entry| entry.state) else {
            return false;
        };
        !may_return(spec, container, exit.code, gates) && ends(container) == Some(false)
    };
    if let Some(container) = spec.regular().find(comes_back) {
        return Transition::Illegal(container);
    }
    if let Some(container) = spec.init().take(misplaced.unwrap_or(usize::MAX)).find(comes_back) {
        return Transition::IllegalInit(container);
    }
    misplaced.map_or(Transition::Legal, Transition::SpecMismatch)
}

/// Whether every container of the Pod may leave every state.
fn may_anything(spec: &Spec, gates: &Gates) -> bool {
    spec.restart_policy() == RestartPolicy::Always || restart::could_restart_all(spec, gates)
}

/// The same of one container, in a Pod that does not allow everything.
fn may_return(spec: &Spec, container: ContainerIndex, exit_code: i32, gates: &Gates) -> bool {
    spec.container(container).is_sidecar()
        || (exit_code != 0 && spec.restart_policy() == RestartPolicy::OnFailure)
        || (gates.container_restart_rules && restart::should_restart_on_exit(spec, container, exit_code, gates))
}

/// The first place of the list whose status is not that of the spec's init container at this place.
fn misplaced(spec: &Spec, list: &[ContainerStatus]) -> Option<usize> {
    let mut places = spec.init();
    list.iter().position(|status| places.next().is_none_or(|place| spec.container(place).name() != status.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(policy: &str, old: &str, new: &str) -> Transition {
        let spec =
            alloc::format!(r#"{{"restartPolicy": "{policy}", "initContainers": [{{"name": "i"}}], "containers": [{{"name": "c"}}]}}"#);
        let spec = Spec::as_given(serde_json::from_str(&spec).unwrap());
        between(&spec, &serde_json::from_str(old).unwrap(), &serde_json::from_str(new).unwrap(), &Gates::default())
    }

    #[test]
    fn what_ended_for_good_does_not_come_back() {
        let ended =
            |code| alloc::format!(r#"{{"containerStatuses": [{{"name": "c", "state": {{"terminated": {{"exitCode": {code}}}}}}}]}}"#);
        let runs = r#"{"containerStatuses": [{"name": "c", "state": {"running": {}}}]}"#;
        assert_eq!(judged("Never", &ended(1), runs), Transition::Illegal(ContainerIndex::new(1)));
        assert_eq!(judged("OnFailure", &ended(1), runs), Transition::Legal);
        assert!(!judged("OnFailure", &ended(0), runs).is_legal());
        assert!(judged("Always", &ended(0), runs).is_legal());
        assert!(judged("Never", &ended(1), "{}").is_legal(), "to vanish is not to come back");
    }

    #[test]
    fn an_init_status_out_of_place_stops_everything_but_what_may_do_anything() {
        let other = r#"{"initContainerStatuses": [{"name": "x"}]}"#;
        assert_eq!(judged("Never", other, "{}"), Transition::SpecMismatch(0));
        assert_eq!(judged("Never", r#"{"initContainerStatuses": [{"name": "i"}, {"name": "i"}]}"#, "{}"), Transition::SpecMismatch(1));
        assert!(judged("Always", other, "{}").is_legal());
    }
}

//! One version of a Pod as the rules read it, and two of them.

use crate::api::{self, ConditionType, EventType, PodPhase};
use crate::check::clock::Moment;
use crate::check::history::History;
use crate::check::shape::{Scope, Shapes};
use crate::gates::Gates;
use crate::rules::conditions::KubeletCondition;
use crate::rules::view::ApiStatuses;
use crate::spec::{ContainerIndex, ContainerKind, ContainerSpec, Spec};
use crate::time::Time;
use alloc::vec::Vec;
use core::fmt;

/// How a version came to the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The first of its UID. `begun`: the stream had begun before the Pod was created; `replaces`: a Pod of this name, another UID, was there and
    /// had not been deleted.
    First { begun: bool, replaces: bool },
    /// Behind another version of its UID.
    Next,
    /// Its UID had been deleted.
    AfterDeleted,
}

/// What is found out once about each version and kept with it.
#[derive(Clone, Debug)]
pub(super) struct Derived {
    pub(super) shapes: Shapes,
    /// The object came with a spec of its own.
    pub(super) has_own_spec: bool,
    /// The spec of the object is that of the version before, but for the binding at most; not said if one of them has none.
    pub(super) keeps_spec: bool,
    /// Places in the list of conditions, by [`KubeletCondition`]; `ABSENT` if it is not there.
    conditions: [u8; 8],
    /// The container statuses: init, regular, ephemeral, each list in its order.
    places: Vec<Place>,
}

/// A container status: where it stands, and whose it is. Most rules walk over them, so names are compared once, here: to compare them anew for
/// each rule adds two thirds to the instructions of all checks.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Which of the three lists it is in, and where.
    list: u8,
    at: u32,
    /// The container of the spec.
    index: Option<ContainerIndex>,
    kind: ContainerKind,
    /// The place of the same container in the version before.
    before: Option<u32>,
}

const ABSENT: u8 = u8::MAX;

impl Derived {
    pub(super) const NEW: Self =
        Self { shapes: Shapes::NONE, has_own_spec: false, keeps_spec: false, conditions: [ABSENT; 8], places: Vec::new() };

    /// Finds it out anew, `old` being the version before; what is in it goes, its memory serves again.
    pub(super) fn read(&mut self, pod: &api::Pod, spec: Option<&Spec>, old: Option<&Version<'_>>, gates: &Gates) {
        self.shapes = Shapes::of(pod, gates);
        self.conditions = [ABSENT; 8];
        for (place, condition) in pod.status.conditions.iter().enumerate().take(usize::from(ABSENT)).rev() {
            if let Some(kubelets) = owned(&condition.type_) {
                self.conditions[kubelets as usize] = place as u8;
            }
        }
        self.places.clear();
        for (list, kind) in [ContainerKind::Init, ContainerKind::Regular, ContainerKind::Ephemeral].into_iter().enumerate() {
            for (at, status) in lists(&pod.status)[list].iter().enumerate() {
                let index = spec.and_then(|spec| find(spec, list, at, &status.name));
                let kind = spec.zip(index).map_or(kind, |(spec, index)| spec.container(index).kind());
                let before = old.and_then(|old| old.find(list, self.places.len(), &status.name));
                self.places.push(Place { list: list as u8, at: at as u32, index, kind, before });
            }
        }
    }
}

/// The three lists of container statuses.
const fn lists(status: &api::PodStatus) -> [&Vec<api::ContainerStatus>; 3] {
    [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses]
}

/// The container of the spec with this name, whose status stands at this place of this list.
fn find(spec: &Spec, list: usize, at: usize, name: &str) -> Option<ContainerIndex> {
    let named = |index: &ContainerIndex| spec.container(*index).name() == name;
    // Where the list is in order, which is the rule, the place tells.
    let expected = match list {
        0 => spec.init().nth(at),
        1 => spec.regular_by_name().get(at).copied(),
        _ => spec.ephemeral_by_name().get(at).copied(),
    };
    let of_list = |index: &ContainerIndex| list_of(spec.container(*index).kind()) == list && named(index);
    expected.filter(named).or_else(|| spec.indexes().find(of_list))
}

/// The condition of the kubelet of this type.
pub(super) fn owned(type_: &ConditionType) -> Option<KubeletCondition> {
    Some(match type_ {
        ConditionType::PodScheduled => KubeletCondition::PodScheduled,
        ConditionType::PodReadyToStartContainers => KubeletCondition::PodReadyToStartContainers,
        ConditionType::Initialized => KubeletCondition::Initialized,
        ConditionType::ContainersReady => KubeletCondition::ContainersReady,
        ConditionType::Ready => KubeletCondition::Ready,
        ConditionType::PodResizePending => KubeletCondition::PodResizePending,
        ConditionType::PodResizeInProgress => KubeletCondition::PodResizeInProgress,
        ConditionType::AllContainersRestarting => KubeletCondition::AllContainersRestarting,
        _ => return None,
    })
}

const fn list_of(kind: ContainerKind) -> usize {
    match kind {
        ContainerKind::Init | ContainerKind::Sidecar => 0,
        ContainerKind::Regular => 1,
        ContainerKind::Ephemeral => 2,
    }
}

/// One version of a Pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version<'a> {
    /// None: it came as a bare object.
    pub(super) event: Option<EventType>,
    pub(super) arrival: Arrival,
    pub(super) meta: &'a api::ObjectMeta,
    pub(super) status: &'a api::PodStatus,
    pub(super) specs: Specs<'a>,
    pub(super) at: Option<Moment>,
    pub(super) derived: &'a Derived,
    pub(super) history: &'a History,
    pub(super) gates: &'a Gates,
}

/// The specs a version speaks of. They are kept once for all versions that have them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Specs<'a> {
    /// Of the generation in `status.observedGeneration`.
    pub(super) observed: Option<&'a Spec>,
    /// Of the object itself.
    pub(super) current: Option<&'a Spec>,
}

impl<'a> Version<'a> {
    pub(super) const fn meta(&self) -> &'a api::ObjectMeta {
        self.meta
    }

    pub(super) const fn status(&self) -> &'a api::PodStatus {
        self.status
    }

    pub(super) const fn phase(&self) -> Option<PodPhase> {
        self.status.phase
    }

    /// Whether it is the first of its UID in the stream.
    pub(super) const fn is_first(&self) -> bool {
        matches!(self.arrival, Arrival::First { .. })
    }

    /// Whether the phase is Succeeded or Failed.
    pub(super) fn is_terminal(&self) -> bool {
        self.phase().is_some_and(PodPhase::is_terminal)
    }

    /// The spec that the status speaks of: that of the observed generation.
    pub(super) const fn spec(&self) -> Option<&'a Spec> {
        self.specs.observed
    }

    /// The spec of the object.
    pub(super) const fn current_spec(&self) -> Option<&'a Spec> {
        self.specs.current
    }

    /// `spec.nodeName` of the object; empty if it has none, or no spec.
    pub(super) fn node_name(&self) -> &'a str {
        self.specs.current.map_or("", |spec| &spec.api().node_name)
    }

    /// Whether the object came with a spec of its own: one that was given for all Pods names no node.
    pub(super) const fn has_own_spec(&self) -> bool {
        self.derived.has_own_spec
    }

    /// The spec that the object came with.
    pub(super) fn own_spec(&self) -> Option<&'a Spec> {
        self.current_spec().filter(|_| self.has_own_spec())
    }

    /// Whether the object has messages for humans: from some streams they were removed, and there their absence tells nothing.
    pub(super) fn has_messages(&self) -> bool {
        self.status().conditions.iter().any(|condition| !condition.message.is_empty())
    }

    /// When it was written.
    pub(super) const fn at(&self) -> Option<Moment> {
        self.at
    }

    pub(super) const fn shapes(&self) -> Shapes {
        self.derived.shapes
    }

    pub(super) const fn is(&self, shape: Shapes) -> bool {
        self.derived.shapes.intersects(shape)
    }

    pub(super) fn is_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::Any => true,
            Scope::Started => self.status().start_time.is_some(),
            Scope::Full => self.is_full(),
        }
    }

    /// Whether a kubelet has built the whole status.
    pub(super) fn is_full(&self) -> bool {
        let has = |condition: KubeletCondition| self.derived.conditions[condition as usize] != ABSENT;
        self.status().start_time.is_some() && (has(KubeletCondition::PodReadyToStartContainers) || has(KubeletCondition::Ready))
    }

    /// The first condition of this type of the kubelet's.
    pub(super) fn condition(&self, condition: KubeletCondition) -> Option<&'a api::PodCondition> {
        self.status().conditions.get(usize::from(self.derived.conditions[condition as usize]))
    }

    /// Whether this condition of the kubelet's is True.
    pub(super) fn holds(&self, condition: KubeletCondition) -> bool {
        self.condition(condition).is_some_and(|condition| condition.status == api::ConditionStatus::True)
    }

    /// The first condition of this type, whoever writes it.
    pub(super) fn foreign_condition(&self, type_: &ConditionType) -> Option<&'a api::PodCondition> {
        self.status().conditions.iter().find(|condition| condition.type_ == *type_)
    }

    /// The container statuses: init, regular, ephemeral, each list in its order.
    pub(super) fn containers(&self) -> impl Iterator<Item = Container<'a>> + use<'a> {
        let version = *self;
        self.derived.places.iter().map(move |place| version.container_at(place))
    }

    /// The status of this container.
    pub(super) fn container(&self, index: ContainerIndex) -> Option<Container<'a>> {
        let place = self.derived.places.iter().find(|place| place.index == Some(index))?;
        Some(self.container_at(place))
    }

    /// Places are of this very status and spec, so that nothing is out of bounds.
    fn container_at(&self, place: &Place) -> Container<'a> {
        let Place { list, at, index, kind, .. } = *place;
        let spec = self.spec().zip(index).map(|(spec, index)| spec.container(index));
        Container { kind, index, spec, status: &lists(self.status())[usize::from(list)][at as usize] }
    }

    /// The place of the container of this name in this list: mostly the one expected.
    fn find(&self, list: usize, expected: usize, name: &str) -> Option<u32> {
        let is_it = |place: &Place| usize::from(place.list) == list && lists(self.status())[list][place.at as usize].name == name;
        let places = &self.derived.places;
        let found = if places.get(expected).is_some_and(is_it) { Some(expected) } else { places.iter().position(is_it) };
        found.map(|found| found as u32)
    }

    /// The container statuses as the rules of the kubelet read them, and the spec to read them with.
    pub(super) fn statuses(&self) -> Option<(&'a Spec, ApiStatuses<'a>)> {
        self.spec().map(|spec| (spec, ApiStatuses::new(spec, self.status())))
    }

    /// Whether a time is not after the write, give or take a second.
    pub(super) fn has_passed(&self, time: Time) -> bool {
        self.at.is_none_or(|at| time <= at.latest + Moment::SLACK)
    }
}

/// The status of one container, and what the spec says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'a> {
    /// What it is for; without a spec, sidecars count as init containers.
    pub(super) kind: ContainerKind,
    /// Its place in the spec; none if the spec has no such container, or there is no spec.
    pub(super) index: Option<ContainerIndex>,
    pub(super) spec: Option<&'a ContainerSpec>,
    pub(super) status: &'a api::ContainerStatus,
}

impl<'a> Container<'a> {
    pub(super) const fn waiting(&self) -> Option<&'a api::ContainerStateWaiting> {
        self.status.state.waiting.as_ref()
    }

    pub(super) const fn running(&self) -> Option<&'a api::ContainerStateRunning> {
        self.status.state.running.as_ref()
    }

    pub(super) const fn terminated(&self) -> Option<&'a api::ContainerStateTerminated> {
        self.status.state.terminated.as_ref()
    }

    /// The termination before the present state.
    pub(super) const fn last(&self) -> Option<&'a api::ContainerStateTerminated> {
        self.status.last_state.terminated.as_ref()
    }

    /// Whether it is a regular container or a sidecar: one that counts for readiness.
    pub(super) const fn serves(&self) -> bool {
        matches!(self.kind, ContainerKind::Regular | ContainerKind::Sidecar)
    }

    /// The path of one of its fields: `status.containerStatuses[web].ready`.
    pub(super) fn path(&self, field: &'static str) -> impl fmt::Display + use<'a> {
        container_path(self.kind, &self.status.name, field)
    }

    /// Its present state in a word or two: `running`, `waiting(CrashLoopBackOff)`, `terminated(Error, 1)`.
    pub(super) fn state(&self) -> impl fmt::Display + use<'a> {
        state(&self.status.state)
    }

    /// Its last state, likewise.
    pub(super) fn last_state(&self) -> impl fmt::Display + use<'a> {
        state(&self.status.last_state)
    }
}

/// A state in a word or two; all of them if there are several.
fn state(state: &api::ContainerState) -> impl fmt::Display + use<'_> {
    fmt::from_fn(move |f| {
        let mut before = "";
        if let Some(waiting) = &state.waiting {
            write!(f, "waiting({})", waiting.reason)?;
            before = ", ";
        }
        if state.running.is_some() {
            write!(f, "{before}running")?;
            before = ", ";
        }
        if let Some(end) = &state.terminated {
            write!(f, "{before}terminated({}, {})", end.reason, end.exit_code)?;
            before = ", ";
        }
        if before.is_empty() { f.write_str("none") } else { Ok(()) }
    })
}

/// Two versions of a Pod, one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) old: &'a Version<'a>,
    pub(super) new: &'a Version<'a>,
    /// Versions may be missing in between.
    pub(super) gap: bool,
}

impl<'a> Change<'a> {
    /// The containers of the new version, each with what it was.
    pub(super) fn containers(&self) -> impl Iterator<Item = (Option<Container<'a>>, Container<'a>)> + use<'a> {
        let (old, new) = (*self.old, *self.new);
        let was = move |place: &Place| place.before.map(|before| old.container_at(&old.derived.places[before as usize]));
        new.derived.places.iter().map(move |place| (was(place), new.container_at(place)))
    }

    /// The containers that both versions have.
    pub(super) fn both(&self) -> impl Iterator<Item = (Container<'a>, Container<'a>)> + use<'a> {
        self.containers().filter_map(|(old, new)| Some((old?, new)))
    }

    /// Whether the specs that the objects came with are the same, but for the binding at most; none if one came without.
    pub(super) fn keeps_spec(&self) -> Option<bool> {
        (self.old.has_own_spec() && self.new.has_own_spec()).then_some(self.new.derived.keeps_spec)
    }

    /// This condition before and after, where both versions have it.
    pub(super) fn condition(&self, condition: KubeletCondition) -> Option<(&'a api::PodCondition, &'a api::PodCondition)> {
        self.old.condition(condition).zip(self.new.condition(condition))
    }
}

/// The path of a field of a container status: `status.containerStatuses[web].ready`.
pub(super) fn container_path<'a>(kind: ContainerKind, name: &'a str, field: &'static str) -> impl fmt::Display + use<'a> {
    let list = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"][list_of(kind)];
    let dot = if field.is_empty() { "" } else { "." };
    fmt::from_fn(move |f| write!(f, "status.{list}[{name}]{dot}{field}"))
}

/// The path of a field of a condition: `status.conditions[Ready].status`.
pub(super) fn condition_path<'a>(type_: &'a str, field: &'static str) -> impl fmt::Display + use<'a> {
    let dot = if field.is_empty() { "" } else { "." };
    fmt::from_fn(move |f| write!(f, "status.conditions[{type_}]{dot}{field}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::catalogue::bases::RUNNING;
    use crate::check::tests::with_change;
    use crate::check::{Example, Step};
    use crate::time::Span;

    #[test]
    fn a_time_has_passed_if_the_write_may_have_come_a_second_before_it() {
        let at = Time::from_secs(1_767_225_600);
        let passed = |since: Option<i64>| {
            let moment = Some(Moment { earliest: at, latest: at + Span::from_secs(5), t: None });
            with_change(&Example { base: RUNNING, steps: &[&["t = 4"]] }, |change| {
                let version = Version { at: since.and(moment), ..*change.new };
                version.has_passed(at + Span::from_secs(since.unwrap_or(3600)))
            })
        };
        assert_eq!([None, Some(0), Some(5), Some(6), Some(7)].map(passed), [true, true, true, true, false]);
    }

    #[test]
    fn states_are_told_in_words() {
        let told = |step: Step| {
            let steps = alloc::vec![step].leak();
            with_change(&Example { base: RUNNING, steps }, |change| {
                let container = change.new.containers().next().expect("it has one container");
                (alloc::format!("{}", container.state()), alloc::format!("{}", container.last_state()))
            })
        };
        let words = |state: &str, last: &str| (state.into(), last.into());
        assert_eq!(told(&["t = 4"]), words("running", "none"));
        const ALL: Step = &[
            r#"status.containerStatuses[web].state = {"waiting": {"reason": "CrashLoopBackOff"}, "running": {}, "terminated": {"exitCode": 2, "reason": "Error"}}"#,
            r#"status.containerStatuses[web].lastState = {"terminated": {"exitCode": 0, "reason": "Completed"}}"#,
        ];
        assert_eq!(told(ALL), words("waiting(CrashLoopBackOff), running, terminated(Error, 2)", "terminated(Completed, 0)"));
        const ODD: Step = &[
            r#"status.containerStatuses[web].state = {"running": {}, "terminated": {"exitCode": 2, "reason": "Error"}}"#,
            r#"status.containerStatuses[web].lastState = {"waiting": {}, "running": {}}"#,
        ];
        assert_eq!(told(ODD), words("running, terminated(Error, 2)", "waiting(), running"));
    }

    #[test]
    fn paths_name_the_list_and_the_field_if_there_is_one() {
        let of = |kind, field| alloc::format!("{}", container_path(kind, "web", field));
        assert_eq!(of(ContainerKind::Init, "ready"), "status.initContainerStatuses[web].ready");
        assert_eq!(of(ContainerKind::Sidecar, "state"), "status.initContainerStatuses[web].state");
        assert_eq!(of(ContainerKind::Regular, ""), "status.containerStatuses[web]");
        assert_eq!(of(ContainerKind::Ephemeral, ""), "status.ephemeralContainerStatuses[web]");
        assert_eq!(
            alloc::format!("{} {}", condition_path("Ready", ""), condition_path("Ready", "reason")),
            "status.conditions[Ready] status.conditions[Ready].reason"
        );
    }

    #[test]
    fn a_status_is_full_when_a_condition_that_only_the_kubelet_writes_is_there() {
        let is_in = |step: Step| {
            let steps = alloc::vec![step].leak();
            with_change(&Example { base: RUNNING, steps }, |change| {
                [Scope::Any, Scope::Started, Scope::Full].map(|scope| change.new.is_in(scope))
            })
        };
        assert_eq!(is_in(&["t = 4"]), [true; 3]);
        assert_eq!(is_in(&["status.conditions[Ready] = null"]), [true; 3]);
        assert_eq!(is_in(&["status.conditions[PodReadyToStartContainers] = null"]), [true; 3]);
        assert_eq!(is_in(&["status.conditions[Ready] = null", "status.conditions[PodReadyToStartContainers] = null"]), [true, true, false]);
        assert_eq!(is_in(&["status.startTime = null"]), [true, false, false]);
    }
    #[test]
    fn each_condition_of_the_kubelet_is_known_by_its_type() {
        for condition in KubeletCondition::ALL {
            assert_eq!(owned(&condition.type_()), Some(condition));
        }
        assert_eq!(owned(&ConditionType::DisruptionTarget), None);
    }
}

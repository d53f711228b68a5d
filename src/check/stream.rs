//! The stream of versions of one Pod.

use crate::Gates;
use crate::api::{self, EventType};
use crate::check::clock::{Clock, Moment};
use crate::check::finding::Finding;
use crate::check::history::History;
use crate::check::report::{Report, Sink};
use crate::check::rule::{Check, Limit};
use crate::check::shape::{Shapes, is_collection};
use crate::check::version::{Arrival, Change, Derived, Specs, Version};
use crate::check::wanted::{Lacks, Rules};
use crate::rules::conditions::ConditionReason;
use crate::spec::Spec;
use crate::time::{Span, Time};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How a version came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrived {
    /// None: a bare object.
    pub(super) kind: Option<EventType>,
    pub(super) t: Option<f64>,
    pub(super) line: u64,
    /// No version is missing between this one and the one before it.
    pub(super) every_version: bool,
}

/// What is to be told of a version, for the tally.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) at: Option<Moment>,
    pub(super) has_spec: bool,
    pub(super) after_gap: bool,
}

/// The last version of a Pod, and what must be remembered of those before it.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    gates: Gates,
    /// Which watch the last version came through.
    pub(super) watch: u32,
    clock: Clock,
    history: History,
    /// Specs by generation, from the one observed last on.
    specs: Vec<(i64, Arc<Spec>)>,
    arrival: Arrival,
    last: Option<Last>,
    /// Of the version being read; its memory serves again.
    next: Derived,
    /// For each of the [duration rules](Rules::duration), the state that lasts.
    lasting: Vec<Lasting>,
    /// Since it looks as if the garbage collector had written its last word.
    collected: Option<Collected>,
}

/// A version that is kept.
#[derive(Clone, Debug)]
struct Last {
    kind: Option<EventType>,
    meta: api::ObjectMeta,
    status: api::PodStatus,
    at: Option<Moment>,
    current: Option<Arc<Spec>>,
    observed: Option<Arc<Spec>>,
    derived: Derived,
}

/// Whether a state that must not last is there.
#[derive(Clone, Copy, Debug)]
enum Lasting {
    No,
    Since(Moment, Limit, u64),
    /// It has lasted too long, and that has been told.
    Told(Limit),
}

#[derive(Clone, Debug)]
struct Collected {
    since: Option<Moment>,
    waiting: Vec<Finding>,
}

/// The garbage collector removes a Pod within this time after its last word.
const REMOVAL: Span = Span::from_secs(30);

/// So many specs are kept of one Pod.
const SPECS: usize = 8;

impl Stream {
    pub(super) const fn new(arrival: Arrival, gates: Gates, watch: u32) -> Self {
        Self {
            gates,
            watch,
            clock: Clock::NEW,
            history: History::NEW,
            specs: Vec::new(),
            arrival,
            last: None,
            next: Derived::NEW,
            lasting: Vec::new(),
            collected: None,
        }
    }

    /// Whether this is the last version once more, as a re-list shows it.
    pub(super) fn is_repeated(&self, pod: &api::Pod, kind: Option<EventType>) -> bool {
        let again = matches!(kind, None | Some(EventType::Added));
        let version = &pod.metadata.resource_version;
        again && self.last.as_ref().is_some_and(|last| !version.is_empty() && last.meta.resource_version == *version)
    }

    /// Whether the last version was a bare object.
    pub(super) fn came_bare(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.kind.is_none())
    }

    /// Takes the next version and holds it against the rules.
    pub(super) fn take(
        &mut self,
        mut pod: Box<api::Pod>,
        arrived: Arrived,
        default: Option<&Arc<Spec>>,
        rules: &Rules,
        found: &mut dyn FnMut(Finding),
    ) -> Seen {
        let created = self.last.is_none() && arrived.kind == Some(EventType::Added) && is_as_created(&pod);
        let at = self.clock.read(arrived.t, created, &pod);
        let has_own_spec = !pod.spec.containers.is_empty();
        let (current, observed) = self.specs_of(&mut pod, default);
        let specs = Specs { current: current.as_deref(), observed: observed.as_deref() };
        let old = self.last.as_ref().map(|last| last.version(&self.history, &self.gates));
        self.next.read(&pod, specs.observed, old.as_ref(), &self.gates);
        self.next.has_own_spec = has_own_spec;
        let gap = self.last.is_some() && (arrived.kind == Some(EventType::Added) || !arrived.every_version);
        if let Some(at) = at.filter(|_| !gap) {
            self.settle(at, false, rules, found);
        }
        self.watch_for_collection(&pod, gap, at, found);

        let Self { gates, history, arrival, last, next, collected, lasting, .. } = self;
        let api::Pod { metadata: meta, status, .. } = &*pod;
        let read = |history: &History, read: &mut dyn FnMut(&Version<'_>, Option<&Change<'_>>)| {
            let new = Version { event: arrived.kind, arrival: *arrival, meta, status, specs, at, derived: next, history, gates };
            let old = last.as_ref().map(|last| last.version(history, gates));
            read(&new, old.as_ref().map(|old| Change { old, new: &new, gap }).as_ref());
        };
        let waiting = collected.as_mut().map(|collected| &mut collected.waiting);
        let mut sink = Sink { meta, at: at.map(|at| at.earliest), line: arrived.line, waiting, found };
        read(history, &mut |new, change| {
            hold(rules, new, change, &mut sink);
            remember(lasting, rules, new, arrived.line);
        });
        // Learning asks no history: what it learns from would be what it changes.
        read(&History::NEW, &mut |new, change| history.learn(new, change));
        let seen = Seen { at, has_spec: specs.observed.is_some(), after_gap: gap };
        self.keep(arrived.kind, *pod, at, (current, observed));
        // Behind a gap a state has lasted only if it is still there.
        if let Some(at) = at.filter(|_| gap) {
            self.settle(at, false, rules, found);
        }
        seen
    }

    /// The Pod is gone, or the input is over, at this moment, as far as it tells.
    pub(super) fn finish(&mut self, now: Option<Time>, rules: &Rules, found: &mut dyn FnMut(Finding)) {
        let Some(now) = now else { return };
        let now = Moment::exactly(now);
        self.settle(now, true, rules, found);
        self.release(now, found);
    }

    /// The last version was that of the removal: the garbage collector has done what it said, and nothing lasts any longer.
    pub(super) fn removed(&mut self, rules: &Rules, found: &mut dyn FnMut(Finding)) {
        if let Some(at) = self.last.as_ref().and_then(|last| last.at) {
            self.settle(at, true, rules, found);
        }
        // With what waited.
        self.collected = None;
    }

    /// The metadata of the last version.
    pub(super) fn meta(&self) -> Option<&api::ObjectMeta> {
        self.last.as_ref().map(|last| &last.meta)
    }

    /// The spec of the object, taken out of it, and that of the generation its status speaks of.
    fn specs_of(&mut self, pod: &mut api::Pod, default: Option<&Arc<Spec>>) -> (Option<Arc<Spec>>, Option<Arc<Spec>>) {
        let mut given = core::mem::take(&mut pod.spec);
        self.next.keeps_spec = false;
        let current = if given.containers.is_empty() {
            default.cloned()
        } else {
            let last = self.specs.last().map(|(_, last)| last);
            self.next.keeps_spec = last.is_some_and(|last| is_same_template(last.api(), &mut given));
            let same = last.filter(|last| self.next.keeps_spec && last.api().node_name == given.node_name);
            Some(same.map_or_else(|| Arc::new(Spec::as_given(given)), Arc::clone))
        };
        let Some(current) = current else { return (None, None) };
        let generation = pod.metadata.generation;
        match self.specs.last_mut() {
            Some((known, spec)) if *known == generation => *spec = Arc::clone(&current),
            _ => self.specs.push((generation, Arc::clone(&current))),
        }
        let seen = pod.status.observed_generation;
        let place = self.specs.iter().rposition(|(generation, _)| *generation == seen);
        let observed = if seen == 0 { Some(Arc::clone(&current)) } else { place.map(|place| Arc::clone(&self.specs[place].1)) };
        let forget = place.unwrap_or_default().max(self.specs.len().saturating_sub(SPECS));
        self.specs.drain(..forget);
        (Some(current), observed)
    }

    /// Tells of the states that lasted longer than they may, up to this moment. `over`: no version follows.
    fn settle(&mut self, now: Moment, over: bool, rules: &Rules, found: &mut dyn FnMut(Finding)) {
        let Self { last: Some(last), lasting, history, gates, .. } = self else { return };
        for (rule, state) in rules.duration.iter().map(|wanted| wanted.rule).zip(lasting) {
            let Lasting::Since(since, limit, line) = *state else { continue };
            let is_open = over && matches!(rule.check, Check::Passing(..));
            if now.at_least_since(since) <= limit.within && !is_open {
                continue;
            }
            *state = Lasting::Told(limit);
            if let Check::Duration(_, tell) | Check::Passing(_, tell) = rule.check {
                let waiting = self.collected.as_mut().map(|collected| &mut collected.waiting);
                let mut sink = Sink { meta: &last.meta, at: Some(since.earliest), line, waiting, found };
                tell(&last.version(history, gates), &mut Report { rule, sink: &mut sink });
            }
        }
    }

    /// Watches whether the garbage collector seems to have written its last word, and whether the removal comes.
    fn watch_for_collection(&mut self, pod: &api::Pod, gap: bool, at: Option<Moment>, found: &mut dyn FnMut(Finding)) {
        if let Some(at) = at {
            self.release(at, found);
        }
        if self.collected.is_none() && is_collection(self.last.as_ref().map(|last| &last.status), pod, gap) {
            self.collected = Some(Collected { since: at, waiting: Vec::new() });
        }
        if self.collected.is_some() {
            self.next.shapes = self.next.shapes.and(Shapes::COLLECTED);
        }
    }

    /// Tells what waited for a removal that has not come.
    fn release(&mut self, now: Moment, found: &mut dyn FnMut(Finding)) {
        let is_late = |collected: &mut Collected| collected.since.is_none_or(|since| now.at_least_since(since) > REMOVAL);
        if let Some(collected) = self.collected.take_if(is_late) {
            collected.waiting.into_iter().for_each(found);
        }
    }

    fn keep(
        &mut self,
        kind: Option<EventType>,
        pod: api::Pod,
        at: Option<Moment>,
        (current, observed): (Option<Arc<Spec>>, Option<Arc<Spec>>),
    ) {
        let api::Pod { metadata, status, .. } = pod;
        // No rule asks what these were, and they are long.
        let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
        let (generate_name, owner_references, managed_fields) = (String::new(), Vec::new(), Vec::new());
        let meta = api::ObjectMeta { labels, annotations, generate_name, owner_references, managed_fields, ..metadata };
        let former = self.last.take().map(|last| (last.status, last.derived));
        let (former, derived) = former.unwrap_or_else(|| (api::PodStatus::default(), Derived::NEW));
        let status = in_memory_of(former, status);
        // The old one's memory serves for the next version.
        let derived = core::mem::replace(&mut self.next, derived);
        self.last = Some(Last { kind, meta, status, at, current, observed, derived });
        self.arrival = Arrival::Next;
    }
}

impl Last {
    fn version<'a>(&'a self, history: &'a History, gates: &'a Gates) -> Version<'a> {
        let specs = Specs { current: self.current.as_deref(), observed: self.observed.as_deref() };
        let Self { kind, meta, status, at, derived, .. } = self;
        Version { event: *kind, arrival: Arrival::Next, meta, status, specs, at: *at, derived, history, gates }
    }
}

/// The status with its lists in the memory of the one before. That of a reader has room for four containers, where most Pods have one: it
/// would be 2 KB more a Pod.
fn in_memory_of(mut before: api::PodStatus, status: api::PodStatus) -> api::PodStatus {
    fn moved<T>(memory: &mut Vec<T>, list: Vec<T>) -> Vec<T> {
        memory.clear();
        memory.reserve_exact(list.len());
        memory.extend(list);
        core::mem::take(memory)
    }
    api::PodStatus {
        conditions: moved(&mut before.conditions, status.conditions),
        init_container_statuses: moved(&mut before.init_container_statuses, status.init_container_statuses),
        container_statuses: moved(&mut before.container_statuses, status.container_statuses),
        ephemeral_container_statuses: moved(&mut before.ephemeral_container_statuses, status.ephemeral_container_statuses),
        ..status
    }
}

/// Whether a Pod with this spec may have got that one by being bound at most: nothing differs but the node, which was not set.
fn is_same_template(old: &api::PodSpec, new: &mut api::PodSpec) -> bool {
    if !old.node_name.is_empty() || new.node_name.is_empty() {
        return *old == *new;
    }
    let node = core::mem::take(&mut new.node_name);
    let same = *old == *new;
    new.node_name = node;
    same
}

/// Whether a Pod looks as the API server answers its creation. It may look so for long.
pub(super) fn is_as_created(pod: &api::Pod) -> bool {
    let status = &pod.status;
    let is_gate = |condition: &api::PodCondition| condition.reason == ConditionReason::SchedulingGated.as_str();
    status.start_time.is_none() && status.conditions.iter().all(is_gate)
}

/// Holds a version, and the change that leads to it, against the rules.
fn hold(rules: &Rules, new: &Version<'_>, change: Option<&Change<'_>>, sink: &mut Sink<'_>) {
    let lacks = Lacks::of(new);
    for wanted in rules.status.iter().filter(|wanted| wanted.covers(lacks)) {
        (wanted.check)(new, &mut Report { rule: wanted.rule, sink });
    }
    #[cfg(test)]
    rules.status.iter().filter(|wanted| wanted.passes_over(lacks)).for_each(|wanted| untold(wanted.rule, sink, |r| (wanted.check)(new, r)));
    let Some(change) = change else { return };
    let lacks = Lacks::of_change(change);
    for wanted in rules.change.iter().filter(|wanted| wanted.covers(lacks)) {
        (wanted.check)(change, &mut Report { rule: wanted.rule, sink });
    }
    #[cfg(test)]
    rules
        .change
        .iter()
        .filter(|wanted| wanted.passes_over(lacks))
        .for_each(|wanted| untold(wanted.rule, sink, |r| (wanted.check)(change, r)));
}

/// Runs a check that is passed over: it must have nothing to tell.
#[cfg(test)]
fn untold(rule: &'static crate::check::Rule, sink: &Sink<'_>, check: impl FnOnce(&mut Report<'_, '_>)) {
    let found = &mut |finding| panic!("facts are asked for that it does not need: {finding}");
    let mut sink = Sink { meta: sink.meta, at: sink.at, line: sink.line, waiting: None, found };
    check(&mut Report { rule, sink: &mut sink });
}

/// Takes note of the states that must not last.
fn remember(lasting: &mut Vec<Lasting>, rules: &Rules, new: &Version<'_>, line: u64) {
    lasting.resize(rules.duration.len(), Lasting::No);
    let lacks = Lacks::of(new);
    for (wanted, state) in rules.duration.iter().zip(lasting) {
        let limit = if wanted.covers(lacks) { (wanted.check)(new) } else { None };
        *state = match (limit, *state, new.at()) {
            (None, ..) | (_, _, None) => Lasting::No,
            (Some(limit), known @ (Lasting::Since(_, before, _) | Lasting::Told(before)), _) if before.of == limit.of => known,
            (Some(limit), _, Some(at)) => Lasting::Since(at, limit, line),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_a_version_are_kept_in_the_memory_of_the_one_before() {
        let status = || {
            let list = || Vec::from([api::ContainerStatus::default()]);
            api::PodStatus {
                conditions: Vec::from([serde_json::from_value(serde_json::json!({"type": "Ready", "status": "True"})).unwrap()]),
                init_container_statuses: list(),
                container_statuses: list(),
                ephemeral_container_statuses: list(),
                ..api::PodStatus::default()
            }
        };
        let places = |status: &api::PodStatus| {
            let lists = [&status.init_container_statuses, &status.container_statuses, &status.ephemeral_container_statuses];
            (status.conditions.as_ptr(), lists.map(Vec::as_ptr))
        };
        let (before, after) = (status(), status());
        let known = places(&before);
        let kept = in_memory_of(before, api::PodStatus { message: "other".into(), ..after });
        assert_eq!((places(&kept), &*kept.message), (known, "other"));
    }

    #[test]
    fn a_template_is_the_same_but_for_the_node_that_it_is_bound_to() {
        let spec =
            |node: &str, hostname: &str| api::PodSpec { node_name: node.into(), hostname: hostname.into(), ..api::PodSpec::default() };
        for (old, new, same) in [
            (spec("", "a"), spec("n1", "a"), true),
            (spec("", "a"), spec("n1", "b"), false),
            (spec("", "a"), spec("", "a"), true),
            (spec("", "a"), spec("", "b"), false),
            (spec("n1", "a"), spec("n1", "a"), true),
            (spec("n1", "a"), spec("n2", "a"), false),
            (spec("n1", "a"), spec("", "a"), false),
        ] {
            let mut after = new.clone();
            assert_eq!(is_same_template(&old, &mut after), same, "{old:?}, {new:?}");
            assert_eq!(after, new, "it is given back as it was");
        }
    }
}

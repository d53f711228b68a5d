//! A simulated node in virtual time: deterministic, scripted, without I/O.
//!
//! [`Sim`] is a [`ContainerBackend`]: it plays runtime, registry, prober's targets, hooks, volumes, and a control plane that says yes to
//! everything. What the processes do is told by a [`Script`]. Time stands still until [`Sim::advance_to`] moves it.
//!
//! News comes in the order of time. Of what happens at the same moment, that of one Pod comes in the order in which it was brought about; which Pod
//! comes first is the same in each run, but nothing can be concluded from it.
//!
//! # Many Pods
//!
//! A million fit: 188 bytes for a Pod of one container, beside its script and what it waits for after the next thing. No event without text
//! allocates ([`Sim::omit_ids`]), unless notes are taken. What happens next is found by a hierarchical timer wheel, in constant time.
//! `examples/million_pods` shows it.

mod address;
mod control;
mod due;
mod note;
mod process;
mod record;
mod script;
mod seeded;
#[cfg(test)]
mod tests;

pub use note::{Note, ProcessEvent};
pub use script::{End, Image, Message, ProbeMoment, Run, Script, Steady, When};
pub use seeded::{Distribution, Habits, Runs, Seeded};

use super::roster::Roster;
use super::wheel::Wheel;
use super::{ContainerBackend, PodRef};
use crate::pod::{Action, Attempt, Event, HookKind};
use crate::rules::actions::ResizedResource;
use crate::rules::probe::RawOutcome;
use crate::rules::view::{Exit, WaitingReason};
use crate::spec::{ContainerIndex, Spec};
use crate::time::{Span, Time};
use address::Addresses;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use due::{Agenda, Due, Plain, Store};
use process::Stopping;
use record::Containers;

/// The simulated node. See the [module documentation](self).
#[derive(Debug)]
pub struct Sim<S> {
    now: Time,
    pods: Roster<SimPod<S>>,
    /// When the first on each Pod's agenda is due, by the Pods' places.
    due: Wheel,
    /// The rest of the agendas.
    agendas: Store,
    /// What is due at once, of one Pod: most actions are answered at once.
    ready: VecDeque<Due>,
    /// Which Pod, and since when.
    ready_of: (u32, Time),
    /// By Pod, container, and run.
    stopping: BTreeMap<(u32, ContainerIndex, u32), Stopping>,
    /// Actions that wait until they are told to give way.
    held: BTreeMap<u32, Due>,
    /// Images of instances that were made before the spec changed, by Pod, container, and number of the instance.
    images: BTreeMap<(u32, ContainerIndex, u32), String>,
    addresses: Addresses,
    /// Images that are on the node because they were pulled.
    pulled: BTreeSet<String>,
    network_broken: bool,
    has_ids: bool,
    notes: Option<Vec<Note>>,
    /// Texts of the event that was polled last.
    text: String,
    other_text: String,
}

#[derive(Debug)]
struct SimPod<S> {
    key: usize,
    agenda: Agenda,
    /// `None`: the Pod was not added (yet), but asks for something already.
    life: Option<Life<S>>,
}

#[derive(Debug)]
struct Life<S> {
    script: S,
    spec: Arc<Spec>,
    containers: Containers,
    sandbox: Option<SimSandbox>,
}

#[derive(Clone, Copy, Debug)]
struct SimSandbox {
    attempt: u32,
    /// How many there were before.
    nth: u32,
    ready: bool,
    /// 0: it has none of its own.
    address: u32,
    created_at: Time,
}

impl SimSandbox {
    fn own_address(&self) -> Option<u32> {
        (self.address != 0).then_some(self.address)
    }
}

impl<S: Script> Sim<S> {
    /// An empty node at this moment.
    pub const fn new(now: Time) -> Self {
        Self {
            now,
            pods: Roster::new(),
            due: Wheel::new(),
            agendas: Store::new(),
            ready: VecDeque::new(),
            ready_of: (0, now),
            stopping: BTreeMap::new(),
            held: BTreeMap::new(),
            images: BTreeMap::new(),
            addresses: Addresses::new(),
            pulled: BTreeSet::new(),
            network_broken: false,
            has_ids: true,
            notes: None,
            text: String::new(),
            other_text: String::new(),
        }
    }

    /// From now on it notes what happens, for [`notes`](Self::notes); of a process that has begun already, only how it ends.
    pub fn take_notes(&mut self) {
        self.notes.get_or_insert_default();
    }

    /// What has happened since the last call.
    pub fn notes(&mut self) -> impl Iterator<Item = Note> + '_ {
        self.notes.iter_mut().flat_map(|notes| notes.drain(..))
    }

    /// From now on it gives containers no ids and images no references, so that a million Pods need not keep them. Sandboxes keep their addresses:
    /// a kubelet makes one without an address anew, unless the Pod lives in the node's network.
    pub const fn omit_ids(&mut self) {
        self.has_ids = false;
    }

    /// Tells how the containers of a Pod behave; without that nothing of it can be run. The key is the one that
    /// [`Driver::add`](super::Driver::add) has just given out.
    pub fn add(&mut self, key: usize, spec: &Arc<Spec>, script: S) {
        let place = self.place(key);
        self.forget(place);
        if let Some(pod) = self.pods.at_mut(place) {
            let containers = Containers::new(spec.containers().len());
            pod.life = Some(Life { script, spec: Arc::clone(spec), containers, sandbox: None });
        }
    }

    /// Forgets a Pod; its address is free again.
    pub fn remove(&mut self, key: usize) {
        let Some(place) = self.pods.place(key) else { return };
        self.forget(place);
        if self.ready_of.0 == place {
            self.ready.clear();
        }
        let first = self.due.get(place);
        self.due.set(place, None);
        if let Some((_, mut pod)) = self.pods.remove(key) {
            pod.agenda.retain(first, &mut self.agendas, |_| false);
        }
    }

    /// Drops what is kept of a Pod beside its agenda.
    fn forget(&mut self, place: u32) {
        let Some(life) = self.pods.at_mut(place).and_then(|pod| pod.life.take()) else { return };
        if let Some(address) = life.sandbox.and_then(|sandbox| sandbox.own_address()) {
            self.addresses.give_back(address);
        }
        self.held.remove(&place);
        let own = (place, ContainerIndex::new(0), 0)..=(place, ContainerIndex::new(u16::MAX), u32::MAX);
        while let Some((&stopping, _)) = self.stopping.range(own.clone()).next() {
            self.stopping.remove(&stopping);
        }
        while let Some((image, _)) = self.images.range(own.clone()).next() {
            let image = *image;
            self.images.remove(&image);
        }
    }

    /// The present moment.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// When something happens next.
    pub fn next_time(&self) -> Option<Time> {
        if self.ready.is_empty() { self.due.next().map(|(at, _)| at) } else { Some(self.ready_of.1) }
    }

    /// Moves time on, never back.
    pub fn advance_to(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn note(&mut self, place: u32, note: impl FnOnce(usize) -> Note) {
        if let (Some(notes), Some(pod)) = (&mut self.notes, self.pods.at(place)) {
            notes.push(note(pod.key));
        }
    }

    /// The place of a Pod, made if need be.
    fn place(&mut self, key: usize) -> u32 {
        match self.pods.place(key) {
            Some(place) => place,
            None => self.pods.insert(key, SimPod { key, agenda: Agenda::EMPTY, life: None }),
        }
    }

    fn life(&mut self, place: u32) -> Option<&mut Life<S>> {
        self.pods.at_mut(place)?.life.as_mut()
    }

    fn schedule(&mut self, place: u32, at: Time, due: Due) {
        let Some(pod) = self.pods.at_mut(place) else { return };
        let at = at.max(self.now);
        let first = self.due.get(place);
        if at == self.now && (self.ready.is_empty() || self.ready_of.0 == place) && first.is_none_or(|first| first > at) {
            if self.ready.is_empty() {
                self.ready_of = (place, at);
            }
            self.ready.push_back(due);
            return;
        }
        let first = pod.agenda.add(first, at, due, &mut self.agendas);
        self.due.set(place, Some(first));
    }

    fn tell(&mut self, place: u32, due: Due) {
        self.schedule(place, self.now, due);
    }

    fn after(&mut self, place: u32, span: Span, due: Due) {
        self.schedule(place, self.now + span, due);
    }

    /// Does it when the runtime gets to it.
    fn when(&mut self, place: u32, when: When, due: Due) {
        match when {
            When::Now => self.schedule(place, self.now, due),
            When::At(at) => self.schedule(place, at, due),
            When::Never => {
                self.held.insert(place, due);
            }
        }
    }

    /// Takes from a Pod's agenda what is not to happen any more.
    fn cancel(&mut self, place: u32, is_void: impl Fn(&Due) -> bool) {
        let Some(first) = self.due.get(place) else { return };
        let Some(pod) = self.pods.at_mut(place) else { return };
        let first = pod.agenda.retain(Some(first), &mut self.agendas, |due| !is_void(due));
        self.due.set(place, first);
    }

    /// The next thing that is due by now, and whose it is.
    fn take_due(&mut self) -> Option<(u32, Due)> {
        if let Some(due) = self.ready.pop_front() {
            return Some((self.ready_of.0, due));
        }
        let place = self.due.wake(self.now)?;
        let pod = self.pods.at_mut(place)?;
        let (due, next) = pod.agenda.take(&mut self.agendas);
        self.due.set(place, next);
        Some((place, due))
    }
}

impl<S: Script> ContainerBackend for Sim<S> {
    type Pod = usize;

    fn start(&mut self, pod: PodRef<'_, usize>, action: Action) {
        let place = self.place(pod.key);
        // Containers that were added are found out even if nobody has told of them (`respec`).
        let added = |life: &mut Life<S>| pod.pod.spec().containers().len() > life.spec.containers().len();
        if self.life(place).is_some_and(added) {
            self.respec(pod.key, pod.pod.spec());
        }
        let plain = |plain| Due::Plain(plain);
        match action {
            Action::StoreObject => self.tell(place, plain(Plain::Stored)),
            Action::Schedule => self.tell(place, plain(Plain::Scheduled)),
            Action::Bind => self.tell(place, plain(Plain::Bound)),
            Action::Admit => self.tell(place, plain(Plain::Admitted)),
            Action::MountVolumes => self.tell(place, plain(Plain::VolumesMounted)),
            Action::UnmountVolumes => self.tell(place, plain(Plain::VolumesUnmounted)),
            Action::DeleteObject => self.tell(place, plain(Plain::ObjectRemoved)),
            Action::RunPodSandbox { attempt } => self.run_pod_sandbox(place, attempt),
            Action::StopPodSandbox { attempt } => self.stop_pod_sandbox(place, attempt),
            Action::ImageStatus { container } => self.image_status(place, container),
            Action::PullImage { container } => self.pull_image(place, container),
            Action::CreateContainer { container, attempt, restart_count } => {
                let Some(life) = self.life(place) else { return };
                let run = life.containers.get(container).map_or(0, |own| own.runs) + 1;
                let fails = life.script.image(&life.spec, container).create_failure.is_some();
                let when = if fails { When::Now } else { life.script.start_at(&life.spec, container, run) };
                self.when(place, when, Due::Create { container, attempt, restart_count });
            }
            Action::StartContainer { container, attempt } => self.start_container(place, container, attempt),
            Action::RunHook { container, attempt, hook } => self.run_hook(place, container, attempt, hook),
            Action::StopContainer { container, attempt, timeout_seconds } => {
                self.stop_container(place, container, attempt, Span::from_secs(timeout_seconds));
            }
            Action::RemoveContainer { container, attempt } => self.remove_container(place, container, attempt),
            Action::AllocateResources { generation } => {
                let generation = [(generation as u64 >> 32) as u32, generation as u32];
                self.tell(place, Due::ResizeAllocated { generation });
            }
            Action::UpdateContainerResources { container, attempt, resource } => self.update_resources(place, container, attempt, resource),
            Action::Probe { container, attempt, kind } => self.probe(place, container, attempt, kind),
        }
    }

    fn poll(&mut self) -> Option<(usize, Event<'_>)> {
        loop {
            let (place, due) = self.take_due()?;
            let happened = self.happen(place, due);
            let pod = self.pods.at(place)?;
            let key = pod.key;
            if pod.life.is_none() && self.ready.is_empty() && self.due.get(place).is_none() {
                // It was not added, and asks for nothing more.
                self.pods.remove(key);
            }
            if let Some(happened) = happened {
                // The texts of the event are in `self`.
                return Some((key, happened.with_texts(&self.text, &self.other_text)));
            }
        }
    }
}

/// An event whose texts are kept aside.
enum Happened {
    Plain(Event<'static>),
    SandboxUp { attempt: u32 },
    Created { container: ContainerIndex, attempt: Attempt },
    CreateFailed { container: ContainerIndex, attempt: Attempt, reason: WaitingReason },
    StartFailed { container: ContainerIndex, attempt: Attempt, end: Exit, at: Time },
    HookEnded { container: ContainerIndex, attempt: Attempt, hook: HookKind, ok: bool },
    Exited { container: ContainerIndex, attempt: Attempt, end: Exit, at: Time },
}

impl Happened {
    fn with_texts<'a>(self, text: &'a str, other: &'a str) -> Event<'a> {
        match self {
            Self::Plain(event) => event,
            Self::SandboxUp { attempt } => Event::SandboxStarted { attempt, ips: text },
            Self::Created { container, attempt } => Event::ContainerCreated { container, attempt, id: text, image_id: other },
            Self::CreateFailed { container, attempt, reason } => Event::ContainerCreateFailed { container, attempt, reason, message: text },
            Self::StartFailed { container, attempt, end, at } => {
                Event::ContainerStartFailed { container, attempt, exit: end, at, message: text, reason: other }
            }
            Self::HookEnded { container, attempt, hook, ok } => {
                let message = if ok { "" } else { "hook failed" };
                Event::HookFinished { container, attempt, hook, ok, message }
            }
            Self::Exited { container, attempt, end, at } => {
                Event::ContainerExited { container, attempt, exit: end, at, message: text, reason: other }
            }
        }
    }
}

impl<S: Script> Sim<S> {
    /// Something happens that was due; most of it is news for the Pod.
    fn happen(&mut self, place: u32, due: Due) -> Option<Happened> {
        match due {
            Due::Started { container, attempt } => {
                let started = self.life(place).and_then(|life| life.record(container, attempt)?.started_at);
                Some(Happened::Plain(Event::ContainerStarted { container, attempt, at: started.unwrap_or(self.now) }))
            }
            Due::SandboxUp { attempt } => self.sandbox_up(place, attempt),
            Due::Create { container, attempt, restart_count } => self.create(place, container, attempt, restart_count),
            Due::Pulled { container } => {
                let image = self.life(place)?.spec.container(container).image().into();
                self.pulled.insert(image);
                Some(Happened::Plain(Event::ImagePresent { container }))
            }
            Due::Up { container, run } => {
                if self.is_running(place, container, run) {
                    self.note(place, |pod| Note::Process { pod, container, run, event: ProcessEvent::Started, end: None });
                }
                None
            }
            Due::End { container, run, how } => self.end(place, container, run, how),
            Due::HookEnd { container, run, hook, ok } => self.hook_end(place, container, run, hook, ok),
            Due::ProbeEnd { container, run, attempt, probed } => {
                let (kind, outcome) = probed.get();
                let outcome = if self.is_running(place, container, run) { outcome } else { RawOutcome::Error };
                self.note(place, |pod| Note::Probe { pod, container, run, kind, outcome });
                Some(Happened::Plain(Event::Probed { container, attempt, kind, outcome }))
            }
            _ => due.news().map(Happened::Plain),
        }
    }

    fn run_pod_sandbox(&mut self, place: u32, attempt: u32) {
        if self.network_broken {
            // Without a network the runtime can neither make it nor clear it away.
            self.tell(place, Due::SandboxFailed { attempt });
            self.tell(place, Due::SandboxDied { attempt });
        } else if let Some(life) = self.life(place) {
            let when = life.script.sandbox_at(life.sandbox.map_or(0, |sandbox| sandbox.nth + 1));
            self.when(place, when, Due::SandboxUp { attempt });
        }
    }

    fn sandbox_up(&mut self, place: u32, attempt: u32) -> Option<Happened> {
        if self.network_broken {
            return Some(Happened::Plain(Event::SandboxFailed { attempt }));
        }
        self.text.clear();
        let life = self.pods.at_mut(place)?.life.as_mut()?;
        if let Some(sandbox) = life.sandbox.filter(|sandbox| sandbox.ready && sandbox.attempt == attempt) {
            // Asked for again: it is there.
            if let Some(address) = sandbox.own_address() {
                address::write(address, &mut self.text);
            }
            return Some(Happened::SandboxUp { attempt });
        }
        let address = if life.spec.host_network() { None } else { self.addresses.take() };
        let nth = life.sandbox.map_or(0, |sandbox| sandbox.nth + 1);
        let made = SimSandbox { attempt, nth, ready: true, address: address.unwrap_or(0), created_at: self.now };
        let old = life.sandbox.replace(made);
        if let Some(old) = old.and_then(|old| old.own_address()) {
            self.addresses.give_back(old);
        }
        if let Some(address) = address {
            address::write(address, &mut self.text);
        }
        self.note(place, |pod| Note::SandboxStarted { pod });
        Some(Happened::SandboxUp { attempt })
    }

    fn stop_pod_sandbox(&mut self, place: u32, attempt: u32) {
        if let Some(sandbox) = self.life(place).and_then(|life| life.sandbox.as_mut()) {
            sandbox.ready = false;
        }
        self.tell(place, if self.network_broken { Due::SandboxStopFailed { attempt } } else { Due::SandboxStopped { attempt } });
    }

    /// The processes do not feel what they are given; only a running one can be given anything.
    fn update_resources(&mut self, place: u32, container: ContainerIndex, attempt: Attempt, resource: ResizedResource) {
        let Some(life) = self.life(place) else { return };
        let runs = life.record(container, attempt).is_some_and(|record| record.is_running());
        let (done, failed) = (Due::Updated { container, attempt, resource }, Due::UpdateFailed { container, attempt, resource });
        self.tell(place, if runs { done } else { failed });
    }

    fn image_status(&mut self, place: u32, container: ContainerIndex) {
        let Some(life) = self.pods.at_mut(place).and_then(|pod| pod.life.as_mut()) else { return };
        let image = life.script.image(&life.spec, container);
        let due = match image.failure {
            Some(WaitingReason::InvalidImageName) => Due::ImageNameInvalid { container },
            _ if image.present || self.pulled.contains(life.spec.container(container).image()) => Due::ImagePresent { container },
            _ => Due::ImageAbsent { container },
        };
        self.tell(place, due);
    }

    fn pull_image(&mut self, place: u32, container: ContainerIndex) {
        let Some(life) = self.pods.at_mut(place).and_then(|pod| pod.life.as_mut()) else { return };
        let image = life.script.image(&life.spec, container);
        match image.failure {
            Some(reason) => self.after(place, image.pull, Due::PullFailed { container, reason }),
            None => {
                let known = self.pulled.contains(life.spec.container(container).image());
                self.after(place, if known { Span::ZERO } else { image.pull }, Due::Pulled { container });
            }
        }
    }
}

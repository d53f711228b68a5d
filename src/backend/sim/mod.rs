//! A simulated node in virtual time: deterministic, scripted, without I/O.
//!
//! [`Sim`] is a [`ContainerBackend`]: it plays runtime, registry, prober's targets, hooks, volumes, and a control plane that says yes to
//! everything. What the processes do is told by a [`Script`]. Time stands still until [`Sim::advance_to`] moves it.

mod address;
mod control;
mod note;
mod process;
mod script;
mod seeded;

pub use note::{Note, ProcessEvent};
pub use script::{End, Image, Message, ProbeMoment, Run, Script, Steady, When};
pub use seeded::{Distribution, Habits, Runs, Seeded};

use super::{ContainerBackend, PodRef};
use crate::pod::{Action, Attempt, Event, HookKind};
use crate::rules::actions::ResizedResource;
use crate::rules::probe::RawOutcome;
use crate::rules::termination_message;
use crate::rules::view::WaitingReason;
use crate::spec::{ContainerIndex, ProbeKind, Spec};
use crate::time::{Span, Time};
use address::Addresses;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};
use process::SimContainer;

/// The simulated node. See the [module documentation](self).
#[derive(Debug)]
pub struct Sim<S> {
    now: Time,
    sequence: u64,
    due: BinaryHeap<Reverse<Entry>>,
    pods: BTreeMap<usize, SimPod<S>>,
    addresses: Addresses,
    /// Images that are on the node because they were pulled.
    pulled: BTreeSet<String>,
    network_broken: bool,
    notes: Option<Vec<Note>>,
    /// Texts of the event that was polled last.
    text: String,
    other_text: String,
}

#[derive(Debug)]
struct SimPod<S> {
    script: S,
    spec: Arc<Spec>,
    containers: Vec<SimContainer>,
    /// How many sandboxes there were.
    sandboxes: u32,
    sandbox: Option<SimSandbox>,
    /// An action that waits until it is told to give way.
    held: Option<Due>,
}

#[derive(Clone, Copy, Debug)]
struct SimSandbox {
    attempt: u32,
    ready: bool,
    address: Option<u32>,
    created_at: Time,
}

/// Something that is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// An event without text.
    Tell(Event<'static>),
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
        kind: ProbeKind,
        outcome: RawOutcome,
    },
}

/// Why a process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    ByItself,
    OnTerm,
    /// The runtime's patience after the stop signal is over.
    TimedOut,
    Killed,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: Time,
    sequence: u64,
    pod: usize,
    due: Due,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl<S: Script> Sim<S> {
    /// An empty node at this moment.
    pub const fn new(now: Time) -> Self {
        Self {
            now,
            sequence: 0,
            due: BinaryHeap::new(),
            pods: BTreeMap::new(),
            addresses: Addresses::new(),
            pulled: BTreeSet::new(),
            network_broken: false,
            notes: None,
            text: String::new(),
            other_text: String::new(),
        }
    }

    /// From now on it notes what happens, for [`notes`](Self::notes).
    pub fn take_notes(&mut self) {
        self.notes.get_or_insert_default();
    }

    /// What has happened since the last call.
    pub fn notes(&mut self) -> impl Iterator<Item = Note> + '_ {
        self.notes.iter_mut().flat_map(|notes| notes.drain(..))
    }

    /// Tells how the containers of a Pod behave; without that nothing of it can be run. The key is the one that
    /// [`Driver::add`](super::Driver::add) has just given out.
    pub fn add(&mut self, key: usize, spec: &Arc<Spec>, script: S) {
        let containers = spec.containers().iter().map(|_| SimContainer::default()).collect();
        let spec = Arc::clone(spec);
        self.pods.insert(key, SimPod { script, spec, containers, sandboxes: 0, sandbox: None, held: None });
    }

    /// Forgets a Pod; its address is free again.
    pub fn remove(&mut self, key: usize) {
        if let Some(address) = self.pods.remove(&key).and_then(|pod| pod.sandbox?.address) {
            self.addresses.give_back(address);
        }
    }

    /// The present moment.
    pub const fn now(&self) -> Time {
        self.now
    }

    /// When something happens next.
    pub fn next_time(&self) -> Option<Time> {
        self.due.peek().map(|Reverse(entry)| entry.at)
    }

    /// Moves time on, never back.
    pub fn advance_to(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn note(&mut self, note: Note) {
        if let Some(notes) = &mut self.notes {
            notes.push(note);
        }
    }

    fn schedule(&mut self, pod: usize, at: Time, due: Due) {
        self.sequence += 1;
        self.due.push(Reverse(Entry { at: at.max(self.now), sequence: self.sequence, pod, due }));
    }

    fn tell(&mut self, pod: usize, event: Event<'static>) {
        self.schedule(pod, self.now, Due::Tell(event));
    }

    fn after(&mut self, pod: usize, span: Span, due: Due) {
        self.schedule(pod, self.now + span, due);
    }

    /// Does it when the runtime gets to it.
    fn when(&mut self, key: usize, when: When, due: Due) {
        match when {
            When::Now => self.schedule(key, self.now, due),
            When::At(at) => self.schedule(key, at, due),
            When::Never => {
                if let Some(pod) = self.pods.get_mut(&key) {
                    pod.held = Some(due);
                }
            }
        }
    }
}

impl<S: Script> ContainerBackend for Sim<S> {
    type Pod = usize;

    fn start(&mut self, pod: PodRef<'_, usize>, action: Action) {
        let key = pod.key;
        match action {
            Action::StoreObject => self.tell(key, Event::Stored),
            Action::Schedule => self.tell(key, Event::Scheduled),
            Action::Bind => self.tell(key, Event::Bound),
            Action::Admit => self.tell(key, Event::Admitted),
            Action::MountVolumes => self.tell(key, Event::VolumesMounted),
            Action::UnmountVolumes => self.tell(key, Event::VolumesUnmounted),
            Action::DeleteObject => self.tell(key, Event::ObjectRemoved),
            Action::RunPodSandbox { attempt } => self.run_pod_sandbox(key, attempt),
            Action::StopPodSandbox { attempt } => self.stop_pod_sandbox(key, attempt),
            Action::ImageStatus { container } => self.image_status(key, container),
            Action::PullImage { container } => self.pull_image(key, container),
            Action::CreateContainer { container, attempt, restart_count } => {
                let Some(sim) = self.pods.get(&key) else { return };
                let run = sim.containers[container.get()].runs + 1;
                let fails = sim.script.image(&sim.spec, container).create_failure.is_some();
                let when = if fails { When::Now } else { sim.script.start_at(&sim.spec, container, run) };
                self.when(key, when, Due::Create { container, attempt, restart_count });
            }
            Action::StartContainer { container, attempt } => self.start_container(key, container, attempt),
            Action::RunHook { container, attempt, hook } => self.run_hook(key, container, attempt, hook),
            Action::StopContainer { container, attempt, timeout_seconds } => {
                self.stop_container(key, container, attempt, Span::from_secs(timeout_seconds));
            }
            Action::RemoveContainer { container, attempt } => self.remove_container(key, container, attempt),
            Action::AllocateResources { generation } => self.tell(key, Event::ResizeAllocated { generation }),
            Action::UpdateContainerResources { container, attempt, resource } => self.update_resources(key, container, attempt, resource),
            Action::Probe { container, attempt, kind } => self.probe(key, container, attempt, kind),
        }
    }

    fn poll(&mut self) -> Option<(usize, Event<'_>)> {
        while let Some(Reverse(entry)) = self.due.peek()
            && entry.at <= self.now
        {
            let Entry { pod, due, .. } = *entry;
            self.due.pop();
            if let Some(event) = self.happen(pod, due) {
                // The texts of the event are in `self`.
                return Some((pod, event.with_texts(&self.text, &self.other_text)));
            }
        }
        None
    }
}

/// An event whose texts are kept aside.
enum Happened {
    Plain(Event<'static>),
    SandboxUp { attempt: u32 },
    Created { container: ContainerIndex, attempt: Attempt },
    CreateFailed { container: ContainerIndex, attempt: Attempt, reason: WaitingReason },
    StartFailed { container: ContainerIndex, attempt: Attempt, end: crate::rules::view::Exit, at: Time },
    Exited { container: ContainerIndex, attempt: Attempt, end: crate::rules::view::Exit, at: Time },
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
            Self::Exited { container, attempt, end, at } => {
                Event::ContainerExited { container, attempt, exit: end, at, message: text, reason: other }
            }
        }
    }
}

impl<S: Script> Sim<S> {
    /// Something happens that was due; most of it is news for the Pod.
    fn happen(&mut self, key: usize, due: Due) -> Option<Happened> {
        match due {
            Due::Tell(event) => Some(Happened::Plain(event)),
            Due::SandboxUp { attempt } => self.sandbox_up(key, attempt),
            Due::Create { container, attempt, restart_count } => self.create(key, container, attempt, restart_count),
            Due::Pulled { container } => {
                let image = self.pods.get(&key)?.spec.container(container).image().into();
                self.pulled.insert(image);
                Some(Happened::Plain(Event::ImagePresent { container }))
            }
            Due::Up { container, run } => {
                if self.process(key, container, run).is_some() {
                    self.note(Note::Process { pod: key, container, run, event: ProcessEvent::Started, end: None });
                }
                None
            }
            Due::End { container, run, how } => self.end(key, container, run, how),
            Due::HookEnd { container, run, hook, ok } => self.hook_end(key, container, run, hook, ok),
            Due::ProbeEnd { container, run, attempt, kind, outcome } => {
                let outcome = if self.process(key, container, run).is_some() { outcome } else { RawOutcome::Error };
                self.note(Note::Probe { pod: key, container, run, kind, outcome });
                Some(Happened::Plain(Event::Probed { container, attempt, kind, outcome }))
            }
        }
    }

    fn run_pod_sandbox(&mut self, key: usize, attempt: u32) {
        if self.network_broken {
            // Without a network the runtime can neither make it nor clear it away.
            self.tell(key, Event::SandboxFailed { attempt });
            self.tell(key, Event::SandboxDied { attempt });
        } else if let Some(pod) = self.pods.get(&key) {
            let when = pod.script.sandbox_at(pod.sandboxes);
            self.when(key, when, Due::SandboxUp { attempt });
        }
    }

    fn sandbox_up(&mut self, key: usize, attempt: u32) -> Option<Happened> {
        if self.network_broken {
            return Some(Happened::Plain(Event::SandboxFailed { attempt }));
        }
        let pod = self.pods.get_mut(&key)?;
        if let Some(sandbox) = pod.sandbox.filter(|sandbox| sandbox.ready && sandbox.attempt == attempt) {
            // Asked for again: it is there.
            self.text = sandbox.address.map(address::text).unwrap_or_default();
            return Some(Happened::SandboxUp { attempt });
        }
        let host_network = pod.spec.host_network();
        let address = if host_network { None } else { self.addresses.take() };
        let old = pod.sandbox.replace(SimSandbox { attempt, ready: true, address, created_at: self.now });
        pod.sandboxes += 1;
        if let Some(old) = old.and_then(|old| old.address) {
            self.addresses.give_back(old);
        }
        self.text = address.map(address::text).unwrap_or_default();
        self.note(Note::SandboxStarted { pod: key });
        Some(Happened::SandboxUp { attempt })
    }

    fn stop_pod_sandbox(&mut self, key: usize, attempt: u32) {
        if let Some(sandbox) = self.pods.get_mut(&key).and_then(|pod| pod.sandbox.as_mut()) {
            sandbox.ready = false;
        }
        let event = if self.network_broken { Event::SandboxStopFailed { attempt } } else { Event::SandboxStopped { attempt } };
        self.tell(key, event);
    }

    /// The processes do not feel what they are given; only a running one can be given anything.
    fn update_resources(&mut self, key: usize, container: ContainerIndex, attempt: Attempt, resource: ResizedResource) {
        let Some(pod) = self.pods.get(&key) else { return };
        let record = pod.containers.get(container.get()).and_then(|sim| sim.records.iter().find(|record| record.attempt == attempt));
        let event = if record.is_some_and(|record| record.process.is_some()) {
            Event::ContainerUpdated { container, attempt, resource }
        } else {
            Event::ContainerUpdateFailed { container, attempt, resource, message: "the container is not running" }
        };
        self.tell(key, event);
    }

    fn image_status(&mut self, key: usize, container: ContainerIndex) {
        let Some(pod) = self.pods.get(&key) else { return };
        let image = pod.script.image(&pod.spec, container);
        let name = pod.spec.container(container).image();
        let event = match image.failure {
            Some(WaitingReason::InvalidImageName) => {
                Event::ImageFailed { container, reason: WaitingReason::InvalidImageName, message: "couldn't parse image name" }
            }
            _ if image.present || self.pulled.contains(name) => Event::ImagePresent { container },
            _ => Event::ImageAbsent { container },
        };
        self.tell(key, event);
    }

    fn pull_image(&mut self, key: usize, container: ContainerIndex) {
        let Some(pod) = self.pods.get(&key) else { return };
        let image = pod.script.image(&pod.spec, container);
        match image.failure {
            Some(reason) => {
                let message = "rpc error: code = NotFound desc = failed to pull and unpack image: not found";
                self.after(key, image.pull, Due::Tell(Event::ImageFailed { container, reason, message }));
            }
            None => {
                let known = self.pulled.contains(pod.spec.container(container).image());
                self.after(key, if known { Span::ZERO } else { image.pull }, Due::Pulled { container });
            }
        }
    }
}

/// The termination message that the kubelet reads.
fn message(spec: &Spec, container: ContainerIndex, end: &End, message: &Message) -> String {
    let policy = spec.container(container).termination_message_policy();
    termination_message::of_exit(policy, end.exit, "", &message.file, || message.log.as_str())
}

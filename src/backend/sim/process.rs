//! The simulated containers: their records, processes, hooks, probes.

use super::note::{Note, ProcessEvent};
use super::script::{End, ProbeMoment, Run, Script};
use super::{Due, Happened, How, Sim, message};
use crate::pod::{Attempt, Event, HookKind};
use crate::rules::garbage;
use crate::rules::probe::RawOutcome;
use crate::rules::view::InstanceState;
use crate::spec::{ContainerIndex, ProbeKind};
use crate::time::{Span, Time};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// A container in the simulated runtime: its records, newest first.
#[derive(Debug, Default)]
pub(super) struct SimContainer {
    /// How many runs there were.
    pub(super) runs: u32,
    /// How many instances were made: no id is used twice.
    pub(super) made: u32,
    pub(super) records: Vec<Record>,
}

/// One instance in the simulated runtime.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) attempt: Attempt,
    pub(super) restart_count: i32,
    pub(super) sandbox: u32,
    /// Image it was made with.
    pub(super) image: String,
    pub(super) created_at: Time,
    /// Number of its run; 0 before the start.
    pub(super) run: u32,
    pub(super) started_at: Option<Time>,
    pub(super) finished: Option<(Time, End)>,
    pub(super) process: Option<Process>,
    pub(super) message: String,
}

/// How many exited instances of a container a kubelet keeps.
const KEPT_EXITED: usize = 1;

/// What the registry resolves an image to.
pub(super) fn image_ref(image: &str) -> String {
    // Any digest will do that is the same for the same image: FNV-1a.
    let digest = image.bytes().fold(0x811c_9dc5_u32, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{image}@sha256:{digest:08x}")
}

impl Record {
    pub(super) const fn state(&self) -> InstanceState {
        match (&self.process, &self.finished) {
            (Some(_), _) => InstanceState::Running,
            (None, Some(_)) => InstanceState::Exited,
            (None, None) => InstanceState::Created,
        }
    }
}

/// A running process.
#[derive(Debug)]
pub(super) struct Process {
    behaviour: Run,
    term: Option<Time>,
    pre_stop: Option<Time>,
    /// When the runtime kills it, if whoever asked for the stop still waits.
    kill_at: Option<Time>,
    /// Hooks that run in the container.
    hooks: Vec<HookKind>,
}

impl Process {
    const fn new(behaviour: Run) -> Self {
        Self { behaviour, term: None, pre_stop: None, kill_at: None, hooks: Vec::new() }
    }

    /// Nobody waits for the stop any more.
    pub(super) const fn give_up_stop(&mut self) {
        self.kill_at = None;
    }
}

impl<S: Script> Sim<S> {
    /// The running process of this run.
    pub(super) fn process(&mut self, key: usize, container: ContainerIndex, run: u32) -> Option<&mut Process> {
        let record = self.pods.get_mut(&key)?.containers.get_mut(container.get())?.records.iter_mut().find(|record| record.run == run)?;
        record.process.as_mut()
    }

    pub(super) fn record(&mut self, key: usize, container: ContainerIndex, attempt: Attempt) -> Option<&mut Record> {
        let records = &mut self.pods.get_mut(&key)?.containers.get_mut(container.get())?.records;
        records.iter_mut().find(|record| record.attempt == attempt)
    }

    pub(super) fn create(&mut self, key: usize, container: ContainerIndex, attempt: Attempt, restart_count: i32) -> Option<Happened> {
        let now = self.now;
        let pod = self.pods.get_mut(&key)?;
        let spec = pod.spec.container(container);
        if let Some(made) = pod.containers[container.get()].records.iter().find(|record| record.attempt == attempt) {
            // Asked for again: it is there.
            self.text.clone_from(&made.id);
            self.other_text = image_ref(&made.image);
            return Some(Happened::Created { container, attempt });
        }
        if let Some(reason) = pod.script.image(&pod.spec, container).create_failure {
            self.text = format!("cannot create container {}", spec.name());
            return Some(Happened::CreateFailed { container, attempt, reason });
        }
        let sandbox = pod.sandbox.map_or(0, |sandbox| sandbox.attempt);
        let made = pod.containers[container.get()].made;
        pod.containers[container.get()].made += 1;
        let id = format!("containerd://{key:x}{made:08x}-{}", spec.name());
        self.text.clone_from(&id);
        self.other_text = image_ref(spec.image());
        let record = Record {
            id,
            attempt,
            restart_count,
            sandbox,
            image: spec.image().into(),
            created_at: now,
            run: 0,
            started_at: None,
            finished: None,
            process: None,
            message: String::new(),
        };
        let records = &mut pod.containers[container.get()].records;
        // The kubelet's main loop has had older ones removed when the last one ended.
        loop {
            let surplus = garbage::surplus_exited(records.iter().map(Record::state), KEPT_EXITED).next();
            let Some(surplus) = surplus else { break };
            records.remove(surplus);
        }
        records.insert(0, record);
        Some(Happened::Created { container, attempt })
    }

    pub(super) fn start_container(&mut self, key: usize, container: ContainerIndex, attempt: Attempt) {
        let now = self.now;
        let Some(pod) = self.pods.get_mut(&key) else { return };
        let sim = &mut pod.containers[container.get()];
        let Some(record) = sim.records.iter_mut().find(|record| record.attempt == attempt) else { return };
        if let Some(at) = record.started_at {
            // Asked for again: it was started then. How a start failed comes with its end.
            if record.process.as_ref().is_none_or(|process| process.behaviour.start_error.is_none()) {
                self.tell(key, Event::ContainerStarted { container, attempt, at });
            }
            return;
        }
        sim.runs += 1;
        let run = sim.runs;
        let behaviour = pod.script.run(&pod.spec, container, run);
        record.run = run;
        record.started_at = Some(now);
        self.note(Note::Process { pod: key, container, run, event: ProcessEvent::Starting, end: None });
        if behaviour.start_error.is_some() {
            if let Some(record) = self.record(key, container, attempt) {
                record.process = Some(Process::new(behaviour));
            }
            self.schedule(key, now, Due::End { container, run, how: How::ByItself });
            return;
        }
        let (up, ends) = (behaviour.start_delay, behaviour.run_for);
        if let Some(record) = self.record(key, container, attempt) {
            record.process = Some(Process::new(behaviour));
        }
        self.tell(key, Event::ContainerStarted { container, attempt, at: now });
        self.after(key, up, Due::Up { container, run });
        if let Some(span) = ends {
            self.after(key, up + span, Due::End { container, run, how: How::ByItself });
        }
    }

    pub(super) fn stop_container(&mut self, key: usize, container: ContainerIndex, attempt: Attempt, timeout: Span) {
        let now = self.now;
        let Some(record) = self.record(key, container, attempt) else { return };
        let run = record.run;
        let Some(process) = &mut record.process else { return };
        if process.term.replace(now).is_none()
            && let Some(after) = process.behaviour.on_term.as_ref().map(|(after, _)| *after)
        {
            self.after(key, after, Due::End { container, run, how: How::OnTerm });
        }
        if let Some(process) = self.process(key, container, run) {
            process.kill_at = Some(now + timeout);
        }
        self.after(key, timeout, Due::End { container, run, how: How::TimedOut });
    }

    /// A process ends, if it is still that one. Its hooks end with it.
    pub(super) fn end(&mut self, key: usize, container: ContainerIndex, run: u32, how: How) -> Option<Happened> {
        let now = self.now;
        let pod = self.pods.get_mut(&key)?;
        let spec = &pod.spec;
        let record = pod.containers.get_mut(container.get())?.records.iter_mut().find(|record| record.run == run)?;
        if how == How::TimedOut && record.process.as_ref()?.kill_at != Some(now) {
            return None;
        }
        let Process { behaviour, hooks, .. } = record.process.take()?;
        let failed = behaviour.start_error.is_some();
        let end = match (how, behaviour.start_error) {
            (How::ByItself, Some(error)) => error,
            (How::ByItself, None) => behaviour.end,
            (How::OnTerm, _) => behaviour.on_term.map_or_else(End::by_force, |(_, end)| end),
            (How::TimedOut | How::Killed, _) => End::by_force(),
        };
        record.finished = Some((now, end.clone()));
        record.message = message(spec, container, &end, &behaviour.message);
        let attempt = record.attempt;
        self.text.clone_from(&record.message);
        self.other_text.clone_from(&end.reason);
        for hook in hooks {
            self.note(Note::Hook { pod: key, container, run, hook, begin: false });
            self.tell(key, Event::HookFinished { container, attempt, hook, ok: false, message: "container ended" });
        }
        let exit = end.exit;
        if !failed {
            let event = if end.killed { ProcessEvent::Killed } else { ProcessEvent::Exiting };
            self.note(Note::Process { pod: key, container, run, event, end: None });
        }
        self.note(Note::Process { pod: key, container, run, event: ProcessEvent::Ended, end: Some(end) });
        Some(match failed {
            true => Happened::StartFailed { container, attempt, end: exit, at: now },
            false => Happened::Exited { container, attempt, end: exit, at: now },
        })
    }

    pub(super) fn run_hook(&mut self, key: usize, container: ContainerIndex, attempt: Attempt, hook: HookKind) {
        let now = self.now;
        let Some(record) = self.record(key, container, attempt) else { return };
        let run = record.run;
        let Some(process) = &mut record.process else {
            self.tell(key, Event::HookFinished { container, attempt, hook, ok: false, message: "container not found" });
            return;
        };
        if process.hooks.contains(&hook) {
            return;
        }
        process.hooks.push(hook);
        if hook == HookKind::PreStop {
            process.pre_stop.get_or_insert(now);
        }
        self.note(Note::Hook { pod: key, container, run, hook, begin: true });
        let Some(pod) = self.pods.get(&key) else { return };
        let (takes, ok) = pod.script.hook(&pod.spec, container, hook, run);
        if let Some(span) = takes {
            self.after(key, span, Due::HookEnd { container, run, hook, ok });
        }
    }

    pub(super) fn hook_end(&mut self, key: usize, container: ContainerIndex, run: u32, hook: HookKind, ok: bool) -> Option<Happened> {
        let process = self.process(key, container, run)?;
        let place = process.hooks.iter().position(|&running| running == hook)?;
        process.hooks.remove(place);
        self.note(Note::Hook { pod: key, container, run, hook, begin: false });
        let records = &self.pods.get(&key)?.containers.get(container.get())?.records;
        let attempt = records.iter().find(|record| record.run == run)?.attempt;
        let message = if ok { "" } else { "hook failed" };
        Some(Happened::Plain(Event::HookFinished { container, attempt, hook, ok, message }))
    }

    pub(super) fn probe(&mut self, key: usize, container: ContainerIndex, attempt: Attempt, kind: ProbeKind) {
        let now = self.now;
        let failed = Event::Probed { container, attempt, kind, outcome: RawOutcome::Error };
        let Some(record) = self.record(key, container, attempt) else { return };
        let (run, began) = (record.run, record.started_at.unwrap_or(now));
        let Some(process) = &record.process else {
            self.tell(key, failed);
            return;
        };
        let moment = ProbeMoment { now, run, began, term: process.term, pre_stop: process.pre_stop };
        let Some(pod) = self.pods.get(&key) else { return };
        let timeout = pod.spec.container(container).probe(kind).map_or(Span::ZERO, |probe| probe.timeout);
        let (outcome, takes) = pod.script.probe(&pod.spec, container, kind, moment);
        let (outcome, takes) = if takes > timeout { (RawOutcome::Failure, timeout) } else { (outcome, takes) };
        self.after(key, takes, Due::ProbeEnd { container, run, attempt, kind, outcome });
    }

    pub(super) fn remove_container(&mut self, key: usize, container: ContainerIndex, attempt: Attempt) {
        if let Some(pod) = self.pods.get_mut(&key) {
            pod.containers[container.get()].records.retain(|record| record.attempt != attempt);
        }
    }
}

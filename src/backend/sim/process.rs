//! The simulated containers: their instances, processes, hooks, probes.

use super::due::{Due, How, Missing, Probed};
use super::note::{Note, ProcessEvent};
use super::record::{Record, Stage};
use super::script::{End, ProbeMoment, Run, Script};
use super::{Happened, Life, Sim};
use crate::pod::{Attempt, HookKind};
use crate::rules::garbage;
use crate::rules::probe::RawOutcome;
use crate::rules::termination_message;
use crate::spec::{ContainerIndex, ProbeKind};
use crate::time::{Span, Time};
use alloc::string::String;
use core::fmt::Write;

/// How many exited instances of a container a kubelet keeps.
const KEPT_EXITED: usize = 1;

/// What is known of a process that is being stopped, or in which a hook runs: few are at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stopping {
    term: Option<Time>,
    pre_stop: Option<Time>,
    /// When the runtime kills it, if whoever asked for the stop still waits.
    pub(super) kill_at: Option<Time>,
    /// Hooks that run in the container.
    post_start_runs: bool,
    pre_stop_runs: bool,
}

impl Stopping {
    const fn runs(&mut self, hook: HookKind) -> &mut bool {
        match hook {
            HookKind::PostStart => &mut self.post_start_runs,
            HookKind::PreStop => &mut self.pre_stop_runs,
        }
    }
}

/// Writes what the registry resolves an image to.
pub(super) fn write_image_ref(image: &str, text: &mut String) {
    // Any digest will do that is the same for the same image: FNV-1a.
    let digest = image.bytes().fold(0x811c_9dc5_u32, |digest, byte| (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let _ = write!(text, "{image}@sha256:{digest:08x}");
}

/// Writes the id of the instance of this number.
pub(super) fn write_id(key: usize, made: u32, name: &str, text: &mut String) {
    let _ = write!(text, "containerd://{key:x}{made:08x}-{name}");
}

impl<S: Script> Life<S> {
    pub(super) fn record(&mut self, container: ContainerIndex, attempt: Attempt) -> Option<&mut Record> {
        self.containers.get_mut(container)?.records.find_mut(|record| record.attempt == attempt)
    }

    /// The record of this run.
    pub(super) fn run(&mut self, container: ContainerIndex, run: u32) -> Option<&mut Record> {
        self.containers.get_mut(container)?.records.find_mut(|record| record.run == run)
    }

    /// How a run ended, its termination message, and whether it could not even be started.
    pub(super) fn ending(&self, container: ContainerIndex, run: u32, how: How) -> (End, String, bool) {
        let Run { start_error, end, on_term, message, .. } = self.script.run(&self.spec, container, run);
        let failed = start_error.is_some();
        let end = match how {
            How::ByItself => start_error.unwrap_or(end),
            How::OnTerm => on_term.map_or_else(End::by_force, |(_, end)| end),
            How::TimedOut | How::Killed => End::by_force(),
        };
        let policy = self.spec.container(container).termination_message_policy();
        let message = termination_message::of_exit(policy, end.exit, "", &message.file, || message.log.as_str());
        (end, message, failed)
    }
}

impl<S: Script> Sim<S> {
    /// Whether this run still runs.
    pub(super) fn is_running(&mut self, place: u32, container: ContainerIndex, run: u32) -> bool {
        self.life(place).and_then(|life| life.run(container, run)).is_some_and(|record| record.is_running())
    }

    /// What is kept aside of a running process; made if need be.
    fn stopping(&mut self, place: u32, container: ContainerIndex, run: u32) -> Option<&mut Stopping> {
        let record = self.life(place)?.run(container, run).filter(|record| record.is_running())?;
        record.is_aside = true;
        Some(self.stopping.entry((place, container, run)).or_default())
    }

    pub(super) fn create(&mut self, place: u32, container: ContainerIndex, attempt: Attempt, restart_count: i32) -> Option<Happened> {
        let now = self.now;
        let pod = self.pods.at_mut(place)?;
        let key = pod.key;
        let life = pod.life.as_mut()?;
        let spec = life.spec.container(container);
        self.text.clear();
        self.other_text.clear();
        if let Some(&Record { made, .. }) = life.containers.get(container)?.records.iter().find(|record| record.attempt == attempt) {
            // Asked for again: it is there.
            if self.has_ids {
                let image = self.images.get(&(place, container, made)).map_or(spec.image(), String::as_str);
                write_id(key, made, spec.name(), &mut self.text);
                write_image_ref(image, &mut self.other_text);
            }
            return Some(Happened::Created { container, attempt });
        }
        if let Some(reason) = life.script.image(&life.spec, container).create_failure {
            let _ = write!(self.text, "cannot create container {}", spec.name());
            return Some(Happened::CreateFailed { container, attempt, reason });
        }
        let sandbox = life.sandbox.map_or(0, |sandbox| sandbox.attempt);
        let own = life.containers.get_mut(container)?;
        let made = own.made;
        own.made += 1;
        if self.has_ids {
            write_id(key, made, spec.name(), &mut self.text);
            write_image_ref(spec.image(), &mut self.other_text);
        }
        // The kubelet's main loop has had older ones removed when the last one ended.
        loop {
            let surplus = garbage::surplus_exited(own.records.iter().map(Record::state), KEPT_EXITED).next();
            let Some(surplus) = surplus else { break };
            own.records.retain(|nth, _| nth != surplus);
        }
        own.records.add(Record {
            attempt,
            restart_count,
            sandbox,
            made,
            run: 0,
            stage: Stage::Created,
            is_aside: false,
            created_at: now,
            started_at: None,
            finished_at: None,
        });
        Some(Happened::Created { container, attempt })
    }

    pub(super) fn start_container(&mut self, place: u32, container: ContainerIndex, attempt: Attempt) {
        let now = self.now;
        let Some(life) = self.pods.at_mut(place).and_then(|pod| pod.life.as_mut()) else { return };
        let Some(own) = life.containers.get_mut(container) else { return };
        let Some(record) = own.records.find_mut(|record| record.attempt == attempt) else { return };
        if record.started_at.is_some() {
            // Asked for again: it was started then. How a start failed comes with its end.
            let fails = record.is_running() && life.script.run(&life.spec, container, record.run).start_error.is_some();
            if !fails {
                self.tell(place, Due::Started { container, attempt });
            }
            return;
        }
        own.runs += 1;
        let run = own.runs;
        let behaviour = life.script.run(&life.spec, container, run);
        record.run = run;
        record.started_at = Some(now);
        record.stage = Stage::Running;
        self.note(place, |pod| Note::Process { pod, container, run, event: ProcessEvent::Starting, end: None });
        if behaviour.start_error.is_some() {
            self.schedule(place, now, Due::End { container, run, how: How::ByItself });
            return;
        }
        self.tell(place, Due::Started { container, attempt });
        if self.notes.is_some() {
            self.after(place, behaviour.start_delay, Due::Up { container, run });
        }
        if let Some(span) = behaviour.run_for {
            self.after(place, behaviour.start_delay + span, Due::End { container, run, how: How::ByItself });
        }
    }

    pub(super) fn stop_container(&mut self, place: u32, container: ContainerIndex, attempt: Attempt, timeout: Span) {
        let now = self.now;
        let Some(run) = self.life(place).and_then(|life| life.record(container, attempt)).map(|record| record.run) else { return };
        let Some(stopping) = self.stopping(place, container, run) else { return };
        stopping.kill_at = Some(now + timeout);
        if stopping.term.replace(now).is_none() {
            self.end_on_term(place, container, run);
        }
        self.after(place, timeout, Due::End { container, run, how: How::TimedOut });
    }

    /// The process has got the stop signal: it ends as its script says, if it does.
    pub(super) fn end_on_term(&mut self, place: u32, container: ContainerIndex, run: u32) {
        let Some(life) = self.life(place) else { return };
        if let Some((after, _)) = life.script.run(&life.spec, container, run).on_term {
            self.after(place, after, Due::End { container, run, how: How::OnTerm });
        }
    }

    /// A process ends, if it is still that one. Its hooks end with it.
    pub(super) fn end(&mut self, place: u32, container: ContainerIndex, run: u32, how: How) -> Option<Happened> {
        let now = self.now;
        let life = self.pods.at_mut(place)?.life.as_mut()?;
        let record = life.run(container, run).filter(|record| record.is_running())?;
        let mut stopping = Stopping::default();
        if record.is_aside {
            stopping = self.stopping.get(&(place, container, run)).copied().unwrap_or_default();
        }
        if how == How::TimedOut && stopping.kill_at != Some(now) {
            return None;
        }
        if record.is_aside {
            self.stopping.remove(&(place, container, run));
        }
        (record.is_aside, record.stage, record.finished_at) = (false, Stage::Exited(how), Some(now));
        let attempt = record.attempt;
        let (end, message, failed) = life.ending(container, run, how);
        self.text = message;
        self.other_text.clone_from(&end.reason);
        self.cancel(place, |due| match due {
            Due::End { container: of, run: nth, .. }
            | Due::Up { container: of, run: nth }
            | Due::HookEnd { container: of, run: nth, .. } => (*of, *nth) == (container, run),
            _ => false,
        });
        for hook in [HookKind::PostStart, HookKind::PreStop] {
            if *stopping.runs(hook) {
                self.note(place, |pod| Note::Hook { pod, container, run, hook, begin: false });
                self.tell(place, Due::HookFailed { container, attempt, hook, why: Missing::Ended });
            }
        }
        let exit = end.exit;
        if !failed {
            let event = if end.killed { ProcessEvent::Killed } else { ProcessEvent::Exiting };
            self.note(place, |pod| Note::Process { pod, container, run, event, end: None });
        }
        self.note(place, |pod| Note::Process { pod, container, run, event: ProcessEvent::Ended, end: Some(end) });
        Some(match failed {
            true => Happened::StartFailed { container, attempt, end: exit, at: now },
            false => Happened::Exited { container, attempt, end: exit, at: now },
        })
    }

    pub(super) fn run_hook(&mut self, place: u32, container: ContainerIndex, attempt: Attempt, hook: HookKind) {
        let now = self.now;
        let Some(run) = self.life(place).and_then(|life| life.record(container, attempt)).map(|record| record.run) else { return };
        let Some(stopping) = self.stopping(place, container, run) else {
            self.tell(place, Due::HookFailed { container, attempt, hook, why: Missing::NotFound });
            return;
        };
        if core::mem::replace(stopping.runs(hook), true) {
            return;
        }
        if hook == HookKind::PreStop {
            stopping.pre_stop.get_or_insert(now);
        }
        self.note(place, |pod| Note::Hook { pod, container, run, hook, begin: true });
        let Some(life) = self.life(place) else { return };
        let (takes, ok) = life.script.hook(&life.spec, container, hook, run);
        if let Some(span) = takes {
            self.after(place, span, Due::HookEnd { container, run, hook, ok });
        }
    }

    pub(super) fn hook_end(&mut self, place: u32, container: ContainerIndex, run: u32, hook: HookKind, ok: bool) -> Option<Happened> {
        let attempt = self.life(place)?.run(container, run).filter(|record| record.is_running())?.attempt;
        let stopping = self.stopping(place, container, run)?;
        if !core::mem::replace(stopping.runs(hook), false) {
            return None;
        }
        self.note(place, |pod| Note::Hook { pod, container, run, hook, begin: false });
        Some(Happened::HookEnded { container, attempt, hook, ok })
    }

    pub(super) fn probe(&mut self, place: u32, container: ContainerIndex, attempt: Attempt, kind: ProbeKind) {
        let now = self.now;
        let Some(life) = self.pods.at_mut(place).and_then(|pod| pod.life.as_mut()) else { return };
        let Some(&mut record) = life.record(container, attempt) else { return };
        if !record.is_running() {
            self.tell(place, Due::ProbeBroken { container, attempt, kind });
            return;
        }
        let run = record.run;
        let mut stopping = None;
        if record.is_aside {
            stopping = self.stopping.get(&(place, container, run));
        }
        let (term, pre_stop) = stopping.map_or((None, None), |stopping| (stopping.term, stopping.pre_stop));
        let moment = ProbeMoment { now, run, began: record.started_at.unwrap_or(now), term, pre_stop };
        let timeout = life.spec.container(container).probe(kind).map_or(Span::ZERO, |probe| probe.timeout);
        let (outcome, takes) = life.script.probe(&life.spec, container, kind, moment);
        let (outcome, takes) = if takes > timeout { (RawOutcome::Failure, timeout) } else { (outcome, takes) };
        self.after(place, takes, Due::ProbeEnd { container, run, attempt, probed: Probed::new(kind, outcome) });
    }

    pub(super) fn remove_container(&mut self, place: u32, container: ContainerIndex, attempt: Attempt) {
        if let Some(own) = self.life(place).and_then(|life| life.containers.get_mut(container)) {
            own.records.retain(|_, record| record.attempt != attempt);
        }
    }
}

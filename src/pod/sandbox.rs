//! The Pod's sandbox: its network and the room its containers share.

use super::Pod;
use super::error::TransitionError;
use super::output::{Cause, Output, Sink, StateChange, Transition};
use super::table::table;
use super::work::Step;
use crate::rules::conditions::{KubeletCondition, Verdict};
use crate::rules::pod_status;
use crate::rules::view::{NetworkNamespace, Sandbox};
use crate::time::Time;
use alloc::string::String;

table! {
    /// State of the newest sandbox.
    states SandboxState {
        /// There has been none.
        Absent,
        /// Up, with its network.
        Ready,
        /// Down by itself or from outside; not taken down by the kubelet yet.
        NotReady,
        /// Taken down by the kubelet.
        Stopped,
    }
    /// What happens to a sandbox.
    events SandboxEvent {
        /// The runtime made a new one.
        Started,
        /// It died, or could not be made and left a record.
        Died,
        /// The runtime took it down as asked.
        StopDone,
    }
    rows {
        Absent | NotReady | Stopped + Started => Ready by Runtime;
        Absent | Ready | NotReady | Stopped + Died => NotReady by Runtime;
        Ready | NotReady | Stopped + StopDone => Stopped by Runtime;
    }
}

/// What is known of the newest sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SandboxFacts {
    pub(crate) state: SandboxState,
    pub(crate) attempt: u32,
    pub(crate) network: NetworkNamespace,
    pub(crate) has_ip: bool,
    /// An older one was ready in the last re-list.
    pub(crate) older_ready: bool,
}

impl Default for SandboxFacts {
    fn default() -> Self {
        Self::NONE
    }
}

impl SandboxFacts {
    pub(crate) const NONE: Self =
        Self { state: SandboxState::Absent, attempt: 0, network: NetworkNamespace::Pod, has_ip: false, older_ready: false };

    /// As the rules see them: the newest one, and another one if some older one is ready.
    pub(crate) fn view(self) -> impl Iterator<Item = Sandbox> {
        let newest = Sandbox {
            ready: self.state == SandboxState::Ready,
            attempt: self.attempt,
            network: self.network,
            has_network_status: true,
            has_ip: self.has_ip,
        };
        let older = Sandbox { ready: true, ..newest };
        let newest = (self.state != SandboxState::Absent).then_some(newest);
        newest.into_iter().chain(self.older_ready.then_some(older))
    }
}

impl Pod {
    /// A sandbox is up.
    pub(crate) fn sandbox_started(&mut self, now: Time, attempt: u32, ips: &str, out: &mut impl Sink) -> Result<(), TransitionError> {
        let awaited = self.work.step == Step::Sandbox && self.work.actions.attempt == attempt;
        if !awaited && self.sandbox.state != SandboxState::Absent && attempt <= self.sandbox.attempt {
            // Late, or a re-list has shown it before the answer.
            return Ok(());
        }
        self.expects("SandboxStarted", awaited)?;
        self.set_sandbox(SandboxEvent::Started, attempt, out);
        let network = if self.spec.host_network() { NetworkNamespace::Node } else { NetworkNamespace::Pod };
        self.sandbox = SandboxFacts { network, has_ip: !ips.is_empty(), older_ready: false, ..self.sandbox };
        self.put_older_sandboxes([].into_iter());
        if self.aside.for_text(ips).is_some() {
            self.put_sandbox_ips(ips.split(','));
        }
        self.sandbox_up(now, out);
        Ok(())
    }

    /// Keeps the addresses that the runtime tells, as the next status shows them.
    pub(crate) fn put_sandbox_ips<'a>(&mut self, reported: impl Iterator<Item = &'a str> + Clone) {
        let primary = self.node.host_ips.first().map(String::as_str);
        let told = &mut self.aside.make_texts().sandbox_ips;
        told.clear();
        for ip in pod_status::pod_ips(reported, primary) {
            if !told.is_empty() {
                told.push(',');
            }
            told.push_str(&pod_status::canonical_ip(ip));
        }
    }

    /// The sandbox that the sync has waited for is up: the containers are next.
    pub(crate) fn sandbox_up(&mut self, now: Time, out: &mut impl Sink) {
        // The kubelet writes this condition before the next status, as soon as the sandbox is up (KEP-3085).
        let condition = KubeletCondition::PodReadyToStartContainers;
        if self.node.gates.pod_ready_to_start_containers_condition && !self.published.holds(condition) {
            let changed = self.set_condition(now, condition, Some(Verdict::TRUE), Cause::SandboxStarted, out);
            self.publish(now, changed, Cause::SandboxStarted, out);
        }
        self.relist(now);
        self.start_on(now, None, out);
    }

    /// Whether there is a newer sandbox than that, so that news of it is late.
    pub(crate) fn is_old_sandbox(&self, attempt: u32) -> bool {
        self.sandbox.state != SandboxState::Absent && attempt < self.sandbox.attempt
    }

    /// Whether the work waits until this sandbox is down.
    pub(crate) fn is_stopping_sandbox(&self, attempt: u32) -> bool {
        matches!(self.work.step, Step::StopSandbox(awaited) | Step::EndSandbox(awaited) if awaited == attempt)
    }

    /// Moves the sandbox to another state: the one setter of sandboxes.
    pub(crate) fn set_sandbox(&mut self, event: SandboxEvent, attempt: u32, out: &mut impl Sink) -> bool {
        let from = self.sandbox.state;
        let Some((to, by)) = from.next(event) else {
            return false;
        };
        self.sandbox.state = to;
        self.sandbox.attempt = attempt;
        if from != to || event == SandboxEvent::Started {
            let change = StateChange::Sandbox { attempt, from, to };
            out.emit(Output::Transition(Transition { change, by, why: Cause::Reported }));
        }
        true
    }

    pub(crate) fn sandbox_down(
        &mut self,
        now: Time,
        event: SandboxEvent,
        attempt: u32,
        out: &mut impl Sink,
    ) -> Result<(), TransitionError> {
        let is_answer = event == SandboxEvent::StopDone && self.is_stopping_sandbox(attempt);
        if is_answer && self.is_old_sandbox(attempt) {
            self.sandbox_down_on(now, out);
            return Ok(());
        }
        // A re-list may have shown before the answer that it is gone.
        let is_gone = self.sandbox.state == SandboxState::Absent && is_answer;
        if !is_gone && (self.sandbox.state == SandboxState::Absent || attempt > self.sandbox.attempt) {
            return self.failed_sandbox(event, attempt, out);
        }
        let was_ready = self.sandbox.state == SandboxState::Ready;
        let late = event == SandboxEvent::Died && !was_ready;
        if !is_gone && (attempt < self.sandbox.attempt || late || !self.set_sandbox(event, attempt, out)) {
            return Ok(());
        }
        // The runtime tells one that is taken down from one that is down by nothing: only one that was ready is news (kubelet PLEG).
        if was_ready && (!matches!(self.work.step, Step::EndSandbox(_)) || event != SandboxEvent::StopDone) {
            self.relist(now);
        }
        if is_answer {
            self.sandbox_down_on(now, out);
        }
        Ok(())
    }

    /// A sandbox that could not be made may leave a record, which has to be taken down like any other. It is no news that asks for a sync.
    fn failed_sandbox(&mut self, event: SandboxEvent, attempt: u32, out: &mut impl Sink) -> Result<(), TransitionError> {
        let failed = attempt.checked_add(1).is_some_and(|next| next == self.work.sandboxes_asked) && self.work.step != Step::Sandbox;
        if event != SandboxEvent::Died || !failed {
            return Err(TransitionError::Unasked { event: event.as_str(), attempt });
        }
        self.set_sandbox(SandboxEvent::Died, attempt, out);
        Ok(())
    }

    /// The sandbox is down but its network is not: what asked for it failed, and comes again.
    pub(crate) fn sandbox_stop_failed(&mut self, now: Time, attempt: u32, out: &mut impl Sink) -> Result<(), TransitionError> {
        self.expects("SandboxStopFailed", self.is_stopping_sandbox(attempt))?;
        if attempt == self.sandbox.attempt && self.sandbox.state != SandboxState::Absent {
            self.set_sandbox(SandboxEvent::Died, attempt, out);
        }
        self.fail_sync(now);
        Ok(())
    }

    /// The sandboxes before the newest, as a re-list has them; none after a new one was made, until the next re-list.
    pub(crate) fn put_older_sandboxes(&mut self, attempts: impl ExactSizeIterator<Item = u32>) {
        if attempts.len() > 0 || self.aside.texts().is_some_and(|texts| !texts.older_sandboxes.is_empty()) {
            let older = &mut self.aside.make_texts().older_sandboxes;
            older.clear();
            older.extend(attempts);
        }
    }

    /// The sandbox to be taken down after this one: all that are there are, the newest first.
    pub(crate) fn sandbox_before(&self, attempt: u32) -> Option<u32> {
        let older = self.aside.texts().map_or(&[][..], |texts| &texts.older_sandboxes);
        older.iter().copied().filter(|&older| older < attempt).max()
    }
}

//! How a world goes on by itself: everything asked for succeeds, and containers end when their time has come.

use super::runtime::Deed;
use super::world::{Call, Input, Kind, World};
use pod_lifecycle::api::{ObjectMeta, PodStatus};
use pod_lifecycle::observation::ObservedState;
use pod_lifecycle::pod::{Action, Attempt, DeadlineReason, Event, NewPod, Output, ShownState, Stage};
use pod_lifecycle::rules::view::{Exit, TerminatedReason};
use pod_lifecycle::{ContainerIndex, Pod, Span, Spec, Time};
use std::sync::Arc;

/// How long containers go on to end by themselves.
const UNREST: Span = Span::from_secs(45);

/// How long it is looked at what becomes of it: longer than the longest back-off.
const HORIZON: Span = Span::from_secs(1_000);

/// Longer than the wait for a resync.
const REST: Span = Span::from_secs(80);

/// How often a caller of a Pod without syncs of its own asks for one.
const SYNC_PERIOD: Span = Span::from_secs(5);

impl World {
    /// Lets the world go on from now: every action is answered well, in the order of asking, and some containers end once more.
    ///
    /// What happens depends on what is started when, and on `seed`, but not on the order of calls. Says whether it came to rest.
    pub(crate) fn go_on(&mut self, seed: u8) -> bool {
        let (begun, mut changed) = (self.now, self.now + UNREST);
        let mut synced = self.now - SYNC_PERIOD;
        self.kind = Kind::True;
        for _ in 0..8_000 {
            if !self.jobs.is_empty() {
                let action = self.jobs.remove(0);
                let event = self.answer(action, 0);
                changed = changed.max(self.call_on(Input::Event(event)));
                continue;
            }
            if !self.pod.node().pacing.automatic && self.now >= synced + SYNC_PERIOD {
                synced = self.now;
                changed = changed.max(self.call_on(Input::Sync));
                continue;
            }
            let exit = self.next_exit(begun, seed);
            let deadline = self.pod.next_deadline().map(|deadline| deadline.at.max(self.now));
            let sync = (!self.pod.node().pacing.automatic).then_some(synced + SYNC_PERIOD);
            let next = [exit.map(|exit| exit.0), deadline, sync].into_iter().flatten().min().unwrap_or(begun + HORIZON);
            if self.is_removable() {
                self.call_on(Input::Event(Event::ObjectRemoved));
            } else if self.pod.stage() == Stage::Removed || self.now - begun >= HORIZON || self.is_at_rest(changed) {
                return true;
            } else if let Some((at, container, attempt, code)) = exit.filter(|exit| exit.0 <= next) {
                self.now = self.now.max(at);
                let event = self.exit(container, attempt, code);
                changed = changed.max(self.call_on(Input::Event(event)));
            } else {
                self.now = next;
                changed = changed.max(self.call_on(Input::Event(Event::Tick)));
            }
        }
        false
    }

    /// Makes a call. Now if anything but a probe came of it, else long ago.
    fn call_on(&mut self, input: Input) -> Time {
        let call = self.call(input);
        let is_news = |output: &Output| !matches!(output, Output::Action(Action::Probe { .. }));
        if call.outputs.iter().any(is_news) { self.now } else { Time::EPOCH }
    }

    /// Nothing has changed for longer than it takes until the next resync, and nothing waits for its time.
    fn is_at_rest(&self, changed: Time) -> bool {
        let waits = |container| matches!(self.pod.container(container).state, ShownState::Waiting(_));
        let timed =
            self.pod.next_deadline().is_some_and(|deadline| !matches!(deadline.reason, DeadlineReason::Probe | DeadlineReason::Retry));
        // A probe that is due earlier hides it.
        let will_end = self.pod.stage() == Stage::Syncing && self.pod.spec().api().active_deadline_seconds.is_some();
        self.now - changed > REST && !timed && !will_end && !self.pod.spec().indexes().any(waits)
    }

    /// A Pod that is being deleted and that no kubelet keeps is removed by the API server itself.
    fn is_removable(&self) -> bool {
        let unkept = matches!(self.pod.stage(), Stage::Unscheduled | Stage::Scheduled | Stage::Rejected);
        let forced = self.pod.stage() == Stage::Finished && self.pod.deletion().is_some_and(|(grace, _)| grace == 0);
        self.pod.deletion().is_some() && (unkept || forced)
    }

    /// The next container that ends by itself: when, which, and its exit code.
    fn next_exit(&self, begun: Time, seed: u8) -> Option<(Time, ContainerIndex, Attempt, i32)> {
        let running = self.runtime.instances.iter().filter(|instance| instance.state == ObservedState::Running);
        let ends = running.filter_map(|instance| {
            let started = instance.started_at?;
            let dice = usize::from(seed) + 7 * instance.container.get() + 3 * instance.restart_count as usize;
            let ends = dice % 4 < 2 && started - begun < UNREST;
            let at = started.max(begun) + Span::from_millis(1_300 + 700 * (dice as i64 % 5));
            ends.then_some((at, instance.container, instance.attempt, [0, 1, 42][dice % 3]))
        });
        ends.min()
    }

    /// The process with the machine in it ends now, and begins again from a snapshot: what was in flight is lost, or done and never told.
    ///
    /// Says what is published meanwhile.
    pub(crate) fn restart(&mut self, is_done: impl Fn(usize, Action) -> bool) -> Option<PodStatus> {
        let asked = core::mem::take(&mut self.jobs);
        for (n, &action) in asked.iter().enumerate() {
            if is_done(n, action) {
                self.answer(action, 0);
            }
        }
        let text = serde_json::to_string(&self.pod.snapshot()).expect("a snapshot is written");
        let snapshot = serde_json::from_str(&text).expect("and read again");
        self.pod = Pod::restore(snapshot, self.pod.spec(), self.pod.node()).expect("a Pod's own snapshot fits");
        let published = self.look_and_publish();
        // In the order in which they were asked for: it matters who is answered first.
        self.take_up_pending(|job| asked.iter().position(|action| action == job).unwrap_or(asked.len()));
        published
    }

    /// Has the machine see a re-list. What it publishes.
    fn look_and_publish(&mut self) -> Option<PodStatus> {
        let is_published = self.observe().is_some_and(|call| call.outputs.contains(&Output::StatusChanged));
        is_published.then(|| self.pod.status().to_owned())
    }

    /// Whether an instance was made and not started: what a kubelet leaves behind that dies at this very moment, no recording shows.
    pub(crate) fn is_starting(&self) -> bool {
        self.runtime.instances.iter().any(|instance| instance.state == ObservedState::Created)
            || self.jobs.iter().any(|job| matches!(job, Action::CreateContainer { .. }))
    }

    /// The kubelet ends now, and another one finds the Pod in the API server and in the runtime. What was in flight is lost, or was done.
    ///
    /// Says what is published meanwhile.
    pub(crate) fn restart_kubelet(&mut self, is_done: impl Fn(usize) -> bool) -> Vec<PodStatus> {
        for (n, action) in core::mem::take(&mut self.jobs).into_iter().enumerate() {
            if is_done(n) || self.is_told_gone(action) {
                self.answer(action, 0);
            }
        }
        let mut api = self.stored.api().clone();
        api.node_name = "node".into();
        let (spec, status) = (Arc::new(Spec::as_given(api)), self.pod.status().to_owned());
        let (deletion_timestamp, deletion_grace_period_seconds) = self.pod.deletion().map(|(grace, at)| (at, grace)).unzip();
        let meta = ObjectMeta { generation: self.generation, deletion_timestamp, deletion_grace_period_seconds, ..ObjectMeta::default() };
        let mut node = (**self.pod.node()).clone();
        node.kubelet_start = self.now;
        let (mut outputs, mut published) = (Vec::new(), Vec::new());
        self.pod = Pod::new(NewPod { meta: &meta, spec: &spec, status: Some(&status) }, &Arc::new(node), &mut outputs);
        if outputs.contains(&Output::StatusChanged) {
            published.push(self.pod.status().to_owned());
        }
        published.extend(self.look_and_publish());
        let pod = &self.pod;
        for instance in &mut self.runtime.instances {
            let newest = pod.facts().instance(instance.container).0;
            let is_it = |attempt: &u32| pod.instance_id(instance.container, Attempt(*attempt)) == Some(instance.id);
            instance.attempt = Attempt((0..=newest.0).rev().find(is_it).unwrap_or(u32::MAX));
        }
        self.take_up_pending(|_| 0);
        published
    }

    /// What waits for its answer is asked for again, in this order; before it comes what has just been asked for and is not waited for.
    fn take_up_pending(&mut self, place: impl Fn(&Action) -> usize) {
        let mut pending: Vec<_> = self.pod.pending_actions().collect();
        pending.sort_by_key(place);
        self.jobs.retain(|job| !pending.contains(job));
        self.jobs.extend(pending);
    }

    /// Whether it is the removal of a record that no status shows any more: a kubelet has removed it before it builds such a status.
    fn is_told_gone(&self, action: Action) -> bool {
        let Action::RemoveContainer { container, attempt } = action else { return false };
        let Some(instance) = self.runtime.instances.iter().find(|instance| instance.is(container, attempt)) else { return false };
        let status = self.pod.status().to_owned();
        let mut shown = status.init_container_statuses.iter().chain(&status.container_statuses);
        shown.all(|status| {
            let last = status.last_state.terminated.as_ref().filter(|_| !status.container_id.is_empty());
            status.container_id != instance.id && last.is_none_or(|last| last.container_id != instance.id)
        })
    }

    /// Answers these of the actions asked for, well.
    pub(crate) fn answer_all(&mut self, which: impl Fn(&Action) -> bool) {
        let (due, jobs) = core::mem::take(&mut self.jobs).into_iter().partition(which);
        self.jobs = jobs;
        for action in due {
            let event = self.answer(action, 0);
            self.call(Input::Event(event));
        }
    }

    /// The machine gets a re-list, the answers that are due, and a re-list again: it tells of older instances, too, of which no event does.
    pub(crate) fn look(&mut self) {
        self.observe();
        self.answer_all(|_| true);
        self.observe();
    }

    fn observe(&mut self) -> Option<Call> {
        let is_there = self.pod.stage().is_bound() && self.pod.stage() != Stage::Removed;
        is_there.then(|| self.call(Input::Observe(self.list())))
    }

    /// What was done to containers, as codes that can be compared.
    pub(crate) fn outcome(&self) -> String {
        let spec = self.pod.spec();
        let all = &self.runtime.deeds;
        // A stop of what never ran is not waited for, and lost with a restart.
        let counts = |deed: &&Deed| match **deed {
            Deed::Stopped { container, restart_count } => all.contains(&Deed::Started { container, restart_count }),
            _ => true,
        };
        let mut deeds: Vec<_> = all.iter().filter(counts).collect();
        deeds.sort();
        let mut outcome = format!("{} {:?} sandbox {}\n{deeds:?}\n", self.pod.stage(), self.pod.phase(), self.pod.facts().sandbox());
        for container in spec.indexes() {
            let newest = self.runtime.instances.iter().find(|instance| instance.container == container);
            let newest = newest.map(|instance| (instance.state, instance.restart_count, exit(instance.state, instance.exit)));
            let mut shown = self.pod.container(container);
            // One that could not be found any more keeps what its last probe said, and when that was answered is a matter of luck.
            if let Some(entry) =
                shown.entry.as_mut().filter(|_| matches!(shown.state, ShownState::Terminated(_, TerminatedReason::ContainerStatusUnknown)))
            {
                entry.ready = false;
            }
            outcome += &format!("{}: {newest:?}, shown {:?} {:?}\n", spec.container(container).name(), shown.state, shown.entry);
        }
        outcome
    }
}

fn exit(state: ObservedState, exit: Exit) -> Option<Exit> {
    (state == ObservedState::Exited).then_some(exit)
}

//! What is remembered of the last build, plan and search, so that none of them is made again from the same facts.
//!
//! A status is a pure function of the facts and of the last status, and a plan one of the facts: made again from what has not changed they
//! would say the same. What is remembered here says only that; it is no fact, is not kept in a snapshot, and two Pods that differ in
//! nothing else are equal. A new Pod remembers nothing.
//!
//! | what is remembered | by whom it is set | who makes it forgotten |
//! |---|---|---|
//! | a container would be built as it is shown | the build ([`Pod::build`]) | whoever touches its instances, its back-off or the failure of its start; a probe result that it would show otherwise |
//! | phase, conditions and the rest would be built as they are shown | the build | every event but ticks and probe results, and what makes a container forgotten |
//! | there is nothing to do | the plan | the same, and a probe result that may ask for a kill |
//! | when the next probe is due | the ticks of the probes | whoever moves a probe |
//!
//! A change of the API object and a re-list make everything forgotten. Builds with debug assertions make again what is taken over from
//! here and compare. The gain, in instructions an event of `examples/count_events.rs`: see `benches/README.md`.

use super::Pod;
use super::container::{InstanceStage, Slot};
use super::published::ShownCondition;
use crate::spec::ContainerIndex;
use crate::time::Time;

/// See the [module documentation](self).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memo {
    /// When the next worker ticks.
    pub(super) next_probe: Option<Time>,
    /// Containers that would be built as they are shown, by their bits.
    built: u16,
    /// Those of them of which each build asks for a probe of readiness.
    poking: u16,
    settled: bool,
    idle: bool,
}

/// What is remembered is no fact.
impl PartialEq for Memo {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a build does to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// What has to be found out.
    Nothing,
    /// Nothing.
    Built,
    /// Nothing but to ask for a probe of its readiness.
    Poking,
}

impl Memo {
    /// The bit of a container; those that are too far behind have none and are built each time.
    const fn bit(container: ContainerIndex) -> u16 {
        if container.get() < u16::BITS as usize { 1 << container.get() } else { 0 }
    }

    /// Everything is to be found out anew.
    pub(crate) const fn forget(&mut self) {
        *self = Self { next_probe: self.next_probe, built: 0, poking: 0, settled: false, idle: false };
    }

    /// Something happened that may concern the Pod as a whole.
    pub(crate) const fn unsettle(&mut self) {
        (self.settled, self.idle) = (false, false);
    }

    /// Something of a container changed that its status or its next action depends on.
    pub(crate) const fn touch(&mut self, container: ContainerIndex) {
        self.built &= !Self::bit(container);
        self.unsettle();
    }

    pub(crate) const fn of(&self, container: ContainerIndex) -> Remembered {
        let bit = Self::bit(container);
        if self.built & bit == 0 {
            Remembered::Nothing
        } else if self.poking & bit == 0 {
            Remembered::Built
        } else {
            Remembered::Poking
        }
    }

    /// A container would be built as it is shown now; `pokes`: and a probe of its readiness be asked for.
    pub(crate) const fn remember(&mut self, container: ContainerIndex, pokes: bool) {
        let bit = Self::bit(container);
        self.built |= bit;
        self.poking = if pokes { self.poking | bit } else { self.poking & !bit };
    }

    /// Whether a build of the Pod would change nothing, if none of one of its `containers` does.
    pub(crate) const fn is_settled(&self, containers: usize) -> bool {
        self.settled && self.built.count_ones() as usize == containers
    }

    /// Whether some container asks for a probe with each build.
    pub(crate) const fn pokes(&self) -> bool {
        self.poking & self.built != 0
    }

    pub(crate) const fn settle(&mut self) {
        self.settled = true;
    }

    /// Whether the last plan had nothing in it, and still has not.
    pub(crate) const fn is_idle(&self) -> bool {
        self.idle
    }

    pub(crate) const fn set_idle(&mut self, idle: bool) {
        self.idle = idle;
    }

    /// A probe result may ask for a kill.
    pub(crate) const fn expect_kill(&mut self) {
        self.idle = false;
    }
}

impl Slot {
    /// Whether a container that was built from these instances would be built again as it is shown: the newest one tells its state by itself, and
    /// so does the one before it. Of all others the last status has a say.
    pub(crate) const fn speaks_for_itself(&self) -> bool {
        let [newest, before] = &self.instances;
        matches!(newest.stage, InstanceStage::Running | InstanceStage::Exited)
            && matches!(before.stage, InstanceStage::Exited | InstanceStage::Absent)
    }
}

/// What debug assertions ask: whether what is taken over from here is what would be found out anew.
impl Pod {
    /// Whether a build that remembers nothing would leave the status as it is.
    pub(super) fn would_be_built_so(&self, now: Time) -> bool {
        let containers = self.spec.indexes().all(|container| self.would_be_shown_so(container, self.memo.of(container)));
        let verdict = self.decide(now, false, false, true);
        let generation = self.object.shown_generation();
        let published = &self.published;
        let conditions = verdict.conditions.iter().all(|(condition, verdict)| {
            let ShownCondition { status, reason, generation: of, .. } = *published.condition(condition);
            verdict.map_or(status.is_none(), |verdict| {
                (Some(verdict.status), verdict.reason, condition.generation(generation)) == (status, reason, of)
            })
        });
        let rest = published.built && published.has_host_ips && published.observed_generation == generation;
        let ips = self.aside.texts().is_none_or(|texts| texts.pod_ips == texts.sandbox_ips);
        let phase = (Some(verdict.phase), self.shown_reason(&verdict)) == (published.local_phase, published.local_reason);
        containers && phase && conditions && rest && ips && self.aside.shown_spec().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ObjectMeta;
    use crate::pod::{Attempt, Event, NewPod, NodeConfig, Pacing};
    use crate::rules::view::Exit;
    use crate::spec::Spec;
    use alloc::sync::Arc;

    const C: ContainerIndex = ContainerIndex::new(0);
    const NOW: Time = Time::from_secs(1_767_225_600);

    /// A Pod of one container that runs.
    fn running(more: &str) -> Pod {
        let spec = alloc::format!(r#"{{"containers": [{{"name": "c", "image": "i"}}]{more}}}"#);
        let spec = Arc::new(Spec::parse(serde_json::from_str(&spec).unwrap()).unwrap());
        let node = Arc::new(NodeConfig { pacing: Pacing::KUBELET, ..NodeConfig::default() });
        let mut pod = Pod::new(NewPod { meta: &ObjectMeta::default(), spec: &spec, status: None }, &node, &mut ());
        let attempt = Attempt(0);
        for event in [
            Event::Stored,
            Event::Scheduled,
            Event::Bound,
            Event::Admitted,
            Event::VolumesMounted,
            Event::SandboxStarted { attempt: 0, ips: "10.0.0.7" },
            Event::ImagePresent { container: C },
            Event::ContainerCreated { container: C, attempt, id: "", image_id: "" },
            Event::ContainerStarted { container: C, attempt, at: NOW },
        ] {
            pod.handle(NOW, event, &mut ()).unwrap();
        }
        pod
    }

    /// Syncs as often as the kubelet does, and tells when the last one was.
    fn rest(pod: &mut Pod, times: usize) -> Time {
        let mut now = NOW;
        for _ in 0..times {
            now = pod.next_deadline().unwrap().at;
            pod.handle(now, Event::Tick, &mut ()).unwrap();
        }
        now
    }

    #[test]
    fn a_pod_at_rest_is_settled_until_something_happens() {
        let mut pod = running("");
        let now = rest(&mut pod, 4);
        assert!(pod.memo.is_settled(1) && pod.memo.is_idle());
        let exit = Event::ContainerExited { container: C, attempt: Attempt(0), exit: Exit::of_code(1), at: now, message: "", reason: "" };
        pod.handle(now, exit, &mut ()).unwrap();
        assert!(!pod.memo.is_settled(1) && !pod.memo.is_idle());
        assert_eq!(pod.memo.of(C), Remembered::Nothing);
    }

    #[test]
    fn what_others_or_the_time_decide_is_never_settled() {
        for more in [r#", "readinessGates": [{"conditionType": "ContainersReady"}]"#, r#", "activeDeadlineSeconds": 3600"#] {
            let mut pod = running(more);
            rest(&mut pod, 4);
            assert!(!pod.memo.is_settled(1) && !pod.memo.is_idle(), "{more}");
        }
    }
}

//! What a sync does to a Pod: sandbox, kills, starts, resets (kubelet `computePodActions`).
//!
//! [`compute`] is the kubelet's plan: it writes one small [`ContainerAction`] for each container and returns what concerns the Pod. It
//! asks only the spec, the runtime and the kubelet's managers; crash-loop delays are applied when a start is tried.

mod init;
mod regular;
mod reset;
mod resize;

pub use reset::{Reset, resets};
pub use resize::{Direction, Resize, ResizedResource, resize, resize_to, updates};

use super::view::{InstanceState, KillReason, ProbeResult, Runtime};
use super::{container_status, restart, sandbox};
use crate::api::RestartPolicy;
use crate::gates::Gates;
use crate::spec::{ContainerIndex, Spec};

/// What a sync does to one container. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ContainerAction {
    /// Start it: pull, create and start an instance, if its back-off lets it.
    pub start: bool,
    /// Kill its newest instance first, for this reason. Where the whole Pod is killed, that is done instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill: Option<KillReason>,
    /// Update its CPU in place; see [`updates`] for the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Direction>,
    /// Update its memory in place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Direction>,
}

/// What a sync does to the Pod as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodActions {
    /// Kill every container and stop every sandbox first.
    ///
    /// With [`create_sandbox`](Self::create_sandbox), the instances of init containers are then purged with their logs.
    pub kill_pod: bool,
    /// Create a sandbox.
    pub create_sandbox: bool,
    /// Attempt of the sandbox: of the new one if there is to be one, else of the present one.
    pub attempt: u32,
    /// All containers are to be restarted in place: carry out [`resets`], unless the Pod is killed in this same sync.
    pub reset: bool,
    /// Some container is restarted to be resized: the Pod's own cgroup is resized with it.
    pub update_pod_resources: bool,
}

/// What [`compute`] is told beside the runtime and the probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActionInput {
    /// The status says AllContainersRestarting=True (KEP-5532).
    pub restart_all: bool,
    /// The Pod has a `deletionTimestamp`: regular containers and failed plain init containers are not started again.
    pub deleted: bool,
}

/// What the kubelet's own managers know of the newest instance of each container.
pub trait Managers {
    /// Cached result of the liveness probe; `None`: no result yet.
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult>;
    /// Cached result of the startup probe; `None`: no result yet.
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult>;
    /// What a pending resize asks of the container, as [`resize`] tells; asked only while it runs. Static Pods are never resized.
    fn resize(&self, container: ContainerIndex) -> Resize {
        let _ = container;
        Resize::default()
    }
}

impl<T: Managers + ?Sized> Managers for &T {
    fn liveness(&self, container: ContainerIndex) -> Option<ProbeResult> {
        (**self).liveness(container)
    }
    fn startup(&self, container: ContainerIndex) -> Option<ProbeResult> {
        (**self).startup(container)
    }
    fn resize(&self, container: ContainerIndex) -> Resize {
        (**self).resize(container)
    }
}

/// What a plan is made from.
struct Planner<'a, R, M> {
    spec: &'a Spec,
    runtime: &'a R,
    managers: &'a M,
    input: ActionInput,
    gates: &'a Gates,
    actions: &'a mut [ContainerAction],
    /// Some container is restarted to be resized.
    restarts_to_resize: bool,
}

/// Plans a sync (kubelet `computePodActions`).
///
/// `actions` has one element for each container of the spec; what it held before is forgotten. Starts are carried out in the order of
/// the [spec's indexes](ContainerIndex), but ephemeral containers first.
///
/// # Panics
/// If `actions` is shorter than the list of containers.
pub fn compute(
    spec: &Spec,
    runtime: &impl Runtime,
    managers: &impl Managers,
    input: ActionInput,
    gates: &Gates,
    actions: &mut [ContainerAction],
) -> PodActions {
    actions.fill(ContainerAction::default());
    let sandbox = sandbox::changed(spec, runtime);
    let pod = PodActions { kill_pod: sandbox.needed, create_sandbox: sandbox.needed, attempt: sandbox.attempt, ..PodActions::default() };
    if input.restart_all && gates.restart_all() {
        return PodActions { reset: true, ..pod };
    }
    let mut planner = Planner { spec, runtime, managers, input, gates, actions, restarts_to_resize: false };
    if sandbox.needed { planner.with_new_sandbox(pod) } else { planner.with_present_sandbox(pod) }
}

impl<R: Runtime, M: Managers> Planner<'_, R, M> {
    /// The Pod begins anew, unless nothing in it would ever start again.
    fn with_new_sandbox(&mut self, pod: PodActions) -> PodActions {
        let no_sandbox = PodActions { create_sandbox: false, ..pod };
        let spec = self.spec;
        // Only the Pod's own policy counts here, whatever its containers say.
        let never = spec.restart_policy() == RestartPolicy::Never;
        if never && pod.attempt != 0 && spec.indexes().any(|i| self.runtime.newest(i).is_some()) {
            return no_sandbox;
        }
        if !spec.regular().any(|i| self.is_due(i)) && container_status::any_regular_created(spec, self.runtime) {
            return no_sandbox;
        }
        if let Some(first) = spec.init().next() {
            self.start(first);
            return pod;
        }
        for container in spec.regular() {
            self.actions[container.get()].start = self.is_due(container);
        }
        pod
    }

    fn with_present_sandbox(&mut self, mut pod: PodActions) -> PodActions {
        for container in self.spec.ephemeral() {
            if self.runtime.newest(container).is_none() {
                self.start(container);
            }
        }
        match self.init_containers() {
            init::Progress::Initialized => pod.kill_pod = self.regular_containers() == regular::Outcome::NothingLeft,
            init::Progress::Initializing => {}
            init::Progress::Failed => pod.kill_pod = true,
        }
        if pod.kill_pod {
            // Sidecars must not keep a Pod alive that is done.
            self.clear_init_starts();
        }
        pod.update_pod_resources = self.restarts_to_resize;
        pod
    }

    /// Whether a regular container is started in a new sandbox: all are, but those that have succeeded under OnFailure.
    fn is_due(&self, container: ContainerIndex) -> bool {
        let succeeded = |i| self.runtime.newest(i).is_some_and(|i| i.state == InstanceState::Exited && i.exit.code == 0);
        restart::effective_policy(self.spec, container, self.gates) != RestartPolicy::OnFailure || !succeeded(container)
    }

    fn start(&mut self, container: ContainerIndex) {
        self.actions[container.get()].start = true;
    }

    fn kill(&mut self, container: ContainerIndex, why: KillReason) {
        self.actions[container.get()].kill = Some(why);
    }

    fn kill_and_start(&mut self, container: ContainerIndex, why: KillReason) {
        self.kill(container, why);
        self.start(container);
    }

    /// Resizes a running container; whether it is kept.
    fn resized(&mut self, container: ContainerIndex) -> bool {
        let action = &mut self.actions[container.get()];
        match self.managers.resize(container) {
            Resize::Update { cpu, memory } => {
                (action.cpu, action.memory) = (cpu, memory);
                true
            }
            Resize::Restart => {
                (action.kill, action.start) = (Some(KillReason::Resize), true);
                self.restarts_to_resize = true;
                false
            }
        }
    }

    fn clear_init_starts(&mut self) {
        for container in self.spec.init() {
            self.actions[container.get()].start = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Observation, ObservedPod};
    use alloc::vec;
    use alloc::vec::Vec;

    /// Probe results for all containers alike.
    struct All(Option<ProbeResult>);

    impl Managers for All {
        fn liveness(&self, _: ContainerIndex) -> Option<ProbeResult> {
            self.0
        }
        fn startup(&self, _: ContainerIndex) -> Option<ProbeResult> {
            self.0
        }
    }

    const SPEC: &str = r#"{
        "initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always", "startupProbe": {}}],
        "containers": [{"name": "a"}, {"name": "b", "restartPolicyRules": [
            {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}]}],
        "restartPolicy": "OnFailure"}"#;
    const SANDBOX: &str = r#"[{"state": "ready", "attempt": 1, "networkStatus": true, "ip": "10.0.0.5"}]"#;

    struct World {
        spec: Spec,
        seen: Observation,
    }

    impl World {
        /// Instances newest first, as `(name, state, exit code)`.
        fn new(sandboxes: &str, instances: &[(&str, &str, i32)]) -> Self {
            let text = |&(name, state, code): &(&str, &str, i32)| {
                alloc::format!(r#"{{"name": "{name}", "state": "{state}", "exitCode": {code}}}"#)
            };
            let containers = instances.iter().map(text).collect::<Vec<_>>().join(",");
            let json = alloc::format!(r#"{{"sandboxes": {sandboxes}, "containers": [{containers}]}}"#);
            Self { spec: Spec::as_given(serde_json::from_str(SPEC).unwrap()), seen: serde_json::from_str(&json).unwrap() }
        }

        /// What concerns the Pod, the names of the containers to be started, and of those to be killed.
        fn plan(&self, probe: Option<ProbeResult>, input: ActionInput) -> (PodActions, Vec<&str>, Vec<&str>) {
            let mut actions = vec![ContainerAction::default(); self.spec.containers().len()];
            let seen = ObservedPod::new(&self.spec, &self.seen);
            let pod = compute(&self.spec, &seen, &All(probe), input, &Gates::default(), &mut actions);
            let names = |wanted: fn(&ContainerAction) -> bool| {
                let chosen = self.spec.containers().iter().zip(&actions).filter(|(_, action)| wanted(action));
                chosen.map(|(container, _)| container.name()).collect()
            };
            (pod, names(|action| action.start), names(|action| action.kill.is_some()))
        }
    }

    #[test]
    fn a_resized_resource_has_the_name_that_it_has_in_a_resource_list() {
        assert_eq!([ResizedResource::Memory, ResizedResource::Cpu].map(ResizedResource::as_str), ["memory", "cpu"]);
    }

    #[test]
    fn a_new_pod_gets_a_sandbox_and_its_first_init_container() {
        let world = World::new("[]", &[]);
        let (pod, starts, kills) = world.plan(None, ActionInput::default());
        assert!(pod.kill_pod && pod.create_sandbox && pod.attempt == 0);
        assert_eq!((starts, kills), (vec!["i"], vec![]));
    }

    #[test]
    fn a_startup_probe_of_a_sidecar_holds_back_what_is_behind() {
        let world = World::new(SANDBOX, &[("s", "running", 0), ("i", "exited", 0)]);
        assert_eq!(world.plan(None, ActionInput::default()).1, Vec::<&str>::new());
        assert_eq!(world.plan(Some(ProbeResult::Success), ActionInput::default()).1, vec!["a", "b"]);
        let (_, starts, kills) = world.plan(Some(ProbeResult::Failure), ActionInput::default());
        assert_eq!((starts, kills), (vec!["s"], vec!["s"]));
    }

    #[test]
    fn a_pod_whose_regular_containers_are_done_is_killed_with_its_sidecars() {
        let world = World::new(SANDBOX, &[("s", "exited", 1), ("a", "exited", 0), ("b", "exited", 0)]);
        let (pod, starts, _) = world.plan(None, ActionInput::default());
        assert!(!pod.kill_pod, "exited regular containers may be of an older sandbox: the sidecar comes first");
        assert_eq!(starts, vec!["s"]);
        let world = World::new(SANDBOX, &[("s", "running", 0), ("a", "exited", 0), ("b", "exited", 0)]);
        let (pod, starts, _) = world.plan(Some(ProbeResult::Success), ActionInput::default());
        assert!(pod.kill_pod && !pod.create_sandbox && starts.is_empty());
    }

    #[test]
    fn victims_are_reset_before_what_triggered_the_restart() {
        let world =
            World::new(SANDBOX, &[("b", "exited", 42), ("a", "running", 0), ("a", "exited", 1), ("s", "running", 0), ("i", "exited", 0)]);
        let (pod, starts, kills) = world.plan(None, ActionInput { restart_all: true, deleted: false });
        assert!(pod.reset && starts.is_empty() && kills.is_empty());
        let seen = ObservedPod::new(&world.spec, &world.seen);
        let order: Vec<_> = resets(&world.spec, &seen).map(|r| (world.spec.container(r.container).name(), r.instance, r.kill)).collect();
        assert_eq!(order, vec![("a", 0, true), ("a", 1, false), ("i", 0, false), ("s", 0, true), ("b", 0, false)]);
    }

    #[test]
    fn an_action_is_a_few_bytes() {
        assert_eq!(size_of::<ContainerAction>(), 4);
    }
    /// All that the containers of the Pod can look like, newest instances only: as `(state, exit code)`.
    fn situations() -> impl Iterator<Item = Vec<(&'static str, &'static str, i32)>> {
        const PLAIN: [(&str, i32); 6] = [("", 0), ("created", 0), ("running", 0), ("exited", 0), ("exited", 1), ("unknown", 0)];
        const SIDECAR: [(&str, i32); 3] = [("", 0), ("running", 0), ("exited", 1)];
        const RULED: [(&str, i32); 4] = [("", 0), ("running", 0), ("exited", 0), ("exited", 42)];
        let init = PLAIN.iter().flat_map(|i| SIDECAR.iter().map(move |s| [("i", i), ("s", s)]));
        init.flat_map(|[i, s]| PLAIN.iter().flat_map(move |a| RULED.iter().map(move |b| [i, s, ("a", a), ("b", b)]))).map(|all| {
            let there = all.into_iter().filter(|(_, (state, _))| !state.is_empty());
            there.map(|(name, &(state, code))| (name, state, code)).collect()
        })
    }

    /// How often the plans of all situations do what. A change of the plans that is meant changes the table with it.
    #[test]
    fn plans_in_all_situations_come_to_this() {
        let sandboxes = ["[]", SANDBOX, r#"[{"state": "notReady", "attempt": 1}]"#];
        let flags = [(false, false), (false, true), (true, false), (true, true)];
        let mut sums = alloc::collections::BTreeMap::<alloc::string::String, u32>::new();
        for policy in ["Always", "OnFailure", "Never"] {
            let spec = Spec::as_given(serde_json::from_str(&SPEC.replace(r#""OnFailure"}"#, &alloc::format!(r#""{policy}"}}"#))).unwrap());
            for (sandbox, instances) in sandboxes.iter().flat_map(|sandbox| situations().map(move |instances| (sandbox, instances))) {
                let World { seen, .. } = World::new(sandbox, &instances);
                let seen = ObservedPod::new(&spec, &seen);
                for (probe, (restart_all, deleted)) in [None, Some(ProbeResult::Success), Some(ProbeResult::Failure)]
                    .into_iter()
                    .flat_map(|probe| flags.map(|flags| (probe, flags)))
                {
                    let mut actions = vec![ContainerAction::default(); spec.containers().len()];
                    let pod = compute(&spec, &seen, &All(probe), ActionInput { restart_all, deleted }, &Gates::default(), &mut actions);
                    let resets = if pod.reset { resets(&spec, &seen).filter(|reset| reset.kill).count() } else { 0 };
                    let PodActions { kill_pod, create_sandbox, attempt, reset, .. } = pod;
                    let mut add = |row| *sums.entry(row).or_default() += 1;
                    add(alloc::format!(
                        "{policy}: kill_pod {kill_pod}, create_sandbox {create_sandbox}, attempt {attempt}, reset {reset}, of which {resets} are killed"
                    ));
                    for (container, action) in
                        spec.containers().iter().zip(&actions).filter(|(_, action)| **action != ContainerAction::default())
                    {
                        add(alloc::format!("{policy}: {} start {}, kill {:?}", container.name(), action.start, action.kill));
                    }
                }
            }
        }
        insta::assert_snapshot!(sums.iter().map(|(row, sum)| alloc::format!("{row}: {sum}\n")).collect::<alloc::string::String>());
    }
}

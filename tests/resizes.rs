//! Histories of in-place resize (KEP-1287, KEP-5419): what the API asks for, what the node allocates, what the runtime is given.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

use pod_lifecycle::api::{ConditionType, ContainerStatus, ObjectMeta, PodCondition, PodStatus};
use pod_lifecycle::pod::{Action, Attempt, Change, Event, KubeletCondition, NewPod, NodeConfig, Output};
use pod_lifecycle::rules::actions::ResizedResource;
use pod_lifecycle::rules::view::{Exit, WaitingReason};
use pod_lifecycle::{ContainerIndex, Gates, Pod, Span, Spec, Time};
use serde_json::{Value, json};
use std::sync::Arc;

const START: Time = Time::from_secs(1_767_225_600);
const A: ContainerIndex = ContainerIndex::new(0);
const B: ContainerIndex = ContainerIndex::new(1);
const C: ContainerIndex = ContainerIndex::new(2);
const CPU: ResizedResource = ResizedResource::Cpu;
const MEMORY: ResizedResource = ResizedResource::Memory;

/// A Pod and the second it is at. Whatever it asks for of the control plane and the runtime is done at once, but what is about resizes.
struct Life {
    pod: Pod,
    second: i64,
    /// What it has asked for, in order.
    asked: Vec<Action>,
}

fn amounts(cpu: &str, memory: &str) -> Value {
    json!({"requests": {"cpu": cpu, "memory": memory}, "limits": {"cpu": cpu, "memory": memory}})
}

fn spec(spec: Value) -> Arc<Spec> {
    Arc::new(Spec::parse(serde_json::from_value(spec).unwrap()).unwrap())
}

/// One container that asks for this.
fn one(cpu: &str, memory: &str) -> Arc<Spec> {
    spec(json!({"containers": [{"name": "a", "image": "x:1", "resources": amounts(cpu, memory)}]}))
}

impl Life {
    fn with_gates(spec: &Arc<Spec>, gates: Gates) -> Self {
        let meta = ObjectMeta { name: "web".into(), generation: 1, ..ObjectMeta::default() };
        let mut node = NodeConfig::default();
        node.gates = gates;
        let mut out = Vec::new();
        let pod = Pod::new(NewPod { meta: &meta, spec, status: None }, &Arc::new(node), &mut out);
        let mut life = Self { pod, second: 0, asked: Vec::new() };
        life.settle(out);
        life.asked.clear();
        life
    }

    /// Its containers run, as far as they come by themselves.
    fn new(spec: &Arc<Spec>) -> Self {
        Self::with_gates(spec, Gates::default())
    }

    fn now(&self) -> Time {
        START + Span::from_secs(self.second)
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut out = Vec::new();
        self.pod.handle(self.now(), event, &mut out).unwrap();
        self.settle(out);
    }

    /// The API server has another spec.
    fn change(&mut self, spec: &Arc<Spec>, generation: i64) {
        let mut out = Vec::new();
        self.pod.update(self.now(), &Change::Spec { spec: Arc::clone(spec), generation }, &mut out).unwrap();
        self.settle(out);
    }

    /// The same, and it fits.
    fn resize(&mut self, spec: &Arc<Spec>, generation: i64) {
        self.change(spec, generation);
        self.tell(Event::ResizeAllocated { generation });
    }

    fn at(&mut self, second: i64) {
        self.second = second;
        self.tell(Event::Tick);
    }

    fn settle(&mut self, mut out: Vec<Output>) {
        for _ in 0..1000 {
            let mut answers = Vec::new();
            for output in out.drain(..) {
                if let Output::Action(action) = output {
                    self.asked.push(action);
                    answers.extend(answer(action, self.now()));
                }
            }
            if answers.is_empty() && self.pod.next_deadline().is_none_or(|deadline| deadline.at > self.now()) {
                return;
            }
            answers.push(Event::Tick);
            for event in answers {
                self.pod.handle(self.now(), event, &mut out).unwrap();
            }
        }
        panic!("never at rest");
    }

    fn updated(&mut self, container: ContainerIndex, resource: ResizedResource) {
        let attempt = self.pod.facts().instance(container).0;
        self.tell(Event::ContainerUpdated { container, attempt, resource });
    }

    fn exit(&mut self, container: ContainerIndex, code: i32) {
        let (attempt, at) = (self.pod.facts().instance(container).0, self.now());
        self.tell(Event::ContainerExited { container, attempt, exit: Exit::of_code(code), at, message: "", reason: "" });
    }

    /// What it has asked for since the last call.
    fn asked(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.asked)
    }

    fn status(&self) -> PodStatus {
        self.pod.status().to_owned()
    }

    /// A resize condition as (reason, message, observedGeneration).
    fn condition(&self, type_: ConditionType) -> Option<(String, String, i64)> {
        let own = self.find(type_)?;
        Some((own.reason, own.message, own.observed_generation))
    }

    fn find(&self, type_: ConditionType) -> Option<PodCondition> {
        self.status().conditions.into_iter().find(|condition| condition.type_ == type_)
    }

    fn pending(&self) -> Option<(String, String, i64)> {
        self.condition(ConditionType::PodResizePending)
    }

    fn in_progress(&self) -> Option<(String, String, i64)> {
        self.condition(ConditionType::PodResizeInProgress)
    }

    /// cpu of container `a`: request allocated, limit in force.
    fn cpu(&self) -> [String; 2] {
        let ContainerStatus { allocated_resources, resources, .. } = &self.status().container_statuses[0];
        [allocated_resources["cpu"].to_string(), resources.as_ref().unwrap().limits["cpu"].to_string()]
    }
}

/// Everybody but the allocation manager and whoever updates containers answers at once.
fn answer(action: Action, at: Time) -> Option<Event<'static>> {
    Some(match action {
        Action::StoreObject => Event::Stored,
        Action::Schedule => Event::Scheduled,
        Action::Bind => Event::Bound,
        Action::Admit => Event::Admitted,
        Action::MountVolumes => Event::VolumesMounted,
        Action::RunPodSandbox { attempt } => Event::SandboxStarted { attempt, ips: "10.1.0.5" },
        Action::ImageStatus { container } => Event::ImagePresent { container },
        Action::CreateContainer { container, attempt, .. } => Event::ContainerCreated { container, attempt, id: "c://1", image_id: "" },
        Action::StartContainer { container, attempt } => Event::ContainerStarted { container, attempt, at },
        Action::StopContainer { container, attempt, .. } => {
            Event::ContainerExited { container, attempt, exit: Exit::of_code(137), at, message: "", reason: "" }
        }
        Action::StopPodSandbox { attempt } => Event::SandboxStopped { attempt },
        _ => return None,
    })
}

const fn update(container: ContainerIndex, resource: ResizedResource) -> Action {
    Action::UpdateContainerResources { container, attempt: Attempt(0), resource }
}

fn told(reason: &str, message: &str, generation: i64) -> Option<(String, String, i64)> {
    Some((reason.into(), message.into(), generation))
}

#[test]
fn a_resize_that_fits_is_carried_out_while_the_container_runs() {
    let mut life = Life::new(&one("1", "64Mi"));
    life.second = 5;
    life.change(&one("2", "32Mi"), 2);
    assert_eq!(life.asked(), [Action::AllocateResources { generation: 2 }]);
    assert_eq!(life.status().observed_generation, 1, "the kubelet decides before it looks");
    assert!(life.pod.pending_actions().eq([Action::AllocateResources { generation: 2 }]));

    life.tell(Event::ResizeAllocated { generation: 2 });
    assert_eq!((life.in_progress(), life.status().observed_generation), (told("", "", 2), 2));
    assert_eq!(life.cpu(), ["2", "1"]);
    assert_eq!(life.pod.allocated_resources(A).limits["cpu"].to_string(), "2");
    assert!(life.pod.pending_actions().eq([update(A, MEMORY)]));
    life.updated(A, MEMORY);
    assert!(life.in_progress().is_some(), "one of two");
    life.updated(A, CPU);
    assert_eq!(life.asked(), [update(A, MEMORY), update(A, CPU)]);
    assert_eq!((life.in_progress(), life.cpu()), (None, ["2".into(), "2".into()]));
    assert_eq!(life.status().container_statuses[0].restart_count, 0);
}

#[test]
fn a_deferred_resize_waits_and_what_starts_meanwhile_has_the_old_resources() {
    let mut life = Life::new(&one("1", "64Mi"));
    life.change(&one("8", "64Mi"), 2);
    life.tell(Event::ResizeDeferred { generation: 2, message: "no room" });
    assert_eq!((life.pending(), life.cpu()), (told("Deferred", "no room", 2), ["1".into(), "1".into()]));
    let since = life.find(ConditionType::PodResizePending).unwrap().last_transition_time;

    life.second = 7;
    life.exit(A, 1);
    assert_eq!(life.pod.facts().instance(A).0, Attempt(1));
    assert_eq!((life.pod.allocated_resources(A).limits["cpu"].to_string(), life.cpu()), ("1".into(), ["1".into(), "1".into()]));

    life.change(&one("6", "64Mi"), 3);
    life.tell(Event::ResizeAllocated { generation: 2 });
    assert_eq!(life.pending(), told("Deferred", "no room", 2), "news of an older spec");
    life.tell(Event::ResizeDeferred { generation: 3, message: "still none" });
    assert_eq!(life.pending(), told("Deferred", "still none", 3));
    let pending = life.find(ConditionType::PodResizePending).unwrap();
    assert_eq!((pending.last_transition_time, pending.last_probe_time), (since, Some(life.now())), "the reason is the same");

    life.asked();
    life.tell(Event::ResizeAllocated { generation: 3 });
    assert_eq!((life.pending(), life.in_progress(), life.cpu()), (None, told("", "", 3), ["6".into(), "1".into()]));
    assert_eq!(life.asked(), [Action::UpdateContainerResources { container: A, attempt: Attempt(1), resource: CPU }]);
    life.updated(A, CPU);
    assert_eq!((life.in_progress(), life.cpu()), (None, ["6".into(), "6".into()]));
}

#[test]
fn an_infeasible_resize_is_pending_until_it_is_withdrawn() {
    let mut life = Life::new(&one("1", "64Mi"));
    life.change(&one("900", "64Mi"), 2);
    life.tell(Event::ResizeInfeasible { generation: 2, message: "never" });
    assert_eq!(life.pending(), told("Infeasible", "never", 2));
    assert_eq!(life.pod.condition(KubeletCondition::PodResizePending).map(|shown| shown.reason.as_str()), Some("Infeasible"));
    life.asked();
    life.change(&one("1000m", "64Mi"), 3);
    assert_eq!((life.pending(), life.status().observed_generation, life.asked()), (None, 3, vec![]));
    life.tell(Event::ResizeDeferred { generation: 2, message: "late" });
    assert_eq!(life.pending(), None);
}

#[test]
fn a_policy_of_restart_makes_a_new_instance() {
    let of = |memory| {
        let policy = json!([{"resourceName": "memory", "restartPolicy": "RestartContainer"}]);
        let own = json!({"name": "a", "image": "x:1", "resources": amounts("1", memory), "resizePolicy": policy});
        spec(json!({"containers": [own, {"name": "b", "image": "x:1"}]}))
    };
    let mut life = Life::new(&of("64Mi"));
    life.resize(&of("96Mi"), 2);
    let asked = life.asked();
    assert!(asked.contains(&Action::StopContainer { container: A, attempt: Attempt(0), timeout_seconds: 30 }), "{asked:?}");
    assert!(!asked.iter().any(|action| action.name() == "UpdateContainerResources"), "{asked:?}");
    let status = &life.status().container_statuses[0];
    assert_eq!((status.restart_count, life.in_progress()), (1, None));
    assert_eq!(status.resources.as_ref().unwrap().limits["memory"].to_string(), "96Mi");
    assert_eq!(status.last_state.terminated.as_ref().unwrap().exit_code, 137);
}

#[test]
fn a_resize_ends_the_wait_of_a_crash_loop() {
    let mut life = Life::new(&one("1", "64Mi"));
    for second in [1, 2] {
        life.at(second);
        life.exit(A, 1);
    }
    life.at(3);
    assert_eq!(life.status().container_statuses[0].restart_count, 1);
    life.asked();
    life.resize(&one("2", "64Mi"), 2);
    let waiting = life.pod.container(A);
    assert_eq!((waiting.entry.unwrap().restart_count, life.in_progress()), (2, None), "nothing that runs is resized");
    assert!(life.asked().contains(&Action::CreateContainer { container: A, attempt: Attempt(2), restart_count: 2 }));
    assert_eq!(life.cpu(), ["2", "2"]);

    life.at(4);
    life.exit(A, 1);
    life.at(13);
    let waiting = life.status().container_statuses[0].state.waiting.clone();
    assert!(waiting.is_none_or(|waiting| waiting.reason == WaitingReason::CrashLoopBackOff.as_str()), "a new window of 10 s");
    life.at(14);
    assert_eq!(life.pod.container(A).entry.unwrap().restart_count, 3);
}

#[test]
fn requests_alone_are_updated_too() {
    let of = |cpu: &str, memory: &str| {
        let own = json!({"name": "a", "image": "x:1", "resources": {"requests": {"cpu": cpu, "memory": memory}}});
        spec(json!({"containers": [own]}))
    };
    let mut life = Life::new(&of("100m", "64Mi"));
    life.resize(&of("50m", "64Mi"), 2);
    assert_eq!(life.in_progress(), told("", "", 2));
    life.updated(A, CPU);
    assert_eq!((life.asked().pop(), life.in_progress()), (Some(update(A, CPU)), None));
    let pod = life.status();
    assert_eq!(serde_json::to_value(pod.resources).unwrap(), json!({"requests": {"cpu": "50m", "memory": "64Mi"}}));
}

#[test]
fn what_goes_down_makes_room_for_what_goes_up() {
    let of = |a: &str, b: &str| {
        let own = |name, memory| json!({"name": name, "image": "x:1", "resources": amounts("1", memory)});
        spec(json!({"containers": [own("a", a), own("b", b)]}))
    };
    let mut life = Life::new(&of("64Mi", "64Mi"));
    life.resize(&of("96Mi", "32Mi"), 2);
    life.updated(B, MEMORY);
    life.updated(A, MEMORY);
    assert_eq!(life.asked()[1..], [update(B, MEMORY), update(A, MEMORY)]);
}

#[test]
fn a_sidecar_is_resized_and_so_is_an_init_container_if_its_gate_is_on() {
    let of = |cpu: &str| {
        let own = |name: &str, extra: Value| {
            let mut own = json!({"name": name, "image": "x:1", "resources": amounts(cpu, "64Mi")});
            own.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            own
        };
        let init = json!([own("s", json!({"restartPolicy": "Always"})), own("i", json!({}))]);
        spec(json!({"initContainers": init, "containers": [own("c", json!({}))]}))
    };
    for on in [true, false] {
        let mut gates = Gates::default();
        gates.set("InPlacePodVerticalScalingInitContainers", on).unwrap();
        let mut life = Life::with_gates(&of("1"), gates);
        assert_eq!(life.pod.container(C).entry.unwrap().restart_count, 0);
        life.resize(&of("2"), 2);
        if on {
            life.updated(B, CPU);
        }
        life.updated(A, CPU);
        assert_eq!(life.asked()[1..], [update(B, CPU), update(A, CPU)][usize::from(!on)..], "the kubelet goes from the last to the first");
        assert_eq!(life.in_progress(), None);
        // What starts later has what is allocated.
        life.exit(B, 0);
        assert_eq!(life.status().container_statuses[0].resources.as_ref().unwrap().limits["cpu"].to_string(), "2");
    }
}

#[test]
fn an_update_that_fails_is_told_and_tried_again_until_the_next_resize() {
    let mut life = Life::new(&one("1", "64Mi"));
    life.second = 5;
    life.resize(&one("1", "16Mi"), 2);
    life.second = 6;
    life.tell(Event::ContainerUpdateFailed { container: A, attempt: Attempt(0), resource: MEMORY, message: "in use" });
    assert_eq!(life.in_progress(), told("", "", 2), "told with the next status");
    life.asked();
    life.at(16);
    assert_eq!((life.in_progress(), life.asked()), (told("Error", "in use", 2), vec![update(A, MEMORY)]));
    let shown = life.find(ConditionType::PodResizeInProgress).unwrap();
    let at = |second| Some(START + Span::from_secs(second));
    assert_eq!((shown.last_transition_time, shown.last_probe_time), (at(6), at(16)));
    assert_eq!(life.status().container_statuses[0].allocated_resources["memory"].to_string(), "16Mi");

    life.tell(Event::ContainerUpdateFailed { container: A, attempt: Attempt(0), resource: MEMORY, message: "in use" });
    life.resize(&one("1", "48Mi"), 3);
    assert_eq!(life.in_progress(), told("", "", 3));
    life.updated(A, MEMORY);
    assert_eq!(life.in_progress(), None);
}

#[test]
fn a_resize_that_comes_during_a_sync_waits_for_the_next_one() {
    let mut life = Life::new(&one("1", "64Mi"));
    life.resize(&one("2", "64Mi"), 2);
    life.resize(&one("3", "64Mi"), 3);
    assert_eq!((life.cpu(), life.pod.allocated_resources(A).limits["cpu"].to_string()), (["2".into(), "1".into()], "2".into()));
    life.updated(A, CPU);
    assert_eq!((life.cpu(), life.in_progress()), (["3".into(), "2".into()], told("", "", 3)));
    life.updated(A, CPU);
    assert_eq!((life.cpu(), life.in_progress()), (["3".into(), "3".into()], None));
}

#[test]
fn the_pod_level_is_resized_by_the_kubelet_itself() {
    let of = |cpu: &str| spec(json!({"resources": {"requests": {"cpu": cpu}}, "containers": [{"name": "a", "image": "x:1"}]}));
    let mut life = Life::new(&of("1"));
    assert_eq!(life.status().allocated_resources["cpu"].to_string(), "1");
    life.change(&of("2"), 2);
    assert_eq!(life.asked(), [Action::AllocateResources { generation: 2 }]);
    life.tell(Event::ResizeAllocated { generation: 2 });
    assert_eq!((life.in_progress(), life.asked()), (None, vec![]));
    assert_eq!(life.status().resources.unwrap().requests["cpu"].to_string(), "2");
}

#[test]
fn nothing_is_resized_before_admission_nor_told_of_the_dead() {
    let meta = ObjectMeta { name: "web".into(), generation: 1, ..ObjectMeta::default() };
    let mut pod = Pod::new(NewPod { meta: &meta, spec: &one("1", "64Mi"), status: None }, &Arc::default(), &mut ());
    pod.handle(START, Event::Stored, &mut ()).unwrap();
    let mut out = Vec::new();
    pod.update(START, &Change::Spec { spec: one("2", "64Mi"), generation: 2 }, &mut out).unwrap();
    assert!(!out.iter().any(|output| matches!(output, Output::Action(Action::AllocateResources { .. }))));
    assert_eq!(pod.allocated_resources(A).limits["cpu"].to_string(), "2");

    let mut life = Life::new(&one("1", "64Mi"));
    life.change(&one("8", "64Mi"), 2);
    life.tell(Event::ResizeDeferred { generation: 2, message: "" });
    let deletion = Change::Deletion { at: life.now() + Span::from_secs(30), grace_period_seconds: 30, generation: 3 };
    let mut out = Vec::new();
    life.pod.update(life.now(), &deletion, &mut out).unwrap();
    life.settle(out);
    assert_eq!((life.pending(), life.status().phase.unwrap().as_str()), (None, "Failed"));
}

#[test]
fn a_verdict_that_nobody_asked_for_is_refused() {
    let mut life = Life::new(&one("1", "64Mi"));
    let refuses = |life: &mut Life, event| {
        let before = life.pod.clone();
        assert!(life.pod.handle(life.now(), event, &mut ()).is_err(), "{event:?}");
        assert!(life.pod == before);
    };
    refuses(&mut life, Event::ResizeAllocated { generation: 1 });
    refuses(&mut life, Event::ContainerUpdated { container: A, attempt: Attempt(0), resource: CPU });
    life.resize(&one("2", "64Mi"), 2);
    let before = life.pod.clone();
    life.tell(Event::ResizeAllocated { generation: 2 });
    assert_eq!(life.pod, before, "late news");
    refuses(&mut life, Event::ResizeDeferred { generation: 3, message: "" });
    refuses(&mut life, Event::ContainerUpdated { container: A, attempt: Attempt(0), resource: MEMORY });
    refuses(&mut life, Event::ContainerUpdated { container: B, attempt: Attempt(0), resource: CPU });
}

#[test]
fn a_restarted_kubelet_goes_on_with_the_resize() {
    let after_restart = |status: &PodStatus, spec: &Arc<Spec>| {
        let meta = ObjectMeta { name: "web".into(), generation: 2, ..ObjectMeta::default() };
        let with_node = |spec: &Spec| Arc::new(Spec::as_given(pod_lifecycle::api::PodSpec { node_name: "n".into(), ..spec.api().clone() }));
        let mut out = Vec::new();
        let pod = Pod::new(NewPod { meta: &meta, spec: &with_node(spec), status: Some(status) }, &Arc::default(), &mut out);
        let mut life = Life { pod, second: 100, asked: Vec::new() };
        let seen = json!({"sandboxes": [{"state": "ready", "networkStatus": true, "ip": "10.1.0.5"}],
            "containers": [{"name": "a", "id": "c://1", "state": "running", "active": true}]});
        life.pod.observe(life.now(), &serde_json::from_value(seen).unwrap(), &mut out).unwrap();
        life.settle(out);
        life
    };
    let mut life = Life::new(&one("1", "64Mi"));
    life.change(&one("8", "64Mi"), 2);
    life.tell(Event::ResizeDeferred { generation: 2, message: "no room" });
    let mut again = after_restart(&life.status(), &one("8", "64Mi"));
    assert_eq!((again.pending(), again.cpu()), (told("Deferred", "no room", 2), ["1".into(), "1".into()]));
    assert!(again.asked().contains(&Action::AllocateResources { generation: 2 }));
    again.tell(Event::ResizeAllocated { generation: 2 });
    assert_eq!((again.pending(), again.in_progress(), again.cpu()), (None, told("", "", 2), ["8".into(), "1".into()]));

    let mut life = Life::new(&one("1", "64Mi"));
    life.resize(&one("2", "64Mi"), 2);
    let mut again = after_restart(&life.status(), &one("2", "64Mi"));
    assert_eq!((again.in_progress(), again.cpu()), (told("", "", 2), ["2".into(), "1".into()]));
    assert!(again.asked().iter().any(|action| action.name() == "UpdateContainerResources"));
    again.updated(A, CPU);
    assert_eq!((again.in_progress(), again.cpu()), (None, ["2".into(), "2".into()]));
}

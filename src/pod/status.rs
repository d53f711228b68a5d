//! The published status as an API object.

use super::Pod;
use super::container::{ShownContainer, ShownContainerState, Termination};
use super::published::PodReason;
use super::texts::{ContainerTexts, InstanceTexts, shown_image};
use crate::api::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting, ContainerStatus, HostIp, PodCondition, PodIp,
    PodStatus,
};
use crate::rules::conditions::{self, ConditionReason, KubeletCondition};
use crate::rules::view::{TerminatedReason, WaitingReason};
use crate::rules::{backoff, pod_status, termination_message};
use crate::spec::{ContainerIndex, ContainerSpec};
use crate::time::Span;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Serialize, Serializer};

/// The published status, borrowed from the Pod: the version of the last [`Output::StatusChanged`](super::Output::StatusChanged).
///
/// It serializes as the API object does; to read its fields, make an [`api::PodStatus`](PodStatus) of it: [`to_owned`](Self::to_owned).
#[derive(Clone, Copy, Debug)]
pub struct StatusView<'a>(&'a Pod);

impl Pod {
    /// The published status.
    pub const fn status(&self) -> StatusView<'_> {
        StatusView(self)
    }
}

impl Serialize for StatusView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_owned().serialize(serializer)
    }
}

impl StatusView<'_> {
    /// The status as the API server shows it.
    pub fn to_owned(&self) -> PodStatus {
        let pod = self.0;
        let published = &pod.published;
        let texts = pod.aside.texts();
        let (allocated_resources, resources) = pod.shown_pod_resources();
        let host_ips = if published.has_host_ips { pod.node.host_ips.as_slice() } else { &[] };
        PodStatus {
            observed_generation: published.observed_generation.into(),
            phase: published.phase,
            conditions: self.conditions(),
            message: match published.reason {
                PodReason::DeadlineExceeded => pod_status::DEADLINE_MESSAGE.to_owned(),
                _ => texts.map(|texts| texts.message.clone()).unwrap_or_default(),
            },
            reason: self.reason(),
            nominated_node_name: texts.map(|texts| texts.nominated_node_name.clone()).unwrap_or_default(),
            host_ip: host_ips.first().cloned().unwrap_or_default(),
            host_ips: host_ips.iter().map(|ip| HostIp { ip: ip.clone() }).collect(),
            pod_ip: pod.pod_ips().next().unwrap_or_default().to_owned(),
            pod_ips: pod.pod_ips().map(|ip| PodIp { ip: ip.to_owned() }).collect(),
            start_time: published.start_time.get(),
            init_container_statuses: pod.shown_spec().init().filter_map(|c| self.container(c)).collect(),
            container_statuses: pod.shown_spec().regular_by_name().iter().filter_map(|&c| self.container(c)).collect(),
            qos_class: published.phase.map(|_| published.qos),
            allocated_resources,
            resources,
            ephemeral_container_statuses: pod.shown_spec().ephemeral_by_name().iter().filter_map(|&c| self.container(c)).collect(),
            ..PodStatus::default()
        }
    }

    fn reason(&self) -> String {
        match self.0.published.reason {
            PodReason::Other => self.0.aside.texts().map(|texts| texts.reason.clone()).unwrap_or_default(),
            word => word.as_str().to_owned(),
        }
    }

    /// Conditions of other writers first, then the kubelet's in its own order.
    fn conditions(&self) -> Vec<PodCondition> {
        let foreign = self.0.aside.texts().map(|texts| texts.foreign.clone()).unwrap_or_default();
        let own = KubeletCondition::RESIZE.into_iter().chain(KubeletCondition::ALL).filter_map(|condition| self.condition(condition));
        foreign.into_iter().chain(own).collect()
    }

    fn condition(&self, condition: KubeletCondition) -> Option<PodCondition> {
        if condition.is_resize() {
            return self.0.resize_condition(condition);
        }
        let shown = self.0.published.condition(condition);
        let status = shown.status?;
        Some(PodCondition {
            type_: condition.as_str().into(),
            observed_generation: shown.generation.into(),
            status,
            last_probe_time: None,
            last_transition_time: shown.since.get(),
            reason: shown.reason.as_str().to_owned(),
            message: self.message(condition, shown.reason),
        })
    }

    /// For humans, and made for them only when asked for.
    fn message(&self, condition: KubeletCondition, reason: ConditionReason) -> String {
        let pod = self.0;
        let statuses = pod.published.built.then(|| pod.shown_as_built());
        let gate = |gate: &str| pod.condition_status(gate);
        conditions::message(condition, reason, pod.shown_spec(), statuses.as_ref(), gate)
    }

    fn container(&self, container: ContainerIndex) -> Option<ContainerStatus> {
        let pod = self.0;
        let shown = pod.slots[container.get()].shown.as_ref()?;
        let spec = pod.shown_spec().container(container);
        let texts = pod.aside.container(container);
        let instance = shown.attempt.get().and_then(|attempt| texts?.of(attempt));
        let image = shown_image(instance.map_or("", |texts| &texts.image), spec.image());
        let (allocated_resources, resources) = pod.shown_resources(container, shown);
        let last_state = shown.last.map(|last| self.terminated(&last, texts));
        Some(ContainerStatus {
            name: spec.name().to_owned(),
            state: self.state(container, shown, texts),
            last_state: last_state
                .map(|terminated| ContainerState { terminated: Some(terminated), ..ContainerState::default() })
                .unwrap_or_default(),
            ready: shown.ready,
            restart_count: shown.restart_count,
            image: image.to_owned(),
            image_id: instance.map(|texts| texts.image_id.clone()).unwrap_or_default(),
            container_id: instance.map(|texts| texts.id.clone()).unwrap_or_default(),
            started: shown.started,
            allocated_resources,
            resources,
            ..ContainerStatus::default()
        })
    }

    fn state(&self, container: ContainerIndex, shown: &ShownContainer, texts: Option<&ContainerTexts>) -> ContainerState {
        let mut state = ContainerState::default();
        match shown.state {
            ShownContainerState::Waiting(reason) => {
                let message = self.waiting_message(container, reason, texts);
                state.waiting = Some(ContainerStateWaiting { reason: reason.as_str().to_owned(), message });
            }
            ShownContainerState::Running { started_at } => {
                state.running = Some(ContainerStateRunning { started_at: started_at.get() });
            }
            ShownContainerState::Terminated(termination) => state.terminated = Some(self.terminated(&termination, texts)),
        }
        state
    }

    fn waiting_message(&self, container: ContainerIndex, reason: WaitingReason, texts: Option<&ContainerTexts>) -> String {
        let pod = self.0;
        let spec = pod.shown_spec().container(container);
        match reason {
            WaitingReason::CrashLoopBackOff => {
                let shown = pod.slots[container.get()].shown.as_ref();
                let millis = shown.map_or(0, |shown| shown.back_off_millis);
                if let Some(adopted) = texts.map(|texts| &texts.shown_failure).filter(|text| millis == 0 && !text.is_empty()) {
                    return adopted.clone();
                }
                let delay = Span::from_millis(millis.into());
                alloc::format!("back-off {delay} restarting failed container={}", spec.name())
            }
            WaitingReason::ImagePullBackOff => {
                let plain = backoff::image_pull_message(failed_image(spec, texts), None);
                match texts.map_or("", |texts| &texts.shown_failure) {
                    "" => plain,
                    error => alloc::format!("{plain}: {error}"),
                }
            }
            WaitingReason::ErrImageNeverPull => backoff::image_never_pull_message(failed_image(spec, texts)),
            WaitingReason::None
            | WaitingReason::ContainerCreating
            | WaitingReason::PodInitializing
            | WaitingReason::RestartingAllContainers => String::new(),
            _ => texts.map(|texts| texts.shown_failure.clone()).unwrap_or_default(),
        }
    }

    fn terminated(&self, termination: &Termination, texts: Option<&ContainerTexts>) -> ContainerStateTerminated {
        let instance = termination.attempt.get().and_then(|attempt| texts?.of(attempt));
        let text = |of: fn(&InstanceTexts) -> &str| instance.map(of).unwrap_or_default();
        let reason = match termination.exit.reason {
            TerminatedReason::Other => text(|texts| &texts.reason),
            word => word.as_str(),
        };
        let message = match termination.synthetic {
            Some(synthetic) => synthetic.message(),
            None => text(|texts| &texts.message),
        };
        ContainerStateTerminated {
            exit_code: termination.exit.code,
            signal: 0,
            reason: reason.to_owned(),
            message: termination_message::shown(message, self.0.shown_spec().containers().len()).to_owned(),
            started_at: termination.started_at.get(),
            finished_at: termination.finished_at.get(),
            container_id: text(|texts| &texts.id).to_owned(),
        }
    }
}

/// The image of which a wait speaks: that of the start that failed, which may be an earlier one than the status shows.
fn failed_image<'a>(spec: &'a ContainerSpec, texts: Option<&'a ContainerTexts>) -> &'a str {
    shown_image(texts.map_or("", |texts| &texts.shown_failed_image), spec.image())
}

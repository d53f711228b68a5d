//! The published status, in compact form: the result of the last build, and what the API server shows of it.

use super::left_out::{by_type, is_default};
use crate::api::{ConditionStatus, PodCondition, PodPhase, QosClass};
use crate::rules::conditions::{ConditionReason, KubeletCondition, Verdict, is_transition};
use crate::rules::view::reasons;
use crate::time::{ApiTime, Time};

reasons! {
    /// `status.reason` of a Pod, as the kubelet writes it.
    PodReason {
        /// Node pressure, or a local storage limit.
        Evicted = "Evicted",
        /// The kubelet made room for a critical Pod.
        Preempting = "Preempting",
        /// The active deadline passed.
        DeadlineExceeded = "DeadlineExceeded",
        /// The node shut down.
        Terminated = "Terminated",
    }
}

/// A condition as the status shows it. Packed: 11 bytes instead of 12, of each of six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[repr(Rust, packed)]
pub(crate) struct ShownCondition {
    /// `None`: it is not there.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) status: Option<ConditionStatus>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) reason: ConditionReason,
    /// 0: none.
    #[serde(default, rename = "observedGeneration", skip_serializing_if = "is_default")]
    pub(crate) generation: u32,
    #[serde(default, rename = "lastTransitionTime", skip_serializing_if = "is_default")]
    pub(crate) since: ApiTime,
}

impl ShownCondition {
    pub(crate) const ABSENT: Self = Self { status: None, reason: ConditionReason::None, generation: 0, since: ApiTime::NONE };
}

impl From<&PodCondition> for ShownCondition {
    fn from(condition: &PodCondition) -> Self {
        Self {
            status: Some(condition.status),
            reason: ConditionReason::from_text(&condition.reason),
            generation: shown_generation(condition.observed_generation),
            since: condition.last_transition_time.into(),
        }
    }
}

/// The published status beside its containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Published {
    /// In the API server.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) phase: Option<PodPhase>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) reason: PodReason,
    /// In the kubelet's cache: ahead of the API server's while a terminal phase is held back.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) local_phase: Option<PodPhase>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) local_reason: PodReason,
    #[serde(with = "by_type")]
    pub(crate) conditions: [ShownCondition; KubeletCondition::ALL.len()],
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) start_time: ApiTime,
    pub(crate) observed_generation: u32,
    pub(crate) qos: QosClass,
    /// The node's addresses are shown.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) has_host_ips: bool,
    /// The active deadline has passed.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) past_deadline: bool,
    /// The kubelet has built a status, so that there are container statuses.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) built: bool,
}

impl Default for Published {
    fn default() -> Self {
        Self::NEW
    }
}

impl Published {
    pub(crate) const NEW: Self = Self {
        phase: None,
        reason: PodReason::None,
        local_phase: None,
        local_reason: PodReason::None,
        conditions: [ShownCondition::ABSENT; KubeletCondition::ALL.len()],
        start_time: ApiTime::NONE,
        observed_generation: 0,
        qos: QosClass::BestEffort,
        has_host_ips: false,
        past_deadline: false,
        built: false,
    };

    pub(crate) const fn condition(&self, condition: KubeletCondition) -> &ShownCondition {
        // Those about a resize are kept with it.
        if condition.is_resize() { &ShownCondition::ABSENT } else { &self.conditions[condition as usize] }
    }

    pub(crate) fn holds(&self, condition: KubeletCondition) -> bool {
        self.condition(condition).status == Some(ConditionStatus::True)
    }

    /// Writes a condition: the time moves if the status does.
    pub(crate) fn write(&mut self, condition: KubeletCondition, verdict: Option<Verdict>, generation: u32, now: Time) -> Written {
        let shown = &mut self.conditions[condition as usize];
        let before = shown.status;
        let Some(Verdict { status, reason }) = verdict else {
            *shown = ShownCondition::ABSENT;
            return before.map_or(Written::Nothing, |before| Written::Value(Some(before)));
        };
        let is_same = before == Some(status) && shown.reason == reason;
        if is_same && shown.generation == generation {
            return Written::Nothing;
        }
        let since = if is_transition(before, status) { ApiTime::of(now) } else { shown.since };
        *shown = ShownCondition { status: Some(status), reason, generation, since };
        if is_same { Written::Generation } else { Written::Value(before) }
    }

    pub(crate) fn drop_conditions(&mut self) {
        self.conditions = Self::NEW.conditions;
    }
}

/// What a write of a condition changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Nothing,
    /// `observedGeneration` alone: another writer has brought that of the status up to date, with a terminal phase, or has written the condition.
    Generation,
    /// Status or reason; the status before.
    Value(Option<ConditionStatus>),
}

/// A generation as the compact status keeps it: from 0 to 4294967295, which no object's count of writes exceeds.
pub(crate) fn shown_generation(generation: i64) -> u32 {
    generation.clamp(0, u32::MAX.into()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_status_is_eighty_four_bytes() {
        assert_eq!((size_of::<ShownCondition>(), size_of::<Published>()), (11, 84));
    }
}

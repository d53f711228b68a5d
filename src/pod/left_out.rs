//! What a snapshot leaves out: values that a new Pod has.

/// Whether a value is the one that is left out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The instances that are there.
pub(crate) mod present {
    use crate::pod::container::{InstanceFacts, InstanceStage};
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(instances: &[InstanceFacts; 2], serializer: S) -> Result<S::Ok, S::Error> {
        let present = if instances[1].stage == InstanceStage::Absent { &instances[..1] } else { instances };
        present.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[InstanceFacts; 2], D::Error> {
        let listed = Vec::<InstanceFacts>::deserialize(deserializer)?;
        let mut instances = [InstanceFacts::NONE; 2];
        if listed.len() > instances.len() {
            return Err(de::Error::invalid_length(listed.len(), &"at most two instances"));
        }
        instances[..listed.len()].copy_from_slice(&listed);
        Ok(instances)
    }
}

/// The conditions that are there, by their type.
pub(crate) mod by_type {
    use crate::pod::published::ShownCondition;
    use crate::rules::conditions::KubeletCondition;
    use alloc::collections::BTreeMap;
    use serde::{Deserialize, Deserializer, Serializer};

    type Conditions = [ShownCondition; KubeletCondition::ALL.len()];

    pub(crate) fn serialize<S: Serializer>(conditions: &Conditions, serializer: S) -> Result<S::Ok, S::Error> {
        let all = KubeletCondition::ALL.into_iter().zip(conditions);
        serializer.collect_map(all.filter(|(_, shown)| **shown != ShownCondition::ABSENT))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Conditions, D::Error> {
        let listed = BTreeMap::<KubeletCondition, ShownCondition>::deserialize(deserializer)?;
        let mut conditions = [ShownCondition::ABSENT; KubeletCondition::ALL.len()];
        listed.into_iter().for_each(|(condition, shown)| conditions[condition as usize] = shown);
        Ok(conditions)
    }
}

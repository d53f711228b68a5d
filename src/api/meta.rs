//! Object metadata.

use super::nullable;
use crate::time::Time;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// `metadata` of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectMeta {
    /// Name, unique among the Pods of a namespace at one time.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub name: String,
    /// Prefix from which the API server makes a name.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub generate_name: String,
    /// Namespace.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub namespace: String,
    /// Unique for all time; a Pod made again under the same name has another.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub uid: String,
    /// Opaque version of the stored object.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub resource_version: String,
    /// Counts accepted changes of the spec and the first deletion; 1 after creation. 0 is written as absent.
    #[serde(skip_serializing_if = "super::is_default", deserialize_with = "nullable")]
    pub generation: i64,
    /// When the API server stored the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Time>,
    /// When the grace period of the deletion ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Time>,
    /// The grace period that was granted, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_grace_period_seconds: Option<i64>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "nullable")]
    pub annotations: BTreeMap<String, String>,
    /// Owners.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
    /// Who must agree before a deleted object goes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub finalizers: Vec<String>,
    /// Who wrote which fields last, and when.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub managed_fields: Vec<ManagedFieldsEntry>,
}

impl ObjectMeta {
    /// Whether the Pod comes from a file or URL of the kubelet and not from the API server (kubelet `IsStaticPod`).
    pub fn is_static(&self) -> bool {
        self.annotations.get("kubernetes.io/config.source").is_some_and(|source| source != "api")
    }

    /// Whether the Pod is the API server's copy of a static Pod (kubelet `IsMirrorPod`).
    pub fn is_mirror(&self) -> bool {
        self.annotations.contains_key("kubernetes.io/config.mirror")
    }
}

/// An owner of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// API group and version of the owner.
    pub api_version: String,
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner.
    pub name: String,
    /// UID of the owner.
    pub uid: String,
    /// Whether it is the managing controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    /// Whether it blocks the deletion of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

/// One writer's entry of `managedFields`; the field sets themselves are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFieldsEntry {
    /// The writer, such as `kubelet`.
    pub manager: String,
    /// `Apply` or `Update`.
    pub operation: String,
    /// When it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// The subresource it wrote through, such as `status`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub subresource: String,
}

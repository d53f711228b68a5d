//! What a Pod's status says of its devices: claims (KEP-3063 and after) and their health (KEP-4680).

use super::resource_list::ResourceList;
use super::{is_default, nullable};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Which ResourceClaim was made for an entry of `spec.resourceClaims` (resource claim controller).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceClaimStatus {
    /// Name of the entry in the spec.
    pub name: String,
    /// Name of the claim; absent: none was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_claim_name: Option<String>,
}

/// The ResourceClaim that serves extended resources with devices (scheduler, KEP-5004).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtendedResourceClaimStatus {
    /// Which request of the claim serves which resource of which container.
    #[serde(deserialize_with = "nullable")]
    pub request_mappings: Vec<ExtendedResourceRequest>,
    /// Name of the claim.
    #[serde(deserialize_with = "nullable")]
    pub resource_claim_name: String,
}

/// The request of a claim that serves an extended resource of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtendedResourceRequest {
    /// The container.
    pub container_name: String,
    /// The extended resource.
    pub resource_name: String,
    /// The request in the claim.
    pub request_name: String,
}

/// What a claim takes of the node's allocatable CPU, memory and huge pages (scheduler, KEP-5517, Alpha in 1.36).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAllocatableResourceClaimStatus {
    /// Name of the claim.
    pub resource_claim_name: String,
    /// Who shares the claim.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub containers: Vec<String>,
    /// How much, by resource name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "nullable")]
    pub resources: ResourceList,
}

/// The health of what a container was given of one resource (kubelet, KEP-4680).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceStatus {
    /// The resource, or `claim:<name>/<request>`.
    pub name: String,
    /// The devices.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "nullable")]
    pub resources: Vec<ResourceHealth>,
}

/// The health of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceHealth {
    /// Names the device as its driver does.
    #[serde(rename = "resourceID")]
    pub resource_id: String,
    /// `Healthy`, `Unhealthy` or `Unknown`; absent is unknown.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "nullable")]
    pub health: String,
    /// For humans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

//! Kubernetes feature gates that change the Pod lifecycle, as a value.

use serde::{Deserialize, Serialize};

macro_rules! gates {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $default:literal;)*) => {
        /// Which feature gates are on. The default is that of Kubernetes 1.36.
        ///
        /// The fields are the gates that can be switched and that the lifecycle of a Pod feels, whether in this crate or in what lies around it
        /// (their documentation says where). Locked gates have no field: [`Gates::set`] knows them, and takes only the value they are locked at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct Gates {
            $($(#[$doc])* #[serde(rename = $name)] pub $field: bool,)*
        }

        impl Default for Gates {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Gates {
            /// The names of all gates, as the kubelet's `--feature-gates` takes them.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Switches the gate of this name.
            ///
            /// # Errors
            /// If no gate has this name, or if it is locked at the other value.
            pub fn set(&mut self, name: &str, on: bool) -> Result<(), GateError> {
                match name {
                    $($name => self.$field = on,)*
                    _ => match LOCKED.iter().find(|(locked, _)| *locked == name) {
                        Some(&(_, value)) if value == on => {}
                        Some(&(gate, value)) => return Err(GateError::Locked { gate, value }),
                        None => return Err(GateError::Unknown(name.into())),
                    },
                }
                Ok(())
            }

            /// Whether the gate of this name is on; `None` if no gate has this name.
            pub fn get(&self, name: &str) -> Option<bool> {
                match name {
                    $($name => Some(self.$field),)*
                    _ => LOCKED.iter().find(|(locked, _)| *locked == name).map(|&(_, value)| value),
                }
            }
        }
    };
}

gates! {
    /// `restartPolicy` and `restartPolicyRules` of containers (KEP-5307).
    container_restart_rules = "ContainerRestartRules", true;
    /// The rule action RestartAllContainers (KEP-5532); also makes restart counts, last states and Initialized stick.
    restart_all_containers_on_container_exits = "RestartAllContainersOnContainerExits", true;
    /// Pods may only be bound to nodes that declare the features they need; RestartAllContainers needs it.
    node_declared_features = "NodeDeclaredFeatures", true;
    /// The condition PodReadyToStartContainers (KEP-3085).
    pod_ready_to_start_containers_condition = "PodReadyToStartContainersCondition", true;
    /// `lifecycle.stopSignal` (KEP-4960).
    container_stop_signals = "ContainerStopSignals", false;
    /// The kubelet's `crashLoopBackOff.maxContainerRestartPeriod` (KEP-4603).
    kubelet_crash_loop_back_off_max = "KubeletCrashLoopBackOffMax", true;
    /// Crash-loop delays from 1 s to 60 s by default (KEP-4603).
    reduce_default_crash_loop_back_off_decay = "ReduceDefaultCrashLoopBackOffDecay", false;
    /// Whether a kubelet restart resets `started` and `ready`.
    change_container_status_on_kubelet_restart = "ChangeContainerStatusOnKubeletRestart", false;
    /// Pod-level requests and limits (KEP-2837).
    pod_level_resources = "PodLevelResources", true;
    /// In-place resize of pod-level resources (KEP-5419).
    in_place_pod_level_resources_vertical_scaling = "InPlacePodLevelResourcesVerticalScaling", true;
    /// In-place resize of plain init containers.
    in_place_pod_vertical_scaling_init_containers = "InPlacePodVerticalScalingInitContainers", true;
    /// `allocatedResourcesStatus` of containers (KEP-4680).
    resource_health_status = "ResourceHealthStatus", true;
    /// Graceful node shutdown (KEP-2000).
    graceful_node_shutdown = "GracefulNodeShutdown", true;
    /// Graceful node shutdown by Pod priority (KEP-2712).
    graceful_node_shutdown_based_on_pod_priority = "GracefulNodeShutdownBasedOnPodPriority", true;
    /// Graceful shutdown of Windows nodes. This crate models Linux nodes: nothing here asks for it.
    windows_graceful_node_shutdown = "WindowsGracefulNodeShutdown", true;
    /// In-place resize of Guaranteed Pods under the static CPU manager. The node that answers a resize feels it, no rule here.
    in_place_pod_vertical_scaling_exclusive_cpus = "InPlacePodVerticalScalingExclusiveCPUs", false;
    /// In-place resize of Guaranteed Pods under the static memory manager. The node that answers a resize feels it, no rule here.
    in_place_pod_vertical_scaling_exclusive_memory = "InPlacePodVerticalScalingExclusiveMemory", false;
    /// Binding clears `status.nominatedNodeName` (KEP-5278). The API server feels it, no rule here.
    clearing_nominated_node_name_after_binding = "ClearingNominatedNodeNameAfterBinding", true;
    /// The scheduler names the node it expects for a waiting Pod (KEP-5278). The scheduler feels it, no rule here.
    nominated_node_name_for_expectation = "NominatedNodeNameForExpectation", true;
    /// Credentials are verified again for an image that is present (KEP-2535). The image backend feels it, no rule here.
    kubelet_ensure_secret_pulled_images = "KubeletEnsureSecretPulledImages", true;
    /// Devices are prepared before the sandbox and given back before the terminal status (KEP-4381). The backend feels it, no rule here.
    dynamic_resource_allocation = "DynamicResourceAllocation", true;
    /// Taints of devices evict Pods (KEP-5055). The control plane feels it, no rule here.
    dra_device_taints = "DRADeviceTaints", true;
    /// Relist one Pod right after a sync that did something.
    pleg_on_demand_relist = "PLEGOnDemandRelist", true;
    /// Container events from the runtime instead of relisting (KEP-3386).
    evented_pleg = "EventedPLEG", false;
    /// Digests of image volumes in the status.
    image_volume_with_digest = "ImageVolumeWithDigest", false;
    /// Resource managers for pod-level resources.
    pod_level_resource_managers = "PodLevelResourceManagers", false;
}

impl Gates {
    /// Whether rules may restart all containers: the gate and the two it needs.
    pub const fn restart_all(&self) -> bool {
        self.restart_all_containers_on_container_exits && self.container_restart_rules && self.node_declared_features
    }
}

/// The gates that Kubernetes 1.36 does not let anybody switch, and what they are locked at.
const LOCKED: &[(&str, bool)] = &[
    ("SidecarContainers", true),
    ("PodObservedGenerationTracking", true),
    ("PodLifecycleSleepAction", true),
    ("PodLifecycleSleepActionAllowZero", true),
    ("ExecProbeTimeout", true),
    ("AllowOverwriteTerminationGracePeriodSeconds", false),
    ("InPlacePodVerticalScaling", true),
    ("PodSchedulingReadiness", true),
    ("ImageVolume", true),
    ("SeparateTaintEvictionController", true),
    ("SupplementalGroupsPolicy", true),
    ("RecursiveReadOnlyMounts", true),
];

/// A gate that cannot be switched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// No gate of the Pod lifecycle has this name.
    #[error("`{0}` is not a feature gate of the Pod lifecycle")]
    Unknown(alloc::string::String),
    /// The gate is locked.
    #[error("the feature gate `{gate}` is locked at {value} in Kubernetes 1.36")]
    Locked {
        /// Its name.
        gate: &'static str,
        /// What it is locked at.
        value: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_1_36() {
        let gates: Gates = serde_json::from_str("{\"ContainerRestartRules\": false}").unwrap();
        assert!(!gates.restart_all());
        assert!(Gates::default().restart_all() && !Gates::default().container_stop_signals);
    }

    #[test]
    fn gates_are_switched_by_name_unless_locked() {
        let mut gates = Gates::default();
        gates.set("EventedPLEG", true).unwrap();
        assert_eq!((gates.get("EventedPLEG"), gates.get("SidecarContainers")), (Some(true), Some(true)));
        assert_eq!(gates.set("SidecarContainers", true), Ok(()));
        assert_eq!(gates.set("SidecarContainers", false), Err(GateError::Locked { gate: "SidecarContainers", value: true }));
        assert_eq!(gates.set("NoSuchGate", true), Err(GateError::Unknown("NoSuchGate".into())));
    }
}

//! Kubernetes feature gates that change the Pod lifecycle, as a value.

use serde::{Deserialize, Serialize};

macro_rules! gates {
    ($($(#[$doc:meta])* $field:ident = $name:literal, $default:literal;)*) => {
        /// Which feature gates are on. The default is that of Kubernetes 1.36.
        ///
        /// Only gates that can be switched and that the lifecycle feels are here; locked ones are taken as they are locked.
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
            /// If no gate has this name.
            pub fn set(&mut self, name: &str, on: bool) -> Result<(), UnknownGate> {
                match name {
                    $($name => self.$field = on,)*
                    _ => return Err(UnknownGate(name.into())),
                }
                Ok(())
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

/// No gate of the Pod lifecycle has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a feature gate of the Pod lifecycle")]
pub struct UnknownGate(alloc::string::String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_1_36() {
        let gates: Gates = serde_json::from_str("{\"ContainerRestartRules\": false}").unwrap();
        assert!(!gates.restart_all());
        assert!(Gates::default().restart_all() && !Gates::default().container_stop_signals);
        assert!(Gates::default().set("NoSuchGate", true).is_err());
    }
}

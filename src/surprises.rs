//! What one believes of Pods, and what happens.
//!
//! Each entry begins with the belief, then says what a real node does, which rule decides it here, and what pins it: the test `fact_NN` of `tests/facts`
//! (NN is the number of the fact that a recording taught; see [the table](#the-facts-of-the-recordings)), and the vectors of *a suite*, which are answers of the
//! kubelet's own functions; `verify` runs those.
//!
//! # Phase
//!
//! - **"When all containers have ended, the phase says so."** The conditions say so, with reason PodCompleted or PodFailed; the phase is still Running. A
//!   terminal phase is held back until nothing of the Pod can run any more, and comes about a second later together with PodReadyToStartContainers=False; or, if
//!   that was told before and there is nothing new to write, another second later with the last status: [`Stage`], [`phase()`]; `fact_01`, `fact_02`, `fact_42`;
//!   vectors *phase*.
//! - **"A container runs, so the Pod is Running."** One regular container that has never been started, say for its image, keeps the Pod Pending. Once all
//!   have been started the Pod is Running through any crash loop: [`phase()`]; `fact_20`; vectors *phase*.
//! - **"Running never goes back to Pending."** It does when init containers run again: in a new sandbox, or after RestartAllContainers:
//!   [`phase::EDGES`], [`phase()`]; `fact_22`, `fact_36`.
//! - **"Nothing ever ran, so it is not Running."** A command that cannot be executed makes an instance, which has ended: the phase is Running:
//!   `fact_18`; vectors *phase*.
//! - **"A deleted Pod of restartPolicy Always has no success."** All exits with 0 on SIGTERM are Succeeded; one other code is Failed. The policy is not
//!   asked: [`phase()`]; `fact_03`; vectors *phase*.
//! - **"A Pod that never ran just goes."** It is Failed first, its containers terminated with ContainerStatusUnknown and 137:
//!   [`completion::without_verdict`]; `fact_04`, `fact_48`.
//! - **"All that ran exited 0, so it has succeeded."** Not if its init steps were not done: `fact_28`; vectors *phase*. A container that waits after an exit with 0
//!   is no success either.
//! - **"Unknown is written when a node is lost."** Nothing writes it. The phase stays Running: [`PodPhase::Unknown`]; `fact_38`.
//! - **"A fatal init container waits for the sidecars."** It makes the Pod Failed at once, with sidecars running: [`phase()`]; vectors *phase*.
//!
//! # Conditions
//!
//! - **"A Pod that is being deleted is not Ready."** Ready stays True until its containers are down, or its readiness probe says otherwise:
//!   [`conditions::ready`]; `fact_05`; vectors *conditions*.
//! - **"Initialized goes back to False when init containers run again."** With the gates of 1.36 it never does, for any Pod:
//!   [`conditions::initialized`]; `fact_22`, `fact_36`; vectors *conditions*.
//! - **"Sidecars do not count."** They count for ContainersReady and Ready. For Initialized a sidecar is done when it has started:
//!   [`conditions::containers_ready`]; `fact_24`; vectors *conditions*.
//! - **"A readiness gate that is Unknown is undecided."** It is not ready. And a gate makes two updates, its own and the kubelet's:
//!   [`conditions::ready`]; `fact_34`; vectors *conditions*.
//! - **"DisruptionTarget tells why a Pod ends while it ends."** The kubelet writes its own only with the terminal phase. Those of the API come before the
//!   deletion, and the taint manager's replaces the eviction API's: `fact_29`, `fact_31`, `fact_48`.
//! - **"Conditions keep their places."** The kubelet writes the foreign ones first: `fact_34`.
//!
//! # Statuses of containers
//!
//! - **"A crashed container shows CrashLoopBackOff."** It shows `terminated`, for nearly the whole back-off. A sync builds the status before it acts, so the refusal
//!   is seen by the next one, which is the one that ends the back-off: [`container_status::derive`]; `fact_13`; vectors *container_status*.
//! - **"A restart is seen as an end and a start."** What the kubelet itself stops, for a probe or a new image, is never seen terminated:
//!   `fact_15`.
//! - **"A missing container is an error."** One that ran and is gone from the runtime is shown waiting, with a last state of
//!   ContainerStatusUnknown, 137, which keeps the Pod Running. A lost init container has Completed if a regular one was ever made:
//!   [`container_status::derive`]; vectors *container_status*.
//! - **"`ready` and `started` mean the same for all."** Of a plain init container `ready` means that it is done, and `started` that it runs. Ephemeral containers
//!   have no `started`: [`probe::marks`]; `fact_12`, `fact_37`; vectors *probe_ready*.
//! - **"A reason of waiting stays until something better comes."** With the deletion ImagePullBackOff falls back to ContainerCreating:
//!   [`container_status::derive`]; `fact_04`; vectors *container_status*.
//! - **"The last state tells how it ended."** After RestartAllContainers it is 137 for each container, whatever its code was: `fact_36`; vectors *container_status*.
//!
//! # Restarts and back-off
//!
//! - **"The first restart waits."** It is at once. Then 10 s, doubled up to 300 s, since the end of the last run; the kubelet adds up to half of that, for
//!   it comes back at the end of the back-off with a jitter: [`Backoff::check_restart`], [`Pacing`]; `fact_14`; vectors *backoff*, *backoff_config*.
//! - **"An exit with 0 is no crash."** Its back-off is the same: [`Backoff::try_restart`]; `fact_14`; vectors *backoff*.
//! - **"The back-off is forgotten after twice its maximum."** After ten minutes of run, whatever the maximum; and by a restart of the kubelet:
//!   [`BackoffConfig::forgotten_after`]; `fact_14`; vectors *backoff*.
//! - **"A kill by a probe is one more crash."** The first two in a row are not held back, for the exit that the kubelet makes itself is not
//!   known when the sync begins; the third is, and under OnFailure is then judged by its code: [`backoff::newest_exit`]; `fact_11`, `fact_15`.
//! - **"Restarting all containers backs off."** It removes every instance, so there is no exit to count from; the KEP says otherwise:
//!   [`resets`]; `fact_16`; vectors *actions*.
//! - **"A container's rules decide each restart."** Only after a real exit. For a kill by a probe the policy decides:
//!   [`restart::should_restart_on_exit`], [`restart::can_restart`]; vectors *restart*, *actions*.
//! - **"Policy Never means that nothing comes back."** A container-level policy or rule can bring it back, except where a sandbox died: that asks the Pod's
//!   policy alone: [`actions::compute`]; `fact_22`; vectors *actions*, *restart*.
//! - **"The init step that is due is found from the front."** From the last init container that has an instance; all before it are taken as done:
//!   [`actions::compute`]; vectors *actions*.
//! - **"A new image of a finished init container runs it again."** Nothing happens but observedGeneration: `fact_21`; vectors *actions*.
//! - **"A container that cannot pull its new image keeps running the old."** It is killed first: `fact_21`; vectors *actions*.
//! - **"A pull that fails says so until it works."** ErrImagePull and ImagePullBackOff take turns with each sync; the reasons of other failures stay:
//!   [`Backoff::image_pull_allowed`]; `fact_19`; vectors *backoff*.
//!
//! # Probes
//!
//! - **"A new instance begins with new counters."** The runs of equal results go on over restarts: one success may be the third:
//!   [`Worker::outcome`]; vectors *probe*.
//! - **"The period counts from the container's start."** From the making of the worker, before there is a container; while unready, each
//!   sync probes readiness besides and shifts the period: [`Worker::tick`], [`probe::marks`]; vectors *probe*, *probe_ready*.
//! - **"A probe that breaks has failed."** It is tried three times and then counts for nothing: [`RawOutcome`]; vectors *probe*.
//! - **"The initial delay is exact."** It is counted in whole seconds from a start time in whole seconds: [`Worker::tick`]; vectors *probe*.
//! - **"A redirect to another host fails."** It is the answer, and a success with a warning: [`RawOutcome::Warning`]; scenario `liveness-foreign-redirect`.
//! - **"Probes stop with the deletion."** Readiness goes on for all, liveness and startup end for regular containers alone, as nobody acts on those of
//!   sidecars: [`probe::stops_at_termination`]; `fact_05`; vectors *probe*.
//! - **"A restarted kubelet starts from unready."** It keeps `ready` and `started` as they were; a startup probe that was still under way is
//!   passed over: [`probe::marks`]; `fact_39`; vectors *probe_ready*.
//!
//! # Hooks, init containers, sidecars
//!
//! - **"A postStart hook runs beside everything else."** It keeps the worker of the whole Pod: no status, no further container, no deletion until it ends:
//!   `fact_10`.
//! - **"A failed postStart hook fails the Pod."** The container is killed, and the code of that exit decides: `fact_11`.
//! - **"A preStop hook delays the signal as long as it takes."** As long as the grace period; then the container has two seconds. That
//!   it fails changes nothing: [`Stop`], [`StopBudget`]; `fact_09`; vectors *grace*.
//! - **"preStop hooks of sidecars wait their turn."** They run at once, in parallel; only the stop signal waits:
//!   [`Stop::begin`], [`termination_order::must_wait_for`]; vectors *termination_order*.
//! - **"A sidecar has the whole grace period."** What those before it left, and two seconds at least, all remaining ones together: `fact_27`; vectors *grace*.
//! - **"Sidecars decide how a Pod ends."** Their codes do not count: `fact_25`; vectors *phase*.
//! - **"A terminal status is the last."** A container in its back-off at the end is turned into ContainerStatusUnknown by one update more:
//!   [`completion::without_verdict`]; `fact_26`.
//!
//! # Deletion
//!
//! - **"A shorter grace period on a second delete kills sooner."** The API shows it, and the stop under way goes on: [`cluster::delete`],
//!   [`grace::effective_pod_grace`]; `fact_08`; vectors *effective_grace*.
//! - **"The grace period is the time until the kill."** Two seconds are the least that any container gets, also on a forced deletion:
//!   [`StopBudget::stop_timeout`]; `fact_07`, `fact_09`; vectors *grace*.
//! - **"The deletion timestamp is when it dies."** The grace counts from the moment the kubelet acts, and wholly anew after its restart: `fact_10`, `fact_41`.
//! - **"The API server removes the object when the time is over."** It never does. The kubelet deletes again with 0; without a node, or in a terminal phase, the first
//!   deletion counts as 0: [`cluster::delete`], [`cluster::removable`]; `fact_06`, `fact_07`.
//! - **"The status follows what stops."** Between the first signal and the last exit nothing is written but readiness: `fact_27`.
//!
//! # Eviction, deadline, admission
//!
//! - **"An evicted Pod is Failed, Evicted."** If all exit 0 it is Succeeded, without the reason. So are preempted Pods and those of a node that shuts down. Ready holds
//!   until the end: [`Kill`]; `fact_29`.
//! - **"The deadline is just another eviction."** It is judged at each sync, so it is always Failed, and Ready goes at once: `fact_30`.
//! - **"The deadline counts from the creation."** From the kubelet's first look, cut to whole seconds: up to one second early, and never for a Pod
//!   without a node: [`Spec::active_deadline`]; `fact_30`.
//! - **"A refused Pod has a status like any other."** It has phase, reason, message and start time, and loses the conditions that it had: `fact_32`.
//! - **"Only new Pods are refused."** A kubelet that restarts asks again for those that run, and a refusal empties the status before it ends the Pod:
//!   [`admission::admit`]; `fact_42`.
//!
//! # Sandboxes and addresses
//!
//! - **"The sandbox is an affair of the runtime."** If it dies all containers are stopped and started anew, with a restart each and another address:
//!   [`sandbox::changed`], [`actions::compute`]; `fact_22`; vectors *actions*.
//! - **"PodReadyToStartContainers comes with the address."** It is written alone, as soon as the sandbox is up; the address comes with the next status: `fact_23`.
//! - **"A broken network shows."** Nothing does. It is tried again every ten seconds and more; and a Pod whose sandbox cannot be taken down stays: `fact_46`.
//! - **"A finished Pod keeps its address."** Until the kubelet restarts: `fact_40`.
//!
//! # The object
//!
//! - **"Each change raises the generation."** Changes of the spec and the first deletion do; metadata, status and the binding do not: `fact_33`.
//! - **"Ephemeral containers are containers."** They count for nothing and run once: `fact_37`.
//! - **"A node that is lost makes its Pods unready."** Their Ready is False, without reason, and only if it was True; ContainersReady and `ready` stay:
//!   [`cluster::not_ready`]; `fact_38`.
//! - **"A Pod on a lost node is gone when it is evicted."** It terminates until the kubelet is back, is Ready for a moment, and then stopped: `fact_38`.
//! - **"QoS follows from the containers that run."** Init containers count like the others: [`qos::qos_class`]; vectors *qos*.
//! - **"The API server watches over the phase."** It does not; it refuses a container that has ended for good and runs again, and the kubelet drops such
//!   an update itself: [`transition::may_leave_terminated`]; vectors *transition*.
//! - **"Statuses have the order of the spec."** Those of init containers do; the others are sorted by name: [`Spec::regular_by_name`].
//! - **"A resize that is in progress says so."** Only while a container is being updated, or if that fails: the condition is then taken away, not False.
//!   [`cluster::resize`]; `fact_35`.
//! - **"The garbage collector ends what runs."** It makes a Pod of a lost node Failed with its containers running and Ready in the same status; and what it
//!   removes for there are too many it does not touch at all: [`cluster::PodGc`]; `fact_43`, `fact_44`; vectors *podgc*.
//! - **"A static Pod is a Pod."** Its status has no observedGeneration: `fact_45`.
//!
//! # Rhythm
//!
//! - **"What happens is seen when it happens."** It is seen at the next look, up to a second later, and two ends between two looks are one update; only after a sync that did
//!   something the kubelet looks at once: [`Pacing`]; the tests of `tests/facts/pacing.rs`.
//! - **"Intermediate states are seen."** CrashLoopBackOff may last a tenth of a second, AllContainersRestarting one update, a short run none.
//!   [`Pacing::IMMEDIATE`] and [`Pacing::KUBELET`] show the same states in the same order, where time lets them.
//!
//! # The facts of the recordings
//!
//! | fact | test | fact | test |
//! |---|---|---|---|
//! | 1 | `termination::fact_01_the_terminal_phase_is_a_step_behind` | 25 | `containers::fact_25_sidecars_end_with_the_work` |
//! | 2 | `termination::fact_02_a_failed_init_container_is_a_step_ahead_too` | 26 | `containers::fact_26_a_back_off_at_the_end_becomes_an_unknown_exit` |
//! | 3 | `termination::fact_03_exit_codes_decide_how_a_deleted_pod_ends` | 27 | `containers::fact_27_sidecars_are_stopped_last_and_backwards` |
//! | 4 | `termination::fact_04_what_never_ran_ends_failed` | 28 | `containers::fact_28_an_unfinished_beginning_is_a_failure` |
//! | 5 | `termination::fact_05_a_terminating_pod_is_ready_while_its_probe_says_so` | 29 | `evictions::fact_29_an_evicted_pod_may_have_succeeded` |
//! | 6 | `termination::fact_06_the_writes_of_a_deletion_have_an_order` | 30 | `evictions::fact_30_the_deadline_is_always_a_failure` |
//! | 7 | `termination::fact_07_without_a_kubelet_to_wait_for_the_object_goes_at_once` | 31 | `evictions::fact_31_the_eviction_api_marks_before_it_deletes` |
//! | 8 | `termination::fact_08_a_stop_under_way_keeps_its_grace_period` | 32 | `evictions::fact_32_a_refused_pod_shows_nothing_else` |
//! | 9 | `termination::fact_09_two_seconds_are_the_least` | 33 | `object::fact_33_what_raises_the_generation` |
//! | 10 | `containers::fact_10_a_post_start_hook_silences_the_pod` | 34 | `object::fact_34_readiness_gates` |
//! | 11 | `containers::fact_11_a_kill_that_exits_zero_is_a_success` | 35 | `resizes::fact_35_resizes` |
//! | 12 | `containers::fact_12_ready_and_started_of_init_containers` | 36 | `restarts::fact_36_restarting_all_containers` |
//! | 13 | `restarts::fact_13_crash_loop_back_off_is_hardly_seen` | 37 | `object::fact_37_ephemeral_containers_do_not_count` |
//! | 14 | `restarts::fact_14_the_delays_of_a_crash_loop` | 38 | `nodes::fact_38_a_lost_node_takes_ready_only` |
//! | 15 | `restarts::fact_15_a_kill_by_the_kubelet_shows_no_end` | 39 | `nodes::fact_39_a_kubelet_restart_is_not_seen` |
//! | 16 | `restarts::fact_16_restarting_all_has_no_back_off` | 40 | `nodes::fact_40_a_restarted_kubelet_forgets_the_address_of_what_is_over` |
//! | 17 | `restarts::fact_17_a_back_off_is_one_containers_own` | 41 | `nodes::fact_41_a_restarted_kubelet_grants_the_grace_period_anew` |
//! | 18 | `restarts::fact_18_a_command_that_cannot_be_executed` | 42 | `nodes::fact_42_a_running_pod_may_be_refused` |
//! | 19 | `images::fact_19_pulls_take_turns_with_their_back_off` | 43 | `garbage::fact_43_the_pods_of_a_node_that_is_gone` |
//! | 20 | `images::fact_20_one_missing_image_keeps_the_pod_pending` | 44 | `garbage::fact_44_the_oldest_of_those_that_have_ended_go_first` |
//! | 21 | `images::fact_21_a_new_image_that_is_missing` | 45 | `static_pods::fact_45_a_static_pod_has_no_generation` |
//! | 22 | `sandboxes::fact_22_a_killed_sandbox` | 46 | `sandboxes::fact_46_a_broken_network` |
//! | 23 | `sandboxes::fact_23_the_address_stays` | 47 | `evictions::fact_47_the_schedulers_victim_is_deleted_with_its_grace_period` |
//! | 24 | `containers::fact_24_sidecars_count_for_ready_and_initialized` | 48 | `nodes::fact_48_the_taint_manager_marks_what_is_terminating` |

#[cfg(doc)]
use crate::{
    Spec,
    api::PodPhase,
    cluster,
    node::{Kill, admission},
    pod::{Pacing, Stage},
    rules::actions::{self, resets},
    rules::backoff::{self, Backoff, BackoffConfig},
    rules::completion,
    rules::conditions,
    rules::container_status,
    rules::grace::{self, Stop, StopBudget},
    rules::phase::{self, phase},
    rules::probe::{self, RawOutcome, Worker},
    rules::{qos, restart, sandbox, termination_order, transition},
};

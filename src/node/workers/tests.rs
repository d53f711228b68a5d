use super::*;
use alloc::vec;

type Workers = PodWorkers<u8, PodFacts>;

impl WorkerPod for PodFacts {
    fn facts(&self) -> PodFacts {
        *self
    }

    fn full_name(&self) -> String {
        "web_default".into()
    }
}

const PLAIN: PodFacts = PodFacts {
    is_static: false,
    deleted: false,
    deletion_grace_period_seconds: None,
    termination_grace_period_seconds: Some(30),
    terminal: false,
};
const STATIC: PodFacts = PodFacts { is_static: true, ..PLAIN };

const fn start(uid: u8, call: SyncCall) -> WorkerOutput<u8> {
    WorkerOutput::Start { uid, call }
}

const fn terminating(seconds: i64, kill: Option<KillTicket>) -> SyncCall {
    SyncCall::SyncTerminatingPod { grace_period_seconds: Some(seconds), kill }
}

const fn evict(seconds: i64, ticket: u64) -> KillRequest {
    KillRequest { evict: true, grace_period_seconds: Some(seconds), ticket: Some(KillTicket(ticket)) }
}

#[test]
fn an_eviction_interrupts_the_sync_and_answers_when_all_is_stopped() {
    let (mut workers, mut out) = (Workers::new(), vec![]);
    workers.update(&1, PodUpdate::Create(PLAIN), true, &mut out);
    out.clear();
    assert_eq!(workers.update(&1, PodUpdate::Kill(PLAIN, evict(10, 7)), true, &mut out), Taken::Yes);
    assert_eq!(out, [WorkerOutput::Cancel { uid: 1 }]);
    assert!(workers.should_pod_content_be_removed(&1) && !workers.should_pod_containers_be_terminating(&1));
    out.clear();
    workers.finished(&1, SyncResult::Canceled, &mut out).unwrap();
    let again = WorkerOutput::Requeue { uid: 1, when: Requeue::Backoff };
    assert_eq!(out, [again, start(1, terminating(10, Some(KillTicket(7))))]);
    out.clear();
    // A longer period changes nothing, a shorter one hurries.
    workers.update(&1, PodUpdate::Kill(PLAIN, evict(20, 8)), true, &mut out);
    assert_eq!(out, []);
    workers.update(&1, PodUpdate::Kill(PLAIN, evict(3, 8)), true, &mut out);
    assert_eq!(out, [WorkerOutput::Cancel { uid: 1 }]);
    out.clear();
    workers.finished(&1, SyncResult::Done, &mut out).unwrap();
    let killed = |ticket| WorkerOutput::Killed { uid: 1, ticket: KillTicket(ticket) };
    let now = WorkerOutput::Requeue { uid: 1, when: Requeue::Immediate };
    assert_eq!(out, [killed(7), killed(8), now, start(1, SyncCall::SyncTerminatedPod)]);
}

#[test]
fn who_kills_waits_for_half_as_long_again() {
    assert_eq!(evict(40, 1).patience(Some(30)), Span::from_secs(60));
    assert_eq!(KillRequest::default().patience(Some(31)), Span::from_secs(46));
    assert_eq!(evict(1, 1).patience(None), Span::from_secs(10));
    assert_eq!(evict(i64::MAX, 1).patience(None), Span::MAX);
}

#[test]
fn static_pods_of_a_name_take_turns() {
    let (mut workers, mut out) = (Workers::new(), vec![]);
    for uid in 1..=3 {
        workers.update(&uid, PodUpdate::Create(STATIC), true, &mut out);
    }
    assert_eq!(out.iter().filter(|output| matches!(output, WorkerOutput::Start { .. })).count(), 1);
    let ends = |workers: &Workers| (workers.is_pod_termination_requested(&1), workers.is_pod_for_mirror_pod_terminating("web_default"));
    assert_eq!(ends(&workers), (false, false));
    workers.finished(&1, SyncResult::Terminal, &mut out).unwrap();
    assert_eq!(ends(&workers), (true, true));
    workers.finished(&1, SyncResult::Done, &mut out).unwrap();
    assert_eq!(ends(&workers), (true, false));
    workers.finished(&1, SyncResult::Done, &mut out).unwrap();
    out.clear();
    workers.update(&3, PodUpdate::Sync(STATIC), true, &mut out);
    assert_eq!(out, [WorkerOutput::Requeue { uid: 3, when: Requeue::Backoff }]);
    // The second is taken away before its turn: it never runs, and the third may.
    workers.update(&2, PodUpdate::Kill(STATIC, KillRequest::default()), true, &mut out);
    assert!(workers.should_pod_be_finished(&2));
    out.clear();
    workers.update(&3, PodUpdate::Sync(STATIC), true, &mut out);
    assert_eq!(out, [start(3, SyncCall::SyncPod { update_type: UpdateType::Sync })]);
}

#[test]
fn those_that_come_and_go_take_no_memory() {
    let (mut workers, mut out) = (Workers::new(), vec![]);
    workers.update(&0, PodUpdate::Create(STATIC), true, &mut out);
    for uid in 1..=200 {
        workers.update(&uid, PodUpdate::Create(STATIC), true, &mut out);
        workers.sync_known_pods(|uid| *uid == 0, &mut out);
    }
    assert_eq!(workers.uids().count(), 1);
    assert!(workers.statics.places() < 20);
}

#[test]
fn a_pod_made_again_waits_until_the_old_one_is_forgotten() {
    let (mut workers, mut out) = (Workers::new(), vec![]);
    workers.update(&1, PodUpdate::Create(PodFacts { terminal: true, ..PLAIN }), true, &mut out);
    assert_eq!(out, [start(1, SyncCall::SyncTerminatedPod)]);
    assert_eq!(workers.update(&1, PodUpdate::Create(PLAIN), true, &mut out), Taken::Later);
    assert_eq!(workers.sync_known_pods(|_| true, &mut out).len(), 1);
    workers.finished(&1, SyncResult::Done, &mut out).unwrap();
    assert_eq!(workers.finished(&1, SyncResult::Done, &mut out), Err(NotRunning));
    assert!(workers.sync_known_pods(|_| true, &mut out).is_empty());
    out.clear();
    workers.update(&1, PodUpdate::Create(PLAIN), true, &mut out);
    assert_eq!(out, [start(1, SyncCall::SyncPod { update_type: UpdateType::Create })]);
}

/// Any order of calls: at most one function of a Pod runs, a Pod only moves on, and when nobody wants anything all is forgotten.
#[test]
fn any_order_of_calls_ends_well() {
    let mut seed = 7_u32;
    let mut roll = move |sides: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % sides
    };
    let mut runs = 0;
    for _ in 0..300 {
        let (mut workers, mut out) = (Workers::new(), vec![]);
        let mut running = [false; 4];
        for _ in 0..60 {
            let uid = roll(4) as u8;
            let pod = PodFacts { is_static: uid < 3, deleted: roll(9) == 0, terminal: roll(9) == 0, ..PLAIN };
            let kill = KillRequest { evict: roll(2) == 0, grace_period_seconds: (roll(2) == 0).then_some(5), ticket: Some(KillTicket(1)) };
            let nothing = roll(2) == 0;
            let before = workers.state(&uid);
            match roll(9) {
                0..2 => {
                    workers.update(&uid, PodUpdate::Create(pod), nothing, &mut out);
                }
                2 => {
                    workers.update(&uid, PodUpdate::Update(pod), nothing, &mut out);
                }
                3 => {
                    workers.update(&uid, PodUpdate::Kill(pod, kill), nothing, &mut out);
                }
                4 => {
                    workers.update(&uid, PodUpdate::KillRuntimePod(kill), nothing, &mut out);
                }
                5 => {
                    let _ = workers.sync_known_pods(|uid| *uid > 1, &mut out);
                }
                _ => {
                    let results = [SyncResult::Done, SyncResult::Terminal, SyncResult::Canceled, SyncResult::Failed];
                    let ended = workers.finished(&uid, results[roll(4) as usize], &mut out);
                    assert_eq!(ended.is_ok(), core::mem::take(&mut running[usize::from(uid)]));
                }
            }
            for output in out.drain(..) {
                if let WorkerOutput::Start { uid, .. } = output {
                    assert!(!core::mem::replace(&mut running[usize::from(uid)], true), "two functions of one Pod");
                    runs += 1;
                }
            }
            if let (Some(before), Some(after)) = (before, workers.state(&uid)) {
                assert!(before.work_type <= after.work_type && (!before.finished || after.finished));
            }
        }
        for _ in 0..8 {
            workers.sync_known_pods(|_| false, &mut out);
            for uid in 0..4 {
                let _ = workers.finished(&uid, SyncResult::Done, &mut out);
            }
        }
        assert_eq!(workers.uids().count(), 0);
        assert!(workers.should_pod_be_finished(&0) && !workers.could_have_running_containers(&0));
    }
    assert!(runs > 2_000, "{runs}");
}

//! What a probe worker can become: the rows of its table, proved against the worker itself.

/// One row: a worker at `from` becomes `to` when this happens. What changes nothing has no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeEdge {
    /// What the worker is at: `Idle`, `Probing`, `ProbingOwed` (a tick came during the probe), `OnHold` or `Ended`.
    pub from: &'static str,
    /// What happens.
    pub event: &'static str,
    /// What the worker is at then.
    pub to: &'static str,
}

/// Rows with the same event and the same end.
macro_rules! edges {
    ($($($from:ident)|+ + $event:ident => $to:ident;)*) => {
        &[$($(ProbeEdge { from: stringify!($from), event: stringify!($event), to: stringify!($to) }),+),*]
    };
}

/// All rows.
///
/// | Event | Meaning |
/// |---|---|
/// | `Due` | a tick, and the container runs, its initial delay is over, `started` fits the kind of probe |
/// | `NewInstance` | a tick meets another instance of the container, which is not probed yet |
/// | `Tick` | a tick during a probe; it is kept, once |
/// | `Outcome` | the probe has ended: its result is counted, and cached at its threshold |
/// | `FinalOutcome` | a liveness failure, or a startup result of either kind, reached its threshold |
/// | `PodTerminal`, `PodDeleted`, `NotRestarted` | the reasons to end ([`End`](super::End)) |
pub const EDGES: &[ProbeEdge] = edges! {
    Idle | OnHold + Due => Probing;
    Probing + Tick => ProbingOwed;
    Probing | ProbingOwed + Outcome => Idle;
    Probing | ProbingOwed + FinalOutcome => OnHold;
    OnHold + NewInstance => Idle;
    Idle | OnHold + PodTerminal => Ended;
    Idle + PodDeleted => Ended;
    Idle | OnHold + NotRestarted => Ended;
};

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;
    use crate::gates::Gates;
    use crate::spec::ProbeSpec;
    use alloc::collections::BTreeSet;
    use alloc::format;
    use alloc::vec::Vec;

    type Row = (&'static str, &'static str, &'static str);

    fn mode(worker: &Worker) -> &'static str {
        let debug = format!("{worker:?}");
        ["mode: Idle", "mode: ProbingOwed", "mode: Probing", "mode: OnHold"]
            .into_iter()
            .find(|mode| debug.contains(*mode))
            .map(|mode| &mode["mode: ".len()..])
            .expect("a worker is at something")
    }

    /// Everything that can be seen at a tick, as far as it makes a difference.
    fn sights() -> Vec<Option<Seen>> {
        let mut sights = Vec::from([None, Some(Seen::default())]);
        let running = SeenState::Running { since: Some(Time::EPOCH) };
        for state in [SeenState::Waiting, running, SeenState::Terminated { exit_code: 1 }] {
            for (id, started, pod_terminal) in [(0, false, false), (0, true, false), (1, false, false), (1, true, false), (1, true, true)] {
                let instance = Some(SeenInstance { id: InstanceId::new(id), state, started: Some(started) });
                sights.push(Some(Seen { pod_terminal, instance }));
            }
        }
        sights
    }

    /// The changes of mode that one tick or outcome makes, and the workers that come out of it.
    fn step(context: &Context<'_>, worker: Worker, rows: &mut BTreeSet<Row>) -> Vec<Worker> {
        let (from, mut out) = (mode(&worker), Vec::new());
        for seen in sights() {
            for (now, restarted) in [(Time::EPOCH, true), (Time::from_secs(5), false)] {
                let mut next = worker;
                let event = match next.tick(context, seen.as_ref(), now, |_| restarted).verdict {
                    Verdict::Probe => "Due",
                    Verdict::Wait(Wait::Busy) => "Tick",
                    Verdict::Wait(_) => "NewInstance",
                    Verdict::End(End::PodTerminal) => "PodTerminal",
                    Verdict::End(End::NotRestarted) => "NotRestarted",
                    Verdict::End(End::PodDeleted) => "PodDeleted",
                };
                if matches!(event, "PodTerminal" | "NotRestarted" | "PodDeleted") {
                    rows.insert((from, event, "Ended"));
                } else {
                    if mode(&next) != from {
                        rows.insert((from, event, mode(&next)));
                    }
                    out.push(next);
                }
            }
        }
        for raw in [RawOutcome::Success, RawOutcome::Failure, RawOutcome::Error] {
            let mut next = worker;
            let _ = next.outcome(context, raw);
            if mode(&next) != from {
                rows.insert((from, if next.is_on_hold() { "FinalOutcome" } else { "Outcome" }, mode(&next)));
            }
            out.push(next);
        }
        out
    }

    #[test]
    fn the_rows_are_what_a_worker_does() {
        let gates = Gates::default();
        let probe = ProbeSpec {
            initial_delay_seconds: 1,
            timeout: Span::from_secs(1),
            period: Span::from_secs(5),
            success_threshold: 1,
            failure_threshold: 2,
            grace_period_seconds: None,
        };
        let mut seen = BTreeSet::new();
        for kind in ProbeKind::ALL {
            for pod_deleted in [false, true] {
                let context = Context { kind, probe: &probe, sidecar: false, pod_deleted, kubelet_start: Time::EPOCH, gates: &gates };
                let mut known = std::collections::HashSet::from([Worker::new()]);
                let mut open = Vec::from([Worker::new()]);
                // Only the count of a run grows for ever.
                for _ in 0..8 {
                    open =
                        open.into_iter().flat_map(|worker| step(&context, worker, &mut seen)).filter(|next| known.insert(*next)).collect();
                }
            }
        }
        let told: BTreeSet<Row> = EDGES.iter().map(|edge| (edge.from, edge.event, edge.to)).collect();
        assert_eq!(told, seen);
    }
}

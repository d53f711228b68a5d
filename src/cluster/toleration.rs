//! Tolerations of NoExecute taints (API `ToleratesTaint`, `GetMatchingTolerations`; admission plugin DefaultTolerationSeconds).

use crate::api::{Taint, Toleration, TolerationOperator};
use crate::rules::toleration::tolerates;
use alloc::vec::Vec;

/// How long a Pod tolerates the taints of its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    /// Not at all: it is deleted at once.
    No,
    /// So many seconds, at least 0.
    For(i64),
    /// For ever.
    Forever,
}

/// How long these tolerations put up with these taints, of which only the NoExecute ones count (taint eviction `getMinTolerationTime`).
///
/// A taint that no toleration matches: not at all. Of several tolerations that match one taint the first counts; of several taints the one
/// that is tolerated for the shortest time.
pub fn toleration(tolerations: &[Toleration], taints: &[Taint]) -> Tolerated {
    let mut tolerated = Tolerated::Forever;
    for taint in taints.iter().filter(|taint| taint.is_no_execute()) {
        let Some(used) = tolerations.iter().find(|toleration| tolerates(toleration, taint)) else { return Tolerated::No };
        if let Some(seconds) = used.toleration_seconds.map(|seconds| seconds.max(0)) {
            tolerated = match tolerated {
                Tolerated::For(known) => Tolerated::For(known.min(seconds)),
                _ => Tolerated::For(seconds),
            };
        }
    }
    tolerated
}

/// Adds what the admission plugin DefaultTolerationSeconds adds: each Pod puts up with a node that is not ready or unreachable for
/// 300 s, unless it says something about that taint itself.
pub fn add_default_tolerations(tolerations: &mut Vec<Toleration>) {
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let known =
            tolerations.iter().any(|own| (own.key == key || own.key.is_empty()) && (own.effect == "NoExecute" || own.effect.is_empty()));
        if !known {
            tolerations.push(Toleration {
                key: key.into(),
                operator: Some(TolerationOperator::Exists),
                effect: "NoExecute".into(),
                toleration_seconds: Some(300),
                ..Toleration::default()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, effect: &str) -> Taint {
        Taint { key: key.into(), value: "v".into(), effect: effect.into(), time_added: None }
    }

    #[test]
    fn the_first_match_counts_for_a_taint_and_the_shortest_for_all() {
        let read = |json: &str| serde_json::from_str::<Vec<Toleration>>(json).unwrap();
        let taints = [taint("k", "NoExecute"), taint("s", "NoSchedule")];
        let ask = |json: &str| toleration(&read(json), &taints);
        assert_eq!(ask("[]"), Tolerated::No);
        assert_eq!(ask(r#"[{"key":"k","value":"v"}]"#), Tolerated::Forever);
        assert_eq!(ask(r#"[{"key":"k","value":"w"}]"#), Tolerated::No);
        assert_eq!(ask(r#"[{"operator":"Exists"},{"key":"k","operator":"Exists","tolerationSeconds":5}]"#), Tolerated::Forever);
        assert_eq!(ask(r#"[{"key":"k","operator":"Exists","tolerationSeconds":-5}]"#), Tolerated::For(0));
        assert_eq!(ask(r#"[{"operator":"Exists","effect":"NoSchedule"}]"#), Tolerated::No);
        let two = [taint("k", "NoExecute"), taint("l", "NoExecute")];
        let each = read(r#"[{"key":"k","operator":"Exists","tolerationSeconds":9},{"key":"l","operator":"Exists","tolerationSeconds":5}]"#);
        assert_eq!(toleration(&each, &two), Tolerated::For(5));
        assert_eq!(toleration(&each[..1], &two), Tolerated::No);
        assert_eq!(toleration(&[], &[]), Tolerated::Forever);
    }
}

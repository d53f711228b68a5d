//! Tolerations of NoExecute taints (taint-eviction controller).

use crate::api::{Toleration, TolerationOperator};
use crate::rules::toleration::{Taint, tolerates};
use alloc::vec::Vec;

/// How long a Pod tolerates a taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerated {
    /// Not at all: it is deleted at once.
    No,
    /// So many seconds, at least 0.
    For(i64),
    /// For ever.
    Forever,
}

/// How long these tolerations put up with this taint: the shortest of those that match; without any, not at all.
pub fn toleration(tolerations: &[Toleration], key: &str, value: &str, effect: &str) -> Tolerated {
    let matching = tolerations.iter().filter(|toleration| tolerates(toleration, Taint { key, value, effect }));
    let mut tolerated = Tolerated::No;
    for toleration in matching {
        tolerated = match (tolerated, toleration.toleration_seconds.map(|seconds| seconds.max(0))) {
            (Tolerated::No | Tolerated::Forever, None) => Tolerated::Forever,
            (Tolerated::For(known), None) => Tolerated::For(known),
            (Tolerated::No | Tolerated::Forever, Some(seconds)) => Tolerated::For(seconds),
            (Tolerated::For(known), Some(seconds)) => Tolerated::For(known.min(seconds)),
        };
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

    #[test]
    fn the_shortest_matching_toleration_counts() {
        let read = |json: &str| serde_json::from_str::<alloc::vec::Vec<Toleration>>(json).unwrap();
        let ask = |json: &str| toleration(&read(json), "k", "v", "NoExecute");
        assert_eq!(ask("[]"), Tolerated::No);
        assert_eq!(ask(r#"[{"key":"k","value":"v"}]"#), Tolerated::Forever);
        assert_eq!(ask(r#"[{"key":"k","value":"w"}]"#), Tolerated::No);
        assert_eq!(ask(r#"[{"operator":"Exists"},{"key":"k","operator":"Exists","tolerationSeconds":5}]"#), Tolerated::For(5));
        assert_eq!(ask(r#"[{"operator":"Exists","effect":"NoSchedule"}]"#), Tolerated::No);
    }
}

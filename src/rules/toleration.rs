//! Taints and tolerations (API `ToleratesTaint`).

use crate::api::{Taint, Toleration, TolerationOperator};

/// Whether a toleration puts up with a taint, for however long (API `ToleratesTaint`). An empty key or effect stands for all of them.
///
/// The operators Lt and Gt are behind a gate that is off in 1.36: they match nothing.
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    let effect_fits = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key_fits = toleration.key.is_empty() || toleration.key == taint.key;
    let value_fits = match toleration.operator {
        Some(TolerationOperator::Exists) => true,
        None | Some(TolerationOperator::Equal) => toleration.value == taint.value,
        Some(_) => false,
    };
    effect_fits && key_fits && value_fits
}

/// Whether one of the tolerations puts up with the taint (API `TolerationsTolerateTaint`).
pub fn is_tolerated(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_toleration_is_enough_and_an_empty_key_or_effect_stands_for_all() {
        let toleration = |json: &str| -> Toleration { serde_json::from_str(json).unwrap() };
        let lost: Taint = serde_json::from_str(r#"{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}"#).unwrap();
        let other = || toleration(r#"{"key": "dedicated", "operator": "Equal", "value": "db", "effect": "NoExecute"}"#);
        assert!(!is_tolerated(&[], &lost) && !is_tolerated(&[other()], &lost));
        for fits in [
            r#"{"operator": "Exists"}"#,
            r#"{"key": "node.kubernetes.io/not-ready", "operator": "Exists"}"#,
            r#"{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}"#,
        ] {
            assert!(is_tolerated(&[other(), toleration(fits)], &lost), "{fits}");
        }
        for misses in [
            r#"{"operator": "Exists", "effect": "NoSchedule"}"#,
            r#"{"key": "node.kubernetes.io/not-ready", "operator": "Equal", "value": "yes"}"#,
            r#"{"key": "node.kubernetes.io/not-ready", "operator": "Gt", "value": "1"}"#,
        ] {
            assert!(!is_tolerated(&[toleration(misses)], &lost), "{misses}");
        }
    }
}

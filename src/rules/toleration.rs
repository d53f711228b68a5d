//! Taints and tolerations (API `ToleratesTaint`).

use crate::api::{Toleration, TolerationOperator};

/// A taint of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Taint<'a> {
    /// Key.
    pub key: &'a str,
    /// Value.
    pub value: &'a str,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: &'a str,
}

/// Whether a toleration puts up with a taint, for however long. An empty key or effect stands for all of them.
///
/// The operators Lt and Gt are behind a gate that is off in 1.36: they match nothing.
pub fn tolerates(toleration: &Toleration, taint: Taint<'_>) -> bool {
    let effect_fits = toleration.effect.is_empty() || toleration.effect == taint.effect;
    let key_fits = toleration.key.is_empty() || toleration.key == taint.key;
    let value_fits = match toleration.operator {
        Some(TolerationOperator::Exists) => true,
        None | Some(TolerationOperator::Equal) => !toleration.key.is_empty() && toleration.value == taint.value,
        Some(_) => false,
    };
    effect_fits && key_fits && value_fits
}

/// Whether one of the tolerations puts up with the taint.
pub fn is_tolerated(tolerations: &[Toleration], taint: Taint<'_>) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

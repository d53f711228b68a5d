//! What a kind of mutation is.

use crate::edit::Edit;

/// A kind of mutation.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// The rules that should find it, parted by spaces; none if no rule is bound to.
    pub(crate) rules: &'static str,
    /// How many mutants the authors of the data caught, of how many.
    pub(crate) known: (u32, u32),
    /// Does it at the place, if it can be done there.
    pub(crate) change: fn(&mut Edit) -> Option<()>,
}

pub(crate) const fn kind(name: &'static str, known: (u32, u32), rules: &'static str, change: fn(&mut Edit) -> Option<()>) -> Kind {
    Kind { name, rules, known, change }
}

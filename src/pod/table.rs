//! Tables of transitions: the rows drive the `match` that runs, and make the diagrams and the tests of the edges.

use super::output::Actor;

/// One row of a table: in state `from`, the event leads to state `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// State before; `*` rows are written out, one for each state.
    pub from: &'static str,
    /// What happens.
    pub event: &'static str,
    /// State after.
    pub to: &'static str,
    /// Who acts.
    pub by: Actor,
}

/// Makes a state enum, its event enum and their table. Each row reads `From + Event => To by Actor;`, and several states
/// may stand before the `+`. The `match` made of the rows is what runs; [`Edge`]s of the same rows are what is drawn.
macro_rules! table {
    (
        $(#[$sdoc:meta])* states $State:ident { $($(#[$vdoc:meta])* $state:ident),* $(,)? }
        $(#[$edoc:meta])* events $Event:ident { $($(#[$wdoc:meta])* $event:ident),* $(,)? }
        rows { $($($from:ident)|+ + $on:ident => $to:ident by $by:ident;)* }
    ) => {
        $(#[$sdoc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $State { $($(#[$vdoc])* $state),* }

        $(#[$edoc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $Event { $($(#[$wdoc])* $event),* }

        impl $State {
            /// Every state, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$state),*];

            /// The rows of the table.
            pub const EDGES: &'static [$crate::pod::table::Edge] = &[$($($crate::pod::table::Edge {
                from: stringify!($from),
                event: stringify!($on),
                to: stringify!($to),
                by: $crate::pod::output::Actor::$by,
            }),+),*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$state => stringify!($state)),* }
            }

            /// The state after this event, and who acts; `None` if the table has no such row.
            pub const fn next(self, event: $Event) -> Option<(Self, $crate::pod::output::Actor)> {
                match (self, event) {
                    $(($(Self::$from)|+, $Event::$on) => Some((Self::$to, $crate::pod::output::Actor::$by)),)*
                    #[allow(unreachable_patterns, reason = "a table may name every pair")]
                    _ => None,
                }
            }
        }

        impl core::fmt::Display for $State {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $Event {
            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$event => stringify!($event)),* }
            }
        }
    };
}
pub(crate) use table;

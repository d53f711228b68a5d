//! Judge of replays.

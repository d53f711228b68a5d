//! Scenarios and replays.

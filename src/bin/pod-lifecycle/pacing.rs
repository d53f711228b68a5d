//! Names of pacings.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PacingName {
    /// At once when there is a reason.
    Immediate,
    /// As a kubelet: looks once a second, resyncs once a minute.
    Kubelet,
}

//! The watch stream of a play, one event a line.

use anyhow::Result;
use pod_lifecycle::Span;
use pod_lifecycle::api::{self, EventType};
use pod_lifecycle::conformance::player::Observer;
use serde::Serialize;
use std::io::Write;

/// Writes watch events while a scenario is played.
#[derive(Debug)]
pub(super) struct Watch<'a, W> {
    out: &'a mut W,
    /// What went wrong first; nothing is written after it.
    failed: Option<anyhow::Error>,
}

#[derive(Serialize)]
struct Line<'a> {
    r#type: EventType,
    object: &'a api::Pod,
}

impl<'a, W: Write> Watch<'a, W> {
    pub(super) const fn new(out: &'a mut W) -> Self {
        Self { out, failed: None }
    }

    pub(super) fn finish(self) -> Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn write(&mut self, line: &Line<'_>) -> Result<()> {
        serde_json::to_writer(&mut *self.out, line).map_err(std::io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

impl<W: Write> Observer for Watch<'_, W> {
    fn published(&mut self, _: Span, event: EventType, object: &api::Pod) {
        if self.failed.is_none() {
            self.failed = self.write(&Line { r#type: event, object }).err();
        }
    }
}

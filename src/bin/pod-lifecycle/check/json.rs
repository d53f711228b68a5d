//! Findings as JSON, one a line.

use super::Report;
use anyhow::Result;
use pod_lifecycle::check::{Finding, Tally};
use pod_lifecycle::conformance::watch::BadInput;
use std::io::{self, Write};

pub(super) struct Json<'a, W> {
    out: &'a mut W,
}

impl<'a, W: Write> Json<'a, W> {
    pub(super) const fn new(out: &'a mut W) -> Self {
        Self { out }
    }
}

impl<W: Write> Report for Json<'_, W> {
    fn begin(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    fn finding(&mut self, _: &str, finding: &Finding) -> Result<()> {
        serde_json::to_writer(&mut *self.out, finding).map_err(io::Error::from)?;
        Ok(self.out.write_all(b"\n")?)
    }

    fn bad_input(&mut self, _: &BadInput) {}

    fn end(&mut self, _: &str, _: Option<&Tally>) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(self.out.flush()?)
    }
}

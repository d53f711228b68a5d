//! How far a long input has been read.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// A line on the standard error output, if that is a terminal; nothing before the first second.
#[derive(Debug)]
pub(super) struct Progress<'a> {
    file: &'a str,
    length: Option<u64>,
    begun: Instant,
    /// When the line is to be written again; none if nobody sees it.
    next: Option<Instant>,
    /// Documents until the clock is looked at.
    pause: u32,
    shown: bool,
}

const PAUSE: u32 = 256;

impl<'a> Progress<'a> {
    pub(super) fn new(file: &'a str, length: Option<u64>) -> Self {
        let begun = Instant::now();
        let next = io::stderr().is_terminal().then_some(begun + Duration::from_secs(1));
        Self { file, length, begun, next, pause: PAUSE, shown: false }
    }

    /// So many bytes are done with, one document more than at the last call.
    pub(super) fn show(&mut self, bytes: u64) {
        let Some(next) = self.next else { return };
        self.pause -= 1;
        if self.pause > 0 {
            return;
        }
        self.pause = PAUSE;
        let now = Instant::now();
        if now >= next {
            self.next = Some(now + Duration::from_millis(250));
            self.shown = true;
            // Nobody is the worse for a line that is not seen.
            let _ = write!(io::stderr(), "\r{}\x1b[K", self.line(bytes, now - self.begun)).and_then(|()| io::stderr().flush());
        }
    }

    /// Takes the line away, to make room for another one.
    pub(super) fn hide(&mut self) {
        if core::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }

    fn line(&self, bytes: u64, since: Duration) -> String {
        let mega = bytes as f64 / 1e6;
        let speed = mega / since.as_secs_f64().max(1e-3);
        match self.length {
            Some(length) if length > 0 => {
                format!(
                    "{}: {mega:.0} of {:.0} MB ({:.0} %), {speed:.0} MB/s",
                    self.file,
                    length as f64 / 1e6,
                    100.0 * bytes as f64 / length as f64
                )
            }
            _ => format!("{}: {mega:.0} MB, {speed:.0} MB/s", self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_far_and_how_fast() {
        let mut progress = Progress::new("a.json", Some(8_000_000));
        assert_eq!(progress.line(2_000_000, Duration::from_secs(1)), "a.json: 2 of 8 MB (25 %), 2 MB/s");
        progress.length = None;
        assert_eq!(progress.line(6_000_000, Duration::from_secs(2)), "a.json: 6 MB, 3 MB/s");
    }
}

//! The message of a terminated container: what its process left, within the kubelet's limits.
//!
//! A process may write its last words into a file (API `terminationMessagePath`); with the policy FallbackToLogsOnError the end of its log
//! takes their place. The kubelet joins them to the runtime's own message when it reads the ended container ([`of_exit`]), and cuts what
//! the status shows to the container's share of what one Pod may say ([`shown`]).
//!
//! All limits are in bytes of UTF-8. The kubelet cuts between bytes; here a character that does not fit is left out whole.

use super::view::{Exit, TerminatedReason};
use crate::api::TerminationMessagePolicy;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// How much is read from the end of a termination message file, in bytes (kubelet `MaxContainerTerminationMessageLength`).
pub const MAX_FILE: usize = 4096;
/// How much is read from the end of a log, in bytes (kubelet `MaxContainerTerminationMessageLogLength`).
pub const MAX_LOG: usize = 2048;
/// How much is read from the end of a log, in lines (kubelet `MaxContainerTerminationMessageLogLines`).
pub const MAX_LOG_LINES: usize = 80;
/// How much the messages of all containers of a Pod may take, in bytes (kubelet `MaxPodTerminationMessageLogLength`).
pub const MAX_POD: usize = 12 * 1024;

/// The message of an ended container (kubelet `getTerminationMessage`, kuberuntime `getPodContainerStatuses`).
///
/// `runtime` is the runtime's own message. `file` is the content of the termination message file, empty if there is none. `log` says the
/// log's content and is asked only if the log is to be read: see [`falls_back`]. Both may be given whole or from the end.
pub fn of_exit<T: AsRef<str>>(policy: TerminationMessagePolicy, exit: Exit, runtime: &str, file: &str, log: impl FnOnce() -> T) -> String {
    if file.is_empty() && falls_back(policy, exit) { join(runtime, end_of_log(log().as_ref())) } else { join(runtime, end_of_file(file)) }
}

/// Whether the log's end takes the place of an empty or missing file: only after a failure, and not of a container that could not even
/// be run, which has no log (kubelet `getTerminationMessage`).
pub fn falls_back(policy: TerminationMessagePolicy, exit: Exit) -> bool {
    policy == TerminationMessagePolicy::FallbackToLogsOnError && exit.code != 0 && exit.reason != TerminatedReason::ContainerCannotRun
}

/// What is read of a termination message file: its end (kubelet `getTerminationMessage`).
pub fn end_of_file(file: &str) -> &str {
    last_bytes(file, MAX_FILE)
}

/// What is read of a log: its last lines, and of them the end (kubelet `readLastStringFromContainerLogs`).
pub fn end_of_log(log: &str) -> &str {
    // A newline ends a line, so the last one does not begin another.
    let body = log.strip_suffix('\n').unwrap_or(log);
    let start = body.rmatch_indices('\n').nth(MAX_LOG_LINES - 1).map_or(0, |(before, _)| before + 1);
    last_bytes(&log[start..], MAX_LOG)
}

/// The part of a message that a status shows, in `state` as in `lastState`: its beginning (kubelet `normalizeStatus`).
///
/// `containers`: how many containers of all kinds the spec has; each has the same share of [`MAX_POD`].
pub fn shown(message: &str, containers: usize) -> &str {
    &message[..message.floor_char_boundary(share(containers))]
}

/// How much of a message a status shows at the most, in bytes, in a Pod with so many containers of all kinds (kubelet `normalizeStatus`).
pub const fn share(containers: usize) -> usize {
    match MAX_POD.checked_div(containers) {
        Some(share) => share,
        None => MAX_POD,
    }
}

fn join(runtime: &str, own: &str) -> String {
    if runtime.is_empty() || own.is_empty() {
        return if own.is_empty() { runtime } else { own }.to_owned();
    }
    alloc::format!("{runtime}: {own}")
}

fn last_bytes(text: &str, max: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(max))..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FALLBACK: TerminationMessagePolicy = TerminationMessagePolicy::FallbackToLogsOnError;

    #[test]
    fn the_log_is_read_only_after_a_failure_without_words_of_its_own() {
        let log = || "from the log";
        let never = || -> &str { panic!("the log is not read") };
        let failed = Exit::of_code(3);
        assert_eq!(of_exit(FALLBACK, failed, "", "", log), "from the log");
        assert_eq!(of_exit(FALLBACK, failed, "oci", "", log), "oci: from the log");
        assert_eq!(of_exit(FALLBACK, failed, "oci", "bye", never), "oci: bye");
        assert_eq!(of_exit(FALLBACK, Exit::of_code(0), "", "", never), "");
        assert_eq!(of_exit(TerminationMessagePolicy::File, failed, "oci", "", never), "oci");
        let cannot_run = Exit { code: 127, reason: TerminatedReason::ContainerCannotRun };
        assert_eq!(of_exit(FALLBACK, cannot_run, "", "", never), "");
    }

    #[test]
    fn a_file_is_read_from_its_end_and_shown_from_its_beginning() {
        let file = "a".repeat(10) + &"b".repeat(MAX_FILE);
        assert_eq!(end_of_file(&file), &file[10..]);
        assert_eq!(shown(&file[6..], 1), &file[6..]);
        assert_eq!(shown(&file[6..], 4).len(), 3072);
        assert_eq!(shown(&file[6..], 4).as_bytes()[..5], *b"aaaab");
        assert_eq!(shown("aé", MAX_POD / 2), "a", "a character is not cut in two");
        assert_eq!(shown("a", MAX_POD + 1), "");
        let odd = "é".repeat(MAX_FILE / 2) + "x";
        assert_eq!(end_of_file(&odd).len(), MAX_FILE - 1);
    }

    #[test]
    fn of_a_log_80_lines_or_2048_bytes_are_read() {
        let line = |n: usize| alloc::format!("{n:03}\n");
        let log: String = (0..100).map(line).collect();
        assert_eq!(end_of_log(&log), (20..100).map(line).collect::<String>());
        let unended = log.trim_end();
        assert_eq!(end_of_log(unended), &unended[20 * 4..]);
        assert_eq!(end_of_log(&log[..40]), &log[..40]);
        let long = "x".repeat(3000);
        assert_eq!(end_of_log(&long).len(), MAX_LOG);
        assert_eq!(end_of_log(""), "");
        assert_eq!(end_of_log("\n"), "\n");
    }
}

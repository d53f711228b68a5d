//! The facts that recordings of a real cluster taught, each under the kubelet's pacing.
//!
//! A test `fact_NN` is about fact NN of the list that came with the recordings; `src/surprises.rs` has the table. They are played by the conformance player: the
//! machine is the kubelet, the simulated node everything else, and `cluster` the API server's share. All delays but the kubelet's own are 0, so the times are
//! those of its constants.
//!
//! | not here | why |
//! |---|---|
//! | 8: a forced second deletion on the node | the kill under way goes on, but nobody sees it any more |
//! | 45: what becomes of a mirror object | it is another object, which the machine does not see; nor does it keep a mirror's status after its file is gone |
//! | 47: `nominatedNodeName` of a preemptor | the scheduler's own |
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

mod case;
mod containers;
mod evictions;
mod garbage;
mod images;
mod life;
mod nodes;
mod object;
mod pacing;
mod resizes;
mod restarts;
mod sandboxes;
mod static_pods;
mod termination;

/// Each fact that has a test has its place in the chapter on surprises, and the chapter names no other.
#[test]
fn the_chapter_on_surprises_names_the_tests() {
    let chapter = include_str!("../../src/surprises.rs");
    let files = [
        ("containers", include_str!("containers.rs")),
        ("evictions", include_str!("evictions.rs")),
        ("garbage", include_str!("garbage.rs")),
        ("images", include_str!("images.rs")),
        ("nodes", include_str!("nodes.rs")),
        ("object", include_str!("object.rs")),
        ("resizes", include_str!("resizes.rs")),
        ("restarts", include_str!("restarts.rs")),
        ("sandboxes", include_str!("sandboxes.rs")),
        ("static_pods", include_str!("static_pods.rs")),
        ("termination", include_str!("termination.rs")),
    ];
    let of_file = |(file, text): (&str, &str)| {
        let tests = text.lines().filter_map(|line| line.strip_prefix("fn fact_")?.strip_suffix("() {").map(str::to_owned));
        tests.map(|test| format!("`{file}::fact_{test}`")).collect::<Vec<_>>()
    };
    let tests: Vec<String> = files.into_iter().flat_map(of_file).collect();
    let missing: Vec<_> = tests.iter().filter(|test| !chapter.contains(test.as_str())).collect();
    assert!(missing.is_empty() && tests.len() > 40, "not in the chapter: {missing:?}");
    assert_eq!(chapter.matches("::fact_").count(), tests.len(), "the chapter names a test that is not there");
}

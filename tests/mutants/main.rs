//! The checker finds what is wrong: recordings are corrupted in one place each, in all the ways of which the conformance data tells
//! (`mutants/README.md`) and some more, and some rule must be broken that the unchanged recording does not break.
//!
//! `cargo test --features cli --test mutants -- --nocapture` prints the tables. POD_LIFECYCLE_CONFORMANCE says where the data is; MUTANT_PLACES
//! how many mutants of each kind are made (the authors of the data made 60).
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "a test has std")]

mod conditions;
mod containers;
mod corpus;
mod deletion;
mod edit;
mod identity;
mod invented;
mod judge;
mod kind;
mod phase_and_reason;
mod places;
#[path = "../recordings/mod.rs"]
mod recordings;
mod spec;
mod table;

use corpus::{Public, Versions, listed, public_mutants};
use judge::Judge;
use kind::Kind;
use std::collections::{BTreeMap, BTreeSet};
use table::Row;

/// As many mutants of each kind, unless MUTANT_PLACES says otherwise.
const PLACES: usize = 8;

/// The kinds of the data.
fn kinds() -> Vec<&'static Kind> {
    let sections = [phase_and_reason::KINDS, conditions::KINDS, containers::KINDS, identity::KINDS, deletion::KINDS, spec::KINDS];
    sections.into_iter().flatten().collect()
}

#[test]
fn the_kinds_are_those_of_the_data() {
    let listed = listed();
    let ours: Vec<_> = kinds().iter().map(|kind| (kind.name.to_owned(), kind.rules.to_owned(), kind.known)).collect();
    assert_eq!(ours.len(), 119);
    assert!(listed.is_empty() || listed == ours, "{:#?}", listed.iter().filter(|row| !ours.contains(row)).collect::<Vec<_>>());
}

#[test]
fn the_public_mutants_are_such() {
    let (recordings, is_real) = corpus::recordings();
    assert!(is_real || public_mutants().is_empty());
    let is_made = |public: &Public| {
        let kind = kinds().into_iter().find(|kind| kind.name == public.kind).expect("a kind");
        let of = recordings.iter().position(|recording| recording.name == public.of).expect("its recording");
        let mutants = (0..240).filter_map(|pick| places::mutate(kind, &recordings, (of, public.at), pick));
        mutants.into_iter().any(|mutant| mutant.versions == public.versions)
    };
    let strange = public_mutants().into_iter().filter(|public| !is_made(public));
    let strange: Vec<_> = strange.map(|public| format!("{} of {} at line {}", public.kind, public.of, public.at + 1)).collect();
    assert!(strange.is_empty(), "not made like that:\n{}", strange.join("\n"));
}

#[test]
fn the_public_mutants_are_caught() {
    let (recordings, _) = corpus::recordings();
    let judge = Judge::default();
    let (mut slipped, mut by_others) = (Vec::new(), Vec::new());
    let mutants = public_mutants();
    for public in &mutants {
        let original = recordings.iter().find(|recording| recording.name == public.of).expect("its recording");
        let broken: Vec<_> = judge.broken(&public.versions).difference(&judge.broken(&original.versions)).copied().collect();
        if broken.is_empty() {
            slipped.push(format!("{} of {} at line {}: {:?}", public.kind, public.of, public.at + 1, public.rules));
        } else if !public.rules.iter().any(|rule| broken.contains(&rule.as_str())) {
            by_others.push(format!("{} of {} at line {}: {broken:?}, not {:?}", public.kind, public.of, public.at + 1, public.rules));
        }
    }
    println!("public mutants: {} of {} caught", mutants.len() - slipped.len(), mutants.len());
    by_others.iter().for_each(|mutant| println!("by another rule: {mutant}"));
    assert!(slipped.is_empty(), "not caught:\n{}", slipped.join("\n"));
}

/// What a rule says of streams that are wrong elsewhere is a part of it, too. A change of rules or machine that is meant changes the table with it.
#[test]
fn each_kind_breaks_what_it_broke() {
    let recordings = corpus::played();
    let mut judge = Judge::default();
    recordings.iter().for_each(|recording| judge.learn(&recording.versions));
    let sum = |streams: Vec<&Versions>| {
        let found = streams.iter().flat_map(|versions| judge.findings(versions));
        let sum = found.fold(BTreeMap::<_, u32>::new(), |mut sum, (rule, times)| {
            *sum.entry(rule).or_default() += times;
            sum
        });
        let words: Vec<_> = sum.iter().map(|(rule, times)| format!("{rule} {times}")).collect();
        format!("{}: {}\n", streams.len(), words.join(", "))
    };
    let mut table = format!("unchanged {}", sum(recordings.iter().map(|recording| &recording.versions).collect()));
    for kind in kinds().into_iter().chain(invented::KINDS) {
        let mutants = places::mutants(kind, &recordings, PLACES);
        table += &format!("{} {}", kind.name, sum(mutants.iter().map(|mutant| &mutant.versions).collect()));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn mutants_are_caught() {
    let (recordings, is_real) = corpus::recordings();
    let most = std::env::var("MUTANT_PLACES").map_or(PLACES, |places| places.parse().expect("MUTANT_PLACES is a number"));
    let mut judge = Judge::default();
    recordings.iter().for_each(|recording| judge.learn(&recording.versions));
    let clean: Vec<BTreeSet<_>> = recordings.iter().map(|recording| judge.broken(&recording.versions)).collect();
    println!("{} recordings", recordings.len());
    for (recording, broken) in recordings.iter().zip(&clean).filter(|(_, broken)| !broken.is_empty()) {
        println!("unchanged, {} breaks {broken:?}", recording.name);
    }
    let row = |kind: &'static Kind| {
        let mut row = Row::new(kind);
        for mutant in places::mutants(kind, &recordings, most) {
            let new = judge.broken(&mutant.versions).difference(&clean[mutant.of]).copied().collect();
            row.add(&new, &mutant, &recordings);
        }
        row
    };
    let rows: Vec<_> = kinds().into_iter().map(row).collect();
    table::print("Kinds of the data", &rows);
    let invented: Vec<_> = invented::KINDS.iter().map(row).collect();
    table::print("Kinds of our own", &invented);
    hold(&rows, &invented, is_real);
}

/// What must be caught.
fn hold(rows: &[Row], invented: &[Row], is_real: bool) {
    let nowhere: Vec<_> = rows.iter().chain(invented).filter(|row| row.places == 0).map(|row| row.kind.name).collect();
    assert!(nowhere.is_empty() || !is_real, "no place for {nowhere:?}");
    let (caught, places) = rows.iter().fold((0, 0), |(caught, places), row| (caught + row.caught, places + row.places));
    assert!(caught as f64 >= 0.98 * places as f64, "{caught} of {places} caught");
    // Two of a kind's places may be unlucky ones; the authors' share is of many.
    let low = |row: &&Row| is_real && row.places > 0 && row.caught as f64 + 2.0 < (row.known() - 0.1) * row.places as f64;
    let low: Vec<_> = rows.iter().filter(low).map(|row| format!("{}: {} of {}", row.kind.name, row.caught, row.places)).collect();
    assert!(low.is_empty(), "caught too seldom: {low:?}");
    let bound = |row: &&Row| is_real && row.places > 0 && !row.kind.rules.is_empty() && row.share() < 0.6;
    let low: Vec<_> = invented.iter().filter(bound).map(|row| format!("{}: {} of {}", row.kind.name, row.caught, row.places)).collect();
    assert!(low.is_empty(), "of our own, caught too seldom: {low:?}");
}

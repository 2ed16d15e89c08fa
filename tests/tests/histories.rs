//! Made-up histories over the real rules (`cargo xtask histories` runs as many as you like): consent, sharing, assignment,
//! membership, erasure and equivocation, with loss, repetition and any order. Each failure that was ever found stays here.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use vigil_core::histories::{self, Control, Failure};

/// So many run with every build; a million by hand.
const CASES: u64 = 10_000;
const SEED: u64 = 4;

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[test]
fn ten_thousand_histories_keep_every_promise() {
    let report = histories::run(SEED, CASES, threads());
    let failures = serde_json::to_string_pretty(&report.failures).unwrap();
    assert!(report.broken.is_none() && report.faults.is_empty(), "{:?}\n{failures}", report.faults);
    assert_eq!(report.cases, CASES);
    // They are about something.
    let counts = report.counts;
    for (what, count) in [
        ("shares", counts.shares),
        ("erasures", counts.erasures),
        ("equivocations", counts.equivocations),
        ("log entries", counts.log_entries),
        ("batches", counts.batches),
    ] {
        assert!(count > CASES / 20, "{what}: {count}");
    }
}

#[test]
fn what_was_found_once_does_not_come_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("histories");
    let mut found = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let failure: Failure = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let (faults, _) = histories::replay(&failure.steps, None).unwrap();
        assert_eq!(faults, [], "{}", path.display());
        found += 1;
    }
    assert!(found >= 3);
}

fn is_noticed(control: Control) -> bool {
    histories::noticed_after(SEED, control).is_some()
}

#[test]
fn sealing_to_everybody_is_noticed() {
    assert!(is_noticed(Control::SealToEverybody));
}

#[test]
fn keys_that_serve_for_ever_are_noticed() {
    assert!(is_noticed(Control::KeysForEver));
}

#[test]
fn ignoring_withdrawals_is_noticed() {
    assert!(is_noticed(Control::IgnoreWithdrawals));
}

#[test]
fn ignoring_tombstones_is_noticed() {
    assert!(is_noticed(Control::IgnoreTombstones));
}

#[test]
fn accepting_both_of_two_batches_under_one_counter_is_noticed() {
    assert!(is_noticed(Control::AcceptBoth));
}

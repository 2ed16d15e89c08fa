//! Made-up histories over the real rules (`cargo xtask histories` runs as many as you like): consent, sharing, assignment,
//! membership, erasure and equivocation, with loss, repetition and any order. Each failure that was ever found stays here.

use serde::Deserialize;
use std::path::Path;
use vigil_core::histories::{self, Control, Failure, Step};

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
        assert!(count > CASES / 50, "{what}: {count}");
    }
}

//! Pulling the plug: what was acknowledged is there afterwards, and nothing is half done.
//!
//! A device and a server live through a day while everything that they do to their files is taped (`calls.rs`, `tape.rs`).
//! Then the power is cut at many moments of that day; each time a disk is made that may be left behind (`disk.rs`), and the
//! real code opens it. `VIGIL_POWER_CUTS=100000` asks for that many cuts instead of what fits into ten seconds.
#![cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
#![allow(clippy::unwrap_used, missing_docs)]

mod calls;
mod device;
mod disk;
mod line;
mod server;
mod tape;

use disk::{Disk, Random};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// When to stop cutting.
struct Limit {
    cuts: usize,
    time: Duration,
    losses: usize,
}

/// A few cuts, and not for long; or as many as somebody asks for.
fn everyday(cuts: usize) -> Limit {
    match std::env::var("VIGIL_POWER_CUTS") {
        Ok(number) => Limit { cuts: number.parse().unwrap(), time: Duration::MAX, losses: usize::MAX },
        Err(_) => Limit { cuts, time: Duration::from_secs(10), losses: usize::MAX },
    }
}

/// Until the first loss, which must come soon.
const CONTROL: Limit = Limit { cuts: 40, time: Duration::MAX, losses: 1 };

/// Cuts at moments spread over the whole tape, on all processors. Gives what went wrong.
fn campaign(limit: &Limit, length: usize, cut: impl Fn(usize, u64) -> Result<(), String> + Sync) -> Vec<String> {
    let (next, wrong, start) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while start.elapsed() < limit.time && wrong.lock().unwrap().len() < limit.losses {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= limit.cuts {
                        return;
                    }
                    // The golden section: however many there are, they are spread evenly.
                    let at = (number as f64 * 0.618_033_988_749_895).fract() * (length + 1) as f64;
                    let (at, seed) = (at as usize, Random(number as u64).next());
                    if let Err(what) = cut(at, seed) {
                        wrong.lock().unwrap().push(format!("cut after {at} of {length} steps, seed {seed}: {what}"));
                    }
                }
            });
        }
    });
    let (wrong, cuts) = (wrong.into_inner().unwrap(), next.into_inner().min(limit.cuts));
    eprintln!("{cuts} cuts over {length} steps, {} of them lost something", wrong.len());
    wrong
}

/// The first of each kind of loss.
fn kinds(wrong: &[String]) -> String {
    let kind = |what: &String| what.split_once(": ").map(|(_, kind)| kind.to_owned());
    let first: BTreeMap<_, _> = wrong.iter().rev().map(|what| (kind(what), what.as_str())).collect();
    first.into_values().collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_device_acknowledged_survives_a_power_cut_at_any_moment() {
    let story = device::life_of_a_desk();
    let wrong = campaign(&everyday(300), story.steps.len(), |at, seed| story.cut(at, seed, Disk::Honest));
    assert!(wrong.is_empty(), "{}", kinds(&wrong));
    // The positive control: on a disk that does not keep its word, the same test finds losses.
    for disk in [Disk::IgnoresSyncs, Disk::IgnoresFolderSyncs, Disk::IgnoresSyncsOfLogs] {
        let wrong = campaign(&CONTROL, story.steps.len(), |at, seed| story.cut(at, seed, disk));
        assert!(!wrong.is_empty(), "{disk:?} was not noticed");
    }
}

#[test]
fn what_a_volunteer_hands_over_is_gone_or_whole_after_a_power_cut_at_any_moment() {
    let story = device::life_of_a_volunteer();
    let wrong = campaign(&everyday(200), story.steps.len(), |at, seed| story.cut(at, seed, Disk::Honest));
    assert!(wrong.is_empty(), "{}", kinds(&wrong));
    let wrong = campaign(&CONTROL, story.steps.len(), |at, seed| story.cut(at, seed, Disk::IgnoresSyncs));
    assert!(!wrong.is_empty(), "a disk that does not keep its word was not noticed");
}

#[test]
fn what_a_server_acknowledged_survives_a_power_cut_at_any_moment() {
    let story = server::life_of_a_server();
    let wrong = campaign(&everyday(150), story.steps.len(), |at, seed| story.cut(at, seed, Disk::Honest));
    assert!(wrong.is_empty(), "{}", kinds(&wrong));
    for disk in [Disk::IgnoresSyncs, Disk::IgnoresFolderSyncs, Disk::IgnoresSyncsOfLogs] {
        let wrong = campaign(&CONTROL, story.steps.len(), |at, seed| story.cut(at, seed, disk));
        assert!(!wrong.is_empty(), "{disk:?} was not noticed");
    }
}

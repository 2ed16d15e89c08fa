//! `cargo xtask histories`: histories made up from a seed, run over the real rules, and rules broken on purpose as a control.
//! It ends with status 0 only if nothing happened that must not, and each broken rule was noticed.

use crate::Outcome;
use crate::arguments::Arguments;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;
use vigil_core::histories::{self, Control, Report};

const CASES: u64 = 10_000;
const SEED: u64 = 4;
const FAULTS: [&str; 4] = ["shares_without_basis", "reads_by_excluded", "resurrected", "different_views"];

/// Runs them.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let cases = arguments.number("--cases")?.unwrap_or(CASES);
    let seed = arguments.number("--seed")?.unwrap_or(SEED);
    let all = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = arguments.number("--threads")?.map_or(Ok(all), usize::try_from).map_err(|error| error.to_string())?;
    let json = arguments.flag("--json");
    arguments.finish()?;
    let started = Instant::now();
    let report = histories::run(seed, cases, threads);
    let seconds = started.elapsed().as_secs_f64();
    let controls: BTreeMap<&str, Option<u64>> =
        Control::ALL.into_iter().map(|control| (control.name(), histories::noticed_after(seed, control))).collect();
    print(&report, (seed, seconds), &controls, json)?;
    let held = report.faults.is_empty() && report.broken.is_none() && controls.values().all(Option::is_some);
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(
    report: &Report,
    (seed, seconds): (u64, f64),
    controls: &BTreeMap<&str, Option<u64>>,
    json: bool,
) -> Result<(), String> {
    let failures = serde_json::to_string_pretty(&report.failures).map_err(|error| error.to_string())?;
    let counts = report.counts;
    if json {
        let mut all = serde_json::json!({
            "cases": report.cases,
            "seed": seed,
            "steps": counts.steps,
            "events": counts.events,
            "shares": counts.shares,
            "erasures": counts.erasures,
            "log_entries": counts.log_entries,
            "batches": counts.batches,
            "equivocations": counts.equivocations,
            "seconds": seconds,
            "controls": controls,
            "failures": report.failures,
            "broken": report.broken.map(|broken| broken.to_string()),
        });
        for fault in FAULTS {
            all[fault] = report.faults.get(fault).copied().unwrap_or(0).into();
        }
        println!("{all}");
        return Ok(());
    }
    println!("{} histories of seed {seed} in {seconds:.1} s: {counts:?}", report.cases);
    for fault in FAULTS {
        println!("{fault:<22} {}", report.faults.get(fault).copied().unwrap_or(0));
    }
    for (control, noticed) in controls {
        let noticed = noticed.map_or("NOT NOTICED".to_owned(), |case| format!("noticed in case {case}"));
        println!("with {control:<19} {noticed}");
    }
    if let Some(broken) = report.broken {
        println!("broken: {broken}");
    }
    if !report.failures.is_empty() {
        println!("{failures}");
    }
    Ok(())
}

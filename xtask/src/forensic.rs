//! `cargo xtask forensic`: a device lives its whole life with marked people, and every place where a mark could stay is searched.
//! What is done and looked for is `vigil::forensic`; this builds the programs and prints what came of it.

use crate::arguments::Arguments;
use crate::{Outcome, process};
use std::path::PathBuf;
use vigil::forensic::{Options, Report, run as look};

const PEOPLE: u64 = 1_000;

/// Runs it.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let json = arguments.flag("--json");
    let release = arguments.flag("--release");
    let people = arguments.number("--people")?.unwrap_or(PEOPLE);
    arguments.finish()?;
    let program = built("vigil", release, &[])?;
    // Without encryption there is no release build.
    let control = built("vigil-positive-control", false, &["--features", "positive-control"])?;
    let options = Options {
        server_program: program.clone(),
        program,
        control: Some(control),
        folder: process::target().join("forensic"),
        people: usize::try_from(people).map_err(|error| error.to_string())?,
    };
    let report = look(&options).map_err(|error| error.to_string())?;
    std::fs::remove_dir_all(&options.folder).map_err(|error| error.to_string())?;
    print(&report, json);
    process::status(report.failures().len() as u64)
}

pub(crate) fn built(name: &str, release: bool, more: &[&str]) -> Result<PathBuf, String> {
    eprintln!("building {name}");
    // The control in a folder of its own, or it would be the one that `vigil` is built from next.
    let target = if more.is_empty() { process::target() } else { process::target().join("positive-control") };
    let mut command = process::cargo();
    command.args(["build", "--quiet", "--package", "vigil", "--bin", name]).args(more);
    command.arg("--target-dir").arg(&target);
    if release {
        command.arg("--release");
    }
    process::succeed(command)?;
    Ok(target.join(if release { "release" } else { "debug" }).join(name))
}

fn print(report: &Report, json: bool) {
    if json {
        println!("{}", report.as_json());
        return;
    }
    let (seeds, erased) = report.seeds();
    println!("{seeds} names, phones and notes; {erased} of them erased. Hits (different seeds):");
    for (moment, places) in report.moments() {
        let places = places.named().map(|(name, place)| format!("{name} {} ({})", place.hits, place.seeds));
        println!("{moment:<12} {}", places.join(", "));
    }
    println!("positive control: {} seeds", report.positive_control());
    for failure in report.failures() {
        println!("does not hold: {failure}");
    }
}

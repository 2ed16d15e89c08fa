//! `cargo xtask blast-radius`: what an attacker reads with everything of one party, for each party of two districts.
//! What is done and counted is `vigil::blast_radius`; this builds the program and prints what came of it.

use crate::arguments::Arguments;
use crate::forensic::built;
use crate::{Outcome, process};
use std::path::PathBuf;
use vigil::blast_radius::{Options, WEEKS, run as measure};

const RECORDS: u64 = 500;

/// Runs it.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let (json, release) = (arguments.flag("--json"), arguments.flag("--release"));
    let records = arguments.number("--records")?.unwrap_or(RECORDS);
    let keep = arguments.value("--keep")?.map(PathBuf::from);
    arguments.finish()?;
    let folder = match &keep {
        Some(folder) => folder.clone(),
        None => fresh()?,
    };
    let options = Options {
        program: built("vigil", release, &[])?,
        folder,
        records: usize::try_from(records).map_err(|error| error.to_string())?,
        weeks: WEEKS,
    };
    let report = measure(&options).map_err(|error| error.to_string())?;
    if keep.is_none() {
        std::fs::remove_dir_all(&options.folder).map_err(|error| error.to_string())?;
    }
    if json {
        println!("{}", report.as_json());
    } else {
        print!("{}", report.as_text());
    }
    process::status(report.failures().len() as u64)
}

/// Where a run goes that nothing is kept of; what a run that was cut short left is removed.
fn fresh() -> Result<PathBuf, String> {
    let folder = process::target().join("blast-radius");
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(folder),
    }
}

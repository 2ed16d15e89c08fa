//! `cargo xtask bench`: the figures of docs/benchmarks.md, measured on the real parts: vaults on disk, the real server over
//! TLS, invented people with words that the dictionary was not trained on.

mod caseload;
mod figures;
mod screening;
mod wire;

use crate::Outcome;
use crate::arguments::Arguments;
use figures::Figures;
use std::process::ExitCode;

/// Runs the bench.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let json = arguments.flag("--json");
    let large = arguments.flag("--large");
    let only = arguments.value("--only")?;
    arguments.finish()?;
    let wanted = |part: &str| only.as_ref().is_none_or(|only| only == part);
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; its times say nothing");
    }
    let mut figures = Figures::new(json);
    if wanted("screening") {
        screening::run(&mut figures)?;
    }
    if wanted("wire") {
        wire::run(&mut figures)?;
    }
    if wanted("caseload") {
        caseload::run(&mut figures, 1_000, "1k")?;
        caseload::run(&mut figures, 10_000, "10k")?;
        growth(&mut figures, "1k", "10k");
        // The names that the project's goals use.
        for (name, unit, of) in [
            ("save_ms", "ms", "save_at_10k_ms"),
            ("bare_insert_ms", "ms", "bare_insert_at_10k_ms"),
            ("save_to_bare_insert", "times", "save_at_10k_to_bare_insert"),
            ("open_ms", "ms", "open_10k_ms"),
        ] {
            if let Some(value) = figures.get(of) {
                figures.put(name, value, unit);
            }
        }
        if large {
            caseload::run(&mut figures, 100_000, "100k")?;
            growth(&mut figures, "1k", "100k");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How each figure grew from one size to another.
fn growth(figures: &mut Figures, from: &str, to: &str) {
    for (name, figure) in [
        ("first_sync_per_record", "first_sync_{}_per_record_ms"),
        ("list50", "list50_of_{}_ms"),
        ("search", "search_of_{}_ms"),
        ("open", "open_{}_ms"),
        ("save", "save_at_{}_ms"),
        ("edit", "edit_at_{}_ms"),
        ("bare_insert", "bare_insert_at_{}_ms"),
        ("idle_time", "idle_at_{}_ms"),
        ("idle_bytes", "idle_at_{}_bytes"),
    ] {
        let (from_name, to_name) = (figure.replace("{}", from), figure.replace("{}", to));
        figures.put_growth(&format!("growth.{name}.{from}_to_{to}"), &from_name, &to_name);
    }
}

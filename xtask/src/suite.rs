//! `cargo xtask test`: everything that has to hold, in the order in which it fails fastest. The last line is the sum.

use crate::arguments::Arguments;
use crate::tally::Tally;
use crate::{Outcome, deny, fuzz, process, pyxform, setup};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Fuzzing in all, where nobody says otherwise; the targets share it.
const FUZZ_SECONDS_IN_ALL: u64 = 60;

/// A step by its name and what it came to.
struct Step {
    name: &'static str,
    tally: Tally,
    seconds: f64,
    note: &'static str,
}

/// Runs everything.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let with_deny = arguments.flag("--with-deny");
    let with_pyxform = arguments.flag("--with-pyxform");
    let fuzz_seconds = arguments.number("--fuzz-seconds")?;
    arguments.finish()?;
    setup::ensure()?;

    let mut steps = Vec::new();
    let mut take = |name: &'static str, work: &mut dyn FnMut() -> (Tally, &'static str)| {
        println!("\n== {name}");
        let started = Instant::now();
        let (tally, note) = work();
        steps.push(Step { name, tally, seconds: started.elapsed().as_secs_f64(), note });
    };

    take("format", &mut || both(fmt(&[]), fmt(&FUZZ)));
    take("dependency rules", &mut || {
        deny::check(with_deny)
            .map_or((Tally::default(), "left out: cargo-deny is not installed (--with-deny)"), |tally| (tally, ""))
    });
    take("clippy", &mut || both(clippy(&WORKSPACE), clippy(&FUZZ)));
    take("tests", &mut || {
        let python = if with_pyxform { pyxform::ensure().map(Some) } else { Ok(pyxform::python()) };
        match python {
            Ok(Some(python)) => (tests(Some(&python)), ""),
            Ok(None) => (tests(None), "exports of forms were not held against pyxform (--with-pyxform)"),
            Err(message) => {
                println!("{message}");
                let mut tally = tests(None);
                tally.add(Tally::one(false));
                (tally, "pyxform could not be installed")
            }
        }
    });
    take("documentation", &mut || (held(documentation()), ""));
    take("fuzz targets", &mut || {
        if fuzz_seconds == Some(0) {
            return (Tally::default(), "left out: --fuzz-seconds 0");
        }
        let budget = fuzz_seconds.map_or(fuzz::Budget::InAll(FUZZ_SECONDS_IN_ALL), fuzz::Budget::Each);
        let tally = fuzz::run_all(budget).unwrap_or_else(|message| {
            println!("{message}");
            Tally::one(false)
        });
        (tally, "")
    });
    report(&steps)
}

fn report(steps: &[Step]) -> Outcome {
    let mut sum = Tally::default();
    println!();
    for Step { name, tally, seconds, note } in steps {
        let Tally { passed, failed, ignored } = tally;
        let ignored = if *ignored > 0 { format!(" ({ignored} not run)") } else { String::new() };
        println!("{name:<18} {passed:>5} held {failed:>4} not {seconds:>7.1} s  {note}{ignored}");
        sum.add(*tally);
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    process::status(sum.failed)
}

/// Everything, the bench and the histories with it.
const WORKSPACE: [&str; 4] = ["--workspace", "--locked", "--features", "xtask/bench,xtask/histories"];
/// The fuzz crate is a workspace of its own, with a lock file that follows the packages above.
const FUZZ: [&str; 2] = ["--manifest-path", "tests/fuzz/Cargo.toml"];

fn both(first: Command, second: Command) -> (Tally, &'static str) {
    let mut tally = held(first);
    tally.add(held(second));
    (tally, "")
}

fn held(command: Command) -> Tally {
    let ran = process::streamed(command).inspect_err(|message| println!("{message}"));
    Tally::one(ran.is_ok_and(|ran| ran.success))
}

fn fmt(arguments: &[&str]) -> Command {
    let mut command = process::cargo();
    command.arg("fmt").args(arguments);
    command.args(if arguments.is_empty() { ["--all", "--check"].as_slice() } else { ["--check"].as_slice() });
    command
}

fn clippy(arguments: &[&str]) -> Command {
    let mut command = process::cargo();
    command.args(["clippy", "--quiet", "--all-targets"]).args(arguments);
    if arguments == FUZZ {
        command.arg("--target-dir").arg(process::target().join("fuzz"));
    }
    command.args(["--", "-D", "warnings"]);
    command
}

/// Unit, property, end-to-end and doc tests. Never `--all-features`: one feature of the core switches encryption off.
fn tests(pyxform: Option<&Path>) -> Tally {
    let mut command = process::cargo();
    command.args(["test", "--no-fail-fast"]).args(WORKSPACE);
    if let Some(python) = pyxform {
        command.env(pyxform::VARIABLE, python);
    }
    match process::streamed(command) {
        Ok(ran) => Tally::of_cargo_test(&ran.output, ran.success),
        Err(message) => {
            println!("{message}");
            Tally::one(false)
        }
    }
}

fn documentation() -> Command {
    let mut command = process::cargo();
    command.args(["doc", "--no-deps", "--quiet"]).args(WORKSPACE);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

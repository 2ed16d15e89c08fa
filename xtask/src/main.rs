//! `cargo xtask ...`: the project's tasks. Each task promises to say what it does while it does it, to need no set-up of its
//! own, and to end with status 0 only if everything held.
// A task's output is what it prints.
#![allow(clippy::print_stdout)]

mod arguments;
mod deny;
mod fuzz;
#[cfg(feature = "mutants")]
mod mutants;
mod process;
mod pyxform;
mod setup;
mod suite;
mod tally;

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "bench")]
mod blast_radius;
#[cfg(feature = "bench")]
mod committee;
#[cfg(feature = "bench")]
mod dictionary;
#[cfg(feature = "bench")]
mod forensic;
#[cfg(feature = "histories")]
mod histories;
#[cfg(feature = "bench")]
mod server_process;

use arguments::Arguments;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  test [--with-deny] [--with-pyxform] [--fuzz-seconds N]
        Everything: set-up, format, clippy, all tests, documentation, dependency rules, and each fuzz target for N
        seconds (by default about a minute in all; 0 leaves fuzzing out). Ends with a line `N passed, N failed`.
        --with-deny installs cargo-deny into target/tools if it is not there (about three minutes).
        --with-pyxform installs pyxform there (half a minute), which exports of forms are then held against.

  fuzz [TARGET] [--seconds N]
        Coverage-guided fuzzing of one target or of all of them, 60 seconds each.
  fuzz TARGET --reproduce FILE
        One input again, with its panic message.
  fuzz --list
        The targets.

  mutants [--json] [--only AREA] [--shard K/N]
        Breaks the modules of keys, consent, erasure and membership, and lists what no test notices. Installs cargo-mutants
        into target/tools; takes half an hour or so.

  bench [--json] [--large] [--only PART]
        The figures of docs/benchmarks.md, in a release build. --large adds 100,000 records.

  forensic [--json] [--people N] [--release]
        Marked people through the full life of a device, searched for in its files and in the memory of its process when it
        is unlocked, locked, after an erasure and after a panic erase. As root. --release looks at a release build.

  blast-radius [--json] [--keep DIR] [--records N] [--release]
        Two districts with twelve devices in processes of their own work for three months of simulated time; then each
        party's files, keys and memory are taken, and it is counted how many people an attacker reads. As root. --keep
        leaves the loot and the list of people in DIR for counting again. 500 records unless told otherwise.

  histories [--cases N] [--seed S] [--threads N] [--json]
        Made-up histories of consent, sharing, assignment, membership, erasure and equivocation, run over the real rules in a
        release build: 10,000 unless you say how many. A failure is printed with as few steps as still show it.

  dictionary
        Trains the compression dictionary anew and says what it is worth.
";

/// What a task comes to: `Err` is for what stopped it, in words.
type Outcome = Result<ExitCode, String>;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_env();
    let task = arguments.positional();
    let outcome = match task.as_deref() {
        Some("test") => suite::run(arguments),
        Some("fuzz") => fuzz::run(arguments),
        Some("mutants") => broken(arguments),
        Some("histories") => made_up(arguments),
        Some(task @ ("bench" | "blast-radius" | "dictionary" | "forensic")) => measured(task, arguments),
        #[cfg(feature = "bench")]
        Some(server_process::TASK) => server_process::run(arguments),
        None | Some("help") => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(format!("there is no task `{other}`; `cargo xtask help` lists them")),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        ExitCode::from(2)
    })
}

#[cfg(feature = "mutants")]
fn broken(arguments: Arguments) -> Outcome {
    mutants::run(arguments)
}

#[cfg(not(feature = "mutants"))]
fn broken(arguments: Arguments) -> Outcome {
    setup::ensure()?;
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "xtask", "--features", "mutants", "--", "mutants"]);
    command.args(arguments.rest());
    process::hand_over(command)
}

#[cfg(feature = "bench")]
fn measured(task: &str, arguments: Arguments) -> Outcome {
    match task {
        "bench" => bench::run(arguments),
        "blast-radius" => blast_radius::run(arguments),
        "forensic" => forensic::run(arguments),
        _ => dictionary::run(arguments),
    }
}

/// Starts this program again with everything in it: as a release build, but for what measures no time.
#[cfg(not(feature = "bench"))]
fn measured(task: &str, arguments: Arguments) -> Outcome {
    again("bench", task, arguments)
}

#[cfg(feature = "histories")]
fn made_up(arguments: Arguments) -> Outcome {
    histories::run(arguments)
}

#[cfg(not(feature = "histories"))]
fn made_up(arguments: Arguments) -> Outcome {
    again("histories", "histories", arguments)
}

#[cfg(not(all(feature = "bench", feature = "histories")))]
fn again(feature: &str, task: &str, arguments: Arguments) -> Outcome {
    setup::ensure()?;
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", "xtask", "--features", feature]);
    if !matches!(task, "forensic" | "blast-radius") {
        command.arg("--release");
    }
    command.args(["--", task]);
    command.args(arguments.rest());
    process::hand_over(command)
}

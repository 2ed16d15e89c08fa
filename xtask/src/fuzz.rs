//! `cargo xtask fuzz`: libFuzzer with coverage guidance on the stable compiler. What `cargo fuzz` does with a nightly one
//! needs only code generation flags that stable knows too; the address sanitizer is the one thing left out, and the crates
//! under test have no `unsafe` of their own.

use crate::arguments::Arguments;
use crate::tally::Tally;
use crate::{Outcome, process};
use std::path::PathBuf;
use std::process::Command;

/// Coverage instrumentation, as libFuzzer wants it.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// Shortest run of a target that is worth starting, in seconds.
const SHORTEST: u64 = 3;

/// How long targets run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Budget {
    /// Each of them so many seconds.
    Each(u64),
    /// All of them together so many seconds.
    InAll(u64),
}

struct Fuzzer {
    program: PathBuf,
    targets: Vec<(String, String)>,
}

/// `cargo xtask fuzz ...`.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let list = arguments.flag("--list");
    let seconds = arguments.number("--seconds")?.unwrap_or(60);
    let reproduce = arguments.value("--reproduce")?;
    let wanted = arguments.positional();
    arguments.finish()?;
    crate::setup::ensure()?;
    let fuzzer = Fuzzer::build()?;
    if list {
        for (name, _) in &fuzzer.targets {
            println!("{name}");
        }
        return process::status(0);
    }
    let chosen: Vec<_> =
        fuzzer.targets.iter().filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted == name)).collect();
    if chosen.is_empty() {
        return Err("there is no such target; `cargo xtask fuzz --list` names them".to_owned());
    }
    if let Some(file) = reproduce {
        let [(name, _)] = chosen.as_slice() else { return Err("--reproduce needs a target".to_owned()) };
        let mut command = fuzzer.command(name);
        command.arg(std::path::absolute(&file).map_err(|error| format!("{file}: {error}"))?);
        return process::status(u64::from(!process::streamed(command)?.success));
    }
    let mut tally = Tally::default();
    for (name, longest) in chosen {
        tally.add(fuzzer.attack(name, longest, seconds)?);
    }
    process::status(tally.failed)
}

/// Builds the fuzzer and runs every target. A target that finds nothing counts as passed.
pub(crate) fn run_all(budget: Budget) -> Result<Tally, String> {
    let fuzzer = Fuzzer::build()?;
    let seconds = match budget {
        Budget::Each(seconds) => seconds,
        Budget::InAll(seconds) => (seconds / fuzzer.targets.len().max(1) as u64).max(SHORTEST),
    };
    let mut tally = Tally::default();
    for (name, longest) in &fuzzer.targets {
        tally.add(fuzzer.attack(name, longest, seconds)?);
    }
    Ok(tally)
}

impl Fuzzer {
    fn build() -> Result<Self, String> {
        let triple = host()?;
        let mut command = process::cargo();
        command.args(["build", "--release", "--quiet", "--manifest-path", "tests/fuzz/Cargo.toml"]);
        // Naming the host as a target keeps the flags away from build scripts and macros.
        command.args(["--target", &triple, "--target-dir"]).arg(folder());
        command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env_remove("RUSTFLAGS");
        process::succeed(command)?;
        let program = folder().join(&triple).join("release").join("vigil-fuzz");
        let mut fuzzer = Self { program, targets: Vec::new() };
        // Asked for a target that does not exist, it lists those that do.
        let listed = fuzzer.command("").stderr(std::process::Stdio::null()).output();
        let listed = listed.map_err(|error| format!("the fuzzer does not start: {error}"))?;
        fuzzer.targets = String::from_utf8_lossy(&listed.stdout)
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, longest)| (name.to_owned(), longest.to_owned()))
            .collect();
        if fuzzer.targets.is_empty() {
            return Err("the fuzzer has no targets".to_owned());
        }
        Ok(fuzzer)
    }

    fn command(&self, target: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.env("VIGIL_FUZZ_TARGET", target).current_dir(folder());
        command
    }

    fn attack(&self, target: &str, longest: &str, seconds: u64) -> Result<Tally, String> {
        let corpus = folder().join("corpus").join(target);
        let findings = folder().join("findings").join(target);
        std::fs::create_dir_all(&findings).map_err(|error| format!("{}: {error}", findings.display()))?;
        let seeded = self.command(target).env("VIGIL_FUZZ_SEEDS", &corpus).output();
        if !seeded.is_ok_and(|output| output.status.success()) {
            return Err(format!("the seeds of {target} could not be written"));
        }
        println!("{target}: {seconds} s");
        let mut command = self.command(target);
        command.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={longest}"));
        command.args(["-timeout=10", "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=1"]);
        command.arg(format!("-artifact_prefix={}/", findings.display())).arg(&corpus);
        let output = command.output().map_err(|error| format!("the fuzzer does not start: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        let stat = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map_or("?", str::trim);
        if output.status.success() {
            println!("  {} inputs, nothing found", stat("stat::number_of_executed_units:"));
            return Ok(Tally::one(true));
        }
        let keep = said.lines().filter(|line| !line.starts_with("WARNING") && !line.starts_with("INFO"));
        for line in keep.take(60) {
            println!("  {line}");
        }
        println!("  again with: cargo xtask fuzz {target} --reproduce FILE (the file named above)");
        Ok(Tally::one(false))
    }
}

fn folder() -> PathBuf {
    process::target().join("fuzz")
}

fn host() -> Result<String, String> {
    let version = process::answer("rustc", ["--version", "--verbose"]).ok_or("rustc does not start")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".to_owned())
}

//! `cargo xtask mutants`: breaks the modules that guard keys, consent, membership and erasure in thousands of small ways, and
//! counts how many of the breaks some test notices. What no test notices is listed: each is a promise without a test.

use crate::arguments::Arguments;
use crate::{Outcome, process, setup};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "27.1.0";

/// So many of a hundred have to be noticed.
const AT_LEAST_PERCENT: usize = 95;
/// A mutant that loops for ever is noticed by this clock; two busy cores are slow.
const LONGEST_TEST_SECONDS: &str = "120";
const LONGEST_BUILD_SECONDS: &str = "600";

/// What is broken, and whose tests have to notice.
struct Area {
    name: &'static str,
    package: &'static str,
    /// Whose tests run: those of the package, and `vigil-tests` where a promise needs several devices.
    test_packages: &'static [&'static str],
    files: &'static [&'static str],
}

/// Everything that is broken. A file that is not there is passed over.
const AREAS: [Area; 4] = [
    Area {
        name: "keys",
        package: "vigil-core",
        test_packages: &["vigil-core"],
        files: &["core/vigil/src/keys/**/*.rs"],
    },
    Area {
        name: "consent",
        package: "vigil-core",
        test_packages: &["vigil-core"],
        files: &[
            "core/vigil/src/records/standing.rs",
            "core/vigil/src/records/concurrent.rs",
            "core/vigil/src/records/basis.rs",
            "core/vigil/src/records/share.rs",
            "core/vigil/src/vault/consent.rs",
            "core/vigil/src/vault/share.rs",
            "core/vigil/src/vault/signers.rs",
            "core/vigil/src/sync/readers.rs",
        ],
    },
    Area {
        name: "erasure",
        package: "vigil-core",
        test_packages: &["vigil-core", "vigil-tests"],
        files: &["core/vigil/src/vault/erasure.rs", "core/vigil/src/vault/retention.rs"],
    },
    Area {
        name: "membership",
        package: "vigil-protocol",
        test_packages: &["vigil-protocol"],
        files: &["core/protocol/src/membership.rs", "core/protocol/src/membership/**/*.rs"],
    },
];

/// Not broken: doors for the fuzzer, which no promise goes through.
const LEFT_OUT: [&str; 1] = ["core/vigil/src/keys/hostile.rs"];

/// What came of one area.
#[derive(Default)]
struct Count {
    caught: usize,
    timed_out: usize,
    unviable: usize,
    survivors: Vec<String>,
}

impl Count {
    /// Breaks that compiled.
    fn viable(&self) -> usize {
        self.caught + self.timed_out + self.survivors.len()
    }

    fn add(&mut self, other: Self) {
        self.caught += other.caught;
        self.timed_out += other.timed_out;
        self.unviable += other.unviable;
        self.survivors.extend(other.survivors);
    }

    /// In hundreds; a break that ran into the clock was noticed.
    fn percent(&self) -> usize {
        (self.caught + self.timed_out) * 100 / self.viable().max(1)
    }
}

/// Runs the areas, or one of them.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let json = arguments.flag("--json");
    let only = arguments.value("--only")?;
    arguments.finish()?;
    if only.as_ref().is_some_and(|only| AREAS.iter().all(|area| area.name != only)) {
        return Err(format!("--only takes one of {}", AREAS.map(|area| area.name).join(", ")));
    }
    setup::ensure()?;
    ensure()?;
    let mut all = Count::default();
    for area in AREAS.iter().filter(|area| only.as_ref().is_none_or(|only| only == area.name)) {
        all.add(broken(area, json)?);
    }
    if json {
        println!("{}", as_json(&all));
    } else {
        for survivor in &all.survivors {
            println!("not noticed: {survivor}");
        }
        println!(
            "{} of {} noticed ({} by the clock), {} %; {} did not compile",
            all.caught + all.timed_out,
            all.viable(),
            all.timed_out,
            all.percent(),
            all.unviable
        );
    }
    process::status(u64::from(all.percent() < AT_LEAST_PERCENT && all.viable() > 0))
}

fn tools() -> PathBuf {
    process::target().join("tools")
}

fn program() -> PathBuf {
    tools().join("bin").join("cargo-mutants")
}

fn ensure() -> Result<(), String> {
    if program().is_file() {
        return Ok(());
    }
    eprintln!("installing cargo-mutants {VERSION} into target/tools; this takes about two minutes");
    let mut command = process::cargo();
    command.args(["install", "cargo-mutants", "--version", VERSION, "--locked", "--quiet", "--root"]).arg(tools());
    command.arg("--target-dir").arg(tools().join("build"));
    process::succeed(command)
}

fn broken(area: &Area, quiet: bool) -> Result<Count, String> {
    let folder = process::target().join("mutants").join(area.name);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut command = Command::new(program());
    command.current_dir(process::root());
    command.args(["mutants", "--no-shuffle", "--no-times", "--jobs", "1", "--cap-lints", "true"]);
    command.args(["--minimum-test-timeout", LONGEST_TEST_SECONDS, "--build-timeout", LONGEST_BUILD_SECONDS]);
    command.args(["--package", area.package, "--test-package", &area.test_packages.join(",")]);
    for file in area.files {
        command.args(["--file", file]);
    }
    for file in LEFT_OUT {
        command.args(["--exclude", file]);
    }
    command.arg("--output").arg(&folder);
    // Documentation's examples are no tests of these modules, and each is a program to link.
    command.args(["--", "--locked", "--lib", "--tests"]);
    // The tree is copied for the breaking; what it is built from is not built again for every area.
    command.env("CARGO_TARGET_DIR", process::target().join("mutants").join("build"));
    if quiet {
        command.stdout(std::process::Stdio::null());
    }
    let status = command.status().map_err(|error| format!("cargo-mutants does not start: {error}"))?;
    // 2: some were not noticed. 3: some ran into the clock.
    match status.code() {
        Some(0 | 2 | 3) => counted(&folder.join("mutants.out")),
        _ => Err(format!("cargo-mutants failed on {}: {status}", area.name)),
    }
}

fn counted(folder: &Path) -> Result<Count, String> {
    let lines = |name: &str| -> Result<Vec<String>, String> {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
    };
    Ok(Count {
        caught: lines("caught.txt")?.len(),
        timed_out: lines("timeout.txt")?.len(),
        unviable: lines("unviable.txt")?.len(),
        survivors: lines("missed.txt")?,
    })
}

fn as_json(count: &Count) -> String {
    let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', " "));
    let survivors: Vec<String> = count.survivors.iter().map(quoted).collect();
    format!(
        "{{\"caught\":{},\"timed_out\":{},\"missed\":{},\"unviable\":{},\"percent\":{},\"survivors\":[{}]}}",
        count.caught,
        count.timed_out,
        count.survivors.len(),
        count.unviable,
        count.percent(),
        survivors.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_that_ran_into_the_clock_was_noticed_and_one_that_did_not_compile_counts_for_nothing() {
        let mut count = Count { caught: 18, timed_out: 1, unviable: 7, survivors: vec!["a \"b\"".to_owned()] };
        assert_eq!((count.viable(), count.percent()), (20, 95));
        assert!(as_json(&count).ends_with("\"percent\":95,\"survivors\":[\"a \\\"b\\\"\"]}"));
        count.add(Count { survivors: vec!["c".to_owned()], ..Count::default() });
        assert_eq!((count.viable(), count.percent()), (21, 90));
    }

    #[test]
    fn at_least_one_file_of_keys_consent_and_membership_is_there() {
        let there = |file: &str| process::root().join(file.split("/**").next().unwrap_or(file)).exists();
        for area in AREAS.iter().filter(|area| area.name != "erasure") {
            assert!(area.files.iter().any(|file| there(file)), "{}", area.name);
        }
    }
}

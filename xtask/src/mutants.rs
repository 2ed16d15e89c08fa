//! `cargo xtask mutants`: breaks the modules that guard keys, consent, membership and erasure in thousands of small ways, and
//! counts how many of the breaks some test notices. What no test notices is listed with the reason why, where there is a good
//! one: each of the others is a promise without a test.

mod survivors;
mod tree;

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
    parts: &'static [Part],
}

/// Files of one package, and the fewest tests that promise something about them.
struct Part {
    package: &'static str,
    files: &'static [&'static str],
    /// Whose tests run.
    test_packages: &'static [&'static str],
    /// What `cargo test` is given: which programs, and which of their tests.
    tests: &'static [&'static str],
}

/// Everything that is broken.
const AREAS: [Area; 4] = [
    Area {
        name: "membership",
        parts: &[
            Part {
                package: "vigil-protocol",
                files: &[
                    "core/protocol/src/membership/*.rs",
                    "core/protocol/src/log/certificate.rs",
                    "core/protocol/src/log/motion.rs",
                    "core/protocol/src/log/policy.rs",
                ],
                test_packages: &["vigil-protocol"],
                tests: &["--lib", "--test", "rules", "--test", "membership"],
            },
            Part {
                package: "vigil-core",
                files: &["core/vigil/src/lease.rs"],
                test_packages: &["vigil-core"],
                tests: &["--lib", "--", "lease"],
            },
        ],
    },
    Area {
        name: "consent",
        parts: &[
            Part {
                package: "vigil-core",
                files: &[
                    "core/vigil/src/records/allegation.rs",
                    "core/vigil/src/records/basis.rs",
                    "core/vigil/src/records/concurrent.rs",
                    "core/vigil/src/records/consent.rs",
                    "core/vigil/src/records/share.rs",
                    "core/vigil/src/records/standing.rs",
                ],
                test_packages: &["vigil-core"],
                tests: &["--lib", "--", "records::"],
            },
            Part {
                package: "vigil-core",
                files: &["core/vigil/src/vault/consent.rs"],
                test_packages: &["vigil-tests"],
                tests: &["--test", "sharing"],
            },
        ],
    },
    Area {
        name: "keys",
        parts: &[Part {
            package: "vigil-core",
            files: &[
                "core/vigil/src/keys/attempts.rs",
                "core/vigil/src/keys/device_keys.rs",
                "core/vigil/src/keys/folder_vault.rs",
                "core/vigil/src/keys/hardware_state.rs",
                "core/vigil/src/keys/header.rs",
                "core/vigil/src/keys/key_file.rs",
                "core/vigil/src/keys/sealed_key.rs",
                "core/vigil/src/keys/secret.rs",
                "core/vigil/src/keys/shares.rs",
                "core/vigil/src/keys/slot.rs",
                "core/vigil/src/keys/stretching.rs",
            ],
            test_packages: &["vigil-core", "vigil-tests"],
            tests: &["--lib", "--test", "unlock", "--", "--skip", "vault::", "--skip", "sync::", "--skip", "records::"],
        }],
    },
    Area {
        name: "erase",
        parts: &[
            Part {
                package: "vigil-core",
                files: &[
                    "core/vigil/src/vault/erasure.rs",
                    "core/vigil/src/vault/retention.rs",
                    "core/vigil/src/vault/erase.rs",
                    "core/vigil/src/store/handed_over.rs",
                    "core/vigil/src/store/receipts.rs",
                ],
                test_packages: &["vigil-tests"],
                tests: &["--test", "erasure", "--test", "write_only", "--test", "unlock"],
            },
            Part {
                package: "vigil-sync-server",
                files: &["sync-server/src/store/erasure.rs"],
                test_packages: &["vigil-sync-server"],
                tests: &["--test", "promises", "--", "erasure"],
            },
            Part {
                package: "vigil-protocol",
                files: &["core/protocol/src/receipt.rs"],
                test_packages: &["vigil-protocol"],
                tests: &["--lib", "--", "receipt"],
            },
        ],
    },
];

/// Not broken, and why not.
const LEFT_OUT: [(&str, &str); 1] = [(
    "impl (std::)?fmt::(Debug|Display) for",
    "for people who look for a fault; what must not be shown has tests of its own",
)];

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

/// Runs the areas, or one of them, or a part of each that `--shard K/N` names.
pub(crate) fn run(mut arguments: Arguments) -> Outcome {
    let json = arguments.flag("--json");
    let only = arguments.value("--only")?;
    let shard = arguments.value("--shard")?;
    arguments.finish()?;
    if only.as_ref().is_some_and(|only| AREAS.iter().all(|area| area.name != only)) {
        return Err(format!("--only takes one of {}", AREAS.map(|area| area.name).join(", ")));
    }
    setup::ensure()?;
    ensure()?;
    tree::refresh(&tree())?;
    let mut enough = true;
    let mut shown = Vec::new();
    for area in AREAS.iter().filter(|area| only.as_ref().is_none_or(|only| only == area.name)) {
        let mut count = Count::default();
        for (number, part) in area.parts.iter().enumerate() {
            count.add(broken(part, &format!("{}-{number}", area.name), shard.as_deref(), json)?);
        }
        enough &= count.percent() >= AT_LEAST_PERCENT || count.viable() == 0;
        shown.push(if json { as_json(area.name, shard.as_deref(), &count) } else { in_words(area.name, &count) });
    }
    if json {
        println!("[{}]", shown.join(","));
    } else {
        println!("{}", shown.join("\n"));
    }
    process::status(u64::from(!enough))
}

fn tree() -> PathBuf {
    process::target().join("mutants").join("tree")
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

fn broken(part: &Part, name: &str, shard: Option<&str>, quiet: bool) -> Result<Count, String> {
    let folder = process::target().join("mutants").join(name);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut command = Command::new(program());
    // In the copy, always the same one: each break compiles only what it changes, and a run that is stopped spoils nothing.
    command.current_dir(tree());
    command.args(["mutants", "--in-place", "--no-shuffle", "--no-times", "--cap-lints", "true"]);
    command.args(["--minimum-test-timeout", LONGEST_TEST_SECONDS, "--build-timeout", LONGEST_BUILD_SECONDS]);
    command.args(["--package", part.package, "--test-package", &part.test_packages.join(",")]);
    for file in part.files {
        command.args(["--file", file]);
    }
    for (pattern, _) in LEFT_OUT {
        command.args(["--exclude-re", pattern]);
    }
    if let Some(shard) = shard {
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    command.arg("--output").arg(&folder);
    command.args(["--", "--locked"]).args(part.tests);
    command.env("CARGO_TARGET_DIR", process::target().join("mutants").join("build"));
    // Nobody steps through them; without it each is linked in a fraction of the time.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
    if quiet {
        command.stdout(std::process::Stdio::null());
    }
    let status = command.status().map_err(|error| format!("cargo-mutants does not start: {error}"))?;
    // 2: some were not noticed. 3: some ran into the clock.
    match status.code() {
        Some(0 | 2 | 3) => counted(&folder.join("mutants.out")),
        _ => Err(format!("cargo-mutants failed on {name}: {status}")),
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

fn in_words(area: &str, count: &Count) -> String {
    let mut lines: Vec<String> = count
        .survivors
        .iter()
        .map(|survivor| format!("not noticed: {survivor}: {}", survivors::why(survivor)))
        .collect();
    lines.push(format!(
        "{area}: {} of {} noticed ({} by the clock), {} %; {} did not compile",
        count.caught + count.timed_out,
        count.viable(),
        count.timed_out,
        count.percent(),
        count.unviable
    ));
    lines.join("\n")
}

fn as_json(area: &str, shard: Option<&str>, count: &Count) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', " "));
    let survivor = |text: &String| format!("{{\"mutant\":{},\"why\":{}}}", quoted(text), quoted(survivors::why(text)));
    let survivors: Vec<String> = count.survivors.iter().map(survivor).collect();
    format!(
        "{{\"area\":{},\"shard\":{},\"mutants\":{},\"caught\":{},\"missed\":{},\"timeouts\":{},\"unviable\":{},\
         \"percent\":{},\"survivors\":[{}]}}",
        quoted(area),
        shard.map_or_else(|| "null".to_owned(), quoted),
        count.viable() + count.unviable,
        count.caught,
        count.survivors.len(),
        count.timed_out,
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
        let json = as_json("keys", Some("1/4"), &count);
        assert!(json.starts_with("{\"area\":\"keys\",\"shard\":\"1/4\",\"mutants\":27,\"caught\":18,\"missed\":1,"));
        assert!(json.contains("{\"mutant\":\"a \\\"b\\\"\",\"why\":"));
        count.add(Count { survivors: vec!["c".to_owned()], ..Count::default() });
        assert_eq!((count.viable(), count.percent()), (21, 90));
    }

    #[test]
    fn every_file_that_is_to_be_broken_is_there() {
        for file in AREAS.iter().flat_map(|area| area.parts).flat_map(|part| part.files) {
            assert!(process::root().join(file.trim_end_matches("/*.rs")).exists(), "{file}");
        }
    }
}

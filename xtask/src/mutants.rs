//! `cargo xtask mutants`: breaks the modules that guard keys, consent, membership and erasure in thousands of small ways, and
//! counts how many of the breaks some test notices. What no test notices is listed with the reason why, where there is a good
//! one: each of the others is a promise without a test.

mod build;
mod survivors;
mod switched;
mod tree;
mod trial;

use crate::arguments::Arguments;
use crate::{Outcome, process, setup};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "27.1.0";

/// So many of a hundred have to be noticed.
const AT_LEAST_PERCENT: usize = 95;

/// What is broken, and whose tests have to notice.
struct Area {
    name: &'static str,
    parts: &'static [Part],
}

/// Files, and the fewest tests that promise something about them.
struct Part {
    files: &'static [&'static str],
    /// What `cargo test` is given to compile the programs.
    build: &'static [&'static str],
    /// Programs with the folder that they run in, and what they are given: the quickest first, until one fails.
    steps: &'static [(&'static str, &'static str, &'static [&'static str])],
}

/// Everything that is broken.
const AREAS: [Area; 4] = [
    Area {
        name: "membership",
        parts: &[
            Part {
                files: &[
                    "core/protocol/src/membership/*.rs",
                    "core/protocol/src/log/certificate.rs",
                    "core/protocol/src/log/motion.rs",
                    "core/protocol/src/log/policy.rs",
                ],
                build: &["-p", "vigil-protocol", "--lib", "--test", "rules", "--test", "membership"],
                steps: &[
                    ("rules", "core/protocol", &["--skip", "random", "--skip", "matrix"]),
                    ("membership", "core/protocol", &[]),
                    ("rules", "core/protocol", &["random", "matrix"]),
                    ("vigil_protocol", "core/protocol", &[]),
                ],
            },
            Part {
                files: &["core/vigil/src/lease.rs"],
                build: &["-p", "vigil-core", "--lib"],
                steps: &[("vigil_core", "core/vigil", &["lease"])],
            },
        ],
    },
    Area {
        name: "consent",
        parts: &[
            Part {
                files: &[
                    "core/vigil/src/records/allegation.rs",
                    "core/vigil/src/records/basis.rs",
                    "core/vigil/src/records/concurrent.rs",
                    "core/vigil/src/records/consent.rs",
                    "core/vigil/src/records/share.rs",
                    "core/vigil/src/records/standing.rs",
                ],
                build: &["-p", "vigil-core", "--lib"],
                steps: &[
                    ("vigil_core", "core/vigil", &["records::", "--skip", "share_histories", "--skip", "any_order"]),
                    ("vigil_core", "core/vigil", &["share_histories", "any_order"]),
                ],
            },
            Part {
                files: &[
                    "core/vigil/src/sync/readers.rs",
                    "core/vigil/src/vault/consent.rs",
                    "core/vigil/src/vault/signers.rs",
                ],
                build: &["-p", "vigil-tests", "--test", "sharing"],
                steps: &[("sharing", "tests", &[])],
            },
        ],
    },
    Area {
        name: "keys",
        parts: &[Part {
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
            build: &["-p", "vigil-core", "-p", "vigil-tests", "--lib", "--test", "unlock"],
            steps: &[("vigil_core", "core/vigil", &["keys::"]), ("unlock", "tests", &[])],
        }],
    },
    Area {
        name: "erase",
        parts: &[
            Part {
                files: &[
                    "core/vigil/src/vault/erasure.rs",
                    "core/vigil/src/vault/retention.rs",
                    "core/vigil/src/vault/wipe.rs",
                    "core/vigil/src/store/handed_over.rs",
                    "core/vigil/src/store/receipts.rs",
                ],
                build: &[
                    "-p",
                    "vigil-core",
                    "-p",
                    "vigil-tests",
                    "--lib",
                    "--test",
                    "erasure",
                    "--test",
                    "write_only",
                    "--test",
                    "unlock",
                ],
                steps: &[
                    ("erasure", "tests", &[]),
                    ("write_only", "tests", &[]),
                    ("vigil_core", "core/vigil", &["store::"]),
                    ("unlock", "tests", &["panic"]),
                ],
            },
            Part {
                files: &["sync-server/src/store/erasure.rs"],
                build: &["-p", "vigil-sync-server", "--test", "promises"],
                steps: &[("promises", "sync-server", &["erasure"])],
            },
            Part {
                files: &["core/protocol/src/receipt.rs"],
                build: &["-p", "vigil-protocol", "--lib"],
                steps: &[("vigil_protocol", "core/protocol", &["receipt"])],
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
    /// In constants, which no switch turns on.
    constant: usize,
    survivors: Vec<String>,
}

/// A break, as cargo-mutants names it.
struct Mutant {
    /// Its number in the program; 0 is for none.
    number: u32,
    shown: String,
    file: String,
    /// The function, and what it returns.
    name: String,
    returned: String,
    /// Where the function and what is replaced begin and end: lines and columns, from one.
    function: Span,
    span: Span,
    replacement: String,
}

type Span = ((usize, usize), (usize, usize));

impl Count {
    /// Breaks that compiled.
    fn viable(&self) -> usize {
        self.caught + self.timed_out + self.survivors.len()
    }

    fn add(&mut self, other: Self) {
        self.caught += other.caught;
        self.timed_out += other.timed_out;
        self.unviable += other.unviable;
        self.constant += other.constant;
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
    let mut enough = true;
    let mut values = Vec::new();
    for area in AREAS.iter().filter(|area| only.as_ref().is_none_or(|only| only == area.name)) {
        let mut count = Count::default();
        for part in area.parts {
            count.add(broken(part, shard.as_deref())?);
        }
        enough &= count.percent() >= AT_LEAST_PERCENT || count.viable() == 0;
        if json {
            values.push(as_json(area.name, shard.as_deref(), &count));
        } else {
            println!("{}", in_words(area.name, &count));
        }
    }
    if json {
        println!("{}", Value::from(values));
    }
    process::status(u64::from(!enough))
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

fn broken(part: &Part, shard: Option<&str>) -> Result<Count, String> {
    tree::refresh()?;
    let listed = listed(part, shard)?;
    let mutants: Vec<Mutant> = (1..).zip(&listed).filter_map(|(number, value)| Mutant::read(number, value)).collect();
    let mut count = trial::all(part, &build::build(part, &mutants)?, &mutants)?;
    count.constant = listed.len() - mutants.len();
    Ok(count)
}

fn listed(part: &Part, shard: Option<&str>) -> Result<Vec<Value>, String> {
    let mut command = Command::new(program());
    command.current_dir(process::root()).args(["mutants", "--list", "--json", "--no-config"]);
    for file in part.files {
        command.args(["--file", file]);
    }
    for (pattern, _) in LEFT_OUT {
        command.args(["--exclude-re", pattern]);
    }
    if let Some(shard) = shard {
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    let output = command.output().map_err(|error| format!("cargo-mutants does not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo-mutants failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("what cargo-mutants lists is not read: {error}"))
}

impl Mutant {
    /// Nothing for one outside of functions.
    fn read(number: u32, value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let place = |value: &Value| {
            let number = |name: &str| value[name].as_u64().and_then(|number| usize::try_from(number).ok());
            Some((number("line")?, number("column")?))
        };
        let span = |value: &Value| Some((place(&value["start"])?, place(&value["end"])?));
        let function = &value["function"];
        Some(Self {
            number,
            shown: text(&value["name"])?,
            file: text(&value["file"])?,
            name: text(&function["function_name"])?,
            returned: text(&function["return_type"])?,
            function: span(&function["span"])?,
            span: span(&value["span"])?,
            replacement: text(&value["replacement"])?,
        })
    }
}

fn in_words(area: &str, count: &Count) -> String {
    let mut lines: Vec<String> = count
        .survivors
        .iter()
        .map(|survivor| format!("not noticed: {survivor}: {}", survivors::why(survivor)))
        .collect();
    lines.push(format!(
        "{area}: {} of {} noticed ({} by the clock), {} %; {} did not compile; {} in constants, not tried",
        count.caught + count.timed_out,
        count.viable(),
        count.timed_out,
        count.percent(),
        count.unviable,
        count.constant
    ));
    lines.join("\n")
}

fn as_json(area: &str, shard: Option<&str>, count: &Count) -> Value {
    let survivors: Vec<Value> =
        count.survivors.iter().map(|mutant| json!({ "mutant": mutant, "why": survivors::why(mutant) })).collect();
    json!({
        "area": area,
        "shard": shard,
        "mutants": count.viable() + count.unviable + count.constant,
        "caught": count.caught,
        "missed": count.survivors.len(),
        "timeouts": count.timed_out,
        "unviable": count.unviable,
        "not_tried": count.constant,
        "percent": count.percent(),
        "survivors": survivors,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_that_ran_into_the_clock_was_noticed_and_one_that_did_not_compile_counts_for_nothing() {
        let mut count =
            Count { caught: 18, timed_out: 1, unviable: 7, constant: 0, survivors: vec!["a \"b\"".to_owned()] };
        assert_eq!((count.viable(), count.percent()), (20, 95));
        let shown = as_json("keys", Some("1/4"), &count);
        assert_eq!((&shown["mutants"], &shown["missed"], &shown["percent"]), (&json!(27), &json!(1), &json!(95)));
        assert_eq!(shown["survivors"][0]["mutant"], "a \"b\"");
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

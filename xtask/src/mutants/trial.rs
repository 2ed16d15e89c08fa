//! Trying the breaks: each one runs the tests of its part until one of them fails.
//! A break promises to count as noticed only if the same tests pass without it.

use super::build::Built;
use super::{Count, Mutant, Part, switched, tree};
use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A break that loops for ever is noticed by this clock; a busy machine is slow.
const LONGEST: Duration = Duration::from_secs(300);
/// How often it is asked whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Passed,
    Failed,
    TimedOut,
}

/// Tries every break of a part.
pub(super) fn all(part: &Part, built: &Built, mutants: &[Mutant]) -> Result<Count, String> {
    if one(part, built, 0)? != Came::Passed {
        return Err(format!("the tests of {} fail without any break", part.files.join(", ")));
    }
    let tried: Vec<&Mutant> = mutants.iter().filter(|mutant| !built.unviable.contains(&mutant.number)).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(mutant) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let came = one(part, built, mutant.number);
                    if let Ok(mut results) = results.lock() {
                        results.push((mutant.shown.clone(), came));
                    }
                }
            });
        }
    });
    let mut count = Count { unviable: mutants.len() - tried.len(), ..Count::default() };
    for (shown, came) in results.into_inner().map_err(|error| error.to_string())? {
        match came? {
            Came::Failed => count.caught += 1,
            Came::TimedOut => count.timed_out += 1,
            Came::Passed => count.survivors.push(shown),
        }
    }
    count.survivors.sort();
    Ok(count)
}

fn one(part: &Part, built: &Built, number: u32) -> Result<Came, String> {
    for (name, folder, tests) in part.steps {
        let program = built.programs.get(*name).ok_or_else(|| format!("there is no program {name}"))?;
        let mut command = Command::new(program);
        command.current_dir(tree::place().join(folder)).args(*tests).env(switched::SWITCH, number.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        let failed = Arc::new(AtomicBool::new(false));
        if let Some(stdout) = child.stdout.take() {
            let failed = Arc::clone(&failed);
            std::thread::spawn(move || watch(stdout, &failed));
        }
        let start = Instant::now();
        let came = loop {
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break if status.success() { Came::Passed } else { Came::Failed };
            }
            let failed = failed.load(Ordering::Relaxed);
            if failed || start.elapsed() > LONGEST {
                child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
                break if failed { Came::Failed } else { Came::TimedOut };
            }
            std::thread::sleep(LOOK);
        };
        if came != Came::Passed {
            return Ok(came);
        }
    }
    Ok(Came::Passed)
}

/// Reads what a test program prints, to its end: one test that failed is enough, whatever the others do.
fn watch(stdout: ChildStdout, failed: &AtomicBool) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if line.starts_with("test ") && line.ends_with("FAILED") {
            failed.store(true, Ordering::Relaxed);
        }
    }
}

//! Fuzz targets: each takes hostile bytes the way the program would, past the checks that an attacker inside the committee
//! can pass (a member can sign), and asserts what the decoder promises. A target that returns has found nothing.

use std::path::Path;

pub mod fixture;
mod targets;

/// One decoder under attack.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// Longest input worth trying, in bytes.
    pub max_len: usize,
    /// Whether panics inside are part of what is tested, because the code under test catches them (ADR 0003).
    pub catches_panics: bool,
    /// Takes one input.
    pub run: fn(&[u8]),
    /// Valid inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target, in the order in which CI runs them.
pub const TARGETS: &[Target] = targets::ALL;

/// The target that the environment names. Ends the program with status 2 if there is none of that name.
pub fn chosen_target() -> &'static Target {
    let name = std::env::var("VIGIL_FUZZ_TARGET").unwrap_or_default();
    TARGETS.iter().find(|target| target.name == name).unwrap_or_else(|| {
        for target in TARGETS {
            println!("{} {}", target.name, target.max_len);
        }
        std::process::exit(2)
    })
}

/// Writes the seeds and stops, where that was asked; otherwise makes the panic hook fit the target.
pub fn prepare(target: &Target) {
    if let Some(folder) = std::env::var_os("VIGIL_FUZZ_SEEDS") {
        let status = match write_seeds(target, Path::new(&folder)) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("the seeds of {} could not be written: {error}", target.name);
                1
            }
        };
        std::process::exit(status);
    }
    if target.catches_panics {
        // libFuzzer's own hook aborts before anything can catch. A panic that does escape the target is still a finding.
        std::panic::set_hook(Box::new(|_| {}));
    }
}

fn write_seeds(target: &Target, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    Ok(())
}

//! The measure behind `cargo xtask blast-radius`: two districts work for a quarter of a year, then each party's files, keys and
//! memory are taken, and it is counted how many people an attacker reads with them.
//!
//! It promises that nothing is counted as unreadable that the attacker did not try to read, and that the same attacker reads
//! everybody with all keys together.

mod attacker;
mod party;
mod report;
mod scenario;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::DeskError;
use attacker::Spoils;
use party::{Folders, Identity, Place};
use report::Findings;
pub use report::Report;
use scenario::World;

/// How many weeks a quarter of a year has.
pub const WEEKS: usize = 13;
/// With fewer, not everything that the scenario tells happens.
const FEWEST_WEEKS: usize = 8;

const README: &str = "\
What each party's loot is, for counting again:

identities.json          every person who was recorded, with her name, who recorded her and when, and who may read her
recovery-keys            the committees' recovery keys, as they stand on paper
loot/PARTY/images/WEEK   the party's files as they lay there in that week, before the week's hand-over; `week-end` is the end
loot/PARTY/hardware      what stands for the phone's key store, as it is at the end
loot/PARTY/memory        what the process could read of its own memory at the end
passphrase-PARTY         its PIN

Names are stored compressed and encrypted, so a plain search of these bytes shows what lies there in the clear, and
`vigil --home IMAGE --hardware loot/PARTY/hardware --passphrase-file passphrase-PARTY list` what opens in good order. Copy an
image before opening it.
";

/// How the measure is taken.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program that devices and server run.
    pub program: PathBuf,
    /// An empty or missing folder; everything is left in it.
    pub folder: PathBuf,
    /// How many records are made: two of five are screenings, the others people.
    pub records: usize,
    /// In how many weeks.
    pub weeks: usize,
}

/// Lives through the scenario, takes everything, and counts.
///
/// # Errors
/// [`DeskError`] if a device does not do what it is told, or something cannot be taken.
pub fn run(options: &Options) -> Result<Report, DeskError> {
    if options.weeks < FEWEST_WEEKS {
        return Err(DeskError::Usage(format!("the scenario takes at least {FEWEST_WEEKS} weeks")));
    }
    let folders = Folders::make(&empty(&options.folder)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))?;
    let mut world = runtime.block_on(async {
        let mut world = World::begin(folders, &options.program, options.weeks).await?;
        world.live(options.records).await?;
        world.seize().await?;
        Ok::<_, DeskError>(world)
    })?;
    let root = world.folders.root().to_owned();
    write(&root.join("README"), README.as_bytes())?;
    write(&root.join("identities.json"), listed(&world.identities).to_string().as_bytes())?;
    write(&root.join("recovery-keys"), world.recovery_keys.join("\n").as_bytes())?;
    let (seeds, identities) = (std::mem::take(&mut world.seeds), std::mem::take(&mut world.identities));
    let (recovery_keys, removed, now) = (world.recovery_keys.clone(), world.removed(), world.now);
    let folders = runtime.block_on(world.end())?;
    let images =
        Place::all().map(|place| folders.images(&place.name()).map(|images| images.len())).sum::<Result<_, _>>()?;
    let search = seeds.search()?;
    let spoils = Spoils::take(folders, &recovery_keys)?;
    let report = Report::new(Findings {
        identities: &identities,
        now,
        removed,
        server: spoils.of_server(&search)?,
        devices: spoils.of_devices(&search)?,
        all: spoils.of_all(&search),
        weeks: options.weeks,
        images,
    });
    for folder in ["files", "temporary", "logs", "scratch"] {
        let folder = root.join(folder);
        std::fs::remove_dir_all(&folder).map_err(|error| DeskError::file(folder.display().to_string(), error))?;
    }
    write(&root.join("report.json"), report.as_json().to_string().as_bytes())?;
    Ok(report)
}

fn empty(folder: &Path) -> Result<PathBuf, DeskError> {
    let problem = |error| DeskError::file(folder.display().to_string(), error);
    std::fs::create_dir_all(folder).map_err(problem)?;
    if std::fs::read_dir(folder).map_err(problem)?.next().is_some() {
        return Err(DeskError::Usage(format!("{} is not empty", folder.display())));
    }
    folder.canonicalize().map_err(problem)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    std::fs::write(path, bytes).map_err(|error| DeskError::file(path.display().to_string(), error))
}

fn listed(identities: &[Identity]) -> Value {
    let one = |identity: &Identity| {
        json!({
            "name": identity.name,
            "recorded_by": identity.recorded_by.name(),
            "recorded_at": identity.recorded_at,
            "may_be_read_by": identity.readers.iter().map(|place| place.name()).collect::<Vec<_>>(),
            "sent": identity.sent,
            "erased": identity.erased,
            "after_removal": identity.after_removal,
        })
    };
    identities.iter().map(one).collect()
}

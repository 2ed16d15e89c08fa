//! The forensic count behind `cargo xtask forensic`: a device lives its whole life as a process of its own with marked people,
//! and every place where a mark could stay is searched when it is unlocked, locked, after an erasure, and after a panic erase.
//!
//! It promises that a search which finds nothing would have found something: the same search runs over the memory of the
//! unlocked device, and over the files of a device without encryption.

mod life;
pub(crate) mod marks;
pub(crate) mod places;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::DeskError;
use life::{Life, Moments};
pub use places::{Place, Places};

/// What is looked at.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program whose memory and files are looked at.
    pub program: PathBuf,
    /// The program that serves.
    pub server_program: PathBuf,
    /// A device without encryption, for the positive control of the files; it takes a second run.
    pub control: Option<PathBuf>,
    /// An empty or missing folder for the runs.
    pub folder: PathBuf,
    /// How many people are recorded, each with a name, a phone and a note.
    pub people: usize,
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    moments: Moments,
    control: Option<(Places, usize)>,
}

/// Lives the life and looks.
///
/// # Errors
/// [`DeskError`] if a device does not do what it is told, or a place cannot be looked at.
pub fn run(options: &Options) -> Result<Report, DeskError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| DeskError::file("the network", error))?;
    runtime.block_on(async {
        let root = empty(&options.folder.join("device"))?;
        let life = Life::begin(&root, &options.server_program, &options.program).await?;
        let moments = life.live(options.people).await?;
        let control = match &options.control {
            None => None,
            Some(program) => {
                let root = empty(&options.folder.join("control"))?;
                let life = Life::begin(&root, &options.server_program, program).await?;
                Some(life.live_until_locked(options.people).await?)
            }
        };
        Ok(Report { moments, control })
    })
}

fn empty(folder: &Path) -> Result<PathBuf, DeskError> {
    let problem = |error| DeskError::file(folder.display().to_string(), error);
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(problem)?;
    }
    std::fs::create_dir_all(folder).map_err(problem)?;
    folder.canonicalize().map_err(problem)
}

impl Report {
    /// What has to hold and does not, in words; nothing if everything holds.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let Moments { unlocked, locked, after_erase, after_panic, .. } = &self.moments;
        let mut failures = Vec::new();
        for (moment, places) in
            [("locked", locked), ("after an erasure", after_erase), ("after a panic erase", after_panic)]
        {
            for (name, place) in places.named().into_iter().filter(|(_, place)| place.hits > 0) {
                failures.push(format!("{moment}: {} hits of {} seeds in {name}", place.hits, place.seeds));
            }
        }
        for (name, place) in unlocked.named().into_iter().filter(|(name, place)| *name != "memory" && place.hits > 0) {
            failures.push(format!("unlocked: {} hits of {} seeds in {name}", place.hits, place.seeds));
        }
        if unlocked.memory.hits == 0 {
            failures.push("positive control: nothing was found in the memory of the unlocked device".to_owned());
        }
        if let Some((places, seeds)) = &self.control
            && places.files.seeds < *seeds
        {
            let found = places.files.seeds;
            failures.push(format!("positive control: {found} of {seeds} seeds in the files without encryption"));
        }
        failures
    }

    /// Different seeds that the positive controls found: in the files without encryption, or in the unlocked memory where
    /// no such run was asked for.
    #[must_use]
    pub fn positive_control(&self) -> usize {
        self.control.as_ref().map_or(self.moments.unlocked.memory.seeds, |(places, _)| places.files.seeds)
    }

    /// How many seeds there were, and how many of them were erased.
    #[must_use]
    pub fn seeds(&self) -> (usize, usize) {
        (self.moments.seeds, self.moments.erased_seeds)
    }

    /// What was found at each moment: `unlocked`, `locked`, `after_erase`, `after_panic`.
    #[must_use]
    pub fn moments(&self) -> [(&'static str, &Places); 4] {
        [
            ("unlocked", &self.moments.unlocked),
            ("locked", &self.moments.locked),
            ("after_erase", &self.moments.after_erase),
            ("after_panic", &self.moments.after_panic),
        ]
    }

    /// The report as one value: hits by moment and place, with the number of different seeds and the bytes searched.
    #[must_use]
    pub fn as_json(&self) -> Value {
        let (seeds, erased) = self.seeds();
        let mut report = Map::new();
        for (moment, places) in self.moments() {
            report.insert(moment.to_owned(), found(places));
        }
        report.insert("positive_control".to_owned(), json!(self.positive_control()));
        if let Some((places, seeds)) = &self.control {
            let mut places = found(places);
            if let Some(places) = places.as_object_mut() {
                places.insert("seeded".to_owned(), json!(seeds));
            }
            report.insert("control".to_owned(), places);
        }
        report.insert("seeds".to_owned(), json!(seeds));
        report.insert("erased_seeds".to_owned(), json!(erased));
        report.insert("memory_by".to_owned(), json!("/proc/PID/maps and /proc/PID/mem"));
        report.insert("failures".to_owned(), json!(self.failures()));
        Value::Object(report)
    }
}

fn found(places: &Places) -> Value {
    let (mut hits, mut seeds, mut bytes) = (Map::new(), Map::new(), Map::new());
    for (name, place) in places.named() {
        hits.insert(name.to_owned(), json!(place.hits));
        seeds.insert(name.to_owned(), json!(place.seeds));
        bytes.insert(name.to_owned(), json!(place.bytes));
    }
    hits.insert("different_seeds".to_owned(), Value::Object(seeds));
    hits.insert("searched_bytes".to_owned(), Value::Object(bytes));
    Value::Object(hits)
}

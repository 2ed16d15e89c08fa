//! The parties of the scenario: twelve devices in two districts, each a process of its own, and the people whom they record.
//! For every person is written down who may read her, by what was done and by nothing that a device says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::DeskError;
use crate::agent::AgentCommand;
use crate::demo::processes::{AgentProcess, Said};

/// What a device is in its district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Desk,
    FirstOfficer,
    SecondOfficer,
    Monitor,
    Volunteer,
    Auditor,
}

impl Part {
    pub(super) const ALL: [Self; 6] =
        [Self::Desk, Self::FirstOfficer, Self::SecondOfficer, Self::Monitor, Self::Volunteer, Self::Auditor];

    pub(super) const fn role(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::FirstOfficer | Self::SecondOfficer => "officer",
            Self::Monitor => "monitor",
            Self::Volunteer => "volunteer",
            Self::Auditor => "auditor",
        }
    }

    const fn called(self) -> &'static str {
        match self {
            Self::FirstOfficer => "officer-1",
            Self::SecondOfficer => "officer-2",
            other => other.role(),
        }
    }

    /// Whether identities that it records or is named for are its to read.
    pub(super) const fn leads(self) -> bool {
        matches!(self, Self::Desk | Self::FirstOfficer | Self::SecondOfficer)
    }
}

/// Which device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) district: usize,
    pub(super) part: Part,
}

impl Place {
    pub(super) const fn new(district: usize, part: Part) -> Self {
        Self { district, part }
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..DISTRICTS).flat_map(|district| Part::ALL.map(|part| Self { district, part }))
    }

    pub(super) fn name(self) -> String {
        format!("district-{}-{}", self.district + 1, self.part.called())
    }
}

/// How many districts there are.
pub(super) const DISTRICTS: usize = 2;

/// One device.
pub(super) struct Party {
    pub(super) place: Place,
    pub(super) process: AgentProcess,
    /// Its id.
    pub(super) device: String,
}

impl Party {
    pub(super) async fn ask(&mut self, command: &AgentCommand) -> Result<Value, DeskError> {
        self.process.ask(command).await
    }

    pub(super) async fn tell(&mut self, command: &AgentCommand) -> Result<Said, DeskError> {
        self.process.tell(command).await
    }
}

/// Somebody who was recorded.
pub(super) struct Identity {
    /// What her record calls her.
    pub(super) name: String,
    pub(super) person: String,
    pub(super) screening: String,
    pub(super) recorded_by: Place,
    /// Milliseconds since 1970.
    pub(super) recorded_at: i64,
    /// Officers and desks that were on duty when she was recorded, recorded her, or were ever named for her.
    pub(super) readers: BTreeSet<Place>,
    /// Whether the device that recorded her has sent her record.
    pub(super) sent: bool,
    pub(super) erased: bool,
    /// Whether she was recorded after everybody in her district knew of the suspension.
    pub(super) after_removal: bool,
}

/// Where things lie below the root of a run.
pub(super) struct Folders {
    root: PathBuf,
}

/// What the server's loot is called.
pub(super) const SERVER: &str = "server";

impl Folders {
    pub(super) fn make(root: &Path) -> Result<Self, DeskError> {
        let folders = Self { root: root.to_owned() };
        for folder in ["files", "temporary", "logs", "scratch", "loot"] {
            made(&root.join(folder))?;
        }
        for name in Place::all().map(Place::name).chain([SERVER.to_owned()]) {
            made(&folders.images_of(&name))?;
        }
        Ok(folders)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn living(&self, name: &str) -> PathBuf {
        self.root.join("files").join(name)
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }

    pub(super) fn loot_of(&self, name: &str) -> PathBuf {
        self.root.join("loot").join(name)
    }

    pub(super) fn images_of(&self, name: &str) -> PathBuf {
        self.loot_of(name).join("images")
    }

    pub(super) fn hardware_of(&self, name: &str) -> PathBuf {
        self.loot_of(name).join("hardware")
    }

    pub(super) fn memory_of(&self, name: &str) -> PathBuf {
        self.loot_of(name).join("memory")
    }

    /// The images of one party, oldest first.
    pub(super) fn images(&self, name: &str) -> Result<Vec<PathBuf>, DeskError> {
        let folder = self.images_of(name);
        let problem = |error| DeskError::file(folder.display().to_string(), error);
        let mut images = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(problem)? {
            images.push(entry.map_err(problem)?.path());
        }
        images.sort();
        Ok(images)
    }

    /// Copies what lies in one folder into another one, which is made.
    pub(super) fn copy(from: &Path, to: &Path) -> Result<(), DeskError> {
        made(to)?;
        let problem = |error| DeskError::file(from.display().to_string(), error);
        for entry in std::fs::read_dir(from).map_err(problem)? {
            let entry = entry.map_err(problem)?;
            if entry.file_type().map_err(problem)?.is_file() {
                std::fs::copy(entry.path(), to.join(entry.file_name())).map_err(problem)?;
            }
        }
        Ok(())
    }
}

fn made(folder: &Path) -> Result<(), DeskError> {
    std::fs::create_dir_all(folder).map_err(|error| DeskError::file(folder.display().to_string(), error))
}

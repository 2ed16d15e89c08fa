//! Whoever took everything of one party: every image of its files with its PIN and its hardware as it is at the end, what lay
//! in the memory of its process, and beyond that every sealed item that the server ever held.
//! It promises to be the harder attacker wherever there is a choice, and passes by every check of the product's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use vigil_core::loot::{Loot, TakenKey};
use vigil_core::{FolderVault, Passphrase};

use super::party::{Folders, Place, SERVER};
use crate::DeskError;
use crate::demo::processes::AgentProcess;
use crate::forensic::marks::Search;

/// The people whom somebody reads, by their numbers.
pub(super) type People = BTreeSet<usize>;

/// Where somebody reads them.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// In the clear in the files.
    pub(super) files: People,
    /// In the clear in the memory of the process.
    pub(super) memory: People,
    /// In what keys open: those of the files, and those that lie in memory.
    pub(super) opened: People,
}

impl Read {
    pub(super) fn anywhere(&self) -> People {
        [&self.files, &self.memory, &self.opened].into_iter().flatten().copied().collect()
    }
}

/// Everything that was taken, by party.
pub(super) struct Spoils {
    folders: Folders,
    /// What the server ever held.
    server: Loot,
    parties: Vec<(Place, Loot)>,
    /// Every key of every party, with the recovery keys.
    keys: Vec<TakenKey>,
    finder: AhoCorasick,
}

fn file_problem(path: &Path) -> impl Fn(std::io::Error) -> DeskError + '_ {
    move |error| DeskError::file(path.display().to_string(), error)
}

impl Spoils {
    /// Opens everything that can be opened.
    pub(super) fn take(folders: Folders, recovery_keys: &[String]) -> Result<Self, DeskError> {
        let server = of_server(&folders)?;
        let mut parties = Vec::new();
        for place in Place::all() {
            let (mut loot, name) = (Loot::default(), place.name());
            let hardware = FolderVault::new(folders.hardware_of(&name));
            let pin = Passphrase::new(AgentProcess::passphrase(&name));
            let opened = loot.take_images(&folders.images(&name)?, &hardware, &pin, &folders.scratch())?;
            if opened == 0 {
                return Err(DeskError::DoesNotHold(format!("no image of {name} opens, not even the last")));
            }
            loot.join_sealed(&server);
            parties.push((place, loot));
        }
        let mut all = Loot::default();
        for text in recovery_keys {
            all.take_recovery_key(text)?;
        }
        all.join_sealed(&server);
        parties.iter().for_each(|(_, loot)| all.join(loot));
        let keys = all.keys();
        let finder = AhoCorasick::new(keys.iter().map(TakenKey::bytes))
            .map_err(|error| DeskError::DoesNotHold(format!("the keys cannot be searched for: {error}")))?;
        Ok(Self { folders, server, parties, keys, finder })
    }

    /// Whom the server reads: in its files as they are, in its memory, and with what keys lie there.
    pub(super) fn of_server(&self, search: &Search) -> Result<Read, DeskError> {
        let mut loot = Loot::default();
        loot.join_sealed(&self.server);
        self.read(SERVER, loot, search)
    }

    /// Whom each device reads.
    pub(super) fn of_devices(&self, search: &Search) -> Result<Vec<(Place, Read)>, DeskError> {
        let read = |(place, taken): &(Place, Loot)| {
            let mut loot = Loot::default();
            loot.join(taken);
            Ok((*place, self.read(&place.name(), loot, search)?))
        };
        self.parties.iter().map(read).collect()
    }

    /// Whom all keys together open in all sealed items, and in nothing else: no file, no memory.
    pub(super) fn of_all(&self, search: &Search) -> People {
        let mut loot = Loot::default();
        self.parties.iter().for_each(|(_, taken)| loot.join_sealed(taken));
        self.keys.iter().for_each(|key| loot.take_key(key));
        named(&loot, search)
    }

    fn read(&self, name: &str, mut loot: Loot, search: &Search) -> Result<Read, DeskError> {
        let mut files = search
            .needles
            .in_folder(&self.folders.images_of(name))
            .map_err(file_problem(&self.folders.loot_of(name)))?;
        let hardware = self.folders.hardware_of(name);
        if hardware.exists() {
            files.add(&search.needles.in_folder(&hardware).map_err(file_problem(&hardware))?);
        }
        let dump = self.folders.memory_of(name);
        let memory = std::fs::read(&dump).map_err(file_problem(&dump))?;
        let lying: BTreeSet<usize> =
            self.finder.find_overlapping_iter(&memory).map(|hit| hit.pattern().as_usize()).collect();
        lying.iter().filter_map(|number| self.keys.get(*number)).for_each(|key| loot.take_key(key));
        Ok(Read {
            files: search.which_in(&files),
            memory: search.which_in(&search.needles.in_bytes(&memory)),
            opened: named(&loot, search),
        })
    }
}

fn named(loot: &Loot, search: &Search) -> People {
    loot.read().iter().flat_map(|piece| search.which_in(&search.needles.in_bytes(piece))).collect()
}

/// Every item that is in any image of the server.
fn of_server(folders: &Folders) -> Result<Loot, DeskError> {
    let mut loot = Loot::default();
    for image in folders.images(SERVER)? {
        let copy: PathBuf = folders.scratch().join(SERVER);
        if copy.exists() {
            std::fs::remove_dir_all(&copy).map_err(file_problem(&copy))?;
        }
        Folders::copy(&image, &copy)?;
        for (space, batches) in vigil_sync_server::loot::sealed_items(&copy)? {
            batches.into_iter().for_each(|batch| loot.take_pulled(space, batch));
        }
    }
    Ok(loot)
}

//! Moving the store: to a new file, under a new key, with a new hardware key (PROTOCOL 24). Flash keeps old pages; without
//! the old hardware key nothing opens them.
//! It promises that the home opens at every moment of it with everything in it, and that no earlier copy of the home opens
//! afterwards.

use super::unlock::remove_databases;
use super::{Vault, key_path};
use crate::error::Result;
use crate::folder;
use crate::keys::{Content, DatabaseName, HardwareAlias, HardwareState, KeyFile, Profile, Secret};
use crate::store::Store;

impl Vault {
    /// Moves everything to a new file with a new key, under a new key of the hardware, and destroys the old ones. After a
    /// hand-over a volunteer's device does this, so that what was handed over is not read from old pages. A move that was cut
    /// short is finished, or undone, by the next opening.
    ///
    /// # Errors
    /// [`crate::VigilError::NotAllowed`] in the small profile; [`crate::VigilError::Disk`];
    /// [`crate::VigilError::Hardware`]. If it fails, all that was there is there.
    pub fn move_store(&mut self) -> Result<()> {
        self.whole()?;
        self.destroy_former()?;
        let content = Content { profile: Profile::Whole, database: DatabaseName::random(), key: Secret::random() };
        let alias = HardwareAlias::random();
        match self.prepare_move(alias, &content) {
            Ok((file, store, state)) => self.finish_move(file, store, content, state),
            Err(error) => {
                self.undo_move(&alias, &content);
                Err(error)
            }
        }
    }

    /// Destroys what a move left whose last step failed: the key file names one former key, and the next one would
    /// forget it, which earlier images open with.
    pub(super) fn destroy_former(&self) -> Result<()> {
        let hardware = self.access.hardware.as_ref();
        match self.access.file.header().former() {
            Some(former) if hardware.exists(&former)? => Ok(hardware.delete(&former)?),
            _ => Ok(()),
        }
    }

    /// Everything that the new place needs, without touching the old one.
    fn prepare_move(&self, alias: HardwareAlias, content: &Content) -> Result<(KeyFile, Store, HardwareState)> {
        let hardware = self.access.hardware.as_ref();
        let state = HardwareState::load(hardware, &self.access.file.header().alias())?;
        hardware.create(&alias, hardware.level()?)?;
        state.keep(hardware, &alias)?;
        let small = self.small_as_it_is()?;
        let path = self.home().join(content.database.file_name());
        self.store.copy_to(&path, &content.key)?;
        folder::sync(self.home()).map_err(super::disk)?;
        let store = Store::open(&path, &content.key)?;
        let header = self.access.file.header().moved(alias);
        let file = self.sealed_anew(header, (&self.access.stretched, content), small.as_ref())?;
        file.write_aside(&key_path(self.home()))?;
        Ok((file, store, state))
    }

    /// The key file decides which of the two counts: from the moment that the new one is in its place this vault writes to
    /// the new store and to no other.
    fn finish_move(&mut self, file: KeyFile, store: Store, content: Content, mut state: HardwareState) -> Result<()> {
        let (path, former) = (key_path(self.home()), self.access.file.header().alias());
        let alias = file.header().alias();
        let placed = KeyFile::put_in_place(&path);
        if placed.is_err() && std::fs::read(&path).ok() != Some(file.to_bytes()) {
            drop(store);
            self.undo_move(&alias, &content);
            return Ok(placed?);
        }
        state.generation = file.header().generation();
        let former_database = std::mem::replace(&mut self.access.content, content).database;
        self.access.file = file;
        drop(std::mem::replace(&mut self.store, store));
        placed?;
        let hardware = self.access.hardware.as_ref();
        state.keep(hardware, &alias)?;
        hardware.delete(&former)?;
        let former_database = former_database.file_name();
        remove_databases(self.home(), |name| name.starts_with(&former_database));
        Ok(())
    }

    fn undo_move(&self, alias: &HardwareAlias, content: &Content) {
        // As far as it goes: what stays opens nothing, and the next opening removes it.
        std::fs::remove_file(folder::aside(&key_path(self.home()))).ok();
        self.access.hardware.delete(alias).ok();
        let database = content.database.file_name();
        remove_databases(self.home(), |name| name.starts_with(&database));
    }
}

//! The stand-in for hardware: keys and their state as files of a folder that is not the home's.
//! It promises what files can: a home that is copied without this folder opens nowhere; who copies both has both.

use super::hardware::{HardwareAlias, HardwareError, HardwareLevel, HardwareVault, MAX_STATE_BYTES};
use super::secret::Secret;
use crate::folder;
use ring::digest::{SHA256, digest};
use ring::hmac;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A disk writes a sector whole or not at all.
const SECTOR: usize = 512;
const NUMBER_BYTES: usize = 8;
const LENGTH_BYTES: usize = 2;
const CHECK_BYTES: usize = 32;

/// Keys in a folder. Software: it protects against nothing but a home that is copied alone.
#[derive(Debug, Clone)]
pub struct FolderVault {
    folder: PathBuf,
}

impl FolderVault {
    /// The stand-in that keeps its keys in this folder, which is made when the first key is.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder that stands in for a home's hardware where none is named: `HOME.hardware`, beside the home.
    pub fn beside(home: &Path) -> std::io::Result<Self> {
        let home = std::path::absolute(home)?;
        let name = home.file_name().ok_or(ErrorKind::InvalidInput)?;
        let mut name = name.to_owned();
        name.push(".hardware");
        Ok(Self::new(home.with_file_name(name)))
    }

    fn key_path(&self, alias: &HardwareAlias) -> PathBuf {
        self.folder.join(format!("{alias}.key"))
    }

    fn state_path(&self, alias: &HardwareAlias) -> PathBuf {
        self.folder.join(format!("{alias}.state"))
    }
}

/// A state on disk has two places, each a sector: the newer one that is whole counts, and the other one is written next.
struct Place {
    number: u64,
    state: Vec<u8>,
}

impl Place {
    fn read(sector: &[u8]) -> Option<Self> {
        let (content, check) = sector.split_at_checked(SECTOR - CHECK_BYTES)?;
        if digest(&SHA256, content).as_ref() != check {
            return None;
        }
        let (number, rest) = content.split_first_chunk::<NUMBER_BYTES>()?;
        let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
        let state = rest.get(..usize::from(u16::from_le_bytes(*length)))?;
        Some(Self { number: u64::from_le_bytes(*number), state: state.to_vec() })
    }

    fn to_sector(&self) -> Option<Vec<u8>> {
        if self.state.len() > MAX_STATE_BYTES {
            return None;
        }
        let length = u16::try_from(self.state.len()).ok()?;
        let mut sector = [&self.number.to_le_bytes()[..], &length.to_le_bytes(), &self.state].concat();
        sector.resize(SECTOR - CHECK_BYTES, 0);
        let check = digest(&SHA256, &sector);
        sector.extend_from_slice(check.as_ref());
        Some(sector)
    }
}

fn places(file: &mut File) -> Result<[Option<Place>; 2], HardwareError> {
    let mut bytes = Vec::new();
    file.take(2 * SECTOR as u64).read_to_end(&mut bytes)?;
    let (first, second) = bytes.split_at_checked(SECTOR).ok_or(HardwareError::Damaged)?;
    Ok([Place::read(first), Place::read(second)])
}

fn newest(places: [Option<Place>; 2]) -> Result<(usize, Place), HardwareError> {
    let numbered = places.into_iter().enumerate().filter_map(|(index, place)| place.map(|place| (index, place)));
    numbered.max_by_key(|(_, place)| place.number).ok_or(HardwareError::Damaged)
}

/// Writes over a file's bytes before its name goes. On flash the old ones may stay; the name does not.
fn destroy(path: &Path) -> Result<(), HardwareError> {
    // Whether writing over it succeeds or not, the file goes.
    if let Ok(mut file) = OpenOptions::new().write(true).open(path) {
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(0).min(2 * SECTOR);
        let _ = file.write_all(&vec![0; length]).and_then(|()| file.sync_all());
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

impl HardwareVault for FolderVault {
    fn create(&self, alias: &HardwareAlias, minimum: HardwareLevel) -> Result<(), HardwareError> {
        if minimum > HardwareLevel::Software {
            return Err(HardwareError::TooWeak { level: HardwareLevel::Software });
        }
        if self.exists(alias)? {
            return Ok(());
        }
        folder::create_private(&self.folder)?;
        let empty = Place { number: 0, state: Vec::new() }.to_sector().ok_or(HardwareError::Damaged)?;
        folder::write_durably(&self.state_path(alias), &[empty.as_slice(), &[0; SECTOR]].concat())?;
        // The key comes last: without it there is nothing.
        let key = Secret::<32>::random();
        Ok(folder::write_durably(&self.key_path(alias), key.expose())?)
    }

    fn mac(&self, alias: &HardwareAlias, message: &[u8]) -> Result<Zeroizing<[u8; 32]>, HardwareError> {
        let mut key = Zeroizing::new([0; 32]);
        File::open(self.key_path(alias))?.read_exact(key.as_mut_slice()).map_err(|_| HardwareError::Damaged)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), message);
        let mut mac = Zeroizing::new([0; 32]);
        mac.copy_from_slice(tag.as_ref());
        Ok(mac)
    }

    fn delete(&self, alias: &HardwareAlias) -> Result<(), HardwareError> {
        destroy(&self.key_path(alias))?;
        destroy(&self.state_path(alias))?;
        match folder::sync(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn exists(&self, alias: &HardwareAlias) -> Result<bool, HardwareError> {
        Ok(self.key_path(alias).try_exists()?)
    }

    fn state(&self, alias: &HardwareAlias) -> Result<Vec<u8>, HardwareError> {
        if !self.exists(alias)? {
            return Err(HardwareError::NoSuchKey);
        }
        let mut file = File::open(self.state_path(alias)).map_err(|_| HardwareError::Damaged)?;
        Ok(newest(places(&mut file)?)?.1.state)
    }

    fn keep_state(&self, alias: &HardwareAlias, state: &[u8]) -> Result<(), HardwareError> {
        if !self.exists(alias)? {
            return Err(HardwareError::NoSuchKey);
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.state_path(alias))
            .map_err(|_| HardwareError::Damaged)?;
        let (index, newest) = newest(places(&mut file)?)?;
        let next = Place { number: newest.number.saturating_add(1), state: state.to_vec() };
        let sector =
            next.to_sector().ok_or_else(|| HardwareError::Unavailable { why: "the state is too large".to_owned() })?;
        // In place: this takes no room, so it works on a full disk.
        file.seek(SeekFrom::Start(((1 - index) * SECTOR) as u64))?;
        file.write_all(&sector)?;
        Ok(file.sync_all()?)
    }

    fn level(&self) -> Result<HardwareLevel, HardwareError> {
        Ok(HardwareLevel::Software)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(name: &str) -> FolderVault {
        let folder = std::env::temp_dir().join(format!("vigil-hardware-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        FolderVault::new(folder)
    }

    #[test]
    fn a_deleted_key_is_gone_with_its_state_and_its_bytes() {
        let (vault, alias) = (vault("delete"), HardwareAlias::random());
        assert!(matches!(vault.mac(&alias, b"x"), Err(HardwareError::NoSuchKey)));
        vault.create(&alias, HardwareLevel::Software).unwrap();
        let mac = vault.mac(&alias, b"x").unwrap();
        vault.create(&alias, HardwareLevel::Software).unwrap();
        assert_eq!(*mac, *vault.mac(&alias, b"x").unwrap(), "a key that is there stays as it is");
        assert_ne!(*mac, *vault.mac(&alias, b"y").unwrap());
        vault.keep_state(&alias, b"seven").unwrap();
        vault.delete(&alias).unwrap();
        vault.delete(&alias).unwrap();
        assert!(!vault.exists(&alias).unwrap());
        assert!(matches!(vault.state(&alias), Err(HardwareError::NoSuchKey)));
        assert_eq!(std::fs::read_dir(&vault.folder).unwrap().count(), 0);
    }

    #[test]
    fn state_is_the_old_or_the_new_one_whichever_sector_is_torn() {
        let (vault, alias) = (vault("state"), HardwareAlias::random());
        vault.create(&alias, HardwareLevel::Software).unwrap();
        assert_eq!(vault.state(&alias).unwrap(), b"");
        for number in 0u8..5 {
            vault.keep_state(&alias, &[number]).unwrap();
            assert_eq!(vault.state(&alias).unwrap(), [number]);
        }
        let path = vault.state_path(&alias);
        let whole = std::fs::read(&path).unwrap();
        for position in [0, 9, 10, 200, SECTOR - 1] {
            for (start, left) in [(0, 3), (SECTOR, 4)] {
                let mut torn = whole.clone();
                torn[start + position] ^= 1;
                std::fs::write(&path, &torn).unwrap();
                let state = vault.state(&alias).unwrap();
                assert!(state == [left] || state == [7 - left], "{state:?}");
            }
            let mut both = whole.clone();
            both[position] ^= 1;
            both[SECTOR + position] ^= 1;
            std::fs::write(&path, &both).unwrap();
            assert!(matches!(vault.state(&alias), Err(HardwareError::Damaged)));
        }
        assert!(vault.keep_state(&alias, &[0; MAX_STATE_BYTES + 1]).is_err());
    }

    #[test]
    fn a_stand_in_says_that_it_is_one_and_refuses_to_pass_for_more() {
        let vault = vault("level");
        assert_eq!(vault.level().unwrap(), HardwareLevel::Software);
        let result = vault.create(&HardwareAlias::random(), HardwareLevel::TrustedEnvironment);
        assert!(matches!(result, Err(HardwareError::TooWeak { level: HardwareLevel::Software })));
    }

    #[test]
    fn what_cannot_be_destroyed_is_not_said_to_be_and_what_never_was_is() {
        let (vault, alias) = (vault("stays"), HardwareAlias::random());
        vault.delete(&alias).unwrap();
        std::fs::create_dir_all(vault.key_path(&alias)).unwrap();
        assert!(vault.delete(&alias).is_err());
        assert!(vault.exists(&alias).unwrap());
    }

    #[test]
    fn what_is_deleted_is_written_over_to_its_end_before_its_name_goes() {
        let (vault, alias) = (vault("over"), HardwareAlias::random());
        vault.create(&alias, HardwareLevel::Software).unwrap();
        vault.keep_state(&alias, &[7; MAX_STATE_BYTES]).unwrap();
        vault.keep_state(&alias, &[8; MAX_STATE_BYTES]).unwrap();
        // Another name of the same bytes shows what became of them.
        let links = [vault.key_path(&alias), vault.state_path(&alias)].map(|path| {
            let link = PathBuf::from(format!("{}.link", path.display()));
            std::fs::hard_link(&path, &link).unwrap();
            assert!(std::fs::read(&link).unwrap().iter().any(|byte| *byte != 0));
            link
        });
        vault.delete(&alias).unwrap();
        for link in links {
            assert!(std::fs::read(&link).unwrap().iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_state_as_large_as_is_allowed_is_kept_whole_and_a_damaged_key_signs_nothing() {
        let (vault, alias) = (vault("large"), HardwareAlias::random());
        vault.create(&alias, HardwareLevel::Software).unwrap();
        vault.keep_state(&alias, &[7; MAX_STATE_BYTES]).unwrap();
        assert_eq!(vault.state(&alias).unwrap(), [7; MAX_STATE_BYTES]);
        assert!(vault.keep_state(&alias, &[8; MAX_STATE_BYTES + 1]).is_err());
        assert_eq!(vault.state(&alias).unwrap(), [7; MAX_STATE_BYTES]);
        std::fs::write(vault.key_path(&alias), [1; 31]).unwrap();
        assert!(matches!(vault.mac(&alias, b"x"), Err(HardwareError::Damaged)));
        let stranger = HardwareAlias::random();
        assert!(matches!(vault.keep_state(&stranger, b"x"), Err(HardwareError::NoSuchKey)));
    }

    #[test]
    fn the_folder_of_a_home_stands_beside_it_under_its_name() {
        let beside = FolderVault::beside(Path::new("/somewhere/notes")).unwrap();
        assert_eq!(beside.folder, Path::new("/somewhere/notes.hardware"));
        assert!(FolderVault::beside(Path::new("/")).is_err());
    }
}

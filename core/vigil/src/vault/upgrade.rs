//! From the first format of key files to the present one, at the first right passphrase after an update.
//! It promises that the home opens at every moment of it, and that the old key file opens nothing afterwards on this device.

use super::create::{establish, make_database, put_first_in_place, remembered};
use super::options::HomeOptions;
use super::pins::remembered_small;
use crate::error::{Result, VigilError};
use crate::keys::{
    AnyKeyFile, Content, DatabaseName, HardwareAlias, HardwareLevel, HardwareVault, Header, KeyFile, KeyFile1,
    Passphrase, Profile, Secret, random_bytes,
};
use crate::store::{Setting, Store, StoreError, settings};
use ring::digest::{SHA256, digest};
use std::path::Path;

/// A hardware key that does nothing but be there: the key file with this salt was replaced.
fn witness(salt: &[u8]) -> HardwareAlias {
    let digest = digest(&SHA256, &[b"vigil/2 was replaced".as_slice(), salt].concat());
    let mut alias = [0; 16];
    alias.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    HardwareAlias(alias)
}

/// Replaces a key file of the first format. A wrong passphrase is not counted yet: the file alone opens, on any device.
pub(super) fn upgrade(
    home: &Path,
    former: &KeyFile1,
    passphrase: &Passphrase,
    options: &HomeOptions,
    hardware: &dyn HardwareVault,
) -> Result<KeyFile> {
    if hardware.exists(&witness(former.salt()))? {
        return Err(VigilError::RestoredBackup);
    }
    let whole = Content { profile: Profile::Whole, database: DatabaseName::FORMER, key: former.open(passphrase)? };
    let path = home.join(whole.database.file_name());
    if !path.exists() {
        return Err(VigilError::DatabaseDamaged { detail: "the file is missing" });
    }
    let store = Store::open(&path, &whole.key)?;
    if remembered_small(&store)?.is_none() {
        let small = Content { profile: Profile::Small, database: DatabaseName::random(), key: Secret::random() };
        let name = settings::get(store.read(), Setting::OwnName)?.unwrap_or_default();
        make_database(home, &small, &String::from_utf8_lossy(&name))?;
        store.in_transaction(|tx| {
            settings::set(tx, Setting::SmallProfile, &remembered(&small))?;
            settings::set_number(tx, Setting::Opened, 1)?;
            settings::set(tx, Setting::FormerSalt, former.salt())
        })?;
    }
    drop(store);
    let header = Header::new(HardwareAlias::random(), options.stretching.cost(), options.wipe_after);
    let stretched = header.stretch(passphrase)?;
    let slot = usize::from(random_bytes::<1>()[0] & 1);
    let file = establish(home, header, slot, (&stretched, &whole), options, hardware)?;
    put_first_in_place(home, &file, hardware)?;
    match AnyKeyFile::read(&super::key_path(home))? {
        AnyKeyFile::Present(file) => Ok(file),
        AnyKeyFile::First(_) => Err(VigilError::internal("the key file was not replaced")),
    }
}

/// Makes sure that the hardware remembers the replacing of a key file of the first format.
pub(super) fn keep_witness(store: &Store, hardware: &dyn HardwareVault) -> Result<()> {
    let Some(salt) = settings::get(store.read(), Setting::FormerSalt)? else { return Ok(()) };
    hardware.create(&witness(&salt), HardwareLevel::Software)?;
    store.in_transaction(|tx| settings::remove(tx, Setting::FormerSalt)).or_else(|error: StoreError| match error {
        // It is tried again next time.
        StoreError::Disk(_) => Ok(()),
        other => Err(other.into()),
    })
}

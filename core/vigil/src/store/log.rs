//! The membership log as this device holds it, and the private halves of epochs.
//! Entries written here stay unconfirmed until the server has taken them, and can be replaced until then.

use super::StoreError;
use crate::keys::Secret;
use rusqlite::{Connection, OptionalExtension, Transaction};

pub(crate) fn entries(connection: &Connection) -> Result<Vec<(Vec<u8>, bool)>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT entry, confirmed FROM log_entry ORDER BY position")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? != 0)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn append(tx: &Transaction<'_>, position: u64, entry: &[u8], confirmed: bool) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO log_entry VALUES (?1, ?2, ?3)")?.execute((position, entry, confirmed))?;
    Ok(())
}

pub(crate) fn confirm_below(tx: &Transaction<'_>, position: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE log_entry SET confirmed = 1 WHERE confirmed = 0 AND position < ?1")?
        .execute([position])?;
    Ok(())
}

pub(crate) fn drop_unconfirmed(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM log_entry WHERE confirmed = 0", [])?;
    Ok(())
}

pub(crate) fn epoch_key(connection: &Connection, epoch: u32) -> Result<Option<Secret<32>>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT private_key FROM epoch_key WHERE epoch = ?1")?;
    let bytes: Option<zeroize::Zeroizing<Vec<u8>>> =
        statement.query_row([epoch], |row| row.get(0).map(zeroize::Zeroizing::new)).optional()?;
    Ok(bytes.and_then(|bytes| Secret::from_slice(&bytes)))
}

pub(crate) fn set_epoch_key(tx: &Transaction<'_>, epoch: u32, key: &Secret<32>) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO epoch_key VALUES (?1, ?2)")?.execute((epoch, key.expose().as_slice()))?;
    Ok(())
}

pub(crate) fn forget_epochs_after(tx: &Transaction<'_>, epoch: u32) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM epoch_key WHERE epoch > ?1")?.execute([epoch])?;
    Ok(())
}

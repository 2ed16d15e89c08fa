//! Batches that were carried here before this device knows their author or enough of the log to judge them.
//! They promise to wait within named limits, a device and in total, whoever fills them.

use super::StoreError;
use rusqlite::{Connection, Transaction};
use vigil_protocol::{DeviceId, Hash};

/// Most batches of one device that wait.
const MAX_OF_DEVICE: u64 = 1_024;
/// Most bytes of one device's.
const MAX_BYTES_OF_DEVICE: u64 = 4 * 1024 * 1024;
/// Most batches of all devices that wait.
const MAX_IN_ALL: u64 = 8_192;
/// Most bytes of all.
const MAX_BYTES_IN_ALL: u64 = 32 * 1024 * 1024;

/// Keeps a batch. `false` if there is no room for it.
pub(crate) fn keep(tx: &Transaction<'_>, digest: &Hash, device: &DeviceId, batch: &[u8]) -> Result<bool, StoreError> {
    tx.prepare_cached("INSERT INTO carried_batch VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?.execute((
        digest.as_bytes(),
        device.as_bytes(),
        batch,
    ))?;
    let count = "SELECT count(*), coalesce(sum(length(batch)), 0) FROM carried_batch";
    let sizes = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?));
    let own = tx.prepare_cached(&format!("{count} WHERE device = ?1"))?.query_row([device.as_bytes()], sizes)?;
    let all = tx.prepare_cached(count)?.query_row([], sizes)?;
    let own_fit = own.0 <= MAX_OF_DEVICE && own.1 <= MAX_BYTES_OF_DEVICE;
    Ok(own_fit && all.0 <= MAX_IN_ALL && all.1 <= MAX_BYTES_IN_ALL)
}

pub(crate) fn count(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM carried_batch")?.query_row([], |row| row.get(0))?)
}

/// The devices whose batches wait.
pub(crate) fn devices(connection: &Connection) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT device FROM carried_batch ORDER BY device")?;
    let rows = statement.query_map([], |row| row.get(0).map(DeviceId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What waits of one device.
pub(crate) fn of_device(connection: &Connection, device: &DeviceId) -> Result<Vec<(Hash, Vec<u8>)>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT digest, batch FROM carried_batch WHERE device = ?1 ORDER BY digest")?;
    let rows = statement.query_map([device.as_bytes()], |row| Ok((Hash(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn forget(tx: &Transaction<'_>, digest: &Hash) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM carried_batch WHERE digest = ?1")?.execute([digest.as_bytes()])?;
    Ok(())
}

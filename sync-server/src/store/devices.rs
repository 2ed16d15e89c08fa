//! What the server counts for each device: its request counter, how much it stored, and whether it is suspended.
//! A raised counter promises to be durable before the request that raised it is acted on (PROTOCOL 13).

use super::{signed, unsigned};
use crate::error::ServerError;
use crate::limits;
use rusqlite::{Connection, Transaction, params};
use vigil_protocol::{DeviceId, SpaceId};

/// What is counted for one device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceAccount {
    pub(crate) suspended: bool,
    pub(crate) items: u64,
    pub(crate) bytes: u64,
}

/// The spaces with a device of this name, in the order in which they took it in.
pub(crate) fn spaces_of(connection: &Connection, device: &DeviceId) -> Result<Vec<SpaceId>, ServerError> {
    let mut statement =
        connection.prepare_cached("SELECT space FROM device WHERE device = ?1 ORDER BY arrival LIMIT ?2")?;
    let most = signed(limits::MAX_SPACES_OF_DEVICE as u64);
    let spaces = statement.query_map(params![device.as_bytes(), most], |row| row.get(0).map(SpaceId))?;
    Ok(spaces.collect::<Result<_, _>>()?)
}

/// Opens an account for a device that the log has added.
pub(crate) fn insert(transaction: &Transaction<'_>, space: &SpaceId, device: &DeviceId) -> Result<(), ServerError> {
    transaction
        .prepare_cached("INSERT INTO device (space, device) VALUES (?1, ?2)")?
        .execute(params![space.as_bytes(), device.as_bytes()])?;
    Ok(())
}

/// The highest request counter held.
pub(crate) fn request_counter(connection: &Connection, space: &SpaceId, device: &DeviceId) -> Result<u64, ServerError> {
    let counter = connection
        .prepare_cached("SELECT request_counter FROM device WHERE space = ?1 AND device = ?2")?
        .query_row(params![space.as_bytes(), device.as_bytes()], |row| row.get(0).map(unsigned))?;
    Ok(counter)
}

/// Raises the request counter. False if it would not rise. Outside a transaction it is durable when this returns.
pub(crate) fn raise_request_counter(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
    counter: u64,
) -> Result<bool, ServerError> {
    let changed = connection
        .prepare_cached(
            "UPDATE device SET request_counter = ?3 WHERE space = ?1 AND device = ?2 AND request_counter < ?3",
        )?
        .execute(params![space.as_bytes(), device.as_bytes(), signed(counter)])?;
    Ok(changed == 1)
}

/// The device's account.
pub(crate) fn account(
    connection: &Connection,
    space: &SpaceId,
    device: &DeviceId,
) -> Result<DeviceAccount, ServerError> {
    let account = connection
        .prepare_cached("SELECT suspended, items, bytes FROM device WHERE space = ?1 AND device = ?2")?
        .query_row(params![space.as_bytes(), device.as_bytes()], |row| {
            Ok(DeviceAccount {
                suspended: row.get::<_, i64>(0)? != 0,
                items: unsigned(row.get(1)?),
                bytes: unsigned(row.get(2)?),
            })
        })?;
    Ok(account)
}

/// Suspends an author (PROTOCOL 11).
pub(crate) fn suspend(transaction: &Transaction<'_>, space: &SpaceId, device: &DeviceId) -> Result<(), ServerError> {
    transaction
        .prepare_cached("UPDATE device SET suspended = 1 WHERE space = ?1 AND device = ?2")?
        .execute(params![space.as_bytes(), device.as_bytes()])?;
    Ok(())
}

/// Counts what was stored or destroyed.
pub(crate) fn add_usage(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    device: &DeviceId,
    (items, bytes): (i64, i64),
) -> Result<(), ServerError> {
    transaction
        .prepare_cached(
            "UPDATE device SET items = max(0, items + ?3), bytes = max(0, bytes + ?4) WHERE space = ?1 AND device = ?2",
        )?
        .execute(params![space.as_bytes(), device.as_bytes(), items, bytes])?;
    Ok(())
}

//! What a bundle of evidence takes from the store: a record's original items with the headers that signed them, headers
//! around those, and saves that no server has acknowledged. It only reads.

use super::StoreError;
use super::outbox::Pending;
use rusqlite::Connection;
use vigil_protocol::{DeviceId, RecordId};

/// A batch header as it was signed, with its signature.
pub(crate) struct Signed {
    pub(crate) header: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// An original item with the batch that it came in.
pub(crate) struct Original {
    pub(crate) signed: Signed,
    pub(crate) place: u32,
    pub(crate) item: Vec<u8>,
}

/// The original items of a record by author, chain, number and place, at most `limit`.
pub(crate) fn originals(connection: &Connection, record: &RecordId, limit: usize) -> Result<Vec<Original>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT b.header, b.signature, e.place, e.item FROM envelope e JOIN batch b USING (device, chain, number)
         WHERE e.record = ?1 ORDER BY e.device, e.chain, e.number, e.place LIMIT ?2",
    )?;
    let rows = statement.query_map((record.as_bytes(), limit), |row| {
        let signed = Signed { header: row.get(0)?, signature: row.get(1)? };
        Ok(Original { signed, place: row.get(2)?, item: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The headers of an author's chain between two numbers, both included, that are held here; at most `limit`.
pub(crate) fn headers_between(
    connection: &Connection,
    device: &DeviceId,
    (first, last): (u64, u64),
    limit: usize,
) -> Result<Vec<Signed>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT header, signature FROM batch WHERE device = ?1 AND chain = 0 AND number BETWEEN ?2 AND ?3
         ORDER BY number LIMIT ?4",
    )?;
    let rows = statement.query_map((device.as_bytes(), first, last, limit), |row| {
        Ok(Signed { header: row.get(0)?, signature: row.get(1)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What proves that an author signed two batches under one number between two: the second, header and signature.
pub(crate) fn contradictions(
    connection: &Connection,
    device: &DeviceId,
    (first, last): (u64, u64),
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT second FROM equivocation WHERE device = ?1 AND counter BETWEEN ?2 AND ?3 ORDER BY counter",
    )?;
    let rows = statement.query_map((device.as_bytes(), first, last), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The saves of a record that no server has acknowledged, oldest first.
pub(crate) fn unacknowledged(connection: &Connection, record: &RecordId) -> Result<Vec<Pending>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT number, record, content FROM pending WHERE record = ?1 ORDER BY number")?;
    let rows = statement.query_map([record.as_bytes()], |row| {
        Ok(Pending { number: row.get(0)?, record: RecordId(row.get(1)?), content: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many items of a record came and could not be taken in.
pub(crate) fn count_parked(connection: &Connection, record: &RecordId) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM parked WHERE record = ?1")?;
    Ok(statement.query_row([record.as_bytes()], |row| row.get(0))?)
}

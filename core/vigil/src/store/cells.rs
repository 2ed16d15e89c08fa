//! Everything that a database holds, for tests that look for what must not be there.
//! It promises to leave nothing out: every column of every row of every table, the index's own tables too.

use super::StoreError;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use vigil_protocol::RecordId;

/// Every cell that is not empty; numbers as their digits.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let tables = tables.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    let mut cells = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{}\"", table.replace('"', "\"\"")))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                cells.extend(match row.get_ref(column)? {
                    ValueRef::Null => None,
                    ValueRef::Integer(number) => Some(number.to_string().into_bytes()),
                    ValueRef::Real(number) => Some(number.to_string().into_bytes()),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
                });
            }
        }
    }
    Ok(cells)
}

/// An original item with its header and its place in the batch.
pub(crate) struct Original {
    pub(crate) record: RecordId,
    pub(crate) header: Vec<u8>,
    pub(crate) place: u32,
    pub(crate) item: Vec<u8>,
}

/// Every original item that is kept.
pub(crate) fn originals(connection: &Connection) -> Result<Vec<Original>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT e.record, b.header, e.place, e.item FROM envelope e JOIN batch b USING (device, chain, number)",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Original { record: RecordId(row.get(0)?), header: row.get(1)?, place: row.get(2)?, item: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Header, place in the batch, item.
pub(crate) type SealedItem = (Vec<u8>, u32, Vec<u8>);

/// Every sealed item with its header, also of those that could not be taken in, and those that were sent and are kept until
/// somebody says that they were received.
pub(crate) fn sealed_items(connection: &Connection) -> Result<Vec<SealedItem>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT b.header, e.place, e.item FROM envelope e JOIN batch b USING (device, chain, number)
         UNION ALL
         SELECT b.header, p.place, p.item FROM parked p JOIN batch b USING (device, chain, number)
         UNION ALL
         SELECT b.header, k.place, k.item FROM kept_item k JOIN batch b
         ON b.number = k.counter AND b.chain = 0 AND b.device = (SELECT value FROM setting WHERE name = 'device_id')",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

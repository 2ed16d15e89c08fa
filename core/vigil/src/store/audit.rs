//! What an auditor's view and its grants ask of the store. It only reads.

use super::StoreError;
use rusqlite::Connection;
use vigil_protocol::RecordId;

/// All records of a kind, oldest first.
pub(crate) fn of_kind(connection: &Connection, kind: &str) -> Result<Vec<RecordId>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM record WHERE kind = ?1 ORDER BY created_at, number")?;
    let rows = statement.query_map([kind], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many records were erased here.
pub(crate) fn count_erased(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.prepare_cached("SELECT count(*) FROM tombstone")?.query_row([], |row| row.get(0))?)
}

//! Instruments that a programme brought: the files as they came, named by id, version and digest.
//! What a file says promises to stay as it was added; another file under the same name stands beside it.

use super::StoreError;
use rusqlite::{Connection, Row, Transaction};

/// An instrument as it lies here.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredInstrument {
    pub(crate) id: String,
    pub(crate) version: u32,
    /// SHA-256 of its canonical form.
    pub(crate) digest: [u8; 32],
    /// The file as it came.
    pub(crate) file: String,
    /// When, in milliseconds since 1970 by this device's clock.
    pub(crate) added_at: i64,
}

const COLUMNS: &str = "id, version, digest, file, added_at";

fn from_row(row: &Row<'_>) -> rusqlite::Result<StoredInstrument> {
    Ok(StoredInstrument {
        id: row.get(0)?,
        version: row.get(1)?,
        digest: row.get(2)?,
        file: row.get(3)?,
        added_at: row.get(4)?,
    })
}

/// Adds a file, or puts it in the place of one with the same digest: the same instrument, otherwise laid out or signed.
pub(crate) fn put(
    tx: &Transaction<'_>,
    (id, version, digest): (&str, u32, [u8; 32]),
    file: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO instruments VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id, version, digest) DO UPDATE SET file = excluded.file",
    )?
    .execute((id, version, digest.as_slice(), file, now))?;
    Ok(())
}

/// The files under this name whose digest begins so, oldest first. Without a beginning, or with a short one, there may
/// be several: which of them is meant is for the caller.
pub(crate) fn get(
    connection: &Connection,
    id: &str,
    version: u32,
    digest: Option<&[u8]>,
) -> Result<Vec<StoredInstrument>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM instruments
         WHERE id = ?1 AND version = ?2 AND substr(digest, 1, length(?3)) = ?3 ORDER BY added_at, digest"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((id, version, digest.unwrap_or_default()), from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every file, by name; under one name oldest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<StoredInstrument>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM instruments ORDER BY id, version, added_at, digest");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled() -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::store::migrate::migrate(&mut connection).unwrap();
        let tx = connection.transaction().unwrap();
        let mut twin = [7; 32];
        twin[8] = 8;
        put(&tx, ("valley.bus_park", 1, [7; 32]), "first", 20).unwrap();
        put(&tx, ("valley.bus_park", 1, twin), "twin", 10).unwrap();
        put(&tx, ("valley.bus_park", 1, [9; 32]), "another", 30).unwrap();
        put(&tx, ("valley.bus_park", 2, [1; 32]), "newer", 40).unwrap();
        put(&tx, ("valley.bus_park", 2, [1; 32]), "newer, signed", 50).unwrap();
        tx.commit().unwrap();
        connection
    }

    fn files(found: Vec<StoredInstrument>) -> Vec<String> {
        found.into_iter().map(|one| one.file).collect()
    }

    #[test]
    fn a_file_stands_beside_others_of_its_name_and_is_found_by_the_beginning_of_its_digest() {
        let connection = filled();
        let get = |version, digest: Option<&[u8]>| files(get(&connection, "valley.bus_park", version, digest).unwrap());
        assert_eq!(get(1, None), ["twin", "first", "another"]);
        assert_eq!(get(1, Some(&[7; 8])), ["twin", "first"]);
        assert_eq!(get(1, Some(&[7; 9])), ["first"]);
        assert_eq!(get(1, Some(&[9; 32])), ["another"]);
        assert_eq!(get(2, Some(&[1; 8])), ["newer, signed"]);
        assert!(get(2, Some(&[7; 8])).is_empty() && get(3, None).is_empty() && get(1, Some(&[7; 33])).is_empty());
    }

    #[test]
    fn all_are_listed_by_name() {
        let all = list(&filled()).unwrap();
        assert_eq!(files(all.clone()), ["twin", "first", "another", "newer, signed"]);
        assert_eq!(
            (all[1].id.as_str(), all[1].version, all[1].digest, all[1].added_at),
            ("valley.bus_park", 1, [7; 32], 20)
        );
        assert_eq!(all[3].added_at, 40);
    }
}

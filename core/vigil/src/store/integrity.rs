//! Looking for damage that opening does not meet: every page, every index, every reference, the search index.
//! It reads the whole database, so it is for tests and for a person who asks, not for every start.

use super::StoreError;
use rusqlite::Connection;

/// What is wrong, in SQLite's words, which name tables and pages and never content. Nothing is wrong if it is empty.
pub(crate) fn damage(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for pragma in ["cipher_integrity_check", "integrity_check", "foreign_key_check"] {
        let mut statement = connection.prepare(&format!("PRAGMA {pragma}"))?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        for row in rows {
            let row = row?;
            if row != "ok" {
                found.push(format!("{pragma}: {row}"));
            }
        }
    }
    if connection.execute("INSERT INTO search (search) VALUES ('integrity-check')", []).is_err() {
        found.push("the search index does not fit its table".to_owned());
    }
    Ok(found)
}

//! Migrations of the database, each in one transaction with the version that it reaches.
//! They promise never to touch a database that a newer server wrote.

use crate::error::ServerError;
use crate::identity;
use rusqlite::Connection;

const MIGRATIONS: &[&str] = &[include_str!("migrations/001_first.sql"), include_str!("migrations/002_identity.sql")];

/// Brings the schema up to date.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), ServerError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(ServerError::NewerSchema { found, known });
    }
    let done = usize::try_from(found).map_err(|_| ServerError::DamagedRow { what: "schema version" })?;
    for (migration, version) in MIGRATIONS.iter().zip(1i64..).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        if version == 1 {
            let incarnation: [u8; 16] = identity::random()?;
            transaction.execute("INSERT INTO life (only, incarnation) VALUES (1, ?1)", [incarnation])?;
        }
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_server_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(migrate(&mut connection), Err(ServerError::NewerSchema { found: 99, known: 2 })));
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let life =
            |c: &Connection| c.query_row("SELECT incarnation FROM life", [], |r| r.get::<_, [u8; 16]>(0)).unwrap();
        let before = life(&connection);
        migrate(&mut connection).unwrap();
        assert_eq!(life(&connection), before);
    }
}

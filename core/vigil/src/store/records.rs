//! Records as lists, search and show need them: columns, document, events, search text.
//! Listing and searching read columns and never a document.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Transaction};
use vigil_protocol::{DeviceId, RecordId, Timestamp};

/// What lists show of a record.
#[derive(Clone, PartialEq)]
pub(crate) struct Columns {
    pub(crate) kind: String,
    pub(crate) creator: DeviceId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) title: String,
    pub(crate) place: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) points: Option<i64>,
    pub(crate) band: Option<String>,
    pub(crate) people: Option<i64>,
    pub(crate) minutes: Option<i64>,
    pub(crate) conflicts: u32,
    pub(crate) hidden: bool,
}

/// What finds a record: words for the search, links to other records.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct SearchText {
    pub(crate) words: String,
    pub(crate) links: Vec<Vec<u8>>,
    /// Links of persons who were let go and whose records the decider did not hold.
    pub(crate) let_go: Vec<Vec<u8>>,
}

/// A row of a list.
pub(crate) struct Row {
    pub(crate) id: RecordId,
    pub(crate) columns: Columns,
    pub(crate) unsent: u32,
}

/// Which rows a list wants.
#[derive(Clone, Default)]
pub(crate) struct ListFilter {
    pub(crate) kind: Option<String>,
    pub(crate) only_conflicts: bool,
    /// A kind that is left out.
    pub(crate) without: Option<&'static str>,
    /// Also those that somebody took out of the lists.
    pub(crate) hidden: bool,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

const COLUMNS: &str = "r.id, r.kind, r.creator, r.created_at, r.updated_at, r.title, r.place, r.outcome, r.points, \
                       r.band, r.people, r.minutes, r.conflicts, r.unsent, r.hidden";

fn from_row(row: &SqlRow<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: RecordId(row.get(0)?),
        columns: Columns {
            kind: row.get(1)?,
            creator: DeviceId(row.get(2)?),
            created_at: Timestamp(row.get(3)?),
            updated_at: Timestamp(row.get(4)?),
            title: row.get(5)?,
            place: row.get(6)?,
            outcome: row.get(7)?,
            points: row.get(8)?,
            band: row.get(9)?,
            people: row.get(10)?,
            minutes: row.get(11)?,
            conflicts: row.get(12)?,
            hidden: row.get(14)?,
        },
        unsent: row.get(13)?,
    })
}

pub(crate) fn list(connection: &Connection, filter: &ListFilter) -> Result<Vec<Row>, StoreError> {
    let condition = match (&filter.kind, filter.only_conflicts) {
        (Some(_), false) => "WHERE r.kind = ?1",
        (None, false) => "WHERE ?1 IS NULL",
        (Some(_), true) => "WHERE r.conflicts > 0 AND r.kind = ?1",
        (None, true) => "WHERE r.conflicts > 0 AND ?1 IS NULL",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM record r {condition} AND r.kind IS NOT ?4 AND (?5 OR r.hidden = 0)
         ORDER BY r.created_at DESC, r.number DESC LIMIT ?2 OFFSET ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows =
        statement.query_map((&filter.kind, filter.limit, filter.offset, filter.without, filter.hidden), from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Full-text search, newest record first. Every term must occur; a term also finds words that it begins.
pub(crate) fn search(connection: &Connection, text: &str, limit: u32) -> Result<Vec<Row>, StoreError> {
    let terms: Vec<String> = text
        .split_whitespace()
        .take(MAX_SEARCH_TERMS)
        .map(|term| format!("\"{}\"*", term.replace('"', "\"\"")))
        .collect();
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM search JOIN record r ON r.number = search.rowid
         WHERE search MATCH ?1 AND r.hidden = 0 ORDER BY search.rowid DESC LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map((terms.join(" "), limit), from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Most words that one search looks for.
pub(crate) const MAX_SEARCH_TERMS: usize = 16;

pub(crate) fn get(connection: &Connection, id: &RecordId) -> Result<Option<Row>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM record r WHERE r.id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([id.as_bytes()], from_row).optional()?)
}

/// Ids between two, both included, at most `limit`: all that begin with the same digits.
pub(crate) fn between(
    connection: &Connection,
    (first, last): (&RecordId, &RecordId),
    limit: u32,
) -> Result<Vec<RecordId>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM record WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3")?;
    let rows = statement.query_map((first.as_bytes(), last.as_bytes(), limit), |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn facts(connection: &Connection, id: &RecordId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT d.facts FROM document d JOIN record r ON r.number = d.record WHERE r.id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// The random part of this device's actor id in this record.
pub(crate) fn actor(connection: &Connection, id: &RecordId) -> Result<Option<[u8; 8]>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT d.actor FROM document d JOIN record r ON r.number = d.record WHERE r.id = ?1")?;
    Ok(statement.query_row([id.as_bytes()], |row| row.get::<_, Option<[u8; 8]>>(0)).optional()?.flatten())
}

/// The signed events of a record, in no particular order.
pub(crate) fn events(connection: &Connection, id: &RecordId) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT e.event FROM event e JOIN record r ON r.number = e.record WHERE r.id = ?1")?;
    let rows = statement.query_map([id.as_bytes()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a record's document and columns.
pub(crate) fn put(
    tx: &Transaction<'_>,
    id: &RecordId,
    columns: &Columns,
    facts: &[u8],
    own_actor: Option<&[u8; 8]>,
    text: &SearchText,
) -> Result<(), StoreError> {
    let search_text = text.words.as_str();
    let number: i64 = tx
        .prepare_cached(
            "INSERT INTO record (id, kind, creator, created_at, updated_at, title, place, outcome, points, band, people,
                                 minutes, conflicts, hidden, unsent)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 0)
             ON CONFLICT (id) DO UPDATE SET
                 kind = ?2, created_at = ?4, updated_at = ?5, title = ?6, place = ?7, outcome = ?8, points = ?9,
                 band = ?10, people = ?11, minutes = ?12, conflicts = ?13, hidden = ?14
             RETURNING number",
        )?
        .query_row(
            (
                id.as_bytes(),
                &columns.kind,
                columns.creator.as_bytes(),
                columns.created_at.0,
                columns.updated_at.0,
                &columns.title,
                &columns.place,
                &columns.outcome,
                columns.points,
                &columns.band,
                columns.people,
                columns.minutes,
                columns.conflicts,
                columns.hidden,
            ),
            |row| row.get(0),
        )?;
    tx.prepare_cached(
        "INSERT INTO document VALUES (?1, ?2, ?3)
         ON CONFLICT (record) DO UPDATE SET facts = excluded.facts, actor = ifnull(excluded.actor, actor)",
    )?
    .execute((number, facts, own_actor))?;
    let known: Option<String> = tx
        .prepare_cached("SELECT text FROM search WHERE rowid = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    match known {
        Some(text) if text == search_text => {}
        Some(_) => {
            tx.prepare_cached("UPDATE search SET text = ?2 WHERE rowid = ?1")?.execute((number, search_text))?;
        }
        None => {
            tx.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?.execute((number, search_text))?;
        }
    }
    let mut link = tx.prepare_cached("INSERT INTO record_link VALUES (?1, ?2) ON CONFLICT DO NOTHING")?;
    for bytes in &text.links {
        link.execute((bytes, number))?;
    }
    for bytes in &text.let_go {
        tx.prepare_cached("INSERT INTO let_go_link VALUES (?1) ON CONFLICT DO NOTHING")?.execute([bytes])?;
    }
    Ok(())
}

/// Screenings that no instrument of this device has scored.
pub(crate) fn without_points(connection: &Connection) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM record WHERE kind = 'screening' AND points IS NULL AND band IS NULL")?;
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
    let ids = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.iter().filter_map(|id| RecordId::from_slice(id)).collect())
}

/// Other records that share a link with this one.
pub(crate) fn linked(connection: &Connection, record: &RecordId) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT other.id FROM record r
         JOIN record_link mine ON mine.record = r.number
         JOIN record_link theirs ON theirs.link = mine.link AND theirs.record != r.number
         JOIN record other ON other.number = theirs.record
         WHERE r.id = ?1 ORDER BY other.number",
    )?;
    let rows = statement.query_map([record.as_bytes()], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records of persons with this link.
pub(crate) fn persons_with_link(connection: &Connection, link: &[u8]) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT r.id FROM record_link l JOIN record r ON r.number = l.record WHERE l.link = ?1 AND r.kind = 'person'",
    )?;
    let rows = statement.query_map([link], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records of persons whom somebody let go.
pub(crate) fn persons_let_go(connection: &Connection) -> Result<Vec<RecordId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT r.id FROM let_go_link g JOIN record_link l ON l.link = g.link JOIN record r ON r.number = l.record
         WHERE r.kind = 'person'",
    )?;
    let rows = statement.query_map([], |row| row.get(0).map(RecordId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps a signed event. One that is held already stays as it is.
pub(crate) fn put_event(
    tx: &Transaction<'_>,
    record: &RecordId,
    id: &[u8; 32],
    event: &[u8],
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO event (record, id, event) SELECT number, ?1, ?3 FROM record WHERE id = ?2 ON CONFLICT DO NOTHING",
    )?
    .execute((id, record.as_bytes(), event))?;
    Ok(())
}

/// Counts one more save of the record that is not acknowledged, or one less.
pub(crate) fn add_unsent(tx: &Transaction<'_>, record: &RecordId, change: i64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE record SET unsent = max(unsent + ?2, 0) WHERE id = ?1")?
        .execute((record.as_bytes(), change))?;
    Ok(())
}

/// Removes a record: columns, document, events, search text, links.
pub(super) fn remove(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM search WHERE rowid = (SELECT number FROM record WHERE id = ?1)")?
        .execute([record.as_bytes()])?;
    tx.prepare_cached("DELETE FROM record WHERE id = ?1")?.execute([record.as_bytes()])?;
    Ok(())
}

/// Erases a record. Its id stays as a tombstone.
pub(crate) fn erase(tx: &Transaction<'_>, record: &RecordId) -> Result<(), StoreError> {
    remove(tx, record)?;
    tx.prepare_cached("INSERT INTO tombstone VALUES (?1) ON CONFLICT DO NOTHING")?.execute([record.as_bytes()])?;
    Ok(())
}

pub(crate) fn is_erased(connection: &Connection, record: &RecordId) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM tombstone WHERE record = ?1")?;
    Ok(statement.exists([record.as_bytes()])?)
}

/// How many records there are, without those of one kind.
pub(crate) fn count(connection: &Connection, without: Option<&str>) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM record WHERE kind IS NOT ?1")?;
    Ok(statement.query_row([without], |row| row.get(0))?)
}

pub(crate) fn count_conflicts(connection: &Connection) -> Result<u64, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT ifnull(sum(conflicts), 0) FROM record WHERE conflicts > 0")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::TransactionBehavior;

    /// Writes and erases a record in a plain database, so that the file can be read, and says whether its word is left.
    fn left_behind(name: &str, secure: bool) -> bool {
        let path = std::env::temp_dir().join(format!("vigil-residue-{name}-{}.db", std::process::id()));
        std::fs::remove_file(&path).ok();
        let mut connection = Connection::open(&path).unwrap();
        crate::store::migrate::migrate(&mut connection).unwrap();
        connection.pragma_update(None, "secure_delete", secure).unwrap();
        connection.execute("INSERT INTO search (search, rank) VALUES ('secure-delete', ?1)", [secure]).unwrap();
        let columns = Columns {
            kind: "sighting".into(),
            creator: DeviceId([1; 16]),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            title: "sighting".into(),
            place: None,
            outcome: None,
            points: None,
            band: None,
            people: None,
            minutes: None,
            conflicts: 0,
            hidden: false,
        };
        let ids: Vec<RecordId> = (0..200u8).map(|number| RecordId([number; 16])).collect();
        for id in &ids {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
            let words = if id.0[0] == 100 { "xylophonist".into() } else { format!("other words {id}") };
            let text = SearchText { words, ..SearchText::default() };
            put(&tx, id, &columns, b"facts", None, &text).unwrap();
            tx.commit().unwrap();
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        erase(&tx, &RecordId([100; 16])).unwrap();
        tx.commit().unwrap();
        drop(connection);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        bytes.windows(11).any(|window| window == b"xylophonist")
    }

    #[test]
    fn an_erased_record_leaves_no_word_in_the_file() {
        assert!(!left_behind("secure", true));
        // The positive control: without secure deletion the same search finds it.
        assert!(left_behind("insecure", false));
    }

    #[test]
    fn listing_and_searching_read_no_document() {
        let mut connection = Connection::open_in_memory().unwrap();
        crate::store::migrate::migrate(&mut connection).unwrap();
        // A list must still work when there are no documents at all.
        connection.execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE document; DROP TABLE event").unwrap();
        assert!(list(&connection, &ListFilter { limit: 10, ..ListFilter::default() }).unwrap().is_empty());
        assert!(search(&connection, "word", 10).unwrap().is_empty());
    }
}

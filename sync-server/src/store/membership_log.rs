//! The membership logs and the views that follow from them.
//! A view in memory promises to be the one that the committed log gives; it is dropped when in doubt.

use super::signed;
use crate::error::ServerError;
use crate::limits;
use rusqlite::{Connection, Transaction, params};
use std::collections::HashMap;
use std::sync::Arc;
use vigil_protocol::{LogEntry, Membership, SpaceId, Timestamp};

/// Views of spaces that were used lately.
#[derive(Default)]
pub(crate) struct Views(HashMap<SpaceId, Arc<Membership>>);

impl Views {
    /// The view of a space, from memory or from its log. `None` if there is no such space.
    pub(crate) fn get(
        &mut self,
        connection: &Connection,
        space: &SpaceId,
    ) -> Result<Option<Arc<Membership>>, ServerError> {
        if let Some(view) = self.0.get(space) {
            return Ok(Some(Arc::clone(view)));
        }
        let mut statement =
            connection.prepare_cached("SELECT entry FROM log_entry WHERE space = ?1 ORDER BY position")?;
        let mut rows = statement.query([space.as_bytes()])?;
        let mut view: Option<Membership> = None;
        while let Some(row) = rows.next()? {
            let entry = read(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
            let damaged = |_| ServerError::DamagedRow { what: "membership log" };
            match &mut view {
                None => view = Some(Membership::from_genesis(&entry).map_err(damaged)?),
                Some(view) => view.append(&entry).map_err(damaged)?,
            }
        }
        let Some(view) = view.map(Arc::new) else { return Ok(None) };
        self.put(Arc::clone(&view));
        Ok(Some(view))
    }

    /// Keeps a view, after its log was committed.
    pub(crate) fn put(&mut self, view: Arc<Membership>) {
        if self.0.len() >= limits::MAX_CACHED_SPACES
            && !self.0.contains_key(&view.space())
            && let Some(other) = self.0.keys().next().copied()
        {
            self.0.remove(&other);
        }
        self.0.insert(view.space(), view);
    }

    /// Forgets all views.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

fn read(bytes: &[u8]) -> Result<LogEntry, ServerError> {
    LogEntry::from_bytes(bytes).map_err(|_| ServerError::DamagedRow { what: "log entry" })
}

/// Stores an entry that the view has accepted, with the time at which it came.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    entry: &LogEntry,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), ServerError> {
    transaction
        .prepare_cached("INSERT INTO log_entry (space, position, entry, stored_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![entry.space.as_bytes(), signed(entry.index), bytes, now.0])?;
    Ok(())
}

/// When an entry came, by this server's clock.
pub(crate) fn stored_at(
    transaction: &Transaction<'_>,
    space: &SpaceId,
    position: u64,
) -> Result<Timestamp, ServerError> {
    let time = transaction
        .prepare_cached("SELECT stored_at FROM log_entry WHERE space = ?1 AND position = ?2")?
        .query_row(params![space.as_bytes(), signed(position)], |row| row.get(0))?;
    Ok(Timestamp(time))
}

/// The entries from `start` on, and whether they are all there are: an answer holds a bounded number.
pub(crate) fn from(
    connection: &Connection,
    space: &SpaceId,
    start: u64,
    length: u64,
) -> Result<(Vec<LogEntry>, bool), ServerError> {
    let most = vigil_protocol::limits::MAX_LOG_ENTRIES_PER_MESSAGE;
    let mut entries = Vec::new();
    let mut bytes = 0;
    if start >= length {
        return Ok((entries, true));
    }
    let mut statement = connection
        .prepare_cached("SELECT entry FROM log_entry WHERE space = ?1 AND position >= ?2 ORDER BY position LIMIT ?3")?;
    let mut rows = statement.query(params![space.as_bytes(), signed(start), signed(most as u64)])?;
    while let Some(row) = rows.next()? {
        let entry = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        bytes += entry.len();
        if bytes > limits::MAX_LOG_BYTES_PER_ANSWER && !entries.is_empty() {
            break;
        }
        entries.push(read(entry)?);
    }
    let complete = start.saturating_add(entries.len() as u64) >= length;
    Ok((entries, complete))
}

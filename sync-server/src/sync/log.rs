//! The membership log of a request: appended by compare-and-set, entry by entry.
//! It promises that an entry counts only if it follows the log that the server holds and its times stand by the server's
//! own clock, and that sending it again is the same as sending it once.

use crate::error::ServerError;
use crate::store::{devices, membership_log, recovery};
use rusqlite::Transaction;
use std::sync::Arc;
use vigil_protocol::{DeviceId, LogBody, LogEntry, Membership, Motion, Timestamp, limits};

/// What became of a request's entries.
pub(crate) struct Appended {
    /// The view after them.
    pub(crate) view: Arc<Membership>,
    /// How many of them the log holds now, counted from the first.
    pub(crate) count: usize,
    /// Whether any of them is new.
    pub(crate) changed: bool,
}

/// Appends entries, up to the first that does not follow.
pub(crate) fn append(
    transaction: &Transaction<'_>,
    mut view: Arc<Membership>,
    entries: &[LogEntry],
    now: Timestamp,
) -> Result<Appended, ServerError> {
    let mut count = 0;
    let mut changed = false;
    for entry in entries {
        if entry.index < view.length() {
            if entry.space == view.space() && view.head_at(entry.index + 1) == Some(entry.hash()) {
                count += 1;
                continue;
            }
            break;
        }
        let bytes = entry.to_bytes();
        if bytes.len() > limits::MAX_LOG_ENTRY_BYTES
            || is_ahead(entry, now)
            || !time_has_passed(transaction, &view, entry, now)?
        {
            break;
        }
        let newcomer = newcomer(&view, entry);
        if Arc::make_mut(&mut view).append(entry).is_err() {
            break;
        }
        membership_log::append(transaction, entry, &bytes, now)?;
        if let Some(device) = newcomer {
            devices::insert(transaction, &entry.space, &device)?;
            if view.member(&device).is_some_and(|member| member.for_recovery) {
                recovery::open_to(transaction, &entry.space, &device)?;
            }
        }
        count += 1;
        changed = true;
    }
    Ok(Appended { view, count, changed })
}

/// Whether an entry claims to be from the future: its author could let a time pass that has not.
pub(crate) fn is_ahead(entry: &LogEntry, now: Timestamp) -> bool {
    entry.time.0.saturating_sub(now.0) > limits::MAX_LOG_ENTRY_AHEAD_MS
}

/// Whether the times on which an entry rests have passed since this server stored what they count from.
fn time_has_passed(
    transaction: &Transaction<'_>,
    view: &Membership,
    entry: &LogEntry,
    now: Timestamp,
) -> Result<bool, ServerError> {
    for (index, needed) in view.rests_on_time(entry) {
        let stored = membership_log::stored_at(transaction, &entry.space, index)?;
        if now.0.saturating_sub(stored.0) < needed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The device that an entry would add.
fn newcomer(view: &Membership, entry: &LogEntry) -> Option<DeviceId> {
    match &entry.body {
        LogBody::Add { member, .. } => Some(member.device),
        LogBody::Admit { certificate, .. } => Some(certificate.device),
        LogBody::CarryOut { motion, .. } => match &view.motion(motion)?.motion {
            Motion::Recover { certificate } => Some(certificate.device),
            _ => None,
        },
        _ => None,
    }
}

/// The first entry that the answer carries. Entries that the request itself brought and the log took are left out; where
/// one did not follow, the answer begins with what stands in its place.
pub(crate) fn answer_from(log_length: u64, entries: &[LogEntry], count: usize) -> u64 {
    let end = count.checked_sub(1).and_then(|last| entries.get(last)).map_or(0, |entry| entry.index.saturating_add(1));
    let start = log_length.max(end);
    entries.get(count).map_or(start, |refused| start.min(refused.index))
}

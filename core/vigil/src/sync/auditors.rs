//! Keys of what auditors alone read: to whom a new one is sealed, and which one serves whom.
//! It promises that no such key goes to the epoch, a desk or an officer, and that what an auditor writes lies under a key
//! that an auditor started (ADR 0017).

use super::readers::Origin;
use crate::error::Result;
use crate::records::is_for_auditors;
use crate::store::records;
use rusqlite::Connection;
use vigil_protocol::{DeviceId, Membership, Recipient, RecordId, Role, limits};

/// Whether a device is an auditor's and has not been removed.
pub(crate) fn is_auditor(membership: &Membership, device: &DeviceId) -> bool {
    membership.active_member(device).is_some_and(|member| member.role == Role::Auditor && !member.probation)
}

/// Whether a record on this device is for auditors alone.
pub(super) fn owns(connection: &Connection, record: &RecordId) -> Result<bool> {
    Ok(records::get(connection, record)?.is_some_and(|row| is_for_auditors(&row.columns.kind)))
}

/// Whom a new key is sealed to: the recovery key, and the auditors that there are.
pub(crate) fn recipients(membership: &Membership, me: &DeviceId) -> Vec<Recipient> {
    let auditors = membership.active_members().map(|member| member.device);
    let auditors = auditors.filter(|device| is_auditor(membership, device));
    let others = auditors.filter(|device| device != me).map(Recipient::Device);
    std::iter::once(Recipient::Recovery).chain(others).take(limits::MAX_CAPSULE_RECIPIENTS).collect()
}

/// Whether new content goes under a key: this device's own, or for an auditor one that an auditor started.
pub(crate) fn serves(membership: &Membership, key: Origin<'_>, me: &DeviceId) -> bool {
    let serves = key.starter == me || (is_auditor(membership, me) && is_auditor(membership, key.starter));
    serves && membership.key_still_serves(key.record, key.log_length)
}

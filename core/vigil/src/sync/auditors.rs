//! Keys of what auditors alone read: to whom a new one is sealed, and which one serves whom.
//! It promises that no such key goes to the epoch, a desk or an officer, and that what an auditor writes lies under a key
//! that an auditor started (ADR 0017).

use crate::error::Result;
use crate::records::is_for_auditors;
use crate::store::{Generation, records};
use crate::vault::Space;
use rusqlite::Connection;
use vigil_protocol::{DeviceId, Recipient, RecordId, Role, limits};

/// Whether a device is an auditor's and has not been removed.
pub(super) fn is_auditor(space: &Space, device: &DeviceId) -> bool {
    space.membership.active_member(device).is_some_and(|member| member.role == Role::Auditor)
}

/// Whether a record on this device is for auditors alone.
pub(super) fn owns(connection: &Connection, record: &RecordId) -> Result<bool> {
    Ok(records::get(connection, record)?.is_some_and(|row| is_for_auditors(&row.columns.kind)))
}

/// Whom a new key is sealed to: the recovery key, and the auditors that there are.
pub(super) fn recipients(space: &Space, me: &DeviceId) -> Vec<Recipient> {
    let auditors = space.membership.active_members().filter(|member| member.role == Role::Auditor);
    let others = auditors.map(|member| member.device).filter(|device| device != me).map(Recipient::Device);
    std::iter::once(Recipient::Recovery).chain(others).take(limits::MAX_CAPSULE_RECIPIENTS).collect()
}

/// The key that new content goes under: this device's own, or for an auditor one that an auditor started.
pub(super) fn usable_generation(space: &Space, held: Vec<Generation>, me: &DeviceId) -> Option<Generation> {
    held.into_iter().find(|generation| {
        let starter = &generation.starter;
        let serves = starter == me || (is_auditor(space, me) && is_auditor(space, starter));
        serves && space.membership.key_still_serves(&generation.record, generation.log_length)
    })
}

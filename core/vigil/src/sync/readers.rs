//! Who reads what is written from now on: whom a new key is sealed to, which key still serves, and who may erase.
//! Everything here follows from the membership log alone. It promises that nobody is sealed to who may not read the record as
//! the log is known here, and that no key serves on that such a person could hold (PROTOCOL 1-4).

use super::auditors;
use crate::records::is_for_auditors;
use crate::store::Generation;
use vigil_protocol::{DeviceId, Member, Membership, Recipient, RecordId, Role};

/// A record, as far as its readers depend on it.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) record: &'a RecordId,
    /// Whether it says who somebody is.
    pub(crate) identity: bool,
    pub(crate) creator: &'a DeviceId,
}

/// Where a record key comes from.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) record: &'a RecordId,
    /// Who started it.
    pub(crate) starter: &'a DeviceId,
    /// How much of the membership log its starter knew.
    pub(crate) log_length: u64,
}

impl Generation {
    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { record: &self.record, starter: &self.starter, log_length: self.log_length }
    }
}

/// The single devices that may read a record now, besides the desks: identities go to the officers assigned (before that,
/// to those on duty), everything else to those assigned; a monitor goes on reading its own. A volunteer opens nothing that
/// others write (PROTOCOL 1-3).
pub(crate) fn reading_devices(membership: &Membership, about: About<'_>) -> Vec<DeviceId> {
    let assigned = membership.assigned(about.record);
    let mut devices: Vec<DeviceId> = if about.identity {
        assigned.unwrap_or_else(|| membership.intake()).to_vec()
    } else {
        assigned.unwrap_or_default().to_vec()
    };
    let is_monitor = |member: &Member| member.role == Role::Monitor && !member.probation;
    if membership.active_member(about.creator).is_some_and(is_monitor) {
        devices.push(*about.creator);
    }
    devices.sort_unstable();
    devices.dedup();
    devices
}

/// Whom a new key of a record is sealed to, whoever else may read it: the recovery key for an identity, otherwise the desks.
/// While somebody who was closed out holds the newest epoch's key, that is each desk by itself.
fn shared(membership: &Membership, identity: bool) -> Vec<Recipient> {
    if identity {
        return vec![Recipient::Recovery];
    }
    if !membership.epoch_is_exposed() {
        return vec![Recipient::Epoch(membership.epoch())];
    }
    let desks: Vec<Recipient> = membership.desks().map(|desk| Recipient::Device(desk.device)).collect();
    if desks.is_empty() { vec![Recipient::Recovery] } else { desks }
}

/// Whom a new key of a record is sealed to.
pub(crate) fn recipients(membership: &Membership, about: About<'_>, me: &DeviceId) -> Vec<Recipient> {
    let shared = shared(membership, about.identity);
    let devices = reading_devices(membership, about);
    // The author holds the key already; an officer on duty gets a copy all the same, for another install of hers.
    let is_monitor = membership.active_member(me).is_some_and(|member| member.role == Role::Monitor);
    let own_copy = about.identity && !is_monitor;
    let others = devices.into_iter().filter(|device| device != me || own_copy).map(Recipient::Device);
    let mut all: Vec<Recipient> = shared.clone();
    all.extend(others.filter(|recipient| !shared.contains(recipient)));
    all
}

/// Whether a key serves for new content of a record: no removal or unassignment came after it, and whoever started it may
/// read the record now (PROTOCOL 4). One's own key serves oneself.
pub(crate) fn serves(membership: &Membership, about: About<'_>, key: Origin<'_>, me: &DeviceId) -> bool {
    let may_read = membership.active_member(key.starter).is_some_and(|starter| {
        starter.device == *me
            || (starter.role == Role::Desk && !about.identity)
            || reading_devices(membership, about).contains(&starter.device)
    });
    may_read && membership.key_still_serves(key.record, key.log_length)
}

/// Whom of those who were named a key is given to now: the log may have gone on since they were named. What names nobody
/// may be given to those on duty and to the monitor who wrote it, too.
pub(crate) fn grantees(
    membership: &Membership,
    about: About<'_>,
    named: &[DeviceId],
    (for_auditors, to_duty): (bool, bool),
) -> Vec<Recipient> {
    let readers = reading_devices(membership, about);
    let may_read = |device: &&DeviceId| {
        if for_auditors {
            return auditors::is_auditor(membership, device);
        }
        membership.member(device).filter(|member| member.may_be_assigned()).is_some_and(|member| {
            let on_duty = to_duty && (member.role == Role::Monitor || membership.intake().contains(device));
            readers.contains(device) || (!about.identity && (member.role == Role::Desk || on_duty))
        })
    };
    named.iter().filter(may_read).map(|device| Recipient::Device(*device)).collect()
}

/// Whether a device may erase a record, of which kind and creator are given where they are known: its creator, an officer or
/// a desk. What auditors read is erased by nobody whom it may be about, its creator included (ADR 0017).
///
/// It is asked for the time at which the author said so, when the log had `log_length` entries: a device that hears late that
/// an officer erased something erases it, too, whatever that officer has become since.
pub(crate) fn may_erase(
    membership: &Membership,
    known: Option<(&str, &DeviceId)>,
    (author, log_length): (&DeviceId, u64),
) -> bool {
    if known.is_some_and(|(kind, _)| is_for_auditors(kind)) {
        let was_auditor = |member: &Member| member.role_at(log_length) == Role::Auditor && !member.probation;
        return membership.member(author).is_some_and(was_auditor);
    }
    membership
        .member(author)
        .is_some_and(|member| member.role_at(log_length).leads() || known.is_none_or(|(_, creator)| creator == author))
}

/// Who started a key that was granted, and knowing how much of the log: what the writes that brought it say, the oldest first.
/// A grant makes no key newer than it is. Where no such write is here, the key opens what it opens and serves nothing new.
pub(crate) fn origin_of_grant(written: impl Iterator<Item = (DeviceId, u64)>, granter: DeviceId) -> (DeviceId, u64) {
    written.min_by_key(|(_, log_length)| *log_length).unwrap_or((granter, 0))
}

/// How much of the log a key that is started now counts as knowing: what the server has confirmed. Entries that wait here may
/// yet get a removal before them that this device has not heard of.
pub(crate) fn born_at(membership: &Membership, confirmed: u64) -> u64 {
    membership.length().min(confirmed)
}

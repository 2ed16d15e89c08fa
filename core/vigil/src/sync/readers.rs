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
pub(crate) fn shared(membership: &Membership, identity: bool) -> Vec<Recipient> {
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

/// What is known of a record that somebody wants to erase.
#[derive(Clone, Debug)]
pub(crate) struct Erasing {
    pub(crate) kind: String,
    pub(crate) creator: DeviceId,
    /// Whether it has an outcome other than that somebody travelled on.
    pub(crate) is_decided: bool,
}

/// Why a device may not erase a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayNot {
    /// Neither its creator, nor an officer or a desk; or it is for auditors.
    NotTheirs,
    /// It is a case: two persons decide that (PROTOCOL 19).
    TakesTwo,
}

/// Whether a device that had seen `log_length` entries may erase a record by itself (ADR 0015): its creator, an officer or a
/// desk; of what auditors read, an auditor alone (ADR 0017).
///
/// In a space with a policy a **case** takes a carried motion: a record for which the log ever named somebody, an identity
/// too; or one that has an outcome other than let go or declined, for whoever did not create it. One person alone erases what
/// nobody took over: a mistake, her own record, the persons of a screening after "let go" (CARE 9), what another space gave
/// and called back; and a field of a case, because the log names the record that stands in its place.
///
/// It is judged by what the author had seen of the log and was then, so that every device finds the same, however late it
/// hears; the server judges by the log as it is, so that nobody gains by having seen little.
pub(crate) fn may_erase(
    membership: &Membership,
    (record, known): (&RecordId, Option<&Erasing>),
    (author, log_length): (&DeviceId, u64),
) -> Result<(), MayNot> {
    let member = membership.member(author).ok_or(MayNot::NotTheirs)?;
    let role = member.role_at(log_length);
    if known.is_some_and(|known| is_for_auditors(&known.kind)) {
        return if role == Role::Auditor && !member.probation { Ok(()) } else { Err(MayNot::NotTheirs) };
    }
    let is_creator = known.is_some_and(|known| known.creator == *author);
    if !(role.leads() || is_creator || known.is_none()) {
        return Err(MayNot::NotTheirs);
    }
    let decided = known.is_some_and(|known| known.is_decided) && !is_creator;
    let settled = membership.policy().is_none() || membership.erasure_is_settled(record);
    if !settled && (decided || membership.is_case_at(record, log_length)) {
        return Err(MayNot::TakesTwo);
    }
    Ok(())
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

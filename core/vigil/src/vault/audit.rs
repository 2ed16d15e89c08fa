//! Reading is an event: what is committed before a name is shown, and what an auditor sees of it.
//! It promises that no field of an identity is put together without a [`ReadNoted`], which only a durable commit gives
//! (ADR 0017). It binds honest clients only.

#[cfg(test)]
mod tests;

use super::Vault;
use crate::error::{Result, VigilError};
use crate::records::{
    AUDIT, COMPLAINT, Code, EventBody, EventId, FieldName, FieldValue, ReadNote, SignedEvent, Trail, is_for_auditors,
    trails,
};
use crate::store::{Row, Setting, audit, generations, records, settings};
use crate::sync::Save;
use minicbor::{Decode, Encode};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use vigil_protocol::{DeviceId, Hash, RecordId, Role, Timestamp, canonical};
use vigil_screening::Date;

/// Reads of one record on one device within this time are one event. By the device's clock.
pub const SAME_READ: Duration = Duration::from_secs(5 * 60);
/// An officer's or desk's device that has reported nothing for this long is called silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Most reads in one record: a read stays a small save.
const MAX_READS_A_RECORD: u32 = 500;
const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// In what way an identity is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadClass {
    /// On a screen.
    Identity,
    /// Into a file.
    Evidence,
    /// Into a message to another space.
    Share,
    /// Into the archive of everything.
    Archive,
}

impl ReadClass {
    const fn code(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Evidence => "evidence",
            Self::Share => "share",
            Self::Archive => "archive",
        }
    }
}

/// A read of this record is committed.
pub(crate) struct ReadNoted {
    record: RecordId,
}

impl ReadNoted {
    pub(crate) fn record(&self) -> &RecordId {
        &self.record
    }
}

/// On what ground a record is shown.
pub(super) enum Showing {
    /// It names nobody.
    Freely,
    /// It tells who somebody is, and the read is committed.
    Noted(#[allow(dead_code, reason = "what proves that the read was committed")] ReadNoted),
    /// It is for auditors: that it is there is all that shows.
    Withheld,
}

/// Where this device's chain of reads stands.
#[derive(Encode, Decode)]
#[cbor(array)]
struct ReadChain {
    /// The record that reads are written into, its month, and how many it holds.
    #[n(0)]
    into: Option<RecordId>,
    #[n(1)]
    month: String,
    #[n(2)]
    count: u32,
    /// The last read.
    #[n(3)]
    number: u64,
    #[n(4)]
    last: EventId,
    /// Records shown within [`SAME_READ`], and when.
    #[n(5)]
    recent: Vec<(RecordId, Timestamp)>,
}

impl Default for ReadChain {
    fn default() -> Self {
        let last = EventId(Hash::NONE);
        Self { into: None, month: String::new(), count: 0, number: 0, last, recent: Vec::new() }
    }
}

/// Whether a read now is the same as one then. A clock that went back makes it another one.
fn is_same_read(then: Timestamp, now: Timestamp) -> bool {
    now.0
        .checked_sub(then.0)
        .and_then(|passed| u128::try_from(passed).ok())
        .is_some_and(|ms| ms < SAME_READ.as_millis())
}

/// The month of a time, as audit records are called by.
fn month(time: Timestamp) -> String {
    match Date::from_days(time.0.div_euclid(MILLISECONDS_A_DAY)) {
        Ok(date) => format!("{:04}-{:02}", date.year(), date.month()),
        Err(_) => "unknown".to_owned(),
    }
}

/// A read, as an auditor sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadView {
    /// Its number among the device's reads.
    pub number: u64,
    /// When, by the device's clock.
    pub time: i64,
    /// The record, by the name that lists show.
    pub record: String,
    /// `identity` on a screen, `evidence` in a file, `share` to another space, `archive` with everything else.
    pub what: String,
    /// What for, if somebody said.
    pub purpose: Option<String>,
}

/// The reads of one device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceTrail {
    /// The device, in hexadecimal.
    pub device: String,
    /// Its role.
    pub role: String,
    /// Whether it was removed.
    pub removed: bool,
    /// Its reads, by number.
    pub reads: Vec<ReadView>,
    /// Numbers that are missing: first and last of each range.
    pub gaps: Vec<(u64, u64)>,
    /// Numbers at which its chain contradicts itself.
    pub forks: Vec<u64>,
    /// When it last reported a read, by its clock.
    pub last: Option<i64>,
    /// Whether it reads identities by its role and has reported nothing for [`SILENT_AFTER`].
    pub silent: bool,
}

/// Complaints of one month and state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ComplaintCount {
    /// The month in which they were recorded.
    pub month: String,
    /// `open` or `answered`.
    pub state: String,
    /// How many.
    pub count: u64,
}

/// What an auditor sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditTrail {
    /// Every device of the space but the auditors', in the order of their ids.
    pub devices: Vec<DeviceTrail>,
    /// Complaints, counted.
    pub complaints: Vec<ComplaintCount>,
    /// Records for auditors that somebody erased before this device could read them.
    pub erased_unread: u64,
}

impl Vault {
    /// Commits that a record is about to be read. When this returns, it is durable.
    pub(crate) fn note_read(&self, record: &RecordId, class: ReadClass, purpose: Option<&Code>) -> Result<ReadNoted> {
        let now = self.now();
        let mut chain = self.read_chain()?;
        chain.recent.retain(|(_, then)| is_same_read(*then, now));
        let noted = ReadNoted { record: *record };
        let may_be_same = class == ReadClass::Identity && purpose.is_none();
        if may_be_same && chain.recent.iter().any(|(recent, _)| recent == record) {
            return Ok(noted);
        }
        let month = month(now);
        let current = chain.into.filter(|_| chain.month == month && chain.count < MAX_READS_A_RECORD);
        let mut open = match current {
            Some(current) if records::get(self.store.read(), &current)?.is_some() => self.open_record(&current)?,
            _ => {
                let mut open = self.new_record(AUDIT)?;
                let name = FieldName::new("month").map_err(|error| VigilError::internal(error.code()))?;
                self.write_fields(&mut open, &[(name, Some(FieldValue::from(month.as_str())))])?;
                chain.count = 0;
                open
            }
        };
        let what = Code::new(class.code()).map_err(|error| VigilError::internal(error.code()))?;
        let number = chain.number.saturating_add(1);
        let note = ReadNote { record: *record, what, purpose: purpose.cloned(), previous: chain.last, number };
        let last = self.write_event(&mut open, EventBody::Read(note));
        chain =
            ReadChain { into: Some(open.record), month, count: chain.count + 1, number, last, recent: chain.recent };
        if class == ReadClass::Identity {
            chain.recent.push((*record, now));
        }
        let bytes = canonical::encode(&chain);
        self.save(vec![open], |tx| Ok(settings::set(tx, Setting::ReadChain, &bytes)?))?;
        Ok(noted)
    }

    fn read_chain(&self) -> Result<ReadChain> {
        match settings::get(self.store.read(), Setting::ReadChain)? {
            Some(bytes) => canonical::decode(&bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the reads" }),
            None => Ok(ReadChain::default()),
        }
    }

    /// What has to be done before a record is shown; it is done when this returns.
    pub(super) fn before_showing(&self, row: &Row, class: ReadClass, purpose: Option<&Code>) -> Result<Showing> {
        let kind = row.columns.kind.as_str();
        if self.summariser.kinds().is_identity(kind) {
            return Ok(Showing::Noted(self.note_read(&row.id, class, purpose)?));
        }
        if !is_for_auditors(kind) || self.role()? == Role::Auditor {
            return Ok(Showing::Freely);
        }
        // Whoever wrote a complaint down can read it back until it is sent, once.
        let keys = generations::of_record(self.store.read(), &row.id)?;
        let was_sent = row.unsent == 0 || keys.iter().any(|key| key.sequence.is_some());
        let is_draft = kind != AUDIT && row.columns.creator == self.device && !was_sent;
        Ok(if is_draft { Showing::Freely } else { Showing::Withheld })
    }

    /// Refuses to assign what is for auditors alone.
    pub(super) fn check_assignable(&self, record: &RecordId) -> Result<()> {
        let row = records::get(self.store.read(), record)?;
        if row.is_some_and(|row| is_for_auditors(&row.columns.kind)) {
            return Err(VigilError::NotAllowed { why: "auditors read it, and it is assigned to nobody" });
        }
        Ok(())
    }

    /// Gives auditors whom this device has not met before the keys of what is for them and was recorded before they came.
    pub(crate) fn grant_auditors(&mut self) -> Result<()> {
        let mut told: Vec<DeviceId> = match settings::get(self.store.read(), Setting::AuditorsTold)? {
            Some(bytes) => {
                canonical::decode(&bytes).map_err(|_| VigilError::DatabaseDamaged { detail: "the auditors" })?
            }
            None => Vec::new(),
        };
        let auditors = self.space()?.membership.active_members().filter(|member| member.role == Role::Auditor);
        let new: Vec<DeviceId> = auditors
            .map(|member| member.device)
            .filter(|device| *device != self.device && !told.contains(device))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for kind in self.summariser.kinds().iter().filter(|kind| is_for_auditors(kind.id.as_str())) {
            for record in audit::of_kind(self.store.read(), kind.id.as_str())? {
                if !generations::of_record(self.store.read(), &record)?.is_empty() {
                    kept.push(record);
                }
            }
        }
        told.extend(&new);
        let copies = self.store.in_transaction(|tx| {
            settings::set(tx, Setting::AuditorsTold, &canonical::encode(&told))?;
            kept.iter().map(|record| self.enqueue(tx, record, &Save::Grant(new.clone()))).collect::<Result<Vec<_>>>()
        })?;
        self.keep_copies(copies)
    }

    /// Who read what, as the devices report it: with gaps, contradictions and silence. For auditors.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] on any other device.
    pub fn audit_trail(&self) -> Result<AuditTrail> {
        if self.role()? != Role::Auditor {
            return Err(VigilError::NotAllowed { why: "auditors see who read what" });
        }
        self.may_read()?;
        let mut events: Vec<(EventId, SignedEvent)> = Vec::new();
        for record in audit::of_kind(self.store.read(), AUDIT)? {
            events.extend(self.events_of(&record)?);
        }
        let mut trails = trails(events.iter().map(|(id, event)| (*id, &event.event)));
        let space = self.space()?;
        let now = self.now();
        let mut devices = Vec::new();
        let mut members = space.membership.members();
        members.retain(|member| member.role != Role::Auditor);
        members.sort_unstable_by_key(|member| member.added_at);
        for member in members {
            let added = usize::try_from(member.added_at).ok().and_then(|index| space.log.get(index));
            let trail = trails.remove(&member.device).unwrap_or_default();
            let last = trail.reads.iter().map(|read| read.time).max();
            let quiet = now.0.saturating_sub(last.or(added.map(|entry| entry.time)).unwrap_or(now).0);
            let reads_by_role = matches!(member.role, Role::Officer | Role::Desk) && member.removed.is_none();
            let is_long = u128::try_from(quiet).is_ok_and(|quiet| quiet > SILENT_AFTER.as_millis());
            let silent = reads_by_role && is_long;
            devices.push(device_trail(&member.device, member.role, member.removed.is_some(), trail, silent));
        }
        devices.sort_by(|one, other| one.device.cmp(&other.device));
        Ok(AuditTrail {
            devices,
            complaints: self.complaint_counts()?,
            erased_unread: audit::count_erased(self.store.read())?,
        })
    }

    fn complaint_counts(&self) -> Result<Vec<ComplaintCount>> {
        let membership = &self.space()?.membership;
        let mut counts: BTreeMap<(String, &str), u64> = BTreeMap::new();
        for record in audit::of_kind(self.store.read(), COMPLAINT)? {
            let Some(row) = records::get(self.store.read(), &record)? else { continue };
            let is_answer = |event: &SignedEvent| {
                matches!(event.event.body, EventBody::ComplaintAnswered { .. })
                    && membership.member(&event.event.author).is_some_and(|member| member.role == Role::Auditor)
            };
            let answered = self.events_of(&record)?.values().any(is_answer);
            let state = if answered { "answered" } else { "open" };
            *counts.entry((month(row.columns.created_at), state)).or_default() += 1;
        }
        let count =
            |((month, state), count): ((String, &str), u64)| ComplaintCount { month, state: state.to_owned(), count };
        Ok(counts.into_iter().map(count).collect())
    }
}

fn device_trail(device: &DeviceId, role: Role, removed: bool, trail: Trail, silent: bool) -> DeviceTrail {
    let read = |read: &crate::records::TrailRead| ReadView {
        number: read.note.number,
        time: read.time.0,
        record: read.note.record.to_string(),
        what: read.note.what.to_string(),
        purpose: read.note.purpose.as_ref().map(ToString::to_string),
    };
    DeviceTrail {
        device: device.to_string(),
        role: role.name().to_owned(),
        removed,
        last: trail.reads.iter().map(|read| read.time.0).max(),
        reads: trail.reads.iter().map(read).collect(),
        gaps: trail.gaps,
        forks: trail.forks,
        silent,
    }
}

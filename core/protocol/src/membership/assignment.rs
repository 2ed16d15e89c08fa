//! Who may read which record: assignments, the hand-over of a caseload, and who is on duty.
//! Only active members who are not on probation promise ever to be named (PROTOCOL 4).

use super::{Member, Membership, not_allowed};
use crate::{DeviceId, LogEntry, ProtocolError, RecordId, limits};

impl Membership {
    pub(super) fn assign(
        &mut self,
        entry: &LogEntry,
        record: RecordId,
        officers: &[DeviceId],
    ) -> Result<(), ProtocolError> {
        self.check_officers(officers)?;
        self.note_case(record, officers, entry.index);
        // Until somebody is named, identities go to those on duty: whoever of them is not named stops reading, too.
        let before = self.assigned.insert(record, officers.to_vec()).unwrap_or_else(|| self.intake.clone());
        if before.iter().any(|device| !officers.contains(device)) {
            self.last_unassignment.insert(record, entry.index);
        }
        Ok(())
    }

    /// Puts another record in the place of one. Nobody loses sight of it by that.
    pub(super) fn replace(
        &mut self,
        entry: &LogEntry,
        record: RecordId,
        by: RecordId,
        officers: &[DeviceId],
    ) -> Result<(), ProtocolError> {
        self.check_officers(officers)?;
        if record == by || self.replaced.contains(&record) || self.assigned.contains_key(&by) {
            return not_allowed("a record is replaced once, by one that is new");
        }
        let kept = |device: &&DeviceId| self.member(device).is_some_and(Member::may_be_assigned);
        let named = self.assigned(&record).unwrap_or_default();
        if !named.iter().filter(kept).all(|device| officers.contains(device)) {
            return not_allowed("who reads a case reads what replaces it");
        }
        self.assigned.insert(by, officers.to_vec());
        self.note_case(by, officers, entry.index);
        self.replaced.insert(record);
        Ok(())
    }

    fn note_case(&mut self, record: RecordId, officers: &[DeviceId], index: u64) {
        if !officers.is_empty() {
            self.cases.entry(record).or_insert(index);
        }
    }

    /// Whether somebody was named for a record in the first `length` entries. Whoever unassigns it does not undo that.
    pub fn is_case_at(&self, record: &RecordId, length: u64) -> bool {
        self.cases.get(record).is_some_and(|index| *index < length)
    }

    /// Whether one person alone may not erase a record as the log stands: the space has a policy, somebody was named for
    /// the record in the first `length` entries, and no carried motion says that it is erased, nor was it replaced.
    pub fn erasure_takes_two(&self, record: &RecordId, length: u64) -> bool {
        self.policy.is_some() && self.is_case_at(record, length) && !self.erasure_is_settled(record)
    }

    /// Whether a carried motion says that a record is erased, or another stands in its place.
    pub fn erasure_is_settled(&self, record: &RecordId) -> bool {
        self.erasure_is_decided(record) || self.replaced.contains(record)
    }

    pub(super) fn set_intake(&mut self, entry: &LogEntry, officers: &[DeviceId]) -> Result<(), ProtocolError> {
        self.check_officers(officers)?;
        // Identities of everybody newly recorded go to them: that is an officer's or a desk's duty.
        let on_duty = |device: &DeviceId| self.active_member(device).is_some_and(|member| member.role.leads());
        if !officers.iter().all(on_duty) {
            return not_allowed("only officers and desks are on duty");
        }
        let before = std::mem::replace(&mut self.intake, officers.to_vec());
        if before.iter().any(|device| !officers.contains(device)) {
            self.last_ending = entry.index;
        }
        Ok(())
    }

    pub(super) fn hand_over(
        &mut self,
        entry: &LogEntry,
        from: DeviceId,
        to: DeviceId,
        records: &[RecordId],
    ) -> Result<(), ProtocolError> {
        if records.is_empty() || from == to {
            return not_allowed("a hand-over names records and two devices");
        }
        if records.len() > limits::MAX_HANDED_OVER {
            return Err(ProtocolError::TooLarge { what: "hand-over", limit: limits::MAX_HANDED_OVER });
        }
        if !records.windows(2).all(|pair| pair[0] < pair[1]) {
            return not_allowed("a hand-over names each record once, in order");
        }
        if self.member(&from).is_none() {
            return not_allowed("cases are handed over by a member");
        }
        self.check_officers(&[to])?;
        let full = |record: &RecordId| {
            let named = self.assigned(record).unwrap_or_default();
            named.len() >= limits::MAX_ASSIGNED_OFFICERS && !named.contains(&from) && !named.contains(&to)
        };
        if records.iter().any(full) {
            return Err(ProtocolError::TooLarge { what: "assignment", limit: limits::MAX_ASSIGNED_OFFICERS });
        }
        for record in records {
            let on_duty = !self.assigned.contains_key(record) && self.intake.iter().any(|officer| *officer != to);
            self.note_case(*record, &[to], entry.index);
            let named = self.assigned.entry(*record).or_default();
            if named.contains(&from) || on_duty {
                named.retain(|device| *device != from);
                self.last_unassignment.insert(*record, entry.index);
            }
            if !named.contains(&to) {
                named.push(to);
            }
        }
        Ok(())
    }

    fn check_officers(&self, officers: &[DeviceId]) -> Result<(), ProtocolError> {
        if officers.len() > limits::MAX_ASSIGNED_OFFICERS {
            return Err(ProtocolError::TooLarge { what: "assignment", limit: limits::MAX_ASSIGNED_OFFICERS });
        }
        let mut seen = officers.to_vec();
        seen.sort_unstable();
        seen.dedup();
        if seen.len() != officers.len() {
            return not_allowed("an officer is named once");
        }
        if officers.iter().all(|device| self.member(device).is_some_and(Member::may_be_assigned)) {
            Ok(())
        } else {
            not_allowed("records are assigned to active monitors, officers and desks who are not on probation")
        }
    }

    /// The officers on duty, to whom identities of newly recorded persons are sealed.
    pub fn intake(&self) -> &[DeviceId] {
        &self.intake
    }

    /// Whether a key that was made when the log had `log_length` entries may still seal new content of the record: a
    /// removal, a suspension, another role, a new epoch, the end of somebody's duty, or an unassignment from the record ends
    /// it (PROTOCOL 4).
    pub fn key_still_serves(&self, record: &RecordId, log_length: u64) -> bool {
        let unassigned = self.last_unassignment.get(record).copied().unwrap_or(0);
        self.last_ending.max(unassigned) < log_length
    }

    /// The devices that the log names for one record, if it names any.
    pub fn assigned(&self, record: &RecordId) -> Option<&[DeviceId]> {
        self.assigned.get(record).map(Vec::as_slice)
    }

    /// The records that a device is named for.
    pub fn caseload(&self, device: &DeviceId) -> impl Iterator<Item = &RecordId> {
        self.assigned.iter().filter(|(_, named)| named.contains(device)).map(|(record, _)| record)
    }
}

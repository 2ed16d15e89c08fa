//! Who may read which record: assignments, the hand-over of a caseload, and who is on duty.
//! A hand-over promises to give on every key that this device holds, and to name the records whose keys it does not.

use crate::error::{Result, VigilError};
use crate::store;
use crate::sync::Save;
use crate::vault::Vault;
use vigil_protocol::{DeviceId, LogBody, RecordId, limits};

/// What a hand-over of a caseload came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HandedOver {
    /// The records that were handed over with their keys.
    pub records: Vec<RecordId>,
    /// Records that were handed over and whose keys this device does not hold: another device has to give them.
    pub without_key: Vec<RecordId>,
}

impl Vault {
    /// Names the officers on duty: identities of newly recorded persons are sealed to them.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`].
    pub fn set_intake(&mut self, officers: &[DeviceId]) -> Result<()> {
        self.write_log(LogBody::Intake { officers: officers.to_vec() })
    }

    /// Names all who may read one record besides the desks, and gives them its key. Who was named before and is not now
    /// reads nothing that is written from now on.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, [`VigilError::NotFound`] if this device cannot read the record itself.
    pub fn assign(&mut self, record: &RecordId, officers: &[DeviceId]) -> Result<()> {
        let generations = store::generations::of_record(self.store.read(), record)?;
        if generations.is_empty() {
            return Err(VigilError::NotFound { what: "record" });
        }
        self.check_assignable(record)?;
        let assignment = LogBody::Assign { record: *record, officers: officers.to_vec() };
        let others: Vec<DeviceId> = officers.iter().filter(|device| **device != self.device).copied().collect();
        let copy = self.write_log_and(assignment, |vault, tx| {
            let grant = (!others.is_empty()).then(|| vault.enqueue(tx, record, &Save::Grant(others)));
            grant.transpose()
        })?;
        self.keep_copies(copy.into_iter().collect())
    }

    /// Hands over all cases of one device to another, as when staff change. What the leaving device wrote and has not sent
    /// yet is not lost: it counts when it comes.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, or for who takes over.
    pub fn hand_over_caseload(&mut self, from: &DeviceId, to: &DeviceId) -> Result<HandedOver> {
        let mut done = HandedOver::default();
        // A suspended or removed device is named for nothing any more: what it was named for stands in the log before that.
        let cases = self.cases_of(from)?;
        for records in cases.chunks(limits::MAX_HANDED_OVER) {
            let body = LogBody::HandOverCases { from: *from, to: *to, records: records.to_vec() };
            let (held, missing): (Vec<RecordId>, Vec<RecordId>) = self.split_by_key(records)?;
            let copies = self.write_log_and(body, |vault, tx| {
                if *to == vault.device {
                    return Ok(Vec::new());
                }
                held.iter().map(|record| vault.enqueue(tx, record, &Save::Grant(vec![*to]))).collect()
            })?;
            self.keep_copies(copies)?;
            done.records.extend(held);
            done.without_key.extend(missing);
        }
        Ok(done)
    }

    /// The records that a device is named for, or was when it was closed out, in order.
    fn cases_of(&self, device: &DeviceId) -> Result<Vec<RecordId>> {
        let space = self.space()?;
        let mut cases: Vec<RecordId> = space.membership.caseload(device).copied().collect();
        if let Some(lapse) = space.membership.member(device).and_then(vigil_protocol::Member::lapse) {
            let before = usize::try_from(lapse.index).unwrap_or(usize::MAX);
            let view = vigil_protocol::Membership::from_log(space.log.iter().take(before))?;
            // Whoever was given a case since keeps it.
            let open = |record: &&RecordId| space.membership.assigned(record).is_none_or(<[DeviceId]>::is_empty);
            cases.extend(view.caseload(device).filter(open));
        }
        cases.sort_unstable();
        cases.dedup();
        Ok(cases)
    }

    fn split_by_key(&self, records: &[RecordId]) -> Result<(Vec<RecordId>, Vec<RecordId>)> {
        let (mut held, mut missing) = (Vec::new(), Vec::new());
        for record in records {
            let has_key = !store::generations::of_record(self.store.read(), record)?.is_empty();
            if has_key { held.push(*record) } else { missing.push(*record) }
        }
        Ok((held, missing))
    }
}

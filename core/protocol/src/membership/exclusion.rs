//! How a device is closed out: suspension at once by one person, removal for ever by a carried motion.
//! From either on, its keys end, it is named nowhere, and batches of it that are not counted wait (PROTOCOL 11, 19).

use super::{Author, Lapse, Membership, not_allowed};
use crate::{DeviceId, Hash, LastBatch, LogBody, LogEntry, Motion, ProtocolError, Removal, Rotation};

impl Membership {
    pub(super) fn suspend(
        &mut self,
        entry: &LogEntry,
        author: Author,
        (device, last): (DeviceId, Option<&LastBatch>),
        rotation: Option<&Rotation>,
    ) -> Result<(), ProtocolError> {
        if device == author.device {
            return not_allowed("a device does not suspend itself");
        }
        if self.active_member(&device).is_none() {
            return not_allowed("only an active member can be suspended");
        }
        last.map_or(Ok(()), check_last)?;
        if let Some(rotation) = rotation {
            self.check_rotation(author, Some(&device), (&rotation.epoch_key, &rotation.shares))?;
        }
        if let Some(member) = self.members.get_mut(&device) {
            member.suspended = Some(Lapse { index: entry.index, time: entry.time, last: last.copied() });
        }
        self.end_reading(device, entry.index);
        if let Some(rotation) = rotation {
            self.start_epoch(entry, &rotation.epoch_key, &rotation.shares);
        }
        Ok(())
    }

    pub(super) fn rotate(
        &mut self,
        entry: &LogEntry,
        author: Author,
        removal: Option<&Removal>,
        rotation: &Rotation,
    ) -> Result<(), ProtocolError> {
        let Some(removal) = removal else {
            self.check_rotation(author, None, (&rotation.epoch_key, &rotation.shares))?;
            self.start_epoch(entry, &rotation.epoch_key, &rotation.shares);
            return Ok(());
        };
        let Motion::Remove { device } = self.carried_motion(&removal.motion, entry.time)? else {
            return not_allowed("the motion is for something else");
        };
        if device == author.device {
            return not_allowed("a device does not remove itself");
        }
        check_last(&removal.last)?;
        let counted = self.member(&device).and_then(|member| member.suspended).and_then(|lapse| lapse.last);
        if counted.is_some_and(|counted| counted != removal.last) {
            return not_allowed("a removal counts what the suspension counted");
        }
        self.check_rotation(author, Some(&device), (&rotation.epoch_key, &rotation.shares))?;
        self.mark_carried_out(&removal.motion, entry.index);
        self.exclude(entry, device, removal.last);
        self.start_epoch(entry, &rotation.epoch_key, &rotation.shares);
        Ok(())
    }

    /// A removal of the first days: one desk's word is enough.
    pub(super) fn remove_and_rotate(&mut self, entry: &LogEntry, author: Author) -> Result<(), ProtocolError> {
        let LogBody::RemoveAndRotate { device, last_counter, last_hash, epoch_key, shares, .. } = &entry.body else {
            return not_allowed("this is no removal");
        };
        if self.policy.is_some() {
            return not_allowed("a removal takes a motion");
        }
        if *device == author.device {
            return not_allowed("a device does not remove itself");
        }
        if self.active_member(device).is_none() {
            return not_allowed("only an active member can be removed");
        }
        let last = LastBatch { counter: *last_counter, hash: *last_hash };
        check_last(&last)?;
        self.check_rotation(author, Some(device), (epoch_key, shares))?;
        self.exclude(entry, *device, last);
        self.start_epoch(entry, epoch_key, shares);
        Ok(())
    }

    fn exclude(&mut self, entry: &LogEntry, device: DeviceId, last: LastBatch) {
        if let Some(member) = self.members.get_mut(&device) {
            member.removed = Some(Lapse { index: entry.index, time: entry.time, last: Some(last) });
        }
        self.end_reading(device, entry.index);
    }

    /// Ends the keys that a device could read, and takes it off everything that it may no longer be named for.
    pub(super) fn end_reading(&mut self, device: DeviceId, index: u64) {
        self.last_ending = index;
        let Some(member) = self.members.get(&device) else { return };
        let (on_duty, assignable) = (member.is_active() && member.role.leads(), member.may_be_assigned());
        self.intake.retain(|officer| *officer != device || on_duty);
        for officers in self.assigned.values_mut() {
            officers.retain(|officer| *officer != device || assignable);
        }
    }
}

fn check_last(last: &LastBatch) -> Result<(), ProtocolError> {
    if (last.counter == 0) != (last.hash == Hash::NONE) {
        return not_allowed("the last batch that counts has both a counter and a hash");
    }
    Ok(())
}

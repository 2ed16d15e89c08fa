//! Closing a device out: suspension at once, removal by a carried motion, and one word for both.
//! From a suspension on, nothing that is written here promises to be readable by the suspended device.

use crate::error::{Result, VigilError};
use crate::store;
use crate::vault::Vault;
use vigil_protocol::{DeviceId, Hash, LastBatch, LogBody, Motion, Removal, Role};

impl Vault {
    /// Suspends a device: it is closed out at once, here and everywhere with the next sync. Where it held the epoch's key
    /// and this device can, a new epoch begins in the same entry.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, or for this device itself.
    pub fn suspend(&mut self, device: &DeviceId) -> Result<()> {
        let view = &self.space()?.membership;
        let i_am_desk = view.active_member(&self.device).is_some_and(|me| me.role == Role::Desk);
        let held_epoch = view.member(device).is_some_and(|member| member.role == Role::Desk) || view.epoch_is_exposed();
        let rotation = if i_am_desk && held_epoch && self.holds_epoch()? && *device != self.device {
            Some(self.new_epoch(Some(device))?)
        } else {
            None
        };
        // Only a desk follows every chain; what an officer has not seen would otherwise wait everywhere.
        let last = if i_am_desk { Some(self.last_batch(device)?) } else { None };
        self.write_log(LogBody::Suspend { device: *device, last, rotation })
    }

    /// Suspends a device and moves its removal: what to do about a lost phone. Gives the motion's name; another person
    /// seconds it, or it can be carried out after 72 hours without objection.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] by role, or for this device itself.
    pub fn suspend_and_move_removal(&mut self, device: &DeviceId) -> Result<Hash> {
        if self.space()?.membership.active_member(device).is_some() {
            self.suspend(device)?;
        }
        self.propose_motion(Motion::Remove { device: *device })
    }

    /// Removes a device and starts a new epoch, in a space of the first days. In one with a policy a removal takes a motion.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] unless this device is a desk that holds the epoch key, and in a space with a policy.
    pub fn remove_member(&mut self, device: &DeviceId) -> Result<()> {
        if self.space()?.membership.policy().is_some() {
            return Err(VigilError::NotAllowed { why: "a removal takes a motion that a second person joins" });
        }
        let rotation = self.new_epoch(Some(device))?;
        let LastBatch { counter, hash } = self.last_batch(device)?;
        self.write_log(LogBody::RemoveAndRotate {
            device: *device,
            last_counter: counter,
            last_hash: hash,
            epoch_key: rotation.epoch_key,
            shares: rotation.shares,
            previous_encapsulated: rotation.previous_encapsulated,
            previous_sealed: rotation.previous_sealed,
        })
    }

    /// Carries out a removal.
    pub(super) fn carry_out_removal(&mut self, motion: &Hash, device: &DeviceId) -> Result<()> {
        let suspended = self.space()?.membership.member(device).and_then(|member| member.suspended);
        let last = match suspended.and_then(|lapse| lapse.last) {
            Some(last) => last,
            None => self.last_batch(device)?,
        };
        let rotation = self.new_epoch(Some(device))?;
        let removal = Some(Removal { motion: *motion, last });
        self.write_log(LogBody::Rotate { removal, rotation })
    }

    fn last_batch(&self, device: &DeviceId) -> Result<LastBatch> {
        let (counter, hash) = store::chains::last(self.store.read(), device)?;
        Ok(LastBatch { counter, hash })
    }
}

//! The epochs' private halves: learning them from the log, and starting a new epoch.
//! A key promises to be kept only if it is the private half of what the log names.

use super::Space;
use crate::error::{Result, VigilError};
use crate::keys::{SealedTo, SealingKeyPair, Secret, open_key, seal_key};
use crate::store;
use crate::vault::Vault;
use rusqlite::Transaction;
use vigil_protocol::{DeviceId, EpochShare, LogBody, LogEntry, Rotation, SealingPublicKey, SpaceId};

/// The shares, and the sealed previous key, of an entry that starts an epoch.
fn rotation_of(body: &LogBody) -> Option<(&[EpochShare], SealingPublicKey, [u8; 48])> {
    match body {
        LogBody::RemoveAndRotate { shares, previous_encapsulated, previous_sealed, .. } => {
            Some((shares, *previous_encapsulated, **previous_sealed))
        }
        LogBody::Rotate { rotation, .. } | LogBody::Suspend { rotation: Some(rotation), .. } => {
            Some((&rotation.shares, rotation.previous_encapsulated, *rotation.previous_sealed))
        }
        _ => None,
    }
}

impl Space {
    /// Takes the epoch keys out of an entry that this device can open; each is checked against the public half.
    pub(super) fn learn_epochs(
        &mut self,
        tx: &Transaction<'_>,
        entry: &LogEntry,
        device: &DeviceId,
        keys: &SealingKeyPair,
    ) -> Result<()> {
        let space = self.id();
        let epoch = self.membership.epoch_at(entry.index + 1);
        let share = match &entry.body {
            LogBody::Genesis { share, .. } | LogBody::Found { share, .. } => Some(share),
            LogBody::Add { share, .. } | LogBody::Admit { share, .. } | LogBody::CarryOut { share, .. } => {
                share.as_ref()
            }
            body => rotation_of(body).and_then(|(shares, ..)| shares.iter().find(|share| share.device == *device)),
        };
        let Some(share) = share.filter(|share| share.device == *device) else { return Ok(()) };
        let purpose = SealedTo::Epoch { space, epoch, desk: *device };
        let opened = open_key(keys, &purpose, &share.encapsulated, &share.sealed);
        self.keep_epoch(tx, epoch, opened)?;
        // The key of each epoch opens the one before: a new desk reads the space's history.
        for epoch in (1..=epoch).rev() {
            self.open_previous(tx, epoch)?;
        }
        Ok(())
    }

    /// Takes in the epochs whose keys the recovery key opens. Gives how many are new here.
    pub(in crate::vault) fn recover_epochs(&mut self, tx: &Transaction<'_>, recovery: &SealingKeyPair) -> Result<u64> {
        let (space, before) = (self.id(), self.epochs.len());
        let sealed = |entry: &LogEntry| {
            let epoch = self.membership.epoch_at(entry.index + 1);
            match &entry.body {
                LogBody::Found { recovery_encapsulated, recovery_sealed, .. } => {
                    Some((epoch, *recovery_encapsulated, **recovery_sealed))
                }
                LogBody::Rotate { rotation, .. } | LogBody::Suspend { rotation: Some(rotation), .. } => {
                    Some((epoch, rotation.recovery_encapsulated, *rotation.recovery_sealed))
                }
                _ => None,
            }
        };
        let sealed: Vec<(u32, SealingPublicKey, [u8; 48])> = self.log.iter().filter_map(sealed).collect();
        for (epoch, encapsulated, sealed) in sealed {
            let opened = open_key(recovery, &SealedTo::RecoveryEpoch { space, epoch }, &encapsulated, &sealed);
            self.keep_epoch(tx, epoch, opened)?;
        }
        // Epochs of before the committee sealed them to the recovery key hang on those that came after.
        for epoch in (1..=self.membership.epoch()).rev() {
            self.open_previous(tx, epoch)?;
        }
        Ok((self.epochs.len() - before) as u64)
    }

    /// Opens the epoch before one with the key of that one, if it is here.
    fn open_previous(&mut self, tx: &Transaction<'_>, epoch: u32) -> Result<()> {
        let space = self.id();
        let Some((encapsulated, sealed)) = self.previous_of(epoch) else { return Ok(()) };
        let Some(pair) = self.epochs.get(&epoch) else { return Ok(()) };
        let opened = open_key(pair, &SealedTo::PreviousEpoch { space, epoch }, &encapsulated, &sealed);
        self.keep_epoch(tx, epoch - 1, opened)
    }

    fn previous_of(&self, epoch: u32) -> Option<(SealingPublicKey, [u8; 48])> {
        self.log
            .iter()
            .filter_map(|entry| rotation_of(&entry.body))
            .map(|(_, encapsulated, sealed)| (encapsulated, sealed))
            .nth(usize::try_from(epoch).ok()?.checked_sub(1)?)
    }

    fn keep_epoch(&mut self, tx: &Transaction<'_>, epoch: u32, opened: Option<Secret<32>>) -> Result<()> {
        // A share that does not open, or another key than the public half: this desk cannot read the epoch. It can go on
        // writing, and the committee sees it as a desk that has no key.
        let Some(pair) = opened.and_then(SealingKeyPair::from_private) else { return Ok(()) };
        if self.membership.epoch_key(epoch) != Some(pair.public()) || self.epochs.contains_key(&epoch) {
            return Ok(());
        }
        store::log::set_epoch_key(tx, epoch, pair.private())?;
        self.epochs.insert(epoch, pair);
        Ok(())
    }
}

impl Vault {
    /// Number and public half of the current epoch.
    pub(super) fn current_epoch(&self) -> Result<(u32, SealingPublicKey)> {
        let view = &self.space()?.membership;
        let epoch = view.epoch();
        Ok((epoch, view.epoch_key(epoch).ok_or(VigilError::NotInSpace)?))
    }

    /// Whether this device holds the current epoch's key.
    pub(super) fn holds_epoch(&self) -> Result<bool> {
        let space = self.space()?;
        Ok(space.epochs.contains_key(&space.membership.epoch()))
    }

    /// A new epoch for all active desks but one.
    pub(super) fn new_epoch(&self, left_out: Option<&DeviceId>) -> Result<Rotation> {
        let space = self.space()?;
        let (id, epoch) = (space.id(), space.membership.epoch() + 1);
        let old = space
            .epochs
            .get(&(epoch - 1))
            .ok_or(VigilError::NotAllowed { why: "only a desk that holds the epoch key can start a new epoch" })?;
        let new = SealingKeyPair::generate();
        let purpose = SealedTo::PreviousEpoch { space: id, epoch };
        let (previous_encapsulated, previous_sealed) = seal_key(&new.public(), &purpose, old.private())
            .ok_or_else(|| VigilError::internal("sealing the epoch key"))?;
        let desks = space.membership.desks().filter(|desk| left_out != Some(&desk.device));
        let shares = desks
            .map(|desk| share_epoch(id, epoch, new.private(), desk.device, &desk.sealing_key))
            .collect::<Result<Vec<_>>>()?;
        let (recovery_encapsulated, recovery_sealed) =
            seal_recovery(id, epoch, &new, &space.membership.recovery_key())?;
        let previous_sealed = previous_sealed.into();
        let epoch_key = new.public();
        Ok(Rotation {
            epoch_key,
            shares,
            previous_encapsulated,
            previous_sealed,
            recovery_encapsulated,
            recovery_sealed,
        })
    }

    /// The current epoch's key for a device that becomes a desk.
    pub(super) fn share_for(&self, device: DeviceId, sealing_key: &SealingPublicKey) -> Result<EpochShare> {
        let space = self.space()?;
        let epoch = space.membership.epoch();
        let pair = space
            .epochs
            .get(&epoch)
            .ok_or(VigilError::NotAllowed { why: "only a desk that holds the epoch key can give it to a desk" })?;
        share_epoch(space.id(), epoch, pair.private(), device, sealing_key)
    }

    /// Starts a new epoch if somebody who was closed out holds the newest, and this device can. Says whether it did.
    pub(crate) fn rotate_if_exposed(&mut self) -> Result<bool> {
        let view = &self.space()?.membership;
        let me = view.active_member(&self.device).is_some_and(|me| me.role == vigil_protocol::Role::Desk);
        if !me || !view.epoch_is_exposed() || !self.holds_epoch()? {
            return Ok(false);
        }
        let rotation = self.new_epoch(None)?;
        self.write_log(LogBody::Rotate { removal: None, rotation })?;
        Ok(true)
    }
}

pub(super) fn share_epoch(
    space: SpaceId,
    epoch: u32,
    private: &Secret<32>,
    desk: DeviceId,
    to: &SealingPublicKey,
) -> Result<EpochShare> {
    let (encapsulated, sealed) = seal_key(to, &SealedTo::Epoch { space, epoch, desk }, private)
        .ok_or_else(|| VigilError::invalid("join request", "its key is not a key"))?;
    Ok(EpochShare { device: desk, encapsulated, sealed: sealed.into() })
}

/// An epoch's private half for whoever holds the recovery key: encapsulated key and sealed key.
pub(super) fn seal_recovery(
    space: SpaceId,
    epoch: u32,
    pair: &SealingKeyPair,
    recovery: &SealingPublicKey,
) -> Result<(SealingPublicKey, minicbor::bytes::ByteArray<48>)> {
    let (encapsulated, sealed) = seal_key(recovery, &SealedTo::RecoveryEpoch { space, epoch }, pair.private())
        .ok_or_else(|| VigilError::internal("sealing the epoch to the recovery key"))?;
    Ok((encapsulated, sealed.into()))
}

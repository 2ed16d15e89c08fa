//! Recovery: officers hold shares of the committee's recovery key and restore its data together (ADR 0019).
//! It promises that fewer than the threshold learn nothing, that no signing key is ever recovered, and that the key itself is
//! in the memory of the recovering desk only, for as long as it takes to open what it opens.

use super::Vault;
use super::codes::{RECOVERY_PREFIX, from_code};
use super::space::{Admission, read_first_code};
use crate::error::{Result, VigilError};
use crate::keys::{KeyShare, SealedTo, SealingKeyPair, Secret, combine_shares, open_share, seal_share, split_key};
use serde::Serialize;
use vigil_protocol::{DeviceId, Hash, LogBody, Motion, RecoveryDeal, RecoveryShare, Role};
use zeroize::Zeroizing;

/// A desk that waits for shares, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecoveryOf {
    /// The desk, in hexadecimal.
    pub desk: String,
    /// How many holders have given it their share.
    pub given: u64,
}

/// How the committee's recovery key is dealt out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecoveryView {
    /// How many shares restore it; nothing where only the sheet of paper does.
    pub threshold: Option<u8>,
    /// Who holds a share, in hexadecimal, with whether they are still members.
    pub holders: Vec<(String, bool)>,
    /// Whether this device holds a share, and it opens.
    pub mine_opens: Option<bool>,
    /// Desks that were admitted for recovery.
    pub waiting: Vec<RecoveryOf>,
}

/// What a recovery opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Epochs whose key this desk holds now.
    pub epochs: u64,
    /// Records that it can read now and could not before.
    pub records: u64,
}

impl Vault {
    /// Deals the recovery key out to officers, of whom `threshold` together restore it. The sheet of paper is needed for it
    /// once; afterwards the committee may burn it.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for a key that is not this space's or a threshold that does not fit,
    /// [`VigilError::NotAllowed`] by role and policy.
    pub fn deal_recovery_key(&mut self, recovery_key: &str, officers: &[DeviceId], threshold: u8) -> Result<()> {
        let wrong = |why| VigilError::invalid("recovery key", why);
        let bytes = Zeroizing::new(from_code("recovery key", RECOVERY_PREFIX, recovery_key)?);
        let pair = Secret::from_slice(&bytes)
            .and_then(SealingKeyPair::from_private)
            .ok_or_else(|| wrong("a part is missing or was mistyped"))?;
        let space = self.space()?;
        if pair.public() != space.membership.recovery_key() {
            return Err(wrong("it is another committee's"));
        }
        let count = u8::try_from(officers.len()).unwrap_or(u8::MAX);
        let split =
            split_key(pair.private(), threshold, count).map_err(|error| VigilError::invalid("threshold", error))?;
        let mut shares = Vec::with_capacity(officers.len());
        for (device, share) in officers.iter().zip(&split) {
            let holder = space.membership.active_member(device).ok_or(VigilError::NotFound { what: "member" })?;
            let purpose = SealedTo::RecoveryShare { space: space.id(), holder: *device };
            let (encapsulated, sealed) = seal_share(&holder.sealing_key, &purpose, share)
                .ok_or_else(|| VigilError::internal("sealing a share"))?;
            shares.push(RecoveryShare { device: *device, encapsulated, sealed: sealed.into() });
        }
        self.write_log(LogBody::RecoveryShares { threshold, shares })
    }

    /// Moves that a new desk is admitted to restore the committee's access. As many persons as the policy asks second it; then
    /// [`Self::carry_out`] admits the desk, and [`Self::welcome_again`] answers a new first code of it.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] for the request, [`VigilError::NotAllowed`].
    pub fn propose_recovery(&mut self, request: &str, name: &str) -> Result<Hash> {
        let first = read_first_code(request)?;
        let certificate = self.certificate(&first, &Admission::new(Role::Desk, name))?;
        self.propose_motion(Motion::Recover { certificate })
    }

    /// How the recovery key is dealt out. It opens this device's own share to see that it can: that is the drill.
    ///
    /// # Errors
    /// [`VigilError::NotInSpace`].
    pub fn recovery(&self) -> Result<RecoveryView> {
        let membership = &self.space()?.membership;
        let deal = membership.recovery_deal();
        let is_active = |device: &DeviceId| membership.active_member(device).is_some();
        let holders = deal.map_or_else(Vec::new, |deal| {
            deal.shares.iter().map(|share| (share.device.to_string(), is_active(&share.device))).collect()
        });
        let mine = deal.filter(|deal| deal.shares.iter().any(|share| share.device == self.device));
        let given =
            |desk: &DeviceId| deal.map_or(0, |deal| deal.given.keys().filter(|(to, _)| to == desk).count()) as u64;
        let waiting = membership
            .active_members()
            .filter(|member| member.for_recovery)
            .map(|member| RecoveryOf { desk: member.device.to_string(), given: given(&member.device) })
            .collect();
        Ok(RecoveryView {
            threshold: deal.map(|deal| deal.threshold),
            holders,
            mine_opens: mine.map(|deal| self.own_share(deal).is_ok()),
            waiting,
        })
    }

    fn own_share(&self, deal: &RecoveryDeal) -> Result<KeyShare> {
        let missing = VigilError::NotFound { what: "share of the recovery key" };
        let Some(share) = deal.shares.iter().find(|share| share.device == self.device) else { return Err(missing) };
        let purpose = SealedTo::RecoveryShare { space: self.space()?.id(), holder: self.device };
        open_share(&self.keys.sealing, &purpose, &share.encapsulated, &share.sealed).ok_or(missing)
    }

    fn deal(&self) -> Result<&RecoveryDeal> {
        self.space()?.membership.recovery_deal().ok_or(VigilError::NotFound { what: "share of the recovery key" })
    }

    /// Gives this device's share on to a desk that the committee admitted for recovery. Nobody else can open it on the way,
    /// and the log keeps who gave it.
    ///
    /// # Errors
    /// [`VigilError::NotFound`] without a share, [`VigilError::NotAllowed`] for another device.
    pub fn give_recovery_share(&mut self, desk: &DeviceId) -> Result<()> {
        let share = self.own_share(self.deal()?)?;
        let space = self.space()?;
        let member = space.membership.active_member(desk).ok_or(VigilError::NotFound { what: "member" })?;
        let purpose = SealedTo::RecoveryShareFor { space: space.id(), desk: *desk, holder: self.device };
        let (encapsulated, sealed) =
            seal_share(&member.sealing_key, &purpose, &share).ok_or_else(|| VigilError::internal("sealing a share"))?;
        self.write_log(LogBody::RecoveryShareFor { desk: *desk, encapsulated, sealed: sealed.into() })
    }

    /// Restores the committee's access on this desk from the shares that officers gave it: the epochs, and every identity that
    /// was sealed to the recovery key and is here already. Sync before, so that it is; calling it again after another sync
    /// opens what came since.
    ///
    /// # Errors
    /// [`VigilError::NotAllowed`] for a device that was not admitted for it, or with too few shares.
    pub fn recover(&mut self) -> Result<Recovered> {
        let deal = self.deal()?;
        let space = self.space()?;
        if !space.membership.active_member(&self.device).is_some_and(|member| member.for_recovery) {
            return Err(VigilError::NotAllowed { why: "only a desk that was admitted for recovery recovers" });
        }
        let mut shares = Vec::new();
        for ((desk, holder), (encapsulated, sealed)) in &deal.given {
            if *desk != self.device {
                continue;
            }
            let purpose = SealedTo::RecoveryShareFor { space: space.id(), desk: *desk, holder: *holder };
            // A holder who sealed nonsense is one share less, and must not keep the others from recovering.
            shares.extend(open_share(&self.keys.sealing, &purpose, encapsulated, sealed));
        }
        let pair = combine_shares(&shares, deal.threshold, &space.membership.recovery_key()).ok_or(
            VigilError::NotAllowed { why: "too few officers have given their share, or one that does not fit" },
        )?;
        let space = self.space.as_mut().ok_or(VigilError::NotInSpace)?;
        let epochs = self.store.in_transaction(|tx| space.recover_epochs(tx, &pair))?;
        let mut records = 0;
        loop {
            let opened = self.open_parked(Some(&pair))?;
            if opened == 0 {
                return Ok(Recovered { epochs, records });
            }
            records += opened;
        }
    }
}

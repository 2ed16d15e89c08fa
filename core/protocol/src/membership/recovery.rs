//! Shares of the committee's recovery key, and to whom they may be given on.
//! The log promises only who holds a share and that nobody but a desk admitted for recovery is given one.

use super::{Author, Membership, not_allowed};
use crate::{DeviceId, LogEntry, PersonId, ProtocolError, RecoveryShare, Role, SealingPublicKey, limits};
use std::collections::{BTreeMap, BTreeSet};

/// How the recovery key is dealt out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryDeal {
    /// Index of the entry that dealt it.
    pub index: u64,
    /// How many shares open it.
    pub threshold: u8,
    /// The shares, each sealed to its holder.
    pub shares: Vec<RecoveryShare>,
    /// Shares that their holders gave on: for which desk, by whom, sealed to that desk.
    pub given: BTreeMap<(DeviceId, DeviceId), (SealingPublicKey, Vec<u8>)>,
}

impl Membership {
    pub(super) fn deal_shares(
        &mut self,
        entry: &LogEntry,
        author: Author,
        threshold: u8,
        shares: &[RecoveryShare],
    ) -> Result<(), ProtocolError> {
        if author.role != Role::Desk {
            return not_allowed("a desk deals out the recovery key");
        }
        if shares.len() > limits::MAX_RECOVERY_SHARES {
            return Err(ProtocolError::TooLarge { what: "recovery shares", limit: limits::MAX_RECOVERY_SHARES });
        }
        if threshold < self.policy_or_default().recovery_persons || usize::from(threshold) > shares.len() {
            return not_allowed("as many persons as the policy says open the recovery key, and there are as many");
        }
        let mut persons = BTreeSet::new();
        for share in shares {
            check_size(&share.sealed)?;
            let Some(holder) = self.active_member(&share.device).filter(|holder| holder.leads(entry.time)) else {
                return not_allowed("officers and desks hold shares of the recovery key");
            };
            let person: PersonId = holder.person;
            if !persons.insert(person) {
                return not_allowed("each person holds one share of the recovery key");
            }
        }
        let given = BTreeMap::new();
        self.deal = Some(RecoveryDeal { index: entry.index, threshold, shares: shares.to_vec(), given });
        Ok(())
    }

    pub(super) fn give_share(
        &mut self,
        author: Author,
        desk: DeviceId,
        encapsulated: SealingPublicKey,
        sealed: &[u8],
    ) -> Result<(), ProtocolError> {
        check_size(sealed)?;
        if !self.active_member(&desk).is_some_and(|member| member.role == Role::Desk && member.for_recovery) {
            return not_allowed("shares of the recovery key go to a desk that was admitted for recovery");
        }
        let deal = self.deal.as_mut().filter(|deal| deal.shares.iter().any(|share| share.device == author.device));
        let Some(deal) = deal else { return not_allowed("only who holds a share of the recovery key gives it on") };
        deal.given.insert((desk, author.device), (encapsulated, sealed.to_vec()));
        Ok(())
    }

    /// How the recovery key is dealt out, if it is.
    pub fn recovery_deal(&self) -> Option<&RecoveryDeal> {
        self.deal.as_ref()
    }
}

fn check_size(sealed: &[u8]) -> Result<(), ProtocolError> {
    if sealed.len() > limits::MAX_RECOVERY_SHARE_BYTES {
        return Err(ProtocolError::TooLarge { what: "recovery share", limit: limits::MAX_RECOVERY_SHARE_BYTES });
    }
    Ok(())
}

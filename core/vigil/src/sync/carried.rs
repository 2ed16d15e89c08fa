//! What is carried by hand: verified and taken in, or kept until the log says who its author is (PROTOCOL 20).
//! It promises that nothing is read before its author is known and its signature holds, and that what waits is not lost.

use super::take_in::take_in;
use crate::error::{Result, VigilError};
use crate::store::carried;
use crate::vault::Vault;
use vigil_protocol::{
    Batch, Chain, DeviceId, Hash, Membership, PulledBatch, PulledItem, Purpose, canonical, digest, limits,
};

/// A batch that was carried here.
enum Carried {
    /// It is a member's, and verified.
    Verified(Box<PulledBatch>),
    /// Nobody here can judge it yet.
    Waits(DeviceId),
}

impl Vault {
    /// Takes in sealed copies that another device of the space handed over (see [`Vault::sealed_copies`]), or batches that it
    /// keeps until they are received (see [`Vault::kept_batches`]). Gives the number of records that are new or changed here;
    /// the same saves coming again, by hand or by the server, change nothing. What is of a device that the log does not name
    /// here yet waits until it does.
    ///
    /// # Errors
    /// [`VigilError::Invalid`] if one is not a batch of this space; then none is taken in. [`VigilError::NotAllowed`] before
    /// this device has seen its space's log, or where too much waits.
    pub fn take_in_copies(&mut self, copies: &[Vec<u8>]) -> Result<u64> {
        if self.space()?.membership.is_provisional() {
            return Err(VigilError::NotAllowed { why: "this device reads nothing of others before its first sync" });
        }
        let mut verified = Vec::with_capacity(copies.len());
        let mut waiting = Vec::new();
        for bytes in copies {
            match self.carried(bytes)? {
                Carried::Verified(batch) => verified.push(*batch),
                Carried::Waits(device) => waiting.push((digest_of(bytes), device, bytes)),
            }
        }
        self.store.in_transaction(|tx| {
            for (digest, device, bytes) in &waiting {
                if !carried::keep(tx, digest, device, bytes)? {
                    return Err(VigilError::NotAllowed {
                        why: "too much of devices that are not known yet waits here",
                    });
                }
            }
            Ok(())
        })?;
        self.take_in_verified(verified)
    }

    /// Judges what waits, where the log names its author by now. Gives the number of records that are new or changed.
    pub(crate) fn judge_waiting(&mut self) -> Result<u64> {
        let mut taken = 0;
        for device in carried::devices(self.store.read())? {
            if self.space()?.membership.member(&device).is_none() {
                continue;
            }
            let (mut verified, mut done) = (Vec::new(), Vec::new());
            for (digest, bytes) in carried::of_device(self.store.read(), &device)? {
                match self.carried(&bytes) {
                    Ok(Carried::Verified(batch)) => verified.push(*batch),
                    Ok(Carried::Waits(_)) => continue,
                    // It is not what it said that it was.
                    Err(VigilError::Invalid { .. } | VigilError::NotAllowed { .. }) => {}
                    Err(error) => return Err(error),
                }
                done.push(digest);
            }
            taken += self.take_in_verified(verified)?;
            self.store.in_transaction(|tx| done.iter().try_for_each(|digest| carried::forget(tx, digest)))?;
        }
        Ok(taken)
    }

    fn take_in_verified(&mut self, batches: Vec<PulledBatch>) -> Result<u64> {
        if batches.is_empty() {
            return Ok(0);
        }
        let cursor = self.cursor()?;
        let taken = take_in(self, batches, &cursor)?;
        self.open_opinions()?;
        Ok(taken.new_records + taken.changed_records)
    }

    /// Reads what was carried by hand: a batch whole, or one some of whose items are gone.
    fn carried(&self, bytes: &[u8]) -> Result<Carried> {
        let membership = &self.space()?.membership;
        if let Ok(batch) = Batch::from_bytes(bytes) {
            if batch.header.space == membership.space()
                && cannot_be_judged(membership, &batch.header.device, batch.header.log_length)
            {
                batch.header.check()?;
                return Ok(Carried::Waits(batch.header.device));
            }
            batch.verify(membership)?;
            return Ok(Carried::Verified(Box::new(PulledBatch {
                device: batch.header.device,
                chain: batch.header.chain,
                log_length: batch.header.log_length,
                salt: batch.header.salt,
                seen_root: batch.header.seen_root,
                signature: batch.signature,
                first_sequence: 0,
                items: batch.items.into_iter().map(PulledItem::Present).collect(),
            })));
        }
        let batch: PulledBatch = canonical::decode_limited(bytes, limits::MAX_BODY_BYTES)?;
        if !matches!(batch.chain, Chain::Sync { .. }) || batch.first_sequence != 0 {
            return Err(VigilError::invalid("batch", "it is not one that is carried by hand"));
        }
        if cannot_be_judged(membership, &batch.device, batch.log_length) {
            return Ok(Carried::Waits(batch.device));
        }
        let header = batch.header(membership)?;
        header.verify(&batch.signature, membership)?;
        for item in &batch.items {
            if let PulledItem::Present(item) = item {
                item.check()?;
            }
        }
        Ok(Carried::Verified(Box::new(batch)))
    }
}

/// Whether the log as it is here is too short to say who the author is or what it knew.
fn cannot_be_judged(membership: &Membership, author: &DeviceId, log_length: u64) -> bool {
    membership.member(author).is_none() || log_length > membership.length()
}

fn digest_of(bytes: &[u8]) -> Hash {
    digest(Purpose::Batch, &[bytes])
}

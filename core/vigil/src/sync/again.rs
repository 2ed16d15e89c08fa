//! Pushing again: a server that was put back from a backup lacks batches that it once acknowledged (PROTOCOL 16, 17).
//! The chain goes again from its beginning, byte for byte where something is kept and by the signed hashes elsewhere; what
//! the server has already, it takes for what it is.

use crate::error::{Result, VigilError};
use crate::store::{Setting, chains, receipts, settings};
use crate::vault::Vault;
use vigil_protocol::{
    BatchHeader, BatchOutcome, ExpandedBatch, Item, PulledBatch, PulledItem, PushedBatch, Signature, canonical,
};

impl Vault {
    /// Pushes this device's batches again with the next sync, as far as they are kept: for when the committee's server was
    /// put back from a backup. It does so by itself when it notices.
    ///
    /// # Errors
    /// [`VigilError::Disk`].
    pub fn push_again(&mut self) -> Result<()> {
        Ok(self.store.in_transaction(|tx| settings::set(tx, Setting::PushAgain, &[1]))?)
    }

    /// Batches that were sent and that nobody has said to have received, to be carried by hand: another device takes them in
    /// with [`Vault::take_in_copies`]. Nothing in them opens on this device.
    ///
    /// # Errors
    /// [`VigilError::DatabaseDamaged`].
    pub fn kept_batches(&self) -> Result<Vec<Vec<u8>>> {
        let mut batches = Vec::new();
        for counter in receipts::kept_batches(self.store.read())? {
            let Some(ExpandedBatch { header, signature, items }) = self.sent_batch(counter)? else { continue };
            let carried = PulledBatch {
                device: header.device,
                chain: header.chain,
                log_length: header.log_length,
                salt: header.salt,
                seen_root: header.seen_root,
                signature,
                first_sequence: 0,
                items,
            };
            batches.push(canonical::encode(&carried));
        }
        Ok(batches)
    }

    /// A batch of this device's chain that was acknowledged: items that are kept, hashes of the others.
    fn sent_batch(&self, counter: u64) -> Result<Option<ExpandedBatch>> {
        let damaged = || VigilError::DatabaseDamaged { detail: "a batch that was sent" };
        let store = self.store.read();
        let Some((header, signature)) = chains::signed_header(store, &self.device, counter)? else { return Ok(None) };
        let header: BatchHeader = canonical::decode(&header).map_err(|_| damaged())?;
        let signature = Signature::from_slice(&signature).ok_or_else(damaged)?;
        let kept = receipts::kept_of(store, counter)?;
        let item = |(place, hash): (u32, &vigil_protocol::Hash)| match kept.get(&place) {
            Some(bytes) => canonical::decode::<Item>(bytes).map(PulledItem::Present).map_err(|_| damaged()),
            None => Ok(PulledItem::Stub(*hash)),
        };
        let items = (0u32..).zip(&header.items).map(item).collect::<Result<Vec<_>>>()?;
        Ok(Some(ExpandedBatch { header, signature, items }))
    }

    /// Where to push again from, if there is reason to.
    pub(super) fn again_from(&self) -> Result<Option<u64>> {
        let asked = settings::get(self.store.read(), Setting::PushAgain)?.is_some_and(|mark| !mark.is_empty());
        Ok((asked && self.keeps_what_it_sent()?).then_some(1))
    }

    /// The next pushes from a counter on, at most so many and so many bytes.
    pub(super) fn pushes_again(&self, from: u64, most: usize, window: usize) -> Result<Vec<PushedBatch>> {
        let (last, _) = chains::last(self.store.read(), &self.device)?;
        let (mut pushes, mut size) = (Vec::new(), 0);
        for counter in from..=last {
            let Some(batch) = self.sent_batch(counter)? else { break };
            size += canonical::encode(&batch.header).len();
            size += batch.items.iter().map(|item| canonical::encode(item).len()).sum::<usize>();
            if pushes.len() == most || (!pushes.is_empty() && size > window) {
                break;
            }
            pushes.extend(PushedBatch::in_full(batch));
        }
        Ok(pushes)
    }

    /// What came of pushing again: where to go on, or that it is done.
    pub(super) fn settle_again(&self, from: u64, outcomes: &[BatchOutcome]) -> Result<Option<u64>> {
        let (last, _) = chains::last(self.store.read(), &self.device)?;
        // A batch that counts only in the chain, because the epoch has changed, stays kept and can be carried by hand.
        let goes_on = outcomes.iter().all(|outcome| !matches!(outcome, BatchOutcome::Refused(_) | BatchOutcome::Fork));
        let next = from.saturating_add(outcomes.len() as u64);
        Ok((goes_on && !outcomes.is_empty() && next <= last).then_some(next))
    }

    pub(super) fn done_again(&self) -> Result<()> {
        Ok(self.store.in_transaction(|tx| settings::set(tx, Setting::PushAgain, &[]))?)
    }
}

//! Receipts: what a device states in the clear about others' batches and records - that it took them in, or destroyed them.
//! A receipt holds nothing that the server does not know anyway, and once given it counts for ever: receipts only add up.

use crate::{DeviceId, Hash, ProtocolError, RecordId, SequenceRanges, Timestamp, limits};
use minicbor::{Decode, Encode};

/// What a device states.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Receipt {
    /// An officer or a desk took in items of a batch and opened them: its author need not keep them any longer
    /// (PROTOCOL 17).
    #[n(0)]
    Batch {
        /// The author of the batch.
        #[n(0)]
        device: DeviceId,
        /// The batch's counter in its author's chain.
        #[n(1)]
        counter: u64,
        /// The batch's hash: the receipt is for these bytes and no others.
        #[n(2)]
        hash: Hash,
        /// Which of its items, counted from 1. Identities are sealed apart, so one device seldom opens all of a batch.
        #[n(3)]
        items: SequenceRanges,
        /// When, by the clock of whoever signs.
        #[n(4)]
        time: Timestamp,
    },
    /// This device has destroyed everything that it held of an erased record.
    #[n(1)]
    Erased {
        /// The record.
        #[n(0)]
        record: RecordId,
    },
}

impl Receipt {
    /// Checks sizes and shape.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`] or [`ProtocolError::Malformed`].
    pub fn check(&self) -> Result<(), ProtocolError> {
        let Self::Batch { counter, items, .. } = self else { return Ok(()) };
        items.check()?;
        let most = limits::MAX_ITEMS_PER_BATCH as u64;
        let within = match (items.ranges().first(), items.ranges().last()) {
            (Some((first, _)), Some((_, last))) => *first >= 1 && *last <= most,
            _ => false,
        };
        if within && (1..=limits::MAX_COUNTER).contains(counter) {
            Ok(())
        } else {
            Err(ProtocolError::Malformed { what: "receipt" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, canonical};

    fn receipt(counter: u64, ranges: &[(u64, u64)]) -> Receipt {
        let mut items = SequenceRanges::new();
        for (start, end) in ranges {
            items.insert(*start, *end);
        }
        Receipt::Batch { device: DeviceId([1; 16]), counter, hash: Hash([2; 32]), items, time: Timestamp(3) }
    }

    #[test]
    fn a_receipt_names_items_that_a_batch_can_have() {
        assert!(receipt(1, &[(1, 1), (3, 512)]).check().is_ok());
        for wrong in [receipt(1, &[]), receipt(1, &[(0, 4)]), receipt(1, &[(1, 513)]), receipt(0, &[(1, 1)])] {
            assert!(wrong.check().is_err(), "{wrong:?}");
            assert!(Item::Receipt(wrong).check().is_err());
        }
        assert!(receipt(limits::MAX_COUNTER + 1, &[(1, 1)]).check().is_err());
        assert!(Receipt::Erased { record: RecordId([4; 16]) }.check().is_ok());
    }

    #[test]
    fn a_receipt_reads_back_and_its_hash_covers_every_part() {
        let one = Item::Receipt(receipt(1, &[(1, 2)]));
        assert_eq!(canonical::decode::<Item>(&canonical::encode(&one)), Ok(one.clone()));
        for other in [receipt(2, &[(1, 2)]), receipt(1, &[(1, 3)]), Receipt::Erased { record: RecordId([1; 16]) }] {
            assert_ne!(Item::Receipt(other).hash(), one.hash());
        }
    }
}

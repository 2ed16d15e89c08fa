//! Batches: what one device signs at once, chained to what it signed before.
//! A batch promises who wrote its items, in which order, and what the author knew of the membership log - also after some
//! of its items have been destroyed, because the signature covers their hashes.

use crate::{
    DeviceId, Hash, Item, Membership, ProtocolError, Purpose, SUITE, Salt, Signature, SigningKey, SpaceId, canonical,
    digest, limits, verify,
};
use minicbor::{Decode, Encode};

/// Where a batch stands among its author's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Chain {
    /// The author's chain: every counter is signed once, each batch names the hash of the one before (PROTOCOL 9).
    #[n(0)]
    Sync {
        /// 1 for the first batch of the device.
        #[n(0)]
        counter: u64,
        /// Hash of the batch with the counter before; [`Hash::NONE`] for the first.
        #[n(1)]
        previous: Hash,
    },
    /// A sealed copy that a save left for a locked device to hand over. It stands alone; its items are idempotent.
    #[n(1)]
    Copy {
        /// A random number below 2^63 that tells the device's copies apart.
        #[n(0)]
        number: u64,
    },
}

impl Chain {
    /// The counter or number.
    pub fn number(&self) -> u64 {
        match self {
            Self::Sync { counter, .. } => *counter,
            Self::Copy { number } => *number,
        }
    }

    /// 0 for the author's chain, 1 for sealed copies.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Sync { .. } => 0,
            Self::Copy { .. } => 1,
        }
    }
}

/// What the signature of a batch covers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BatchHeader {
    /// [`SUITE`].
    #[n(0)]
    pub suite: u8,
    /// The space.
    #[n(1)]
    pub space: SpaceId,
    /// The author.
    #[n(2)]
    pub device: DeviceId,
    /// Its place among the author's batches.
    #[n(3)]
    pub chain: Chain,
    /// How many entries of the membership log the author knew.
    #[n(4)]
    pub log_length: u64,
    /// Hash of the last of them.
    #[n(5)]
    pub log_head: Hash,
    /// Salt of the content keys.
    #[n(6)]
    pub salt: Salt,
    /// Root of the space's Merkle log that the author had seen (PROTOCOL 15); none before there is one.
    #[n(7)]
    pub seen_root: Option<Hash>,
    /// Hashes of the items.
    #[n(8)]
    pub items: Vec<Hash>,
}

impl BatchHeader {
    /// The batch's hash, which the author's next batch names.
    pub fn hash(&self) -> Hash {
        digest(Purpose::Batch, &[&canonical::encode(self)])
    }

    /// Checks version and sizes.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownVersion`] or [`ProtocolError::TooLarge`].
    pub fn check(&self) -> Result<(), ProtocolError> {
        if self.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: self.suite });
        }
        if self.chain.number() > limits::MAX_COUNTER || self.log_length > limits::MAX_LOG_ENTRIES {
            return Err(ProtocolError::Malformed { what: "batch" });
        }
        if self.items.len() > limits::MAX_ITEMS_PER_BATCH {
            return Err(ProtocolError::TooLarge { what: "batch", limit: limits::MAX_ITEMS_PER_BATCH });
        }
        Ok(())
    }

    /// Checks the signature and that its author is a member who knew a true prefix of the log.
    ///
    /// # Errors
    /// [`ProtocolError::NotAllowed`] for a stranger, [`ProtocolError::BrokenChain`] for another log,
    /// [`ProtocolError::BadSignature`].
    pub fn verify(&self, signature: &Signature, membership: &Membership) -> Result<(), ProtocolError> {
        self.check()?;
        if self.space != membership.space() {
            return Err(ProtocolError::NotAllowed { why: "the batch is for another space" });
        }
        let author = membership
            .member(&self.device)
            .ok_or(ProtocolError::NotAllowed { why: "the author of a batch must be a member" })?;
        if membership.head_at(self.log_length) != Some(self.log_head) {
            return Err(ProtocolError::BrokenChain { what: "membership log in a batch" });
        }
        // A new device signs copies over the log as it was shown to it, before its certificate stands in it (PROTOCOL 20).
        let is_copy = matches!(self.chain, Chain::Copy { .. });
        if author.added_at >= self.log_length && !is_copy {
            return Err(ProtocolError::NotAllowed { why: "the author was not yet a member" });
        }
        verify(&author.signing_key, Purpose::Batch, &self.hash(), signature, "batch")
    }
}

/// A signed batch with all its items.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Batch {
    /// What is signed.
    #[n(0)]
    pub header: BatchHeader,
    /// The author's signature.
    #[n(1)]
    pub signature: Signature,
    /// The items, in the order of their hashes in the header.
    #[n(2)]
    pub items: Vec<Item>,
}

impl Batch {
    /// Signs items as one batch; `header.items` is filled in from them.
    pub fn sign(mut header: BatchHeader, items: Vec<Item>, key: &SigningKey) -> Self {
        header.items = items.iter().map(Item::hash).collect();
        let signature = key.sign(Purpose::Batch, &header.hash());
        Self { header, signature, items }
    }

    /// Checks the items against the header, their shape, and the signature.
    ///
    /// # Errors
    /// As [`BatchHeader::verify`], and [`ProtocolError::Malformed`] if an item is not the one that was signed.
    pub fn verify(&self, membership: &Membership) -> Result<(), ProtocolError> {
        if self.items.len() != self.header.items.len() {
            return Err(ProtocolError::Malformed { what: "batch" });
        }
        for (item, hash) in self.items.iter().zip(&self.header.items) {
            item.check()?;
            if item.hash() != *hash {
                return Err(ProtocolError::Malformed { what: "batch" });
            }
        }
        self.header.verify(&self.signature, membership)
    }

    /// Reads a stored or carried batch.
    ///
    /// # Errors
    /// As [`canonical::decode_limited`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        canonical::decode_limited(bytes, limits::MAX_BODY_BYTES)
    }

    /// The bytes to store or carry.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::encode(self)
    }
}

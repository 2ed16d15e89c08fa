//! The one request of the wire: `POST /v1/sync` pushes and pulls in a round trip, signed on both sides (PROTOCOL 13, 14).
//! The wire leaves out what the other end already holds (hashes of known items, the log's head, the predecessor); the
//! signatures cover all of it, so a wrong guess is a refusal and never another meaning.

use crate::{
    Batch, BatchHeader, Capsule, Chain, DeviceId, Hash, Incarnation, Item, KeyCommitment, KeyReference, LogEntry,
    Membership, ProtocolError, Purpose, RecordId, SUITE, Salt, SequenceRanges, Signature, SigningKey, SigningPublicKey,
    SpaceId, Timestamp, canonical, digest, limits, verify,
};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// The path of the sync request.
pub const SYNC_PATH: &str = "/v1/sync";

/// What a device sends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncRequest {
    /// [`SUITE`].
    #[n(0)]
    pub suite: u8,
    /// The device; the server knows its space.
    #[n(1)]
    pub device: DeviceId,
    /// Rises with every request of the device; stored by the server before it acts.
    #[n(2)]
    pub counter: u64,
    /// Entries of the membership log that the device holds.
    #[n(3)]
    pub log_length: u64,
    /// Asks the server to name its incarnation, which answers are otherwise signed over in silence.
    #[n(4)]
    pub hello: bool,
    /// Sequence numbers that the device needs no more.
    #[n(5)]
    pub have: SequenceRanges,
    /// Largest page of items that it wants, in bytes; 0 for none.
    #[n(6)]
    pub page_bytes: u32,
    /// Batches to store, in the order of their counters.
    #[n(7)]
    pub batches: Vec<PushedBatch>,
    /// Log entries to append, by compare-and-set on the log's length and head.
    #[n(8)]
    pub log: Vec<LogEntry>,
}

/// A batch on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PushedBatch {
    /// Counter in the author's chain.
    #[n(0)]
    pub counter: u64,
    /// Hash of the batch before; none where it is the one that the server holds.
    #[n(1)]
    pub previous: Option<Hash>,
    /// Length of the log that the author knew; the server knows the head at that length.
    #[n(2)]
    pub log_length: u64,
    /// Salt of the content keys.
    #[n(3)]
    pub salt: Salt,
    /// Root that the author had seen.
    #[n(4)]
    pub seen_root: Option<Hash>,
    /// The author's signature.
    #[n(5)]
    pub signature: Signature,
    /// The items.
    #[n(6)]
    pub items: Vec<PushedItem>,
}

/// An item on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PushedItem {
    /// An item as it is.
    #[n(0)]
    Whole(#[n(0)] Item),
    /// Content under a key that the server holds the capsule of, named by the sequence number of that item.
    #[n(1)]
    Write(#[n(0)] u64, #[n(1)] ByteVec),
    /// An item that its author had to destroy, or was told need not be kept: its hash, so that the chain goes on.
    #[n(2)]
    Gone(#[n(0)] Hash),
}

/// A pushed batch with what was left out put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandedBatch {
    /// What was signed.
    pub header: BatchHeader,
    /// The author's signature.
    pub signature: Signature,
    /// The items; those that are gone are hashes.
    pub items: Vec<PulledItem>,
}

impl ExpandedBatch {
    /// Checks the items' shape and the signature.
    ///
    /// # Errors
    /// As [`Item::check`] and [`BatchHeader::verify`].
    pub fn verify(&self, membership: &Membership) -> Result<(), ProtocolError> {
        for item in &self.items {
            if let PulledItem::Present(item) = item {
                item.check()?;
            }
        }
        self.header.verify(&self.signature, membership)
    }
}

/// What the server knows and a push may leave out.
pub trait Expand {
    /// Hash of the last batch of this device that the server holds, with its counter.
    fn last_batch(&self, device: &DeviceId) -> Option<(u64, Hash)>;
    /// The commitment of the capsule in the item with this sequence number.
    fn commitment_at(&self, sequence: u64) -> Option<KeyCommitment>;
}

/// The sequence number of the item with a capsule, where the server is known to hold it.
pub type Known<'a> = dyn Fn(&KeyCommitment) -> Option<u64> + 'a;

impl PushedBatch {
    /// What to send for a batch of the author's chain: in full, or without what the server should hold.
    /// `None` for a sealed copy, which is not pushed this way.
    pub fn from_batch(batch: &Batch, known: Option<&Known<'_>>) -> Option<Self> {
        let Chain::Sync { counter, previous } = batch.header.chain else { return None };
        let items = batch
            .items
            .iter()
            .map(|item| match (item, known) {
                (Item::Write(KeyReference::Known(commitment), sealed), Some(known)) => match known(commitment) {
                    Some(sequence) => PushedItem::Write(sequence, sealed.clone()),
                    None => PushedItem::Whole(item.clone()),
                },
                _ => PushedItem::Whole(item.clone()),
            })
            .collect();
        Some(Self {
            counter,
            previous: if known.is_some() { None } else { Some(previous) },
            log_length: batch.header.log_length,
            salt: batch.header.salt,
            seen_root: batch.header.seen_root,
            signature: batch.signature,
            items,
        })
    }

    /// What to send for a batch some of whose items are gone: a server that was put back from a backup may lack it.
    /// `None` for a sealed copy, which is not pushed this way.
    pub fn in_full(batch: ExpandedBatch) -> Option<Self> {
        let Chain::Sync { counter, previous } = batch.header.chain else { return None };
        let items = batch.items.into_iter().map(|item| match item {
            PulledItem::Present(item) => PushedItem::Whole(item),
            PulledItem::Stub(hash) => PushedItem::Gone(hash),
        });
        Some(Self {
            counter,
            previous: Some(previous),
            log_length: batch.header.log_length,
            salt: batch.header.salt,
            seen_root: batch.header.seen_root,
            signature: batch.signature,
            items: items.collect(),
        })
    }

    /// The batch that was signed. The result is not yet verified.
    ///
    /// # Errors
    /// [`ProtocolError::BrokenChain`] if something was left out that this end does not hold: ask for it in full.
    pub fn expand(
        self,
        device: DeviceId,
        membership: &Membership,
        held: &dyn Expand,
    ) -> Result<ExpandedBatch, ProtocolError> {
        let missing = ProtocolError::BrokenChain { what: "pushed batch" };
        let previous = match self.previous {
            Some(previous) => previous,
            None if self.counter == 1 => Hash::NONE,
            None => match held.last_batch(&device) {
                Some((counter, hash)) if counter.checked_add(1) == Some(self.counter) => hash,
                _ => return Err(missing),
            },
        };
        let mut items = Vec::with_capacity(self.items.len().min(limits::MAX_ITEMS_PER_BATCH));
        for item in self.items {
            items.push(match item {
                PushedItem::Whole(item) => PulledItem::Present(item),
                PushedItem::Write(sequence, sealed) => {
                    let commitment = held.commitment_at(sequence).ok_or_else(|| missing.clone())?;
                    PulledItem::Present(Item::Write(KeyReference::Known(commitment), sealed))
                }
                PushedItem::Gone(hash) => PulledItem::Stub(hash),
            });
        }
        let header = BatchHeader {
            suite: SUITE,
            space: membership.space(),
            device,
            chain: Chain::Sync { counter: self.counter, previous },
            log_length: self.log_length,
            log_head: membership.head_at(self.log_length).ok_or(missing)?,
            salt: self.salt,
            seen_root: self.seen_root,
            items: items.iter().map(PulledItem::hash).collect(),
        };
        Ok(ExpandedBatch { header, signature: self.signature, items })
    }
}

/// What became of one pushed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum BatchOutcome {
    /// Stored and durable; its items have the sequence numbers from here on.
    #[n(0)]
    Stored(#[n(0)] u64),
    /// Kept, but its predecessor has not arrived: not handed out yet.
    #[n(1)]
    Provisional,
    /// Counts in the chain, but its items do not: the epoch has changed. They belong into the next batch.
    #[n(2)]
    StaleEpoch,
    /// The server could not complete it: send it again with nothing left out.
    #[n(3)]
    SendInFull,
    /// Another batch with this counter is held. Both are kept as proof against their author (PROTOCOL 11).
    #[n(4)]
    Fork,
    /// Not accepted. `NotAllowed` takes its place in the chain, its items do not; `Busy` may work later.
    #[n(5)]
    Refused(#[n(0)] RefusalCode),
}

/// Why the server refused a request or a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum RefusalCode {
    /// The bytes are not a request.
    #[n(0)]
    Malformed,
    /// The device is no member.
    #[n(1)]
    UnknownDevice,
    /// The device has been removed.
    #[n(2)]
    Removed,
    /// The signature does not match.
    #[n(3)]
    BadSignature,
    /// The request's counter does not rise.
    #[n(4)]
    Replayed,
    /// A limit was exceeded.
    #[n(5)]
    TooLarge,
    /// The author is suspended: it signed two batches under one counter.
    #[n(6)]
    Suspended,
    /// The rules do not allow it.
    #[n(7)]
    NotAllowed,
    /// Too many requests, or the server is full; later it may work.
    #[n(8)]
    Busy,
    /// A version that the server does not know.
    #[n(9)]
    UnknownVersion,
    /// The server failed; nothing was stored.
    #[n(10)]
    Internal,
}

impl RefusalCode {
    /// A code that never changes, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownDevice => "unknown_device",
            Self::Removed => "removed",
            Self::BadSignature => "bad_signature",
            Self::Replayed => "replayed",
            Self::TooLarge => "too_large",
            Self::Suspended => "suspended",
            Self::NotAllowed => "not_allowed",
            Self::Busy => "busy",
            Self::UnknownVersion => "unknown_version",
            Self::Internal => "internal",
        }
    }
}

/// A batch on its way to a device. Items that are not for it, or destroyed, or on another page, are hashes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PulledBatch {
    /// The author.
    #[n(0)]
    pub device: DeviceId,
    /// Its place in the author's chain.
    #[n(1)]
    pub chain: Chain,
    /// Length of the log that the author knew.
    #[n(2)]
    pub log_length: u64,
    /// Salt of the content keys.
    #[n(3)]
    pub salt: Salt,
    /// Root that the author had seen.
    #[n(4)]
    pub seen_root: Option<Hash>,
    /// The author's signature.
    #[n(5)]
    pub signature: Signature,
    /// Sequence number of the first item; the others follow it.
    #[n(6)]
    pub first_sequence: u64,
    /// The items.
    #[n(7)]
    pub items: Vec<PulledItem>,
}

/// An item on its way to a device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum PulledItem {
    /// The item.
    #[n(0)]
    Present(#[n(0)] Item),
    /// Its hash alone.
    #[n(1)]
    Stub(#[n(0)] Hash),
}

impl PulledItem {
    /// The hash that the batch's signature covers.
    pub fn hash(&self) -> Hash {
        match self {
            Self::Present(item) => item.hash(),
            Self::Stub(hash) => *hash,
        }
    }
}

impl PulledBatch {
    /// The header that was signed. The result is not yet verified.
    ///
    /// # Errors
    /// [`ProtocolError::BrokenChain`] if the log is shorter here than the author knew it.
    pub fn header(&self, membership: &Membership) -> Result<BatchHeader, ProtocolError> {
        let log_head = membership
            .head_at(self.log_length)
            .ok_or(ProtocolError::BrokenChain { what: "membership log in a batch" })?;
        Ok(BatchHeader {
            suite: SUITE,
            space: membership.space(),
            device: self.device,
            chain: self.chain,
            log_length: self.log_length,
            log_head,
            salt: self.salt,
            seen_root: self.seen_root,
            items: self.items.iter().map(PulledItem::hash).collect(),
        })
    }
}

/// What the server answers to a request that it accepted.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SyncResponse {
    /// The server's incarnation, if the request said hello.
    #[n(0)]
    pub incarnation: Option<Incarnation>,
    /// Log entries after the device's last.
    #[n(1)]
    pub log: Vec<LogEntry>,
    /// How many of the request's log entries were appended.
    #[n(2)]
    pub log_appended: u64,
    /// One outcome for each pushed batch, in their order.
    #[n(3)]
    pub outcomes: Vec<BatchOutcome>,
    /// Items by batch, in ascending order of their numbers. A page holds the newest records that the device lacks, the
    /// items of a record together.
    #[n(4)]
    pub batches: Vec<PulledBatch>,
    /// Numbers that the device needs no more once it has taken in this answer. They replace its cursor: where it was just
    /// granted an old record, numbers that it had passed over are taken back.
    #[n(5)]
    pub covered: SequenceRanges,
    /// Whether there is more for it.
    #[n(6)]
    pub more: bool,
    /// What the server's clock says: a device's lease begins anew with it. Servers of the first days say nothing.
    #[n(7)]
    pub time: Option<Timestamp>,
}

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    /// The request was accepted.
    #[n(0)]
    Sync(#[n(0)] SyncResponse),
    /// It was not; nothing was stored. `counter` is the highest request counter that the server holds for the device. A
    /// refusal is signed over an incarnation of zeros, so that a device can verify it before it knows the server's.
    #[n(1)]
    Refused {
        /// Why.
        #[n(0)]
        code: RefusalCode,
        /// Highest counter held.
        #[n(1)]
        counter: u64,
    },
}

fn request_digest(server: &SigningPublicKey, space: &SpaceId, payload: &[u8]) -> Hash {
    let body = digest(Purpose::Request, &[b"body\0", payload]);
    digest(
        Purpose::Request,
        &[b"POST\0", SYNC_PATH.as_bytes(), b"\0", server.as_bytes(), space.as_bytes(), body.as_bytes()],
    )
}

fn split_signature<'b>(body: &'b [u8], what: &'static str) -> Result<(Signature, &'b [u8]), ProtocolError> {
    if body.len() > limits::MAX_BODY_BYTES {
        return Err(ProtocolError::TooLarge { what, limit: limits::MAX_BODY_BYTES });
    }
    let (signature, payload) = body.split_at_checked(Signature::LENGTH).ok_or(ProtocolError::Malformed { what })?;
    let signature = Signature::from_slice(signature).ok_or(ProtocolError::Malformed { what })?;
    Ok((signature, payload))
}

impl SyncRequest {
    /// The body to send: signature, then canonical request. Device and counter are inside what is signed.
    pub fn to_body(&self, server: &SigningPublicKey, space: &SpaceId, key: &SigningKey) -> Vec<u8> {
        let payload = canonical::encode(self);
        let signature = key.sign(Purpose::Request, &request_digest(server, space, &payload));
        [signature.as_bytes(), payload.as_slice()].concat()
    }

    /// Reads a body and checks sizes. The signature is checked by [`Self::verify_body`], once the device's key is known.
    ///
    /// # Errors
    /// [`ProtocolError::TooLarge`], [`ProtocolError::Malformed`] or [`ProtocolError::UnknownVersion`].
    pub fn from_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let (_, payload) = split_signature(body, "sync request")?;
        let request: Self = canonical::decode(payload)?;
        if request.suite != SUITE {
            return Err(ProtocolError::UnknownVersion { version: request.suite });
        }
        request.have.check()?;
        let too_many = |what, limit| Err(ProtocolError::TooLarge { what, limit });
        if request.batches.len() > limits::MAX_BATCHES_PER_REQUEST {
            return too_many("sync request", limits::MAX_BATCHES_PER_REQUEST);
        }
        if request.log.len() > limits::MAX_LOG_ENTRIES_PER_MESSAGE {
            return too_many("sync request", limits::MAX_LOG_ENTRIES_PER_MESSAGE);
        }
        if request.batches.iter().any(|batch| batch.items.len() > limits::MAX_ITEMS_PER_BATCH) {
            return too_many("batch", limits::MAX_ITEMS_PER_BATCH);
        }
        Ok(request)
    }

    /// Checks the body's signature.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`].
    pub fn verify_body(
        body: &[u8],
        server: &SigningPublicKey,
        space: &SpaceId,
        key: &SigningPublicKey,
    ) -> Result<(), ProtocolError> {
        let (signature, payload) = split_signature(body, "sync request")?;
        verify(key, Purpose::Request, &request_digest(server, space, payload), &signature, "sync request")
    }
}

fn answer_digest(request_body: &[u8], incarnation: &Incarnation, payload: &[u8]) -> Hash {
    let request = digest(Purpose::Request, &[b"whole\0", request_body]);
    let payload = digest(Purpose::Answer, &[b"payload\0", payload]);
    digest(Purpose::Answer, &[request.as_bytes(), incarnation.as_bytes(), payload.as_bytes()])
}

impl Answer {
    /// The body to send: signature, then canonical answer. It names the request by its hash.
    pub fn to_body(&self, request_body: &[u8], incarnation: &Incarnation, key: &SigningKey) -> Vec<u8> {
        let payload = canonical::encode(self);
        let signature = key.sign(Purpose::Answer, &answer_digest(request_body, incarnation, &payload));
        [signature.as_bytes(), payload.as_slice()].concat()
    }

    /// Reads and verifies an answer. If it names an incarnation, that one is used; otherwise the one already known.
    ///
    /// # Errors
    /// [`ProtocolError::BadSignature`] also for another incarnation than the known one: ask again with `hello`.
    pub fn from_body(
        body: &[u8],
        request_body: &[u8],
        server: &SigningPublicKey,
        known: Option<&Incarnation>,
    ) -> Result<Self, ProtocolError> {
        let (signature, payload) = split_signature(body, "answer")?;
        let answer: Self = canonical::decode(payload)?;
        let named = match &answer {
            Self::Sync(response) => response.incarnation,
            Self::Refused { .. } => None,
        };
        // A refusal may come before the device knows the incarnation; it is then signed over an empty one.
        let incarnation = named.or(known.copied()).unwrap_or(Incarnation([0; 16]));
        let check = |incarnation: &Incarnation| {
            verify(server, Purpose::Answer, &answer_digest(request_body, incarnation, payload), &signature, "answer")
        };
        if matches!(answer, Self::Refused { .. }) {
            check(&incarnation).or_else(|_| check(&Incarnation([0; 16])))?;
            return Ok(answer);
        }
        check(&incarnation)?;
        if let Self::Sync(response) = &answer {
            response.covered.check()?;
            if response.log.len() > limits::MAX_LOG_ENTRIES_PER_MESSAGE {
                let limit = limits::MAX_LOG_ENTRIES_PER_MESSAGE;
                return Err(ProtocolError::TooLarge { what: "answer", limit });
            }
        }
        Ok(answer)
    }
}

/// The record that an item of a batch belongs to, where the item itself says so.
pub fn record_of(item: &Item) -> Option<RecordId> {
    match item {
        Item::Tombstone(record) => Some(*record),
        _ => item.capsule().map(|capsule: &Capsule| capsule.record),
    }
}

//! The bundle as bytes: one canonical encoding, and a signature of the exporter's over all of it.
//! Decoding promises to look at sizes and counts before anything that grows with them.

use crate::keys::Secret;
use crate::records::FieldName;
use minicbor::{Decode, Encode};
use vigil_protocol::{
    BatchHeader, DeviceId, Hash, Item, KeyCommitment, LogEntry, ProtocolError, Purpose, RecordId, Signature,
    SigningKey, SpaceId, Timestamp, canonical, digest,
};

/// Largest bundle, in bytes.
pub const MAX_EVIDENCE_BYTES: usize = 64 * 1024 * 1024;
/// The layout that this build writes and reads.
pub(super) const VERSION: u8 = 1;
/// Most entries of the membership log in a bundle.
pub(super) const MAX_LOG_ENTRIES: usize = 20_000;
/// Most records in a bundle: one, and the persons of the largest screening.
pub(super) const MAX_RECORDS: usize = 65;
/// Most batches in a bundle, and most items.
pub(super) const MAX_BATCHES: usize = 16_384;
/// Most events in a bundle.
pub(super) const MAX_EVENTS: usize = 8_192;
/// Most bytes that the content of a bundle may inflate to.
pub(super) const MAX_INFLATED: usize = 256 * 1024 * 1024;
/// Most headers for one record that carry nothing of it and show the order.
pub(super) const MAX_NEIGHBOURS: usize = 2_048;
/// Most keys of one record.
pub(super) const MAX_KEYS: usize = 512;
/// Most attachments of one record.
pub(super) const MAX_ATTACHMENTS: usize = 1_024;

/// A record key in the clear.
pub(super) struct OpenKey(pub(super) Secret<32>);

impl<C> Encode<C> for OpenKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.0.expose())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for OpenKey {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Secret::from_slice(d.bytes()?).map(Self).ok_or_else(|| minicbor::decode::Error::message("wrong length of key"))
    }
}

/// A record key with the commitment that its generation is named by.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct DisclosedKey {
    #[n(0)]
    pub(super) commitment: KeyCommitment,
    #[n(1)]
    pub(super) key: OpenKey,
}

/// An item at its place in the batch.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct PlacedItem {
    #[n(0)]
    pub(super) place: u32,
    #[n(1)]
    pub(super) item: Item,
}

/// A signed batch with the items of one record; with none it is there to show the order.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct BatchEvidence {
    #[n(0)]
    pub(super) header: BatchHeader,
    #[n(1)]
    pub(super) signature: Signature,
    /// Whether a server had acknowledged it, as the exporter says.
    #[n(2)]
    pub(super) acknowledged: bool,
    #[n(3)]
    pub(super) items: Vec<PlacedItem>,
}

impl BatchEvidence {
    /// What batches are sorted by; no two are the same.
    pub(super) fn order(&self) -> (DeviceId, u8, u64, Hash) {
        (self.header.device, self.header.chain.kind(), self.header.chain.number(), self.header.hash())
    }
}

/// An attachment's hash. No kind has attachments yet.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct Attachment {
    #[n(0)]
    pub(super) field: FieldName,
    #[n(1)]
    pub(super) hash: Hash,
}

/// Everything of one record.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct RecordEvidence {
    #[n(0)]
    pub(super) record: RecordId,
    #[n(1)]
    pub(super) keys: Vec<DisclosedKey>,
    #[n(2)]
    pub(super) batches: Vec<BatchEvidence>,
    #[n(3)]
    pub(super) attachments: Vec<Attachment>,
    /// Items that the exporter held and could not take in, as it says.
    #[n(4)]
    pub(super) left_out: u64,
}

/// A bundle.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(super) struct Bundle {
    #[n(0)]
    pub(super) version: u8,
    #[n(1)]
    pub(super) space: SpaceId,
    #[n(2)]
    pub(super) exporter: DeviceId,
    #[n(3)]
    pub(super) time: Timestamp,
    /// How many entries of the log a server had taken, as the exporter says.
    #[n(4)]
    pub(super) confirmed: u64,
    #[n(5)]
    pub(super) log: Vec<LogEntry>,
    #[n(6)]
    pub(super) records: Vec<RecordEvidence>,
    #[n(7)]
    pub(super) signature: Signature,
}

impl Bundle {
    /// What the exporter signs: everything before the signature.
    pub(super) fn digest(&self) -> Hash {
        let signed = (self.version, self.space, self.exporter, self.time, self.confirmed, &self.log, &self.records);
        digest(Purpose::Evidence, &[&canonical::encode(&signed)])
    }

    pub(super) fn sign(mut self, key: &SigningKey) -> Self {
        self.signature = key.sign(Purpose::Evidence, &self.digest());
        self
    }

    /// Reads a bundle and checks what can be counted.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ProtocolError> {
        if bytes.len() > MAX_EVIDENCE_BYTES {
            return Err(ProtocolError::TooLarge { what: "bundle", limit: MAX_EVIDENCE_BYTES });
        }
        if let Some(version) = version(bytes).filter(|version| *version != VERSION) {
            return Err(ProtocolError::UnknownVersion { version });
        }
        let bundle: Self = canonical::decode(bytes).map_err(|_| ProtocolError::Malformed { what: "bundle" })?;
        bundle.check_counts()?;
        Ok(bundle)
    }

    /// Whether all counts are within their limits; the exporter asks, too.
    pub(super) fn check_counts(&self) -> Result<(), ProtocolError> {
        let check = |what, found: usize, limit: usize| {
            if found > limit { Err(ProtocolError::TooLarge { what, limit }) } else { Ok(()) }
        };
        check("membership log of a bundle", self.log.len(), MAX_LOG_ENTRIES)?;
        check("list of records", self.records.len(), MAX_RECORDS)?;
        let batches = || self.records.iter().flat_map(|record| &record.batches);
        check("list of batches", batches().count(), MAX_BATCHES)?;
        check("list of items", batches().map(|batch| batch.items.len()).sum(), MAX_BATCHES)?;
        for record in &self.records {
            check("list of keys", record.keys.len(), MAX_KEYS)?;
            check("list of attachments", record.attachments.len(), MAX_ATTACHMENTS)?;
        }
        Ok(())
    }
}

/// The version that bytes claim, if they begin like a bundle.
fn version(bytes: &[u8]) -> Option<u8> {
    let mut decoder = minicbor::Decoder::new(bytes);
    decoder.array().ok().flatten()?;
    decoder.u8().ok()
}
